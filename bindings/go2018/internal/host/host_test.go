package host

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func split(t *testing.T, words string) Line {
	t.Helper()
	line, err := Split(strings.Fields("program " + words))
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func same(t *testing.T, what string, got []string, wanted string) {
	t.Helper()
	if !reflect.DeepEqual(got, strings.Fields(wanted)) && len(got)+len(wanted) != 0 {
		t.Errorf("%s: got %q, wanted %q", what, got, wanted)
	}
}

func TestSplitLeavesTheApplicationWhatItDoesNotKnow(t *testing.T) {
	line := split(t, "--in 127.0.0.1:7010 -out=:7002 --metrics 127.0.0.1:5001 -v --cores 2 word --http=off")
	same(t, "application", line.Application, "program --in 127.0.0.1:7010 -out=:7002 -v word")
	same(t, "engine", line.Engine, "program --cores=2 --http=off")
	same(t, "ignored", line.Ignored, "--metrics")
}

func TestSplitTakesEachFrameworkFlag(t *testing.T) {
	line := split(t, "--metrics=a:1 -c a:2 --data a:3 -x a:4 --my-data a:5 -e a:6 -f g --worker-count 1 -t -n ann "+
		"--resilience-dir /tmp --log-rotation -l 10_000 --stop-pause 5 --spike-seed 1 --spike-drop --spike-prob 0.1 "+
		"--spike-margin 3 --time-between-checkpoints 9 --run-with-resilience --resilience-dos-server a:7 "+
		"--resilience-no-local-file-io --resilience-enable-io-journal rest")
	same(t, "application", line.Application, "program rest")
	same(t, "engine", line.Engine, "program --name=ann")
	if len(line.Ignored) != 22 {
		t.Errorf("ignored: %q", line.Ignored)
	}
}

func TestSplitTakesFlagsOfPony(t *testing.T) {
	line := split(t, "--ponythreads=4 --ponypinasio --ponynoblock --ponyminthreads 1 --ponynewer rest")
	same(t, "application", line.Application, "program rest")
	same(t, "engine", line.Engine, "program --cores=4")
	same(t, "ignored", line.Ignored, "--ponypinasio --ponynoblock --ponyminthreads --ponynewer")
	line = split(t, "--cores 3 --ponythreads 4")
	same(t, "engine", line.Engine, "program --cores=3")
	if _, err := Split([]string{"program", "--ponythreads", "0"}); err == nil || !strings.Contains(err.Error(), "--cores") {
		t.Error(err)
	}
}

func TestSplitLetsTheLastCountAndEndsAtTwoDashes(t *testing.T) {
	line := split(t, "--name one --quiet --name two --busy-poll=false --explain dot --metrics a --metrics b -- --name three --")
	same(t, "application", line.Application, "program --name three --")
	same(t, "engine", line.Engine, "program --name=two --quiet --busy-poll=false --explain=dot")
	same(t, "ignored", line.Ignored, "--metrics")
	if len(line.notices()) != 0 {
		t.Error("a quiet program gives notices")
	}
	same(t, "engine", split(t, "--explain --on-error fail").Engine, "program --explain --on-error=fail")
}

func TestSplitRefuses(t *testing.T) {
	for _, words := range []string{"--name", "--join a:1", "-w 2", "--worker-count=two", "-w 0"} {
		if _, err := Split(strings.Fields("program " + words)); err == nil {
			t.Errorf("%s: accepted", words)
		}
	}
}

func TestStart(t *testing.T) {
	defer func() { Run, Help = nil, nil }()
	start := func(words string, describe func() string) (int, []string) {
		var application []string
		code := Start(strings.Fields("program "+words), func(args []string) { application = args }, describe)
		return code, application
	}
	if code, _ := start("", func() string { return "" }); code != exitApplication {
		t.Error("without package application:", code)
	}
	var engine []string
	Run = func(args []string, description string) (int, error) {
		if description != "json" {
			t.Errorf("%q", description)
		}
		engine = args
		return 7, nil
	}
	Help = func(string) int { return 0 }
	code, application := start("--in a --quiet --metrics b", func() string { return "json" })
	if code != 7 {
		t.Error(code)
	}
	same(t, "application", application, "program --in a")
	same(t, "engine", engine, "program --quiet")
	if code, _ := start("", func() string { panic("no symbols.txt") }); code != exitApplication {
		t.Error("a panic of ApplicationSetup:", code)
	}
	if code, _ := start("", func() string { runtime.Goexit(); return "" }); code != exitApplication {
		t.Error("an ApplicationSetup that ends its goroutine:", code)
	}
	Run = func([]string, string) (int, error) { runtime.Goexit(); return 7, nil }
	if code, _ := start("", func() string { return "" }); code != exitApplication {
		t.Error("a part of the application that ends its goroutine:", code)
	}
	if code, _ := start("--help", func() string { t.Error("--help must not set the program up"); return "" }); code != 0 {
		t.Error("help:", code)
	}
}
