package wallaroo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"syscall"
	"time"

	"wallaroo.example/wallaroo/internal/engine"
)

// An ErrorPolicy says what becomes of a message on which a function fails, by an error or a panic.
// Its outputs are taken back in each case, it is counted, and the first of them are logged.
type ErrorPolicy string

const (
	// Drop goes on with the next message; the default.
	Drop ErrorPolicy = "drop"
	// DeadLetter does the same, after writing the message down where dead letters are kept.
	DeadLetter ErrorPolicy = "dead-letter"
	// Fail stops the worker and says where it was.
	Fail ErrorPolicy = "fail"
)

// known says whether there is such a policy; "" is the one of the application, or its default.
func (p ErrorPolicy) known() bool {
	return p == "" || p == Drop || p == DeadLetter || p == Fail
}

func (p ErrorPolicy) mistake() string {
	return fmt.Sprintf("there is no error policy '%s'; use Drop, DeadLetter or Fail", string(p))
}

// A Setting is a text given in the program or, made by App.Flag, on the command line.
type Setting struct {
	flag  string
	value string
}

// Value is a setting that no flag changes.
func Value(text string) Setting { return Setting{value: text} }

// An App is a set of pipelines. Build it in one goroutine; Main, Run and the harness do not change
// it, so that several of them may use the same App.
type App struct {
	name        string
	policy      ErrorPolicy
	deadLetters *Setting
	flags       []string
	pipelines   []string
	mistakes    []string
	nodes       []*node
	codecs      map[reflect.Type]any
	encoded     map[reflect.Type]bool // automatically
	shared      map[string]*stateOf
}

// New returns an application without pipelines.
func New(name string) *App {
	return &App{name: name, codecs: map[reflect.Type]any{}, encoded: map[reflect.Type]bool{},
		shared: map[string]*stateOf{}}
}

// Name is what New was given.
func (a *App) Name() string { return a.name }

// Flag returns a setting that the command line flag --name, the environment or a configuration file
// can change; fallback is its value otherwise.
func (a *App) Flag(name, fallback string) Setting {
	a.flags = append(a.flags, name)
	return Setting{flag: name, value: fallback}
}

// OnError sets the policy of stages that have none of their own.
func (a *App) OnError(policy ErrorPolicy) {
	if !policy.known() {
		a.mistake("OnError: %s", policy.mistake())
		return
	}
	a.policy = policy
}

// DeadLetters names the file to which dead letters are appended, as JSON lines.
func (a *App) DeadLetters(path Setting) { a.deadLetters = &path }

// Pipeline begins a pipeline; its name is unique in the application.
func (a *App) Pipeline(name string) *Pipeline {
	a.pipelines = append(a.pipelines, name)
	return &Pipeline{app: a, name: name}
}

// A Pipeline is a chain of computations behind one source.
type Pipeline struct {
	app  *App
	name string
}

func (p *Pipeline) mustBeMade() {
	if p == nil || p.app == nil {
		panic("wallaroo: a source was given a Pipeline that no application has made; pass what App.Pipeline returns")
	}
}

func (a *App) mistake(format string, args ...any) {
	a.mistakes = append(a.mistakes, fmt.Sprintf(format, args...))
}

// mistakeIn adds a mistake of one stage, if there is any.
func (a *App) mistakeIn(what, name, pipeline, sentence string) {
	if sentence != "" {
		a.mistake("%s in pipeline '%s' '%s': %s", what, pipeline, name, sentence)
	}
}

// needs adds a mistake of one stage that was given nil instead of what it needs.
func (a *App) needs(given bool, what, name, pipeline, part string) {
	if !given {
		a.mistakeIn(what, name, pipeline, "its "+part+" is nil; pass one")
	}
}

// Check returns all mistakes in the application, in one error. What flags, the environment and a
// configuration file may still give is looked at by Main and Run: values of settings, and where a
// stage with the policy DeadLetter keeps its dead letters, which --dead-letters may say.
func (a *App) Check() error {
	running, err := a.open()
	if err != nil {
		return err
	}
	defer running.Close()
	return running.Check()
}

