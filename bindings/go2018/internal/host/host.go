// Package host takes the command line of a program of 2018 apart, and runs it.
package host

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// Run runs the application that was described with the flags of the engine, and returns its exit
// code; description is what ApplicationSetup returned. Package application sets it.
var Run func(args []string, description string) (int, error)

// Help prints the flags of the engine; the result is the exit code. Package application sets it.
var Help func(program string) int

const (
	exitUsage       = 2
	exitApplication = 3
)

// Flags of the framework of 2018, and how many words they take. name and ponythreads mean something
// here; the others are taken from the command line and told of.
var framework = map[string]int{
	"metrics": 1, "control": 1, "data": 1, "my-control": 1, "my-data": 1, "external": 1, "file": 1,
	"worker-count": 1, "cluster-initializer": 0, "name": 1, "resilience-dir": 1, "log-rotation": 0,
	"event-log-file-size": 1, "join": 1, "stop-pause": 1, "stop-world": 1, "spike-seed": 1,
	"spike-drop": 0, "spike-prob": 1, "spike-margin": 1, "time-between-checkpoints": 1,
	"run-with-resilience": 0, "resilience-dos-server": 1, "resilience-no-local-file-io": 0,
	"resilience-enable-io-journal": 0,
	"ponythreads":                  1, "ponyminthreads": 1, "ponymaxthreads": 1, "ponycdmin": 1, "ponycdmax": 1,
	"ponycdinterval": 1, "ponycdconf": 1, "ponygcinitial": 1, "ponygcfactor": 1, "ponysuspendthreshold": 1,
}

const prefixOfPony = "pony" // what else its runtime knew takes no word

var short = map[string]string{"m": "metrics", "c": "control", "d": "data", "x": "my-control", "y": "my-data",
	"e": "external", "f": "file", "w": "worker-count", "t": "cluster-initializer", "n": "name",
	"r": "resilience-dir", "l": "event-log-file-size", "j": "join", "u": "stop-pause", "h": "help"}

// Flags of the engine of today; they go to it as they are.
var engine = map[string]int{"cores": 1, "http": 1, "on-error": 1, "dead-letters": 1, "explain": 0, "busy-poll": 0, "drain-timeout": 1,
	"quiet": 0, "log-format": 1, "insecure": 0, "config": 1, "tls-certificate": 1, "tls-key": 1, "tls-ca": 1,
	"tls-client-ca": 1, "help": 0}

const coresMax = 64

// A Line is a command line taken apart.
type Line struct {
	Engine      []string // with the program in front
	Application []string // the same
	Ignored     []string // flags that mean nothing here, once each
	Threads     string   // what --ponythreads said, if that is taken as --cores
	Help        bool
	Quiet       bool
}

// Split takes a command line apart; args[0] is the program. What neither the framework of 2018 nor
// the engine of today knows is the application's, and so is everything behind "--". Of a flag that is
// given twice the last counts.
func Split(args []string) (Line, error) {
	line := Line{Application: []string{args[0]}}
	given := map[string]string{}
	var order []string
	for i := 1; i < len(args); i++ {
		if args[i] == "--" {
			line.Application = append(line.Application, args[i+1:]...)
			break
		}
		name, value, hasValue := strings.Cut(args[i], "=")
		known, words, ours := look(name)
		if !ours {
			line.Application = append(line.Application, args[i])
			continue
		}
		if words == 1 && !hasValue {
			if i++; i == len(args) {
				return line, fmt.Errorf("%s needs a value", name)
			}
			value, hasValue = args[i], true
		}
		if known == "explain" && !hasValue && i+1 < len(args) && isForm(args[i+1]) {
			i++
			value, hasValue = args[i], true
		}
		if _, twice := given[known]; !twice {
			order = append(order, known)
		}
		given[known] = "--" + known
		if hasValue {
			given[known] += "=" + value
		}
		if err := refuseSeveral(known, value); err != nil {
			return line, err
		}
	}
	return line, line.deal(given, order)
}

func isForm(word string) bool { return word == "text" || word == "mermaid" || word == "dot" }

// look finds a flag, and how many words follow it.
func look(name string) (known string, words int, ours bool) {
	if strings.HasPrefix(name, "--") {
		known = name[2:]
	} else if strings.HasPrefix(name, "-") {
		known = short[name[1:]]
	}
	if words, ours = framework[known]; ours {
		return known, words, true
	}
	if strings.HasPrefix(known, prefixOfPony) {
		return known, 0, true
	}
	words, ours = engine[known]
	return known, words, ours
}

