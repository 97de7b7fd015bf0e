package conformance_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/harness"
)

// The conformance suite on the Go API: every case of tests/conformance on its program, on each of
// its numbers of cores, with several orders in which the cores act and sizes of batches.

const (
	casesFolder = "../../../tests/conformance"
	casesMin    = 60
)

// A conformanceCase is a file; tests/conformance/README.md says what its fields mean.
type conformanceCase struct {
	About           string
	Graph           string
	Cores           []int
	Steps           []step
	Order           string
	Outputs         map[string]texts
	OutputBytes     map[string]string            `json:"output_bytes"`
	Counters        map[string]map[string]int    `json:"counters"`
	States          map[string]map[string]*text  `json:"states"`
	StateBytes      map[string]map[string]string `json:"state_bytes"`
	DeadLetters     []wantedLetter               `json:"dead_letters"`
	FailureContains string                       `json:"failure_contains"`
	Log             map[string]int
	RefusedContains texts             `json:"refused_contains"`
	Differs         map[string]string // language: why it does something else for now
}

type step struct {
	Feed *struct {
		Source     string
		Connection int
		Messages   texts
		Drain      *bool
	}
	Generate *struct {
		Source string
		Count  int
	}
	AdvanceToMs  *int64 `json:"advance_to_ms"`
	ReloadStates bool   `json:"reload_states"`
	Close        string
	Finish       bool
}

type wantedLetter struct {
	Stage, Function, Key, Timer, Source, Message, Payload *text

	ErrorContains string `json:"error_contains"`
}

// A text is a message: itself, or an object that describes it.
type text string

// texts is a list of messages; one entry can stand for many.
type texts []string

type described struct {
	Base64   []byte
	Text     string
	Times    int
	Numbered string
	From, To int
}

func (t *text) UnmarshalJSON(document []byte) error {
	if document[0] == '"' {
		return json.Unmarshal(document, (*string)(t))
	}
	var d described
	err := json.Unmarshal(document, &d)
	*t = text(string(d.Base64) + strings.Repeat(d.Text, d.Times))
	return err
}

func (t *texts) UnmarshalJSON(document []byte) error {
	var entries []json.RawMessage
	if err := json.Unmarshal(document, &entries); err != nil {
		return err
	}
	for _, entry := range entries {
		var many described
		if entry[0] == '{' && json.Unmarshal(entry, &many) == nil && many.Numbered != "" {
			for i := many.From; i <= many.To; i++ {
				*t = append(*t, strings.ReplaceAll(many.Numbered, "#", strconv.Itoa(i)))
			}
			continue
		}
		var one text
		if err := json.Unmarshal(entry, &one); err != nil {
			return err
		}
		*t = append(*t, string(one))
	}
	return nil
}

func readCase(document []byte) (conformanceCase, error) {
	var c conformanceCase
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&c)
	return c, err
}

