package conformance_test

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// Programs with keyed state: keys and states of many types.

func countKey(key string, n *uint64) (counted, error) {
	*n++
	return counted{key, *n}, nil
}

func countText(lines wallaroo.Stream[string]) wallaroo.Stream[counted] {
	return wallaroo.Stateful(wallaroo.KeyBy(lines, whole), "count", countKey)
}

// countNumber: the whole message is a number, and the key.
func countNumber[K int8 | int64 | uint64](parse func(digits string) (K, error)) program {
	return program{build: func(app *wallaroo.App) {
		numbers := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines),
			func(line []byte) (K, error) { return parse(string(line)) })
		keyed := wallaroo.KeyBy(numbers, func(n K) K { return n })
		sinkCounted(wallaroo.Stateful(keyed, "count", func(key K, n *uint64) (counted, error) {
			return countKey(fmt.Sprint(key), n)
		}))
	}}
}

func parseU64(digits string) (uint64, error) { return strconv.ParseUint(digits, 10, 64) }
func parseI64(digits string) (int64, error)  { return integer(digits, 64) }
func parseI8(digits string) (int8, error) {
	value, err := integer(digits, 8)
	return int8(value), err
}

func countBool(app *wallaroo.App) {
	keyed := wallaroo.KeyBy(linesOf(app), func(line string) bool { return len(line)%2 == 0 })
	sinkCounted(wallaroo.Stateful(keyed, "count", func(line string, n *uint64) (counted, error) {
		if len(line)%2 == 0 {
			return countKey("even", n)
		}
		return countKey("odd", n)
	}))
}

func firstTwo(line string) (bytes [2]uint8) {
	copy(bytes[:], line)
	return bytes
}

func countArray(app *wallaroo.App) {
	keyed := wallaroo.KeyBy(linesOf(app), firstTwo)
	sinkCounted(wallaroo.Stateful(keyed, "count", func(line string, n *uint64) (counted, error) {
		if len(line) > 2 {
			line = line[:2]
		}
		return countKey(line, n)
	}))
}

// place is of "name number".
type place struct {
	Name   string
	Number int32
}

func decodePlace(message []byte) (place, error) {
	name, digits := halves(string(message))
	number, err := integer(digits, 32)
	return place{name, int32(number)}, err
}

type visits struct {
	N  uint64
	By string
}

func countStruct(app *wallaroo.App) {
	places := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodePlace)
	keyed := wallaroo.KeyBy(places, func(p place) place { return p })
	sinkCounted(wallaroo.Stateful(keyed, "count", func(p place, v *visits) (counted, error) {
		v.By += p.Name
		return countKey(fmt.Sprintf("%s/%d", p.Name, p.Number), &v.N)
	}))
}

func countClosed(app *wallaroo.App) {
	keyed := wallaroo.KeyByListed(linesOf(app), whole, []string{"red", "green", ""})
	sinkCounted(wallaroo.Stateful(keyed, "count", countKey))
}

// twoStates: one keyed stream goes to two stages with state, of which the first goes to two sinks.
func twoStates(app *wallaroo.App) {
	keyed := wallaroo.KeyByListed(linesOf(app), firstHalf, []string{"a", "b", "c"})
	counts := wallaroo.Stateful(keyed, "count", func(line string, n *uint64) (counted, error) {
		return countKey(firstHalf(line), n)
	})
	sinkCounted(counts)
	counts.Sink("again", otherConnect(), appendCounted)
	wallaroo.Stateful(keyed, "last", func(line string, last *string) (string, error) {
		key, text := halves(line)
		before := *last
		*last = text
		return key + " " + before, nil
	}).Sink("lasts", otherConnect(), wallaroo.AppendText)
}

type seen struct{ Times uint64 }

func (s *seen) OnEvent(ctx *wallaroo.Context[place], _ place, emit func(string)) error {
	s.Times++
	ctx.SetTimer("end", ctx.EventTime().Add(time.Hour))
	emit(s.said(ctx))
	return nil
}

func (s *seen) OnTimer(ctx *wallaroo.Context[place], _ string, emit func(string)) error {
	emit(s.said(ctx) + " at the end")
	return nil
}

func (s *seen) said(ctx *wallaroo.Context[place]) string {
	key := ctx.Key()
	return fmt.Sprintf("%s/%d %d", key.Name, key.Number, s.Times)
}

