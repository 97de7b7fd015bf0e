package conformance_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// The programs of the conformance suite, in Go. tests/conformance/graphs_cpp has the same under the
// same names; what each does is in tests/conformance/README.md.
type program struct {
	build  func(app *wallaroo.App)
	states map[string]stateText // of stages whose states cases look at
}

// stateText is the state of a key as text, and whether there is one.
type stateText func(h *harness.Harness, key string) (string, bool)

func textOf[S any](stage string) stateText {
	return func(h *harness.Harness, key string) (string, bool) {
		state, known := harness.State[S](h, stage, key)
		return fmt.Sprint(state), known
	}
}

func programs() map[string]program {
	all := map[string]program{}
	for _, some := range []map[string]program{statelessPrograms(), failingPrograms(), keyedPrograms(), joinedPrograms(), timedPrograms()} {
		for name, one := range some {
			all[name] = one
		}
	}
	return all
}

// counted is a key and how often it has come.
type counted struct {
	Key string
	N   uint64
}

func appendCounted(c counted, out []byte) ([]byte, error) {
	return fmt.Appendf(out, "%s %d", c.Key, c.N), nil
}

func listen(port string, framing wallaroo.Framing) wallaroo.SourceSpec {
	return wallaroo.ListenTCP(wallaroo.Value(":"+port), framing)
}

func connect(framing wallaroo.Framing) wallaroo.SinkSpec {
	return wallaroo.DialTCP(wallaroo.Value(":7002"), framing)
}

// otherConnect is for a second sink.
func otherConnect() wallaroo.SinkSpec {
	return wallaroo.DialTCP(wallaroo.Value(":7003"), wallaroo.Lines)
}

// linesOf is the source that most programs have.
func linesOf(app *wallaroo.App) wallaroo.Stream[string] {
	return wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), wallaroo.Text)
}

func sinkText(s wallaroo.Stream[string]) {
	s.Sink("out", connect(wallaroo.Lines), wallaroo.AppendText)
}

func sinkCounted(s wallaroo.Stream[counted]) { s.Sink("out", connect(wallaroo.Lines), appendCounted) }

func whole(line string) string { return line }

// upper changes the letters of ASCII only.
func upper(line string) (string, error) {
	changed := []byte(line)
	for i, c := range changed {
		if c >= 'a' && c <= 'z' {
			changed[i] = c - 'a' + 'A'
		}
	}
	return string(changed), nil
}

// halves are what stands before the first space, and behind it.
func halves(line string) (string, string) {
	head, rest, _ := strings.Cut(line, " ")
	return head, rest
}

var errNoNumber = errors.New("this is no number")

// integer is a decimal number of so many bits, and nothing else.
func integer(digits string, bits int) (int64, error) {
	value, err := strconv.ParseInt(digits, 10, bits)
	if err != nil || strings.HasPrefix(digits, "+") {
		return 0, errNoNumber
	}
	return value, nil
}

// ---- without state -----------------------------------------------------------------------------

func splitSpaces(line string, emit func(string)) error {
	for _, word := range strings.Split(line, " ") {
		if word != "" {
			emit(word)
		}
	}
	return nil
}

func keep(line string) bool {
	if line == "panic" {
		panic("a word of panic")
	}
	return strings.HasPrefix(line, "k")
}

func evenOnly(line string) (string, error) {
	if len(line)%2 != 0 {
		return "", wallaroo.Skip
	}
	return line, nil
}

// countUp gives 1 to n for n; for -n it does the same and fails then, in one of two ways.
func countUp(n int64, emit func(int64)) error {
	last := n
	if n < 0 {
		last = -n
	}
	for i := int64(1); i <= last; i++ {
		emit(i)
	}
	if n < -1000 {
		panic("a number of panic")
	}
	if n < 0 {
		return errors.New("no negative numbers")
	}
	return nil
}

func repeat(app *wallaroo.App) {
	numbers := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines),
		func(line []byte) (int64, error) { return integer(string(line), 64) })
	wallaroo.FlatMap(numbers, "repeat", countUp).Sink("out", connect(wallaroo.Lines),
		func(n int64, out []byte) ([]byte, error) { return strconv.AppendInt(out, n, 10), nil })
}

func framed(source, sink wallaroo.Framing) func(app *wallaroo.App) {
	return func(app *wallaroo.App) {
		wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", source), wallaroo.Text).
			Sink("out", connect(sink), wallaroo.AppendText)
	}
}

func twoSinks(app *wallaroo.App) {
	lines := linesOf(app)
	lines.Sink("first", connect(wallaroo.Lines), wallaroo.AppendText)
	lines.Sink("second", connect(wallaroo.Lines), func(line string, out []byte) ([]byte, error) {
		if line == "bad" {
			return append(out, "half"...), errors.New("no bad words")
		}
		for i := len(line) - 1; i >= 0; i-- {
			out = append(out, line[i])
		}
		return out, nil
	})
}

