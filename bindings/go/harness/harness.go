// Package harness runs an application under go test: on the real engine, in the calling goroutine,
// without sockets. Every source and sink is replaced by the harness' own, the clock by a number; the
// application stays as it is shipped. A test feeds messages, drains, moves the clock, and looks at
// output, state, counters and dead letters.
package harness

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
	"wallaroo.example/wallaroo/internal/codec"
	"wallaroo.example/wallaroo/internal/engine"
	"wallaroo.example/wallaroo/internal/hooks"
)

// A DeadLetter is a message on which a function failed where the policy is DeadLetter.
type DeadLetter = engine.DeadLetter

// An Option changes how the engine runs: its limits, made small, bring out what depends on them.
type Option func(*engine.HarnessOptions)

// Cores is how many cores there are, 1 to 64; 1 by default.
func Cores(cores int) Option { return func(o *engine.HarnessOptions) { o.Cores = cores } }

// Seed draws which core acts next and how much it does; 0, the default: they take turns.
func Seed(seed uint64) Option { return func(o *engine.HarnessOptions) { o.Seed = seed } }

// BatchMax is how many messages are worked on and sent together, 1 to 128; 128 by default.
func BatchMax(messages int) Option {
	return func(o *engine.HarnessOptions) { o.BatchMessagesMax = messages }
}

// SinksPushBack makes every sink full again after each batch, for a turn.
func SinksPushBack() Option { return func(o *engine.HarnessOptions) { o.SinksPushBack = true } }

// Credits is how many batches may be under way between two stages, 1 or more; 16 by default.
func Credits(batches int) Option {
	return func(o *engine.HarnessOptions) { o.CreditsPerChannel = batches }
}

// Start is where the clock begins; the Unix epoch by default.
func Start(at time.Time) Option {
	return func(o *engine.HarnessOptions) { o.StartNs = at.UnixNano() }
}

// Flag gives a value to a setting that App.Flag made.
func Flag(name, value string) Option {
	return func(o *engine.HarnessOptions) { o.Flags = append(o.Flags, [2]string{name, value}) }
}

// A Harness belongs to one goroutine. What a test asks for and cannot be, such as a source that does
// not exist, ends the test with a sentence that says what there is.
type Harness struct {
	t       testing.TB
	app     *wallaroo.App
	running *engine.App
	h       *engine.Harness
}

// New makes a harness of the application. At the end of the test it looks whether every value was
// given back.
func New(t testing.TB, app *wallaroo.App, options ...Option) *Harness {
	t.Helper()
	chosen := engine.HarnessOptions{Cores: 1, BatchMessagesMax: 128, CreditsPerChannel: 16, RingSlots: 256, Partitions: 1024}
	for _, option := range options {
		if option == nil {
			t.Fatalf("harness: an option is nil; leave it out")
		}
		option(&chosen)
	}
	running, err := hooks.Open(app)
	if err != nil {
		t.Fatalf("harness: %v", err)
	}
	made, err := running.NewHarness(chosen)
	if err != nil {
		running.Close()
		t.Fatalf("harness: %v", err)
	}
	h := &Harness{t: t, app: app, running: running, h: made}
	t.Cleanup(h.end)
	return h
}

func (h *Harness) end() {
	// A function that ended the test has left the engine in the middle of a step.
	failed := h.running.Exited() != nil
	if !failed && h.h.Failure() == nil {
		h.check(h.h.Drain())
	}
	failed = failed || h.h.Failure() != nil
	if left := h.h.Close(); left != 0 && !failed {
		h.t.Errorf("harness: %d batches of values were not given back: a bug of the binding", left)
	}
	h.running.Close()
}

func (h *Harness) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("harness: %v", err)
	}
}

// Feed gives messages to the source of that name: the bytes that its decoder gets. They are worked
// on by Drain.
func (h *Harness) Feed(source string, messages ...string) {
	h.t.Helper()
	h.FeedConnection(source, 0, messages...)
}

// FeedConnection feeds by one of several connections: messages of one keep their order, and
// connection c is read by core c modulo the number of cores.
func (h *Harness) FeedConnection(source string, connection int, messages ...string) {
	h.t.Helper()
	if uint64(connection) > math.MaxUint32 {
		h.t.Fatalf("harness: there is no connection %d; they count from 0", connection)
	}
	bytes := make([][]byte, len(messages))
	for i, message := range messages {
		bytes[i] = []byte(message)
	}
	h.check(h.h.Feed(source, bytes, uint32(connection)))
}

// Generate lets a generator make its next count values; by itself it makes none here.
func (h *Harness) Generate(source string, count int) {
	h.t.Helper()
	if count < 0 {
		h.t.Fatalf("harness: a generator cannot make %d values", count)
	}
	h.check(h.h.Generate(source, uint64(count)))
}

