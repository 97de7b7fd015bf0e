package wallaroo_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
)

// leave ends its goroutine on the text "bad".
func leave(text string) error {
	if text == "bad" {
		runtime.Goexit()
	}
	return nil
}

// A leaver is a processor that leaves when its timer is due.
type leaver struct{ Text string }

func (p *leaver) OnEvent(ctx *wallaroo.Context[string], text string, emit func(string)) error {
	p.Text = text
	ctx.SetTimer("due", ctx.EventTime())
	return nil
}

func (p *leaver) OnTimer(*wallaroo.Context[string], string, func(string)) error { return leave(p.Text) }

// leaves are pipelines that leave in each kind of function; the log calls it as the text before the
// blank says. read is a source of words of three letters.
var leaves = map[string]func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec){
	"f decoder": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		wallaroo.Source(p, "f", read(wallaroo.Lines), func(text []byte) (string, error) { return "", leave(string(text)) })
	},
	"f Header": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		wallaroo.Source(p, "f", read(wallaroo.Header(3, func(text []byte) (uint64, error) { return 1, leave(string(text)) })), wallaroo.Text)
	},
	"f Map": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		wallaroo.Map(texts, "f", func(text string) (string, error) { return text, leave(text) })
	},
	"f panicking": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		texts.Filter("f", func(text string) bool {
			defer func() {
				if text == "bad" {
					panic("on the way out")
				}
			}()
			return leave(text) == nil
		})
	},
	"event-time EventTime": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		texts.EventTime(func(text string) time.Time { leave(text); return time.Unix(1, 0) }, 0)
	},
	"key-by KeyBy": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		keyed := wallaroo.KeyBy(texts, func(text string) string { leave(text); return text })
		wallaroo.Stateful(keyed, "state", func(text string, _ *int) (string, error) { return text, nil })
	},
	"f Stateful": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "f", func(text string, _ *int) (string, error) { return text, leave(text) })
	},
	"f OnTimer": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		texts := wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text)
		wallaroo.Process[leaver, string](wallaroo.KeyBy(texts, itself), "f")
	},
	"f encoder": func(p *wallaroo.Pipeline, read func(wallaroo.Framing) wallaroo.SourceSpec) {
		wallaroo.Source(p, "in", read(wallaroo.Lines), wallaroo.Text).Sink("f", wallaroo.Discard(wallaroo.Raw),
			func(text string, out []byte) ([]byte, error) { return out, leave(text) })
	},
}

// A function that ends its goroutine ends the run, with an error that names its stage, although the
// source goes on for ever.
func TestGoexitEndsRun(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(from, []byte(strings.Repeat("one\ntwo\n", 200)+"bad\nfor\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(framing wallaroo.Framing) wallaroo.SourceSpec {
		return wallaroo.FollowFile(wallaroo.Value(from), framing)
	}
	for name, build := range leaves {
		for _, cores := range []string{"1", "2", "4"} {
			t.Run(name+" on "+cores, func(t *testing.T) {
				app := wallaroo.New("test")
				build(app.Pipeline("p"), read)
				ended := make(chan error)
				go func() { ended <- app.Run(context.Background(), "--http", "off", "--quiet", "--cores", cores) }()
				select {
				case err := <-ended:
					if err == nil {
						t.Fatal("it did not fail")
					}
					stage, _, _ := strings.Cut(name, " ")
					contains(t, err.Error(), "'"+stage+"' in pipeline 'p'", "runtime.Goexit", "the worker stops")
				case <-time.After(time.Minute):
					t.Fatal("it does not end")
				}
			})
		}
	}
}

func TestGoexitEndsMain(t *testing.T) {
	out, _ := receiver(t, 1)
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", out, "--http", "off")
	send(t, c.logged(t, "listens on "), framed("a", "leave", "b"), 100)
	same(t, c.end(), 1)
	said := c.lines[len(c.lines)-2:]
	contains(t, said[0], "warning", "'limit' in pipeline 'words' called runtime.Goexit")
	contains(t, said[1], "error: 'limit' in pipeline 'words' called runtime.Goexit")
}

// A leavingCodec leaves when the message of a dead letter is to be encoded.
type leavingCodec struct{}

func (leavingCodec) Append(out []byte, text *leavingText) ([]byte, error) {
	return out, leave(string(*text))
}
func (leavingCodec) Decode([]byte, *leavingText) error { return nil }
func (leavingCodec) Description() string               { return "leaving" }

type leavingText string

func TestGoexitInACodecEndsRun(t *testing.T) {
	app := wallaroo.New("test")
	wallaroo.UseCodec[leavingText](app, leavingCodec{})
	app.DeadLetters(wallaroo.Value(filepath.Join(t.TempDir(), "letters")))
	texts := wallaroo.Source(app.Pipeline("p"), "in", wallaroo.Messages(1, "one", "bad", "two"),
		func(text []byte) (leavingText, error) { return leavingText(text), nil })
	wallaroo.Stateful(wallaroo.KeyBy(texts, func(leavingText) int { return 1 }), "f",
		func(leavingText, *int) (string, error) { return "", errors.New("no") }, wallaroo.OnError(wallaroo.DeadLetter))
	err := app.Run(context.Background(), "--http", "off", "--quiet", "--cores", "2")
	if err == nil {
		t.Fatal("it did not fail")
	}
	contains(t, err.Error(), "'f' in pipeline 'p' called runtime.Goexit")
}