func statelessPrograms() map[string]program {
	return map[string]program{
		"echo":  {build: func(app *wallaroo.App) { sinkText(linesOf(app)) }},
		"map":   {build: func(app *wallaroo.App) { sinkText(wallaroo.Map(linesOf(app), "upper", upper)) }},
		"words": {build: func(app *wallaroo.App) { sinkText(wallaroo.FlatMap(linesOf(app), "split", splitSpaces)) }},
		"even":  {build: func(app *wallaroo.App) { sinkText(wallaroo.Map(linesOf(app), "even", evenOnly)) }},
		"filter": {build: func(app *wallaroo.App) {
			sinkText(linesOf(app).Filter("keep", keep))
		}},
		"repeat":       {build: repeat},
		"frames_u16be": {build: framed(wallaroo.U16BE, wallaroo.U16BE)},
		"frames_u32le": {build: framed(wallaroo.U32LE, wallaroo.U32LE)},
		"frames_raw":   {build: framed(wallaroo.Lines, wallaroo.Raw)},
		"two_sinks":    {build: twoSinks},
		"spread": {build: func(app *wallaroo.App) {
			sinkText(wallaroo.Map(linesOf(app).Spread("deal"), "upper", upper))
		}},
	}
}

// ---- functions that fail -----------------------------------------------------------------------

func decodeOrFail(message []byte) (string, error) {
	line := string(message)
	if strings.HasPrefix(line, "burst") {
		panic("the decoder burst")
	}
	if strings.HasPrefix(line, "refuse") {
		return "", errors.New("it cannot be decoded")
	}
	return line, nil
}

func check(line string) (string, error) {
	if strings.HasPrefix(line, "bad") {
		return "", errors.New("no bad words")
	}
	if strings.HasPrefix(line, "panic") {
		panic("a word of panic")
	}
	return line, nil
}

// encodeOrFail fails after it has written something.
func encodeOrFail(line string, out []byte) ([]byte, error) {
	out = append(out, line[:len(line)/2]...)
	if strings.HasPrefix(line, "unwritable") {
		return out, errors.New("it cannot be written")
	}
	if strings.HasPrefix(line, "burn") {
		panic("the encoder burnt")
	}
	return append(out, line[len(line)/2:]...), nil
}

func failing(policy wallaroo.ErrorPolicy) func(app *wallaroo.App) {
	return func(app *wallaroo.App) {
		app.OnError(policy)
		lines := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodeOrFail)
		wallaroo.Map(lines, "check", check).Sink("out", connect(wallaroo.Lines), encodeOrFail)
	}
}

func keyOrFail(line string) (string, error) {
	if strings.HasPrefix(line, "nokey") {
		return "", errors.New("it has no key")
	}
	return line, nil
}

func countOrFail(line string, n *uint64) (counted, error) {
	*n++
	if strings.HasPrefix(line, "nopanic") {
		panic("a count of panic")
	}
	if strings.HasPrefix(line, "nocount") {
		return counted{}, errors.New("it does not count")
	}
	return counted{line, *n}, nil
}

func stagePolicies(app *wallaroo.App) {
	lines := wallaroo.Source(app.Pipeline("p"), "lines", listen("7010", wallaroo.Lines), decodeOrFail,
		wallaroo.OnError(wallaroo.Drop))
	checked := wallaroo.Map(lines, "check", check, wallaroo.OnError(wallaroo.DeadLetter))
	keyed := wallaroo.TryKeyBy(checked, keyOrFail, wallaroo.OnError(wallaroo.Fail))
	wallaroo.Stateful(keyed, "count", countOrFail, wallaroo.OnError(wallaroo.DeadLetter)).
		Sink("out", connect(wallaroo.Lines), func(c counted, out []byte) ([]byte, error) {
			out, err := encodeOrFail(c.Key, out)
			return fmt.Appendf(out, " %d", c.N), err
		}, wallaroo.OnError(wallaroo.Drop))
}

type tagged struct {
	Size uint16
	Text string
}

// failingStructs has structs behind its key_by, as their dead letters show.
func failingStructs(app *wallaroo.App) {
	app.OnError(wallaroo.DeadLetter)
	tags := wallaroo.Map(linesOf(app), "tag", func(line string) (tagged, error) {
		return tagged{uint16(len(line)), line}, nil
	})
	keyed := wallaroo.KeyBy(tags, func(t tagged) int64 {
		if t.Size == 0 {
			panic("a key of panic")
		}
		return int64(t.Size) - 10
	})
	sinkCounted(wallaroo.Stateful(keyed, "count", func(t tagged, n *uint64) (counted, error) {
		return countOrFail(t.Text, n)
	}))
}

func failingPrograms() map[string]program {
	return map[string]program{
		"failing_drop":    {build: failing(wallaroo.Drop)},
		"failing_letters": {build: failing(wallaroo.DeadLetter)},
		"failing_fail":    {build: failing(wallaroo.Fail)},
		"stage_policies":  {build: stagePolicies, states: map[string]stateText{"count": textOf[uint64]("count")}},
		"failing_structs": {build: failingStructs},
	}
}
