package wallaroo_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
)

type node struct {
	Name string
	Next *node
}

func size(header []byte) (uint64, error) { return uint64(header[0]), nil }

// A marshaler can be written and not be read.
type marshaler struct{ hidden int }

func (marshaler) MarshalBinary() ([]byte, error) { return nil, nil }

type intCodec struct{}

func (intCodec) Append(out []byte, n *int) ([]byte, error) { return append(out, byte(*n)), nil }
func (intCodec) Decode(in []byte, n *int) error            { *n = int(in[0]); return nil }
func (intCodec) Description() string                       { return "a byte" }

type shyCodec struct{ intCodec }

func (shyCodec) Description() string { panic("no words") }

func upper(text string) (string, error) { return strings.ToUpper(text), nil }

func countInt(text string, n *int) (string, error) { *n++; return text, nil }

// Each mistake is a sentence that says where it is and what to do.
func TestCheckFindsMistakes(t *testing.T) {
	for _, test := range []struct {
		sentence string
		build    func(app *wallaroo.App, texts wallaroo.Stream[string])
	}{
		{"computation in pipeline 'texts' has no name; give it one made of a-z, 0-9 and '-'", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map(texts, "", func(text string) (string, error) { return text, nil })
		}},
		{"UseCodec for int: Description of wallaroo_test.shyCodec: panic: no words", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.UseCodec[int](app, shyCodec{})
		}},
		{"computation in pipeline 'texts' 'Upper': a name is made of a-z, 0-9 and '-' only", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Filter("Upper", func(string) bool { return true })
		}},
		{"the name 'same' is used twice; sources, computations, states and sinks need names of their own", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Filter("same", func(string) bool { return true }).Sink("same", dial(), wallaroo.AppendText)
		}},
		{"the pipeline 'texts' is made twice", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			app.Pipeline("texts")
		}},
		{"pipeline 'empty' has no source", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			app.Pipeline("empty")
		}},
		{"the flag 'in' is made twice", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			app.Flag("in", ":1")
			app.Flag("in", ":2")
		}},
		{"the flag 'cores' is one that every application has", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			app.Flag("cores", "1")
		}},
		{"the messages of 'key-by' in pipeline 'texts': ", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			channels := wallaroo.Map(texts, "make", func(string) (chan int, error) { return nil, nil })
			wallaroo.Stateful(wallaroo.KeyBy(channels, func(chan int) int { return 1 }), "f",
				func(chan int, *int) (string, error) { return "", nil })
		}},
		{"the state of 'f' in pipeline 'texts': ", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(string, *node) (string, error) { return "", nil })
		}},
		{"spread 'deal' in pipeline 'texts': ", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map(texts, "make", func(string) (func(), error) { return nil, nil }).Spread("deal")
		}},
		{"merge 'both' in pipeline 'texts': ", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			made := wallaroo.Map(texts, "make", func(string) (any, error) { return nil, nil })
			wallaroo.Merge("both", made, made.Filter("f", func(any) bool { return true }))
		}},
		{"a key_by in pipeline 'texts': cannot use float64 as a key", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, func(string) float64 { return 1 }), "f",
				func(string, *int) (string, error) { return "", nil })
		}},
		{"a key_by in pipeline 'texts' is followed by nothing", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.KeyBy(texts, itself)
		}},
		{"a key_by in pipeline 'texts' has an empty list of keys", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyByListed(texts, itself, nil), "f", func(string, *int) (string, error) { return "", nil })
		}},
		{"the state 's' has one type in 'f' in pipeline 'texts' and another in 'g' in pipeline 'more'; use the same type in both", func(app *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(string, *int) (string, error) { return "", nil }, wallaroo.Shared("s"))
			more := wallaroo.Source(app.Pipeline("more"), "more", listen(), wallaroo.Text)
			wallaroo.Stateful(wallaroo.KeyBy(more, itself), "g", func(string, *string) (string, error) { return "", nil }, wallaroo.Shared("s"))
		}},
		{"the state 's' has keys of type ", func(app *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(string, *int) (string, error) { return "", nil }, wallaroo.Shared("s"))
			more := wallaroo.Source(app.Pipeline("more"), "more", listen(), wallaroo.Text)
			wallaroo.Stateful(wallaroo.KeyBy(more, func(string) int { return 1 }), "g", func(string, *int) (string, error) { return "", nil }, wallaroo.Shared("s"))
		}},
		{"the state 's' would be met twice by one message", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			first := wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(string, *int) (string, error) { return "", nil }, wallaroo.Shared("s"))
			wallaroo.Stateful(wallaroo.KeyBy(first, itself), "g", func(string, *int) (string, error) { return "", nil }, wallaroo.Shared("s"))
		}},
		{"merge in pipeline 'texts' 'both' merges a stream with itself", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Merge("both", texts, texts)
		}},
		{"merge 'both' takes a stream of another application", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			other := wallaroo.New("other")
			wallaroo.Merge("both", texts, wallaroo.Source(other.Pipeline("p"), "s", listen(), wallaroo.Text))
		}},
		{"event_time in pipeline 'texts' comes after a state computation, merge or spread", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Spread("deal").EventTime(func(string) time.Time { return time.Time{} }, 0)
		}},
		{"sink in pipeline 'texts' 'more': Header is for sources; write the header in the encoder and use Raw", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Sink("more", wallaroo.DialTCP(wallaroo.Value(":1"), wallaroo.Header(1, size)), wallaroo.AppendText)
		}},
		{"source in pipeline 'more' 'more': a header has 1 to 4096 bytes, not 0", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.Header(0, size)), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': Header needs a function", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ReadFile(wallaroo.Value("file"), wallaroo.Header(2, nil)), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': raw framing cannot tell messages apart", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.FollowFile(wallaroo.Value("file"), wallaroo.Raw), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': a length has 1 to 8 bytes", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.LengthLE(9)), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': message 2 of Messages is not UTF-8; let Generate make such messages", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.Messages(1, "good", "\xff"), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': Messages cannot be repeated -1 times", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.Messages(-1), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': IdleMax cannot be -1s", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.Lines,
				wallaroo.TCPLimits{IdleMax: -time.Second}), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': the limit of a message must be between 1 byte and 64 MiB, not 104857600 bytes", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.Lines,
				wallaroo.TCPLimits{MessageBytesMax: 100 << 20}), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': its decoder is nil; pass one", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source[string](app.Pipeline("more"), "more", listen(), nil)
		}},
		{"source in pipeline 'more' 'more': its function is nil; pass one", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Generate[int](app.Pipeline("more"), "more", 0, nil)
		}},
		{"computation in pipeline 'texts' 'f': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map[string, string](texts, "f", nil)
		}},
		{"computation in pipeline 'texts' 'f': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.FlatMap[string, string](texts, "f", nil)
		}},
		{"computation in pipeline 'texts' 'f': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Filter("f", nil)
		}},
		{"event_time in pipeline 'texts': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.EventTime(nil, 0)
		}},
		{"a key_by in pipeline 'texts': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy[string, string](texts, nil), "f", countInt)
		}},
		{"a key_by in pipeline 'texts': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.TryKeyBy[string, string](texts, nil), "f", countInt)
		}},
		{"a key_by in pipeline 'texts': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyByListed(texts, nil, []string{"a"}), "f", countInt)
		}},
		{"state computation in pipeline 'texts' 'f': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful[string, int, string](wallaroo.KeyBy(texts, itself), "f", nil)
		}},
		{"state computation in pipeline 'texts' 'f': its function is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.StatefulMany[string, int, string](wallaroo.KeyBy(texts, itself), "f", nil)
		}},
		{"sink in pipeline 'texts' 'more': its encoder is nil; pass one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Sink("more", dial(), nil)
		}},
		{"the state of 'f' in pipeline 'texts': InitialState was given nil; pass a function", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", countInt, wallaroo.InitialState[int](nil))
		}},
		{"UseCodec for int comes too late: a stage uses the automatic encoding of it already", func(app *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", countInt)
			wallaroo.UseCodec[int](app, intCodec{})
		}},
		{"give wallaroo_test.marshaler UnmarshalBinary, which it lacks beside MarshalBinary", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(string, *marshaler) (string, error) { return "", nil })
		}},
		{"UseCodec was given nil for int; pass a codec", func(app *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.UseCodec[int](app, nil)
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", countInt)
		}},
		{"OnError: there is no error policy 'perhaps'; use Drop, DeadLetter or Fail", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			app.OnError("perhaps")
		}},
		{"computation in pipeline 'texts' 'f': there is no error policy 'ignore'; use Drop, DeadLetter or Fail", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map(texts, "f", upper, wallaroo.OnError("ignore"))
		}},
		{"key_by in pipeline 'texts' 'key-by': there is no error policy 'ignore'", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself, wallaroo.OnError("ignore")), "f", countInt)
		}},
		{"computation in pipeline 'texts' 'f': it has no state to share; Shared is an option of Stateful, StatefulMany and Process", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map(texts, "f", upper, wallaroo.Shared("s"))
		}},
		{"a shared state has no name; give it one", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", countInt, wallaroo.Shared(""))
		}},
		{"sink in pipeline 'texts' 'more': it has no state; InitialState is an option of Stateful, StatefulMany and Process", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Sink("more", dial(), wallaroo.AppendText, wallaroo.InitialState(func() (int, error) { return 1, nil }))
		}},
		{"source in pipeline 'more' 'more': its SourceSpec says nothing; pass what ListenTCP, ReadFile or another function returns", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.SourceSpec{}, wallaroo.Text)
		}},
		{"sink in pipeline 'texts' 'more': its SinkSpec says nothing; pass what DialTCP, WriteFile or another function returns", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Sink("more", wallaroo.SinkSpec{}, wallaroo.AppendText)
		}},
		{"source in pipeline 'more' 'more': its Framing says nothing; pass Lines, U32BE", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.ListenTCP(wallaroo.Value(":1"), wallaroo.Framing{}), wallaroo.Text)
		}},
		{"source in pipeline 'more' 'more': its Framing says nothing; pass Lines, U32BE", func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			wallaroo.Source(app.Pipeline("more"), "more", wallaroo.FollowFile(wallaroo.Value("file"), wallaroo.Framing{}), wallaroo.Text)
		}},
		{"sink in pipeline 'texts' 'more': its Framing says nothing; pass Lines, U32BE", func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			texts.Sink("more", wallaroo.AppendFile(wallaroo.Value("file"), wallaroo.Framing{}), wallaroo.AppendText)
		}},
	} {
		app := wallaroo.New("test")
		texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
		texts.Sink("out", dial(), wallaroo.AppendText)
		test.build(app, texts)
		err := app.Check()
		if err == nil {
			t.Errorf("nothing is wrong, instead of: %s", test.sentence)
			continue
		}
		contains(t, err.Error(), test.sentence)
		for _, internal := range []string{"nodes[", "frame_bytes_max", "app.", "::"} {
			if strings.Contains(err.Error(), internal) {
				t.Errorf("%q, which means nothing to people, is in: %v", internal, err)
			}
		}
		if err := app.Run(context.Background()); err == nil {
			t.Error("runs in spite of:", test.sentence)
		}
	}
}

