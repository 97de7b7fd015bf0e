package main

import (
	"strconv"
	"strings"
)

// eachWord calls emit with the words of a line: split on space and newline, ASCII lower case, ASCII
// punctuation trimmed at both ends. A word that is in lower case already is a part of the line.
func eachWord(line string, emit func(string)) {
	begin := 0
	for at := 0; at <= len(line); at++ {
		if at < len(line) && line[at] != ' ' && line[at] != '\n' {
			continue
		}
		if word := trim(line[begin:at]); word != "" {
			emit(lower(word))
		}
		begin = at + 1
	}
}

func trim(word string) string {
	for word != "" && isPunctuation(word[0]) {
		word = word[1:]
	}
	for word != "" && isPunctuation(word[len(word)-1]) {
		word = word[:len(word)-1]
	}
	return word
}

func isPunctuation(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
}

func lower(word string) string {
	for i := 0; i < len(word); i++ {
		if word[i] >= 'A' && word[i] <= 'Z' {
			return strings.ToLower(word)
		}
	}
	return word
}

// A total is what goes out for each word.
type total struct {
	word  string
	count uint64
}

func (t total) append(out []byte) []byte {
	out = append(out, t.word...)
	out = append(out, " => "...)
	return strconv.AppendUint(out, t.count, 10)
}

// A counter is the loop that an able programmer writes: a map of counts, and a buffer for the lines.
type counter struct {
	counts map[string]*uint64
	out    []byte
}

func newCounter() *counter { return &counter{counts: map[string]*uint64{}} }

func (c *counter) add(word string) {
	count := c.counts[word]
	if count == nil {
		count = new(uint64)
		c.counts[strings.Clone(word)] = count
	}
	*count++
	c.out = append(total{word, *count}.append(c.out), '\n')
}
