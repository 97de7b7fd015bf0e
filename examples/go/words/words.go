// Package words takes lines apart into words: split on space and newline, ASCII lower case, ASCII
// punctuation trimmed at both ends. What is inside a word stays ("don't"), and so does every byte
// that is not ASCII.
package words

import "strconv"

// Split calls emit with each word of the line. A word without capitals is a part of the line and
// costs no memory of its own.
func Split(line string, emit func(string)) error {
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
	return nil
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
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !isCapital(c) && !isCapital(c&^0x20)
}

func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' }

func lower(word string) string {
	for i := 0; i < len(word); i++ {
		if !isCapital(word[i]) {
			continue
		}
		bytes := []byte(word)
		for ; i < len(bytes); i++ {
			if isCapital(bytes[i]) {
				bytes[i] |= 0x20
			}
		}
		return string(bytes)
	}
	return word
}

// A Total is how often a word has been seen.
type Total struct {
	Word  string
	Count uint64
}

// Append writes a total as "word => count".
func Append(total Total, out []byte) ([]byte, error) {
	out = append(out, total.Word...)
	out = append(out, " => "...)
	return strconv.AppendUint(out, total.Count, 10), nil
}