func TestCheckListsAllMistakes(t *testing.T) {
	app := wallaroo.New("")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	texts.Filter("f", nil).Sink("f", dial(), wallaroo.AppendText)
	wallaroo.KeyBy(texts, func(string) complex128 { return 1 })
	err := app.Check()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	contains(t, err.Error(), "the application has no name", "the name 'f' is used twice", "complex")
	same(t, len(strings.Split(err.Error(), "\n")) >= 4, true)
}

func TestOneTypeThatCannotBeEncodedIsOneMistake(t *testing.T) {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	channels := wallaroo.Map(texts, "make", func(string) (chan int, error) { return nil, nil })
	wallaroo.Stateful(wallaroo.KeyBy(channels, func(chan int) int { return 1 }), "f",
		func(chan int, *int) (string, error) { return "", nil })
	err := app.Check()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	contains(t, err.Error(), "the messages of 'key-by' in pipeline 'texts': ")
	same(t, strings.Count(err.Error(), "chan int"), 1)
}

// A file for dead letters may still come by a flag.
func TestCheckLeavesFlagsToRun(t *testing.T) {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", wallaroo.Messages(1, "a"), wallaroo.Text)
	wallaroo.Map(texts, "f", upper, wallaroo.OnError(wallaroo.DeadLetter))
	same(t, app.Check(), nil)
	err := app.Run(context.Background(), "--http", "off", "--quiet")
	if err == nil {
		t.Fatal("runs without a file")
	}
	contains(t, err.Error(), "'f' fails are to become dead letters, but no file", "--dead-letters")
	same(t, app.Run(context.Background(), "--http", "off", "--quiet", "--dead-letters", filepath.Join(t.TempDir(), "letters")), nil)
}

