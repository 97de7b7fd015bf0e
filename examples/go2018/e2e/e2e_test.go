// Package e2e builds word_count in the two ways in which programs of 2018 are made executable, and
// runs it over sockets.
package e2e

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"examples2018/exampletest"

	examples "wallaroo.example/examples/exampletest"
)

const (
	folder  = "../word_count"
	timeout = 60 * time.Second
)

func run(t *testing.T, directory string, words ...string) {
	t.Helper()
	command := exec.Command(words[0], words[1:]...)
	command.Dir = directory
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", words, err, said)
	}
}

// wallaroo is the program of the build that WALLAROO_BUILD names.
func wallaroo(t *testing.T) string {
	t.Helper()
	build := os.Getenv("WALLAROO_BUILD")
	if build == "" {
		t.Fatal("WALLAROO_BUILD names no build of Wallaroo, such as build/dev; ./dev test go does")
	}
	return filepath.Join(build, "src/cli/wallaroo")
}

// A worker is the program while it runs.
type worker struct {
	command *exec.Cmd
	source  string // where it listens
	said    chan string
}

func start(t *testing.T, program, sink string) *worker {
	t.Helper()
	w := &worker{command: exec.Command(program, "--in", "127.0.0.1:0", "--out", sink,
		"--http", "off", "--metrics", "127.0.0.1:5001", "--ponythreads=2", "--ponynoblock"), said: make(chan string, 1)}
	stderr, err := w.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.command.Process.Kill() })
	listens := make(chan string, 1)
	go func() {
		var said strings.Builder
		pattern := regexp.MustCompile(`listens on (\S+)`)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if found := pattern.FindStringSubmatch(lines.Text()); found != nil {
				listens <- found[1]
			}
		}
		w.said <- said.String()
	}()
	select {
	case w.source = <-listens:
	case said := <-w.said:
		t.Fatalf("the worker has ended: %s", said)
	case <-time.After(timeout):
		t.Fatal("the worker does not listen")
	}
	return w
}

// stop ends the worker and returns what it wrote to stderr.
func (w *worker) stop(t *testing.T) string {
	t.Helper()
	w.command.Process.Signal(syscall.SIGTERM)
	said := <-w.said
	if err := w.command.Wait(); err != nil {
		t.Errorf("the worker ended with %v:\n%s", err, said)
	}
	return said
}

// receive takes lines from any number of connections until there are so many.
func receive(t *testing.T, count int) (address string, lines chan []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	single := make(chan string, count)
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				for in := bufio.NewScanner(connection); in.Scan(); {
					single <- in.Text()
				}
			}()
		}
	}()
	lines = make(chan []string, 1)
	go func() {
		var all []string
		for len(all) < count {
			all = append(all, <-single)
		}
		lines <- all
	}()
	return listener.Addr().String(), lines
}

// sendSenseless sends a header on which PayloadLength panics: that ends its connection only.
func sendSenseless(t *testing.T, source string) {
	t.Helper()
	connection, err := net.Dial("tcp", source)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(timeout))
	connection.Write([]byte{0xff, 0, 0, 0})
	if _, err := connection.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("the connection goes on: %v", err)
	}
}

func countWords(t *testing.T, program string, first ...func(t *testing.T, source string)) {
	wanted := examples.Lines(t, filepath.Join(folder, "expected.txt"))
	sink, lines := receive(t, len(wanted))
	w := start(t, program, sink)
	for _, action := range first {
		action(t, w.source)
	}
	connection, err := net.Dial("tcp", w.source)
	if err != nil {
		t.Fatal(err)
	}
	// On the two empty words the partition function panics.
	input := append([]string{"", "-"}, examples.Lines(t, filepath.Join(folder, "input.txt"))...)
	if _, err := io.Copy(connection, strings.NewReader(string(exampletest.Framed(input...)))); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-lines:
		examples.Same(t, got, wanted)
	case <-time.After(timeout):
		t.Error("the counts do not come")
	}
	connection.Close()
	said := w.stop(t)
	for _, line := range []string{
		"notice: --ponythreads 2 is taken as --cores 2",
		"notice: these flags of 2018 mean nothing here: --metrics --ponynoblock",
		"panic: runtime error: index out of range [0] with length 0",
	} {
		if strings.Count(said, line) == 0 {
			t.Errorf("%q is not in what the worker said:\n%s", line, said)
		}
	}
}

func TestWordCountBuiltByWallarooGoBuild(t *testing.T) {
	program := filepath.Join(t.TempDir(), "word_count")
	run(t, ".", wallaroo(t), "go", "build", folder, "-o", program)
	countWords(t, program)
	help, err := exec.Command(program, "--help").Output()
	if err != nil || !strings.Contains(string(help), "Wallaroo application 'word_count'") {
		t.Errorf("%v: --help says: %s", err, help)
	}
}

// Without a go.mod, in a workspace of its own as in 2018.
func TestWordCountBuiltByWallarooGoBuildInAGopath(t *testing.T) {
	directory := t.TempDir()
	program := filepath.Join(directory, "word_count")
	source := filepath.Join(directory, "src", "word_count")
	if err := os.MkdirAll(source, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "word_count.go"))
	if err != nil {
		t.Fatal(err)
	}
	// An init of the program comes before ApplicationSetup.
	changed := string(text) + "\nvar early bool\n\nfunc init() { early = true }\n"
	changed = strings.Replace(changed, "\twa.Serialize = serialize",
		"\tif !early {\n\t\tpanic(\"too early\")\n\t}\n\twa.Serialize = serialize", 1)
	changed = strings.Replace(changed, "\treturn uint64(binary.BigEndian.Uint32(header))",
		"\tif header[0] == 0xff {\n\t\tpanic(\"no length\")\n\t}\n\treturn uint64(binary.BigEndian.Uint32(header))", 1)
	if err := os.WriteFile(filepath.Join(source, "word_count.go"), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	run(t, source, wallaroo(t), "go", "build", ".", "-o", program)
	countWords(t, program, sendSenseless)
}

func TestWordCountBuiltAsACArchive(t *testing.T) {
	directory := t.TempDir()
	archive, program := filepath.Join(directory, "libwallaroo.a"), filepath.Join(directory, "word_count")
	run(t, folder, "go", "build", "-buildmode=c-archive", "-o", archive, ".")
	flags, err := exec.Command("pkg-config", "--libs", "wallaroo-c").Output()
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"cc", "-o", program, "../../../bindings/go2018/cmain/main.c", archive}
	run(t, ".", append(words, strings.Fields(string(flags))...)...)
	countWords(t, program)
}
