// Reverse writes each line backwards. Letters of more than one byte stay whole.
package main

import "wallaroo.example/wallaroo"

func reverse(line string) (string, error) {
	letters := []rune(line)
	for i, j := 0, len(letters)-1; i < j; i, j = i+1, j-1 {
		letters[i], letters[j] = letters[j], letters[i]
	}
	return string(letters), nil
}

func build() *wallaroo.App {
	app := wallaroo.New("reverse")
	lines := wallaroo.Source(app.Pipeline("lines"), "lines",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE), wallaroo.Text)
	wallaroo.Map(lines, "reverse", reverse).
		Sink("reversed", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), wallaroo.AppendText)
	return app
}

func main() { build().Main() }