// keysSeen: a process asks for its key, which is a struct.
func keysSeen(app *wallaroo.App) {
	places := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodePlace)
	keyed := wallaroo.KeyBy(places, func(p place) place { return p })
	sinkText(wallaroo.Process[seen, string](keyed, "seen"))
}

// tell keeps all that has come for the key; each message puts out the whole list.
func tell(line string, told *[]string, emit func(string)) error {
	key, text := halves(line)
	*told = append(*told, text)
	for i, one := range *told {
		emit(fmt.Sprintf("%s %d %s", key, i+1, one))
	}
	if text == "panic" {
		panic("a word of panic")
	}
	if text == "bad" {
		return errors.New("no bad words")
	}
	return nil
}

func firstHalf(line string) string {
	head, _ := halves(line)
	return head
}

func history(app *wallaroo.App) {
	app.OnError(wallaroo.DeadLetter)
	sinkText(wallaroo.StatefulMany(wallaroo.KeyBy(linesOf(app), firstHalf), "tell", tell))
}

// rekey counts how many keys have come n times, for each n.
func rekey(app *wallaroo.App) {
	keyed := wallaroo.KeyBy(countText(linesOf(app)), func(c counted) uint64 { return c.N })
	sinkCounted(wallaroo.Stateful(keyed, "times", func(c counted, m *uint64) (counted, error) {
		return countKey(fmt.Sprint(c.N), m)
	}))
}

type everything struct {
	Small  int8
	Medium uint16
	Real   float64
	Flag   bool
	Text   string
	List   []string
	Seen   map[string]uint64
	Maybe  *int32
	Three  [3]uint8
	Lasts  time.Duration
	At     time.Time
}

func (all *everything) change(text string) {
	all.Small--
	all.Medium += 40000
	all.Real += 0.5
	all.Flag = !all.Flag
	all.Text = text
	all.List = append(all.List, text)
	if all.Seen == nil {
		all.Seen = map[string]uint64{}
	}
	all.Seen[text]++
	all.Maybe = nil
	if len(text)%2 == 0 {
		negative := -int32(len(text))
		all.Maybe = &negative
	}
	all.Three[len(text)%3]++
	all.Lasts += time.Duration(len(text)) * time.Millisecond
	all.At = time.Unix(int64(len(text)), 0)
}

func (all *everything) show() string {
	var out strings.Builder
	flag := 0
	if all.Flag {
		flag = 1
	}
	fmt.Fprintf(&out, "%d %d %v %d %s [", all.Small, all.Medium, all.Real, flag, all.Text)
	for _, text := range all.List {
		fmt.Fprintf(&out, "%s;", text)
	}
	out.WriteString("] {")
	var texts []string
	for text := range all.Seen {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	for _, text := range texts {
		fmt.Fprintf(&out, "%s=%d;", text, all.Seen[text])
	}
	out.WriteString("} ")
	if all.Maybe != nil {
		fmt.Fprint(&out, *all.Maybe)
	}
	for _, n := range all.Three {
		fmt.Fprintf(&out, "/%d", n)
	}
	fmt.Fprintf(&out, " %d %d", all.Lasts.Nanoseconds(), all.At.UnixNano())
	return out.String()
}

func stateTypes(app *wallaroo.App) {
	sinkText(wallaroo.Stateful(wallaroo.KeyBy(linesOf(app), firstHalf), "change", func(line string, all *everything) (string, error) {
		key, text := halves(line)
		all.change(text)
		return key + " " + all.show(), nil
	}))
}

func showTypes(h *harness.Harness, key string) (string, bool) {
	state, known := harness.State[everything](h, "change", key)
	return state.show(), known
}

func keyedPrograms() map[string]program {
	counts := map[string]stateText{"count": textOf[uint64]("count")}
	return map[string]program{
		"count_text":   {build: func(app *wallaroo.App) { sinkCounted(countText(linesOf(app))) }, states: counts},
		"count_u64":    countNumber(parseU64),
		"count_i64":    countNumber(parseI64),
		"count_i8":     countNumber(parseI8),
		"count_bool":   {build: countBool},
		"count_array":  {build: countArray},
		"count_struct": {build: countStruct},
		"count_closed": {build: countClosed, states: counts},
		"two_states":   {build: twoStates, states: counts},
		"keys_seen":    {build: keysSeen},
		"history":      {build: history},
		"rekey":        {build: rekey, states: counts},
		"no_sink":      {build: func(app *wallaroo.App) { countText(linesOf(app)) }, states: counts},
		"state_types":  {build: stateTypes, states: map[string]stateText{"change": showTypes}},
	}
}
