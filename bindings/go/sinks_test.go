package wallaroo_test

import (
	"fmt"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// What an encoder returns is the message, whether it appended or not, and whatever room there was.
func TestEncodersNeitherChangeNorLoseWhatIsBeforeThem(t *testing.T) {
	for name, encode := range map[string]func(string, []byte) ([]byte, error){
		"append":       wallaroo.AppendText,
		"of its own":   func(text string, _ []byte) ([]byte, error) { return []byte(text), nil },
		"from scratch": func(text string, out []byte) ([]byte, error) { return append(out[:0], text...), nil },
		"by format":    func(text string, out []byte) ([]byte, error) { return fmt.Appendf(out, "%s", text), nil },
	} {
		t.Run(name, func(t *testing.T) {
			app := wallaroo.New("test")
			wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text).Sink("out", dial(), encode)
			everywhere(t, app, func(t *testing.T, h *harness.Harness) {
				var texts []string
				for i := 0; i < 100; i++ {
					texts = append(texts, fmt.Sprint(i, strings.Repeat("x", i%7*i)))
				}
				h.Feed("in", append(texts, "")...)
				same(t, h.Output("out"), append(texts, ""))
			})
		})
	}
}

func TestSkipOfAnEncoderSendsNothing(t *testing.T) {
	app := wallaroo.New("test")
	wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text).
		Sink("out", dial(), func(text string, out []byte) ([]byte, error) {
			if text == "quiet" {
				return append(out, "lost"...), wallaroo.Skip
			}
			return append(out, text...), nil
		})
	h := harness.New(t, app)
	h.Feed("in", "one", "quiet", "two")
	same(t, h.Output("out"), []string{"one", "two"})
	same(t, h.Counter("in", "user_errors"), 0)
}

func TestFramingsOfSinks(t *testing.T) {
	for _, test := range []struct {
		framing wallaroo.Framing
		bytes   string
	}{
		{wallaroo.U8, "\x02ab"},
		{wallaroo.U16BE, "\x00\x02ab"},
		{wallaroo.U16LE, "\x02\x00ab"},
		{wallaroo.U32BE, "\x00\x00\x00\x02ab"},
		{wallaroo.U32LE, "\x02\x00\x00\x00ab"},
		{wallaroo.U64BE, "\x00\x00\x00\x00\x00\x00\x00\x02ab"},
		{wallaroo.U64LE, "\x02\x00\x00\x00\x00\x00\x00\x00ab"},
		{wallaroo.LengthBE(3), "\x00\x00\x02ab"},
		{wallaroo.LengthLE(3), "\x02\x00\x00ab"},
		{wallaroo.Lines, "ab\n"},
		{wallaroo.Raw, "ab"},
	} {
		app := wallaroo.New("test")
		wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text).
			Sink("out", wallaroo.DialTCP(wallaroo.Value(":1"), test.framing), wallaroo.AppendText)
		h := harness.New(t, app)
		h.Feed("in", "ab")
		h.Drain()
		same(t, string(h.OutputBytes("out")), test.bytes)
	}
}

// What a framing cannot express fails like the encoder.
func TestAMessageThatIsTooLongForItsFramingFailsAtTheSink(t *testing.T) {
	app := wallaroo.New("test")
	wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text).
		Sink("out", wallaroo.DialTCP(wallaroo.Value(":1"), wallaroo.U8), wallaroo.AppendText,
			wallaroo.OnError(wallaroo.DeadLetter))
	h := harness.New(t, app)
	long := strings.Repeat("x", 256)
	h.Feed("in", "one", long, long[1:])
	same(t, h.Output("out"), []string{"one", long[1:]})
	letters := h.DeadLetters()
	if len(letters) != 1 || letters[0].Payload != long || letters[0].Message != 2 {
		t.Errorf("%+v", letters)
	}
}

