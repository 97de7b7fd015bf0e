// Package exampletest holds what the tests of the examples share.
package exampletest

import (
	"encoding/binary"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"

	wa "wallarooapi"
	"wallarooapi/application"
)

// App sets a program up and returns what it described. setup calls ApplicationSetup.
func App(t *testing.T, args []string, setup func()) *wallaroo.App {
	t.Helper()
	wa.Args = append([]string{"program"}, args...)
	setup()
	app, err := application.Described().Build()
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// OnCores runs a test with a harness of the application on 1, 2 and 3 cores.
func OnCores(t *testing.T, app *wallaroo.App, test func(t *testing.T, h *harness.Harness)) {
	for cores := 1; cores <= 3; cores++ {
		t.Run(strings.Repeat("core ", cores), func(t *testing.T) {
			test(t, harness.New(t, app, harness.Cores(cores), harness.Seed(uint64(cores))))
		})
	}
}

// Feed gives each message to the source by a connection of its own, so that they are dealt over the
// cores.
func Feed(h *harness.Harness, source string, messages ...string) {
	for i, message := range messages {
		h.FeedConnection(source, i, message)
	}
}

// Lines reads the lines of a file.
func Lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return split(string(text))
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// Output drains, and returns all lines that the sink has been given.
func Output(h *harness.Harness, sink string) []string {
	h.Drain()
	return split(string(h.OutputBytes(sink)))
}

// Same compares lines whose order is open.
func Same(t *testing.T, got, wanted []string) {
	t.Helper()
	got, wanted = append([]string(nil), got...), append([]string(nil), wanted...)
	sort.Strings(got)
	sort.Strings(wanted)
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("got %q\nwanted %q", got, wanted)
	}
}

// Framed puts a 32-bit big-endian length in front of each message.
func Framed(messages ...string) []byte {
	var bytes []byte
	for _, message := range messages {
		bytes = binary.BigEndian.AppendUint32(bytes, uint32(len(message)))
		bytes = append(bytes, message...)
	}
	return bytes
}
