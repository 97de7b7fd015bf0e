package words

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	for line, wanted := range map[string][]string{
		"":                             nil,
		"  \n ":                        nil,
		"The cat. \"The dog!\"":        {"the", "cat", "the", "dog"},
		"don't -- stop":                {"don't", "stop"},
		"ÄRGER über\tALL":              {"Ärger", "über\tall"},
		"a\nb":                         {"a", "b"},
		"^caret [x] {y} `z` @home #1.": {"caret", "x", "y", "z", "home", "1"},
	} {
		var got []string
		if err := Split(line, func(word string) { got = append(got, word) }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("%q: %q instead of %q", line, got, wanted)
		}
	}
}

func TestWordsInLowerCaseCostNoMemory(t *testing.T) {
	line := "all of these words are parts of the line"
	if count := testing.AllocsPerRun(100, func() { Split(line, func(string) {}) }); count != 0 {
		t.Error("allocates", count)
	}
}