// The engine finds that failure when it is given the message, and what is behind it in the same batch
// stays where it is, as behind a function that fails.
func TestNothingBehindAMessageThatDoesNotFitItsFramingGoesOut(t *testing.T) {
	for _, batch := range []int{1, 2, 128} {
		app := wallaroo.New("test")
		texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
		wallaroo.FlatMap(texts, "hundred", func(text string, emit func(string)) error {
			for i := 0; i < 100; i++ {
				emit(text)
			}
			return nil
		}).Sink("out", wallaroo.DialTCP(wallaroo.Value(":1"), wallaroo.U8), wallaroo.AppendText,
			wallaroo.OnError(wallaroo.Fail))
		h := harness.New(t, app, harness.BatchMax(batch))
		h.Feed("in", "a", strings.Repeat("x", 256), "b", "c", "d", "e", "f")
		out := h.Output("out")
		if len(out) != 100 || strings.Trim(strings.Join(out, ""), "a") != "" {
			t.Errorf("batch %d: %d messages: %q", batch, len(out), out)
		}
		if h.Failure() == nil {
			t.Error("the worker goes on")
		}
	}
}

// The limits are 4 GiB for a message and 2 GiB for a key.
func TestAPieceThatIsTooLongForTheEngineFailsAlone(t *testing.T) {
	t.Cleanup(wallaroo.LimitPieces(8))
	texts := []string{"one", "123456789", "12345678", "", "1234567890123456", "two"}
	wanted := []string{"one", "12345678", "", "two"}
	sink := wallaroo.New("test")
	wallaroo.Source(sink.Pipeline("texts"), "in", listen(), wallaroo.Text).Sink("out", dial(), wallaroo.AppendText)
	key := textApp(func(_ *wallaroo.App, s wallaroo.Stream[string]) wallaroo.Stream[string] {
		return wallaroo.Stateful(wallaroo.KeyBy(s, itself), "count", func(text string, n *int) (string, error) {
			if *n++; *n != 1 {
				return "", fmt.Errorf("%s came %d times", text, *n)
			}
			return text, nil
		})
	})
	for what, app := range map[string]*wallaroo.App{"the message": sink, "the key": key} {
		t.Run(what, func(t *testing.T) {
			everywhere(t, app, func(t *testing.T, h *harness.Harness) {
				h.Feed("in", texts...)
				same(t, sorted(h.Output("out")), sorted(wanted))
				same(t, h.Counter("in", "user_errors"), 2)
				contains(t, strings.Join(h.Log(), "\n"), what+" has 9 bytes, and may have 8")
			})
		})
	}
}

type point struct{ X, Y int }

func TestDecodersAndEncodersOfTheBinding(t *testing.T) {
	app := wallaroo.New("test")
	bytes := wallaroo.Source(app.Pipeline("bytes"), "bytes", listen(), wallaroo.Bytes)
	bytes.Sink("bytes-out", dial(), wallaroo.AppendBytes)
	points := wallaroo.Source(app.Pipeline("points"), "points", listen(), wallaroo.JSON[point])
	points.Sink("points-out", dial(), wallaroo.AppendJSON[point])
	functions := wallaroo.Source(app.Pipeline("functions"), "functions", listen(), wallaroo.Text)
	wallaroo.Map(functions, "make", func(string) (func(), error) { return func() {}, nil }).
		Sink("functions-out", wallaroo.Discard(wallaroo.Lines), wallaroo.AppendJSON[func()])
	h := harness.New(t, app)
	h.Feed("bytes", "\x00\xff")
	same(t, h.Output("bytes-out"), []string{"\x00\xff"})
	h.Feed("points", `{"X":1,"Y":-2}`, `{"X":"no number"}`, `[`)
	same(t, h.Output("points-out"), []string{`{"X":1,"Y":-2}`})
	same(t, h.Counter("points", "undecodable"), 2)
	h.Feed("functions", "one")
	same(t, len(h.Output("functions-out")), 0)
	same(t, h.Counter("functions", "user_errors"), 1)
}