// Explain returns the application for people: form is "text", "mermaid" or "dot".
func (a *App) Explain(form string, cores int) (string, error) {
	if cores < 1 || cores > coresMax {
		return "", fmt.Errorf("an application runs on 1 to %d cores, not %d", coresMax, cores)
	}
	running, err := a.open()
	if err != nil {
		return "", err
	}
	defer running.Close()
	return running.Explain(form, uint32(cores))
}

// open makes the engine's application, with values and states of its own.
func (a *App) open() (*engine.App, error) { return a.openFor(newProgram(a)) }

func (a *App) openFor(p *program) (*engine.App, error) { return engine.NewApp(a.graph(), p) }

// Exit codes of Main.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitApplication = 3
	exitInterrupted = 130
)

// Signals that come together are one wish: timeout(1) sends its signal twice.
const signalsTogether = 50 * time.Millisecond

// Main takes the command line, runs until the sources end or a signal comes, and exits: 0 done, 1
// failed, 2 wrong usage, 3 wrong application, 130 stopped by a second signal. The first SIGTERM or
// SIGINT lets the worker finish what it has accepted.
func (a *App) Main() { os.Exit(a.MainWith(os.Args)) }

// MainWith is Main with a command line (args[0] is the program), and returns the exit code.
func (a *App) MainWith(args []string) int {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	ended, err := a.run(args, func(worker *engine.Worker, done <-chan struct{}) {
		var last time.Time
		for wishes := 0; ; {
			select {
			case <-done:
				return
			case <-signals:
			}
			before := last
			last = time.Now()
			if wishes != 0 && last.Sub(before) <= signalsTogether {
				continue
			}
			wishes++
			if wishes == 1 {
				worker.Log("draining: what has been accepted is processed and sent; a second signal stops at once", false)
				worker.Drain()
			} else {
				worker.Log("stopping at once; what is under way is lost", true)
				worker.Stop()
			}
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitCode(err)
	}
	if !ended {
		return exitInterrupted
	}
	return exitDone
}

func exitCode(err error) int {
	var refused *engine.Error
	if !errors.As(err, &refused) {
		return exitFailed
	}
	switch refused.Code {
	case engine.BadOption:
		return exitUsage
	case engine.BadApplication:
		return exitApplication
	}
	return exitFailed
}

// Run runs the application in this process with flags such as "--in", "127.0.0.1:0", and returns
// when all sources have ended and everything is finished. When ctx is done, nothing new is taken in;
// what was accepted is finished, and the context's error is returned. That waits for a receiver that is
// away; "--drain-timeout", "5" lets it wait for 5 seconds, and an error that wraps [ErrDrainGivenUp] says
// that something was lost. Run installs no signal handler.
func (a *App) Run(ctx context.Context, flags ...string) error {
	if ctx == nil {
		panic("wallaroo: Run was given a context that is nil; pass context.Background() to run until the sources end")
	}
	ended, err := a.run(append([]string{a.name}, flags...), func(worker *engine.Worker, done <-chan struct{}) {
		select {
		case <-done:
		case <-ctx.Done():
			worker.Drain()
		}
	})
	if err != nil {
		return err
	}
	if !ended {
		return fmt.Errorf("%w (%v)", ErrDrainGivenUp, ctx.Err())
	}
	return ctx.Err()
}

// ErrDrainGivenUp is wrapped by the error of Run when --drain-timeout was over before everything was
// finished and sent.
var ErrDrainGivenUp = errors.New("wallaroo: the drain was given up, and what was under way is lost")

// run runs a worker beside watch, which may stop it. It reports whether everything was finished.
func (a *App) run(args []string, watch func(worker *engine.Worker, done <-chan struct{})) (bool, error) {
	p := newProgram(a)
	running, err := a.openFor(p)
	if err != nil {
		return false, err
	}
	defer running.Close()
	worker, err := running.NewWorker(args)
	if err != nil || worker == nil {
		return true, err
	}
	p.worker = worker
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watch(worker, done)
	}()
	worker.Run()
	close(done)
	<-watched
	ended, failure := worker.Ended(), p.Exited()
	if failure == nil {
		failure = worker.Failure()
	}
	if err := worker.Close(); failure == nil {
		failure = err
	}
	return ended, failure
}
