package wallaroo_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"wallaroo.example/wallaroo"
)

// show runs the application of a stream with a sink of lines, and prints them in order.
func show(app *wallaroo.App, stream wallaroo.Stream[string]) {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "lines")
	stream.Sink("shown", wallaroo.WriteFile(wallaroo.Value(path), wallaroo.Lines), wallaroo.AppendText)
	if err := app.Run(context.Background(), "--http", "off", "--quiet"); err != nil {
		fmt.Println("error:", err)
	}
	bytes, _ := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(bytes)), "\n")
	sort.Strings(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}

func Example() {
	app := wallaroo.New("word-count")
	lines := wallaroo.Source(app.Pipeline("words"), "lines",
		wallaroo.Messages(1, "the cat", "the dog"), wallaroo.Text)
	words := wallaroo.FlatMap(lines, "split", func(line string, emit func(string)) error {
		for _, word := range strings.Fields(line) {
			emit(word)
		}
		return nil
	})
	byWord := wallaroo.KeyBy(words, func(word string) string { return word })
	counts := wallaroo.Stateful(byWord, "count", func(word string, count *uint64) (string, error) {
		*count++
		return fmt.Sprint(word, " => ", *count), nil
	})
	show(app, counts) // adds a sink, runs the application and prints what came out
	// Output:
	// cat => 1
	// dog => 1
	// the => 1
	// the => 2
}

func ExampleMap() {
	app := wallaroo.New("doubles")
	texts := wallaroo.Source(app.Pipeline("numbers"), "texts", wallaroo.Messages(1, "1", "two", "3"), wallaroo.Text)
	numbers := wallaroo.Map(texts, "parse", strconv.Atoi) // fails on "two", which is dropped and counted
	doubles := wallaroo.Map(numbers, "double", func(n int) (string, error) { return fmt.Sprint(2 * n), nil })
	show(app, doubles)
	// Output:
	// 2
	// 6
}

func ExampleFlatMap() {
	app := wallaroo.New("letters")
	texts := wallaroo.Source(app.Pipeline("letters"), "texts", wallaroo.Messages(1, "ab", "", "c"), wallaroo.Text)
	letters := wallaroo.FlatMap(texts, "take-apart", func(text string, emit func(string)) error {
		for _, letter := range text {
			emit(string(letter))
		}
		return nil
	})
	show(app, letters)
	// Output:
	// a
	// b
	// c
}

func ExampleStream_Filter() {
	app := wallaroo.New("long-words")
	texts := wallaroo.Source(app.Pipeline("words"), "texts", wallaroo.Messages(1, "a", "long", "word"), wallaroo.Text)
	show(app, texts.Filter("long", func(text string) bool { return len(text) > 1 }))
	// Output:
	// long
	// word
}

// An error of Skip means that there is no output, and is no failure.
func ExampleSkip() {
	app := wallaroo.New("maxima")
	texts := wallaroo.Source(app.Pipeline("numbers"), "texts", wallaroo.Messages(1, "3", "1", "4", "2", "5"), wallaroo.Text)
	numbers := wallaroo.Map(texts, "parse", strconv.Atoi)
	all := wallaroo.KeyBy(numbers, func(int) byte { return 0 })
	maxima := wallaroo.Stateful(all, "maximum", func(n int, maximum *int) (string, error) {
		if n <= *maximum {
			return "", wallaroo.Skip
		}
		*maximum = n
		return fmt.Sprint(n), nil
	})
	show(app, maxima)
	// Output:
	// 3
	// 4
	// 5
}

func ExampleGenerate() {
	app := wallaroo.New("squares")
	squares := wallaroo.Generate(app.Pipeline("squares"), "numbers", 0, func(number uint64) (string, bool) {
		return fmt.Sprint(number * number), number < 3
	})
	show(app, squares)
	// Output:
	// 0
	// 1
	// 4
}

// Votes for anything but the listed names are dropped and counted.
func ExampleKeyByListed() {
	app := wallaroo.New("votes")
	votes := wallaroo.Source(app.Pipeline("votes"), "votes", wallaroo.Messages(1, "ann", "bob", "eve", "ann"), wallaroo.Text)
	byName := wallaroo.KeyByListed(votes, func(name string) string { return name }, []string{"ann", "bob"})
	show(app, wallaroo.Stateful(byName, "count", func(name string, votes *int) (string, error) {
		*votes++
		return fmt.Sprint(name, ": ", *votes), nil
	}))
	// Output:
	// ann: 1
	// ann: 2
	// bob: 1
}

func ExampleStatefulMany() {
	app := wallaroo.New("pairs")
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.Messages(1, "a", "b", "c"), wallaroo.Text)
	all := wallaroo.KeyBy(texts, func(string) byte { return 0 })
	pairs := wallaroo.StatefulMany(all, "pair", func(text string, seen *[]string, emit func(string)) error {
		for _, other := range *seen {
			emit(other + text)
		}
		*seen = append(*seen, text)
		return nil
	})
	show(app, pairs)
	// Output:
	// ab
	// ac
	// bc
}

// A Visit counts the words of a guest until there are none for a minute. Its exported fields are the state.
type Visit struct{ Words int }

func (v *Visit) OnEvent(ctx *wallaroo.Context[string], word string, emit func(string)) error {
	v.Words++
	ctx.SetTimer("silent", ctx.EventTime().Add(time.Minute)) // replaces the one before
	return nil
}

func (v *Visit) OnTimer(ctx *wallaroo.Context[string], timer string, emit func(string)) error {
	emit(fmt.Sprintf("%s left after %d words", ctx.Key(), v.Words))
	ctx.ClearState()
	return nil
}

