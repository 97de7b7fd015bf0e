// Package exampletest holds what the tests of programs of 2018 need beside the package of that name
// for the examples of today.
package exampletest

import (
	"encoding/binary"
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

// Framed puts a 32-bit big-endian length in front of each message.
func Framed(messages ...string) []byte {
	var bytes []byte
	for _, message := range messages {
		bytes = binary.BigEndian.AppendUint32(bytes, uint32(len(message)))
		bytes = append(bytes, message...)
	}
	return bytes
}
