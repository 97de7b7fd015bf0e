// Package host takes the command line of a program of 2018 apart, and runs it.
package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Run runs the application that was described with the flags of the engine, and returns its exit
// code. Package application sets it.
var Run func(args []string) (int, error)

const (
	exitFailed = 1
	exitUsage  = 2
)

// A framework flag of 2018: how many words it takes, and what becomes of it.
type flag struct {
	values int
	engine string // its name today; empty: it means nothing here
}

// Flags that meant something to the framework; the short ones are other names.
var framework = map[string]flag{
	"metrics": {values: 1}, "control": {values: 1}, "data": {values: 1}, "my-control": {values: 1},
	"my-data": {values: 1}, "external": {values: 1}, "file": {values: 1}, "worker-count": {values: 1},
	"cluster-initializer": {}, "name": {values: 1, engine: "name"}, "resilience-dir": {values: 1},
	"log-rotation": {}, "event-log-file-size": {values: 1}, "join": {values: 1}, "stop-pause": {values: 1},
	"stop-world": {values: 1}, "spike-seed": {values: 1}, "spike-drop": {}, "spike-prob": {values: 1},
	"spike-margin": {values: 1}, "time-between-checkpoints": {values: 1}, "run-with-resilience": {},
	"ponythreads": {values: 1, engine: "cores"}, "ponyminthreads": {values: 1}, "ponynoblock": {},
	"ponypinasio": {}, "ponypin": {}, "ponycdmin": {values: 1}, "ponycdmax": {values: 1},
	"ponycdconf": {values: 1}, "ponygcinitial": {values: 1}, "ponygcfactor": {values: 1},
	"ponysuspendthreshold": {values: 1}, "ponynoyield": {},
}

var short = map[string]string{"m": "metrics", "c": "control", "d": "data", "x": "my-control", "y": "my-data",
	"e": "external", "f": "file", "w": "worker-count", "t": "cluster-initializer", "n": "name",
	"r": "resilience-dir", "l": "event-log-file-size", "j": "join", "u": "stop-pause"}

// Flags of the engine of today; they go to it as they are.
var engine = map[string]int{"cores": 1, "http": 1, "on-error": 1, "dead-letters": 1, "explain": 0, "busy-poll": 0,
	"quiet": 0, "log-format": 1, "insecure": 0, "config": 1, "tls-certificate": 1, "tls-key": 1, "tls-ca": 1,
	"tls-client-ca": 1, "help": 0}

// A Line is a command line taken apart.
type Line struct {
	Engine      []string // with the program in front
	Application []string // the same
	Ignored     []string // names of flags that mean nothing here
}

// Split takes a command line apart; args[0] is the program. What neither the framework of 2018 nor
// the engine of today knows is the application's.
func Split(args []string) (Line, error) {
	line := Line{Engine: []string{args[0]}, Application: []string{args[0]}}
	for i := 1; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		known, values, ours := look(name)
		if !ours {
			line.Application = append(line.Application, args[i])
			continue
		}
		for ; values > 0 && !hasValue; values-- {
			if i++; i == len(args) {
				return line, fmt.Errorf("%s needs a value", name)
			}
			value, hasValue = args[i], true
		}
		if err := line.take(known, value, hasValue); err != nil {
			return line, err
		}
	}
	return line, nil
}

// look finds a flag, and how many words follow it.
func look(name string) (known string, values int, ours bool) {
	if strings.HasPrefix(name, "--") {
		known = name[2:]
	} else if strings.HasPrefix(name, "-") {
		known = short[name[1:]]
	}
	if of, is := framework[known]; is {
		return known, of.values, true
	}
	values, ours = engine[known]
	return known, values, ours
}

func (l *Line) take(name, value string, hasValue bool) error {
	target := name
	if of, is := framework[name]; is {
		target = of.engine
		if err := refuseSeveral(name, value); err != nil {
			return err
		}
	}
	if target == "" {
		l.Ignored = append(l.Ignored, "--"+name)
		return nil
	}
	l.Engine = append(l.Engine, "--"+target)
	if hasValue {
		l.Engine = append(l.Engine, value)
	}
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

// Start takes the command line apart and runs `describe`, which is ApplicationSetup, with the
// application's part; then it runs the application. The result is the exit code.
func Start(args []string, setArgs func(application []string), describe func()) int {
	line, err := Split(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitUsage
	}
	if len(line.Ignored) != 0 {
		fmt.Fprintln(os.Stderr, "flags that mean nothing here:", strings.Join(line.Ignored, " "))
	}
	setArgs(line.Application)
	describe()
	if Run == nil {
		fmt.Fprintln(os.Stderr, "error: the program does not use wallarooapi/application, so there is nothing to run")
		return exitFailed
	}
	code, err := Run(line.Engine)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return exitFailed
	}
	return code
}
