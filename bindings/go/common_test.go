package wallaroo_test

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// in and out are the settings of most applications here; the harness replaces what they name.
func listen() wallaroo.SourceSpec {
	return wallaroo.ListenTCP(wallaroo.Value("127.0.0.1:0"), wallaroo.Lines)
}

func dial() wallaroo.SinkSpec { return wallaroo.DialTCP(wallaroo.Value("127.0.0.1:1"), wallaroo.Lines) }

// textApp is an application with one source "in" of texts and one sink "out"; build makes what lies
// between.
func textApp(build func(app *wallaroo.App, texts wallaroo.Stream[string]) wallaroo.Stream[string]) *wallaroo.App {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "in", listen(), wallaroo.Text)
	build(app, texts).Sink("out", dial(), wallaroo.AppendText)
	return app
}

func same[T any](t *testing.T, got, wanted T) {
	t.Helper()
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got    %q\nwanted %q", fmt.Sprint(got), fmt.Sprint(wanted))
	}
}

func sorted(texts []string) []string {
	texts = append([]string(nil), texts...)
	sort.Strings(texts)
	return texts
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in:\n%s", part, text)
		}
	}
}

// perKey orders messages "key rest" by key, those of one key as they came.
func perKey(messages []string) map[string][]string {
	keys := map[string][]string{}
	for _, message := range messages {
		key, _, _ := strings.Cut(message, " ")
		keys[key] = append(keys[key], message)
	}
	return keys
}

// everywhere runs a test with a harness of the application on some cores and seeds, in batches of
// some sizes, with few credits, and with sinks that push back.
func everywhere(t *testing.T, app *wallaroo.App, test func(t *testing.T, h *harness.Harness)) {
	t.Helper()
	for cores := 1; cores <= 3; cores++ {
		for seed := uint64(0); seed <= 3; seed++ {
			options := []harness.Option{harness.Cores(cores), harness.Seed(seed), harness.BatchMax(1 << seed)}
			if seed%2 == 1 {
				options = append(options, harness.SinksPushBack(), harness.Credits(1))
			}
			t.Run(fmt.Sprintf("%d cores, seed %d", cores, seed), func(t *testing.T) {
				test(t, harness.New(t, app, options...))
			})
		}
	}
}

func itself(text string) string { return text }