func TestCheckTakesWhatIsRight(t *testing.T) {
	for _, p := range places {
		same(t, p.build(func(string) error { return nil }).Check(), nil)
	}
	same(t, alarms().Check(), nil)
}

func TestExplain(t *testing.T) {
	app := places[5].build(func(string) error { return nil }, wallaroo.OnError(wallaroo.Fail))
	for form, parts := range map[string][]string{
		"text":    {"'in'", "'f'", "'out'", "fail"},
		"mermaid": {"flowchart", "in", "out"},
		"dot":     {"digraph", "in", "out"},
	} {
		text, err := app.Explain(form, 2)
		same(t, err, nil)
		contains(t, text, parts...)
	}
	for form, cores := range map[string]int{"poem": 1, "text": 0, "dot": -1, "mermaid": 65} {
		if text, err := app.Explain(form, cores); err == nil {
			t.Errorf("%s on %d cores: %s", form, cores, text)
		}
	}
	if text, err := wallaroo.New("empty").Explain("text", 1); err == nil {
		t.Error("explains an application with mistakes:", text)
	}
}

// What no stage of an application has made ends the program where it is used, with a sentence.
func TestWhatNobodyMadePanicsWithASentence(t *testing.T) {
	for sentence, use := range map[string]func(app *wallaroo.App, texts wallaroo.Stream[string]){
		"a Stream that no stage has made; pass what Source, Map": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Map(wallaroo.Stream[string]{}, "f", upper)
		},
		"a Stream that no stage has made": func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Merge("both", texts, wallaroo.Stream[string]{})
		},
		"a Stream that no stage": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Stream[string]{}.Spread("deal")
		},
		"a stage was given a Stream": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Stream[string]{}.EventTime(nil, -1)
		},
		"a stage was given a Stream that": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.KeyByListed(wallaroo.Stream[string]{}, itself, nil)
		},
		"a Keyed stream that no KeyBy has made; pass what KeyBy returned": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Stateful(wallaroo.Keyed[string, string]{}, "f", countInt)
		},
		"a Pipeline that no application has made; pass what App.Pipeline returns": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Source(&wallaroo.Pipeline{}, "more", listen(), wallaroo.Text)
		},
		"a Pipeline that no application has made": func(*wallaroo.App, wallaroo.Stream[string]) {
			wallaroo.Generate(nil, "more", 1, func(uint64) (int, bool) { return 0, false })
		},
		"an option of 'f' is nil; leave it out": func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.Map(texts, "f", upper, nil)
		},
		"an option of 'key-by' is nil": func(_ *wallaroo.App, texts wallaroo.Stream[string]) {
			wallaroo.KeyBy(texts, itself, nil)
		},
		"a context that is nil; pass context.Background()": func(app *wallaroo.App, _ wallaroo.Stream[string]) {
			var none context.Context
			app.Run(none)
		},
	} {
		app := wallaroo.New("test")
		texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
		func() {
			defer func() { contains(t, fmt.Sprint(recover()), "wallaroo: ", sentence) }()
			use(app, texts)
		}()
	}
}