// deal gives the flags to whom they belong.
func (l *Line) deal(given map[string]string, order []string) error {
	_, l.Help = given["help"]
	quiet, isQuiet := given["quiet"]
	l.Quiet = isQuiet && quiet != "--quiet=false"
	l.Engine = l.Application[:1:1]
	for _, name := range order {
		switch _, ofEngine := engine[name]; {
		case ofEngine || name == "name":
			l.Engine = append(l.Engine, given[name])
		case name != "ponythreads":
			l.Ignored = append(l.Ignored, "--"+name)
		}
	}
	threads, has := given["ponythreads"]
	if _, cores := given["cores"]; !has || cores {
		return nil
	}
	_, l.Threads, _ = strings.Cut(threads, "=")
	count, err := strconv.ParseUint(strings.ReplaceAll(l.Threads, "_", ""), 10, 32)
	if err != nil || count < 1 || count > coresMax {
		return fmt.Errorf("--ponythreads %s: it is taken as --cores, which is 1 to %d", l.Threads, coresMax)
	}
	l.Engine = append(l.Engine, fmt.Sprintf("--cores=%d", count))
	return nil
}

// refuseSeveral: a worker that silently runs alone would not be what was asked for.
func refuseSeveral(name, value string) error {
	count, err := strconv.ParseUint(strings.ReplaceAll(value, "_", ""), 10, 32)
	switch {
	case name == "worker-count" && err != nil:
		return fmt.Errorf("--worker-count %q is no number", value)
	case name == "worker-count" && count != 1:
		return fmt.Errorf("--worker-count %s: this version runs one worker; use --cores to spread the work", value)
	case name == "join":
		return fmt.Errorf("--join %s: this version runs one worker; use --cores to spread the work", value)
	}
	return nil
}

// notices are what a user of 2018 may want to know about the command line.
func (l *Line) notices() []string {
	var all []string
	if l.Quiet {
		return nil
	}
	if l.Threads != "" {
		all = append(all, fmt.Sprintf("--ponythreads %s is taken as --cores %s", l.Threads, l.Threads))
	}
	if len(l.Ignored) != 0 {
		all = append(all, "these flags of 2018 mean nothing here: "+strings.Join(l.Ignored, " "))
	}
	return all
}

const helpNotes = `
The program's own flags, such as --in and --out, are told by its README. Behind "--" everything is the program's.
Flags of 2018: --ponythreads N is taken as --cores N; --name is the same; the others are accepted and mean nothing.
`

// Start takes the command line apart and runs describe, which is ApplicationSetup, with the
// application's part; then it runs the application. The result is the exit code.
func Start(args []string, setArgs func(application []string), describe func() string) int {
	line, err := Split(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitUsage
	}
	if Run == nil {
		fmt.Fprintln(os.Stderr, "error: the program does not use wallarooapi/application, so there is nothing to run")
		return exitApplication
	}
	if line.Help {
		code := Help(args[0])
		fmt.Print(helpNotes)
		return code
	}
	for _, notice := range line.notices() {
		fmt.Fprintln(os.Stderr, "notice:", notice)
	}
	setArgs(line.Application)
	description, err := called(describe)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitApplication
	}
	code := 0
	if !apart(func() { code, err = Run(line.Engine, description) }) {
		err = errors.New("a function of the program called runtime.Goexit while its application was built; let it panic with what is missing")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitApplication
	}
	return code
}

// called calls ApplicationSetup.
func called(describe func() string) (description string, err error) {
	returned := apart(func() {
		defer func() {
			if what := recover(); what != nil {
				err = fmt.Errorf("ApplicationSetup panicked: %v\n%s", what, debug.Stack())
			}
		}()
		description = describe()
	})
	if err == nil && !returned {
		err = errors.New("ApplicationSetup called runtime.Goexit; it has to return what ToJson of its application returns")
	}
	return description, err
}

// apart calls a function in a goroutine of its own, and says whether it has come to its end: a
// function of the program that ends its goroutine must not end the one that waits for it.
func apart(call func()) (returned bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		call()
		returned = true
	}()
	<-ended
	return returned
}