// Drain runs until nothing is under way. The clock stands still.
func (h *Harness) Drain() { h.t.Helper(); h.check(h.h.Drain()) }

// AdvanceTo moves the clock, and runs what becomes due on the way.
func (h *Harness) AdvanceTo(at time.Time) { h.t.Helper(); h.check(h.h.AdvanceTo(at.UnixNano())) }

// Advance moves the clock by a duration.
func (h *Harness) Advance(by time.Duration) { h.t.Helper(); h.AdvanceTo(h.Now().Add(by)) }

// Now is what the clock shows.
func (h *Harness) Now() time.Time { return time.Unix(0, h.h.NowNs()).UTC() }

// Close ends a source: nothing can be fed to it any more. Time goes to its end once all have ended.
func (h *Harness) Close(source string) { h.t.Helper(); h.check(h.h.CloseSource(source)) }

// Finish ends all sources and runs to the end; all timers fire.
func (h *Harness) Finish() { h.t.Helper(); h.check(h.h.Finish()) }

// Output drains, and returns the messages that the sink was given since the last call.
func (h *Harness) Output(sink string) []string {
	h.t.Helper()
	if h.h.Failure() == nil {
		h.check(h.h.Drain())
	}
	messages, err := h.h.TakeOutput(sink)
	h.check(err)
	return messages
}

// OutputBytes returns all that the sink would have sent, framing included.
func (h *Harness) OutputBytes(sink string) []byte {
	h.t.Helper()
	bytes, err := h.h.OutputBytes(sink)
	h.check(err)
	return bytes
}

// DeadLetters returns all dead letters so far, whether or not the application names a file for them;
// Drain first.
func (h *Harness) DeadLetters() []DeadLetter {
	h.t.Helper()
	letters, err := h.h.DeadLetters()
	h.check(err)
	return letters
}

// Counter returns a counter of a stage, source or sink by its name in /status, such as
// Counter("count", "user_errors"); Drain first, or what was fed last is not counted yet.
func (h *Harness) Counter(name, counter string) int {
	h.t.Helper()
	value, err := h.h.Counter(name, counter)
	h.check(err)
	return int(value)
}

// Failure is why the worker has stopped: a message failed where the policy is Fail. From then on
// nothing is worked on. It is nil while the worker runs; Drain first.
func (h *Harness) Failure() error { return h.h.Failure() }

// Log returns the lines that a worker would have written for people; Drain first.
func (h *Harness) Log() []string { return h.h.Log() }

// ReloadStates stores every state and loads it again, as when a worker is replaced by another.
func (h *Harness) ReloadStates() { h.t.Helper(); h.check(h.h.ReloadStates()) }

// Sources, Sinks and States are names, in the order in which the application made them.
func (h *Harness) Sources() []string { h.t.Helper(); return h.names("sources") }

// Sinks are the names of the sinks.
func (h *Harness) Sinks() []string { h.t.Helper(); return h.names("sinks") }

// States are the names of the stages with state.
func (h *Harness) States() []string { h.t.Helper(); return h.names("states") }

func (h *Harness) names(of string) []string {
	h.t.Helper()
	names, err := h.h.Names(of)
	h.check(err)
	return names
}

// EncodedStates returns key bytes and encoded state of every key of a stage, sorted by key; Drain
// first.
func (h *Harness) EncodedStates(stage string) [][2]string {
	h.t.Helper()
	states, err := h.h.States(stage)
	h.check(err)
	return states
}

// State returns the state of a key at a stage, and whether there is one; Drain first, or what was fed
// last has not reached it yet. S and K are the types of the application.
func State[S any, K comparable](h *Harness, stage string, key K) (S, bool) {
	h.t.Helper()
	var state S
	encoding, err := codec.KeyFor[K]()
	h.check(err)
	wanted, err := encoding.Append(nil, key)
	h.check(err)
	for _, found := range h.EncodedStates(stage) {
		if found[0] != string(wanted) {
			continue
		}
		h.check(decode(h.app, []byte(found[1]), &state))
		return state, true
	}
	return state, false
}

func decode[S any](app *wallaroo.App, bytes []byte, state *S) error {
	if given := hooks.CodecOf(app, reflect.TypeOf(state).Elem()); given != nil {
		return given.(wallaroo.Codec[S]).Decode(bytes, state)
	}
	automatic, err := codec.For[S]()
	if err != nil {
		return fmt.Errorf("a state of this type cannot be read: %w", err)
	}
	return automatic.Decode(bytes, state)
}