// When the source has ended all timers fire.
func ExampleProcess() {
	app := wallaroo.New("visits")
	words := wallaroo.Source(app.Pipeline("visits"), "words", wallaroo.Messages(1, "ann hello", "bob hi", "ann bye"), wallaroo.Text)
	byGuest := wallaroo.KeyBy(words, func(text string) string { return strings.Fields(text)[0] })
	show(app, wallaroo.Process[Visit, string](byGuest, "visit"))
	// Output:
	// ann left after 2 words
	// bob left after 1 words
}

func ExampleMerge() {
	app := wallaroo.New("both")
	one := wallaroo.Source(app.Pipeline("one"), "one", wallaroo.Messages(1, "a"), wallaroo.Text)
	two := wallaroo.Source(app.Pipeline("two"), "two", wallaroo.Messages(1, "b", "c"), wallaroo.Text)
	show(app, wallaroo.Merge("both", one, two))
	// Output:
	// a
	// b
	// c
}

// Two pipelines work on one state for each key.
func ExampleShared() {
	app := wallaroo.New("stock")
	in := wallaroo.Source(app.Pipeline("in"), "in", wallaroo.Messages(1, "tea", "tea", "milk"), wallaroo.Text)
	article := func(name string) string { return name }
	wallaroo.Stateful(wallaroo.KeyBy(in, article), "arrive", func(name string, stock *int) (string, error) {
		*stock++
		return "", wallaroo.Skip
	}, wallaroo.Shared("stock"))
	out := wallaroo.Source(app.Pipeline("out"), "out", wallaroo.Messages(1, "tea"), wallaroo.Text)
	wallaroo.Stateful(wallaroo.KeyBy(out, article), "leave", func(name string, stock *int) (string, error) {
		*stock--
		return "", wallaroo.Skip
	}, wallaroo.Shared("stock"))
	fmt.Println(app.Check())
	// Output: <nil>
}

func ExampleInitialState() {
	app := wallaroo.New("countdown")
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.Messages(2, "a", "b"), wallaroo.Text)
	byText := wallaroo.KeyBy(texts, func(text string) string { return text })
	show(app, wallaroo.Stateful(byText, "count-down", func(text string, left *int) (string, error) {
		*left--
		return fmt.Sprint(text, *left), nil
	}, wallaroo.InitialState(func() (int, error) { return 10, nil })))
	// Output:
	// a8
	// a9
	// b8
	// b9
}

// A message that fails where the policy is Fail stops the worker.
func ExampleOnError() {
	app := wallaroo.New("strict")
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.Messages(1, "1", "two", "3"), wallaroo.Text)
	wallaroo.Map(texts, "parse", strconv.Atoi, wallaroo.OnError(wallaroo.Fail)).
		Sink("nowhere", wallaroo.Discard(wallaroo.Lines), wallaroo.AppendJSON[int])
	err := app.Run(context.Background(), "--http", "off", "--quiet")
	fmt.Println(strings.Contains(err.Error(), "'parse' failed on message 2 of source 'texts'"))
	// Output: true
}

// A format whose messages begin with '#' and a length of two bytes.
func ExampleHeader() {
	framing := wallaroo.Header(3, func(header []byte) (uint64, error) {
		if header[0] != '#' {
			return 0, errors.New("no message begins here")
		}
		return uint64(binary.BigEndian.Uint16(header[1:])), nil
	})
	path := filepath.Join(os.TempDir(), fmt.Sprint("messages-", os.Getpid()))
	defer os.Remove(path)
	if err := os.WriteFile(path, []byte("#\x00\x03one#\x00\x03two"), 0o600); err != nil {
		panic(err)
	}
	app := wallaroo.New("own-format")
	show(app, wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.ReadFile(wallaroo.Value(path), framing), wallaroo.Text))
	// Output:
	// one
	// two
}

// A Celsius is written as text where it leaves the process.
type Celsius float64

type celsiusCodec struct{}

func (celsiusCodec) Append(out []byte, c *Celsius) ([]byte, error) {
	return strconv.AppendFloat(out, float64(*c), 'g', -1, 64), nil
}

func (celsiusCodec) Decode(in []byte, c *Celsius) error {
	value, err := strconv.ParseFloat(string(in), 64)
	*c = Celsius(value)
	return err
}

func (celsiusCodec) Description() string { return "celsius as text" }

func ExampleUseCodec() {
	app := wallaroo.New("warmest")
	wallaroo.UseCodec[Celsius](app, celsiusCodec{}) // before the stages that use it
	degrees := wallaroo.Source(app.Pipeline("degrees"), "degrees", wallaroo.Messages(1, "20.5", "19"), wallaroo.JSON[Celsius])
	all := wallaroo.KeyBy(degrees, func(Celsius) byte { return 0 })
	show(app, wallaroo.Stateful(all, "warmest", func(c Celsius, warmest *Celsius) (string, error) {
		if c > *warmest {
			*warmest = c
		}
		return fmt.Sprint(c, " of at most ", *warmest), nil
	}))
	// Output:
	// 19 of at most 20.5
	// 20.5 of at most 20.5
}

func ExampleApp_Explain() {
	app := wallaroo.New("copy")
	wallaroo.Source(app.Pipeline("lines"), "lines", wallaroo.ListenTCP(wallaroo.Value(":7010"), wallaroo.Lines), wallaroo.Text).
		Sink("copy", wallaroo.DialTCP(wallaroo.Value(":7002"), wallaroo.Lines), wallaroo.AppendText)
	text, err := app.Explain("mermaid", 1)
	fmt.Println(text, err)
	// Output:
	// flowchart LR
	//   n0(["lines"])
	//   n1(["copy"])
	//   n0 --> n1
	//  <nil>
}