func casesOf(t *testing.T) map[string]conformanceCase {
	paths, err := filepath.Glob(filepath.Join(casesFolder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]conformanceCase{}
	for _, path := range paths {
		document, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, err := readCase(document)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		cases[strings.TrimSuffix(filepath.Base(path), ".json")] = c
	}
	return cases
}

// ---- running -----------------------------------------------------------------------------------

func (s step) take(h *harness.Harness) error {
	switch {
	case s.Feed != nil:
		h.FeedConnection(s.Feed.Source, s.Feed.Connection, s.Feed.Messages...)
		if s.Feed.Drain != nil && !*s.Feed.Drain {
			return nil
		}
	case s.Generate != nil:
		h.Generate(s.Generate.Source, s.Generate.Count)
	case s.AdvanceToMs != nil:
		h.AdvanceTo(time.UnixMilli(*s.AdvanceToMs))
	case s.ReloadStates:
		h.ReloadStates()
	case s.Close != "":
		h.Close(s.Close)
	case s.Finish:
		h.Finish()
		return nil
	default:
		return fmt.Errorf("there is no such step")
	}
	h.Drain()
	return nil
}

// A comparison gathers what is not as a case says, in sentences.
type comparison struct {
	c     conformanceCase
	h     *harness.Harness
	wrong strings.Builder
}

func (x *comparison) differ(format string, args ...any) { fmt.Fprintf(&x.wrong, format+"\n", args...) }

// differences runs a case; empty: all is as it says.
func differences(t *testing.T, one program, c conformanceCase, options ...harness.Option) string {
	app := wallaroo.New("conformance")
	one.build(app)
	if c.RefusedContains != nil {
		return compareRefusal(app, c)
	}
	x := &comparison{c: c, h: harness.New(t, app, options...)}
	for _, s := range c.Steps {
		if err := s.take(x.h); err != nil {
			x.differ("the case cannot be run: %v", err)
		}
	}
	x.outputs()
	x.counters()
	x.states(one)
	x.stateBytes()
	x.deadLetters()
	x.failure()
	x.log()
	return x.wrong.String()
}

func compareRefusal(app *wallaroo.App, c conformanceCase) string {
	err := app.Check()
	for _, wanted := range c.RefusedContains {
		if err == nil || !strings.Contains(err.Error(), wanted) {
			return fmt.Sprintf("refused: %v\n", err)
		}
	}
	return ""
}

// ---- comparing ---------------------------------------------------------------------------------

func (x *comparison) list(what string, wanted, found []string) {
	at := 0
	for at < len(wanted) && at < len(found) && wanted[at] == found[at] {
		at++
	}
	if at < len(wanted) || at < len(found) {
		x.differ("%s: %d wanted, %d found; at number %d %s wanted, %s found", what, len(wanted),
			len(found), at+1, shown(wanted, at), shown(found, at))
	}
}

func shown(list []string, at int) string {
	if at >= len(list) {
		return "nothing"
	}
	if len(list[at]) > 100 {
		return fmt.Sprintf("%q... of %d bytes", list[at][:100], len(list[at]))
	}
	return fmt.Sprintf("%q", list[at])
}

func (x *comparison) ordered(list []string) []string {
	sorted := append([]string{}, list...)
	switch x.c.Order {
	case "exact":
	case "any":
		sort.Strings(sorted)
	case "by_key":
		sort.SliceStable(sorted, func(i, j int) bool { return firstHalf(sorted[i]) < firstHalf(sorted[j]) })
	default:
		x.differ("there is no order '%s'", x.c.Order)
	}
	return sorted
}

func (x *comparison) outputs() {
	for _, sink := range x.h.Sinks() {
		wanted, inMessages := x.c.Outputs[sink]
		wantedBytes, inBytes := x.c.OutputBytes[sink]
		if !inMessages && !inBytes {
			x.differ("output of '%s' is not expected by the case", sink)
		}
		if inMessages {
			x.list("output of '"+sink+"'", x.ordered(wanted), x.ordered(x.h.Output(sink)))
		}
		if inBytes {
			found := base64.StdEncoding.EncodeToString(x.h.OutputBytes(sink))
			x.list("output of '"+sink+"' in bytes", []string{wantedBytes}, []string{found})
		}
	}
}

// counters are those that the case names; failures that it does not name must not have been.
func (x *comparison) counters() {
	type counter struct{ stage, name string }
	wanted := map[counter]int{}
	for _, stage := range append(x.h.Sources(), x.h.States()...) {
		wanted[counter{stage, "user_errors"}] = 0
		wanted[counter{stage, "undecodable"}] = 0
	}
	for stage, counters := range x.c.Counters {
		for name, value := range counters {
			wanted[counter{stage, name}] = value
		}
	}
	for of, value := range wanted {
		if found := x.h.Counter(of.stage, of.name); found != value {
			x.differ("counter '%s' of '%s': %d wanted, %d found", of.name, of.stage, value, found)
		}
	}
}

func (x *comparison) states(one program) {
	for stage, states := range x.c.States {
		for key, wanted := range states {
			found, known := one.states[stage](x.h, key)
			if known != (wanted != nil) || known && found != string(*wanted) {
				x.differ("state of %q: %v wanted, %q (%v) found", key, wanted, found, known)
			}
		}
	}
}

func (x *comparison) stateBytes() {
	for stage, states := range x.c.StateBytes {
		var wanted, found []string
		for key, state := range states {
			wanted = append(wanted, key+" "+state)
		}
		for _, state := range x.h.EncodedStates(stage) {
			found = append(found, hex.EncodeToString([]byte(state[0]))+" "+hex.EncodeToString([]byte(state[1])))
		}
		sort.Strings(wanted)
		sort.Strings(found)
		x.list("bytes of states of '"+stage+"'", wanted, found)
	}
}

func (w wantedLetter) isLike(letter harness.DeadLetter) bool {
	fields := []struct {
		wanted *text
		found  string
	}{{w.Stage, letter.Stage}, {w.Function, letter.Function}, {w.Key, letter.Key}, {w.Timer, letter.Timer},
		{w.Source, letter.Source}, {w.Message, fmt.Sprint(letter.Message)}, {w.Payload, letter.Payload}}
	for _, field := range fields {
		if field.wanted != nil && string(*field.wanted) != field.found {
			return false
		}
	}
	return strings.Contains(letter.Error, w.ErrorContains)
}

func (x *comparison) deadLetters() {
	letters := x.h.DeadLetters()
	for i, wanted := range x.c.DeadLetters {
		at := 0
		for at < len(letters) && !wanted.isLike(letters[at]) {
			at++
		}
		if at == len(letters) {
			x.differ("no dead letter is like number %d of the case", i+1)
			continue
		}
		letters = append(letters[:at:at], letters[at+1:]...)
	}
	for _, letter := range letters {
		x.differ("a dead letter that is not expected: %+v", letter)
	}
}

func (x *comparison) failure() {
	failure := x.h.Failure()
	switch {
	case failure == nil && x.c.FailureContains != "":
		x.differ("the worker has not stopped")
	case failure != nil && x.c.FailureContains == "":
		x.differ("the worker has stopped: %v", failure)
	case failure != nil && !strings.Contains(failure.Error(), x.c.FailureContains):
		x.differ("failure: '%s' wanted, '%v' found", x.c.FailureContains, failure)
	}
}

// log: how many lines hold a text.
func (x *comparison) log() {
	for part, wanted := range x.c.Log {
		found := 0
		for _, line := range x.h.Log() {
			if strings.Contains(line, part) {
				found++
			}
		}
		if found != wanted {
			x.differ("lines of the log with '%s': %d wanted, %d found", part, wanted, found)
		}
	}
}

// ---- tests -------------------------------------------------------------------------------------

func TestConformance(t *testing.T) {
	all := programs()
	for name, c := range casesOf(t) {
		one, known := all[c.Graph]
		if !known {
			t.Errorf("%s: no program '%s'", name, c.Graph)
			continue
		}
		t.Run(name, func(t *testing.T) {
			wrong := differencesInAllWays(t, one, c)
			switch why := c.Differs["go"]; {
			case why == "" && wrong != "":
				t.Errorf("%s\n%s", c.About, wrong)
			case why != "" && wrong == "":
				t.Errorf("this holds now; take the difference out of the case: %s", why)
			case why != "":
				t.Logf("a known difference: %s", why)
			}
		})
	}
}

// differencesInAllWays is what is not as the case says in any of the ways to run it.
func differencesInAllWays(t *testing.T, one program, c conformanceCase) string {
	var all strings.Builder
	for _, cores := range c.Cores {
		for _, seed := range []uint64{0, 1, 77} {
			for _, batch := range []int{1, 128} {
				options := []harness.Option{harness.Cores(cores), harness.Seed(seed), harness.BatchMax(batch)}
				if seed == 77 {
					options = append(options, harness.SinksPushBack())
				}
				way := fmt.Sprintf("cores=%d/seed=%d/batch=%d", cores, seed, batch)
				t.Run(way, func(t *testing.T) {
					if wrong := differences(t, one, c, options...); wrong != "" {
						fmt.Fprintf(&all, "%s:\n%s", way, wrong)
					}
				})
			}
		}
	}
	return all.String()
}

func TestConformanceSuiteIsWhole(t *testing.T) {
	cases := casesOf(t)
	if len(cases) < casesMin {
		t.Errorf("%d cases in %s, and at least %d are there", len(cases), casesFolder, casesMin)
	}
	used := map[string]bool{}
	for _, c := range cases {
		used[c.Graph] = true
	}
	for name := range programs() {
		if !used[name] {
			t.Errorf("no case uses the program '%s'", name)
		}
	}
}

// rightCase holds for the program failing_structs.
const rightCase = `{"steps": [{"feed": {"source": "lines", "messages": ["ab", "nocount", "ab"]}}],
	"order": "exact", "outputs": {"out": ["ab 1", "ab 2"]}, "counters": {"count": {"user_errors": 1}},
	"state_bytes": {"count": {
		"f8ffffffffffffff": "0200000000000000", "fdffffffffffffff": "0100000000000000"}},
	"dead_letters": [{"error_contains": "does not count", "key": "-3"}]}`

func TestConformanceNoticesWhatIsWrong(t *testing.T) {
	for _, change := range []struct{ part, instead, wrong string }{
		{"exact", "by_key", ""},
		{"ab 2", "ab 3", `at number 2 "ab 3" wanted, "ab 2" found`},
		{`"outputs": {"out": ["ab 1", "ab 2"]},`, "", "is not expected"},
		{`"order"`, `"output_bytes": {"out": "YWIgMQo="}, "order"`, "in bytes"},
		{"exact", "as it comes", "no order"},
		{`"counters": {"count": {"user_errors": 1}},`, "", "0 wanted, 1 found"},
		{`user_errors": 1`, `user_errors": 2`, "2 wanted, 1 found"},
		{`"0200000000000000"`, `"0200000000000001"`, "bytes of states"},
		{`"key": "-3"}`, `"key": "-3"}, {}`, "no dead letter is like number 2"},
		{`{"error_contains": "does not count", "key": "-3"}`, "", "a dead letter that is not expected"},
		{`"key": "-3"`, `"key": "3"`, "no dead letter is like number 1"},
		{`"order"`, `"failure_contains": "count", "order"`, "has not stopped"},
		{`"order"`, `"log": {"failed on": 2}, "order"`, "2 wanted, 1 found"},
		{`"steps": [`, `"steps": [{}, `, "no such step"},
	} {
		c, err := readCase([]byte(strings.Replace(rightCase, change.part, change.instead, 1)))
		if err != nil {
			t.Fatal(err)
		}
		wrong := differences(t, programs()["failing_structs"], c)
		if !strings.Contains(wrong, change.wrong) || (wrong == "") != (change.wrong == "") {
			t.Errorf("%s instead of %s: %q", change.instead, change.part, wrong)
		}
	}
}
