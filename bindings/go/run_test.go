package wallaroo_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wallaroo.example/wallaroo"
)

// TestMain is also the program that tests of Main start: with a variable set it is a word count.
func TestMain(m *testing.M) {
	switch os.Getenv("TEST_PROGRAM") {
	case "main":
		program().Main()
	case "file":
		app := wallaroo.New("file")
		texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.ReadFile(wallaroo.Value(os.Getenv("TEST_FROM")), wallaroo.Header(3, payloadOf)), wallaroo.Text)
		texts.Sink("out", wallaroo.Discard(wallaroo.Raw), wallaroo.AppendText)
		app.Main()
	case "run": // until its standard input ends
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
		err := program().Run(ctx, os.Args[1:]...)
		fmt.Println("Run returned:", err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func program() *wallaroo.App {
	app := wallaroo.New("program")
	texts := wallaroo.Source(app.Pipeline("words"), "words",
		wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.Header(3, payloadOf), wallaroo.TCPLimits{MessageBytesMax: 100}), wallaroo.Text)
	limited := wallaroo.Map(texts, "limit", func(text string) (string, error) {
		if text == "leave" {
			runtime.Goexit()
		}
		if text == "fail" {
			return "", errors.New("asked to fail")
		}
		return text, nil
	}, wallaroo.OnError(wallaroo.Fail))
	counted := wallaroo.Stateful(wallaroo.KeyBy(limited, itself), "count", countTexts)
	counted.Sink("counts", wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), wallaroo.AppendText)
	return app
}

// A child is this test program, run as a program of the binding.
type child struct {
	*exec.Cmd
	stdin  io.Closer
	stdout *strings.Builder
	log    *bufio.Scanner
	lines  []string
}

func start(t *testing.T, mode string, args ...string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "TEST_PROGRAM="+mode)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: cmd, stdin: stdin, stdout: &strings.Builder{}, log: bufio.NewScanner(stderr)}
	cmd.Stdout = c.stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return c
}

// logged waits for a line of the log, and returns what follows the text in it.
func (c *child) logged(t *testing.T, text string) string {
	t.Helper()
	for c.log.Scan() {
		c.lines = append(c.lines, c.log.Text())
		if _, behind, found := strings.Cut(c.log.Text(), text); found {
			return behind
		}
	}
	t.Fatalf("it never logs %q, but:\n%s", text, strings.Join(c.lines, "\n"))
	return ""
}

// end waits for the child and returns its exit code.
func (c *child) end() int {
	for c.log.Scan() {
		c.lines = append(c.lines, c.log.Text())
	}
	c.Wait()
	return c.ProcessState.ExitCode()
}

// receiver takes what a child sends: all lines, when its connections have ended.
func receiver(t *testing.T, connections int) (address string, lines func() []string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	texts := make(chan string, connections)
	go func() {
		for i := 0; i < connections; i++ {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				text, _ := io.ReadAll(connection)
				connection.Close()
				texts <- string(text)
			}()
		}
	}()
	return listener.Addr().String(), func() []string {
		all := ""
		for i := 0; i < connections; i++ {
			all += <-texts
		}
		return strings.Split(strings.TrimSuffix(all, "\n"), "\n")
	}
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// send writes in small pieces and closes, once the other side has done so or read it all.
func send(t *testing.T, address, bytes string, piece int) {
	t.Helper()
	connection := connect(t, address)
	defer connection.Close()
	for len(bytes) != 0 {
		if piece > len(bytes) {
			piece = len(bytes)
		}
		if _, err := connection.Write([]byte(bytes[:piece])); err != nil {
			return
		}
		bytes = bytes[piece:]
	}
	connection.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, connection)
}

func TestASignalLetsMainFinishWhatItHasAccepted(t *testing.T) {
	for _, sent := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		out, lines := receiver(t, 2)
		c := start(t, "main", "--in", "127.0.0.1:0", "--out", out, "--http", "off", "--cores", "2")
		in := c.logged(t, "listens on ")
		send(t, in, framed("a", "b", "a"), 1)
		send(t, in, framed("a"), 100)
		c.Process.Signal(sent)
		same(t, c.end(), 0)
		same(t, sorted(lines()), []string{"a 1", "a 2", "a 3", "b 1"})
		contains(t, strings.Join(c.lines, "\n"), "draining")
	}
}

func TestASecondSignalStopsMainAtOnce(t *testing.T) {
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", "127.0.0.1:1", "--http", "off")
	in := c.logged(t, "listens on ")
	send(t, in, framed("a"), 100) // which nobody takes
	c.Process.Signal(syscall.SIGTERM)
	c.logged(t, "draining")
	time.Sleep(100 * time.Millisecond) // together they would be one
	c.Process.Signal(syscall.SIGTERM)
	same(t, c.end(), 130)
	contains(t, strings.Join(c.lines, "\n"), "stopping at once")
}

// As timeout(1) sends them; both wait while the program is held.
func TestTwoSignalsAtOnceAreOneWish(t *testing.T) {
	out, lines := receiver(t, 1)
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", out, "--http", "off")
	in := c.logged(t, "listens on ")
	send(t, in, framed("a"), 1)
	for _, sent := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCONT} {
		c.Process.Signal(sent)
	}
	same(t, c.end(), 0)
	same(t, lines(), []string{"a 1"})
}

func TestRunEndsWithItsContext(t *testing.T) {
	out, lines := receiver(t, 1)
	c := start(t, "run", "--in", "127.0.0.1:0", "--out", out, "--http", "off")
	in := c.logged(t, "listens on ")
	send(t, in, framed("a", "b"), 2)
	c.stdin.Close()
	same(t, c.end(), 0)
	same(t, lines(), []string{"a 1", "b 1"})
	same(t, c.stdout.String(), "Run returned: context canceled\n")
}

// A hostile connection is closed; others do not notice.
func TestHostileBytesCloseTheirConnectionOnly(t *testing.T) {
	out, lines := receiver(t, 1)
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", out, "--http", "off")
	in := c.logged(t, "listens on ")
	honest := connect(t, in)
	honest.Write([]byte(framed("honest")[:5]))
	send(t, in, framed("first")+"X\x00\x01", 3)
	send(t, in, framed("second")+"M\xff\xff", 100)
	send(t, in, framed("third")+"M\x00", 100)
	honest.Write([]byte(framed("honest")[5:]))
	honest.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, honest)
	c.Process.Signal(syscall.SIGTERM)
	same(t, c.end(), 0)
	same(t, sorted(lines()), []string{"first 1", "honest 1", "second 1", "third 1"})
	log := strings.Join(c.lines, "\n")
	contains(t, log, "warning", "source 'words': the framing's function refused a header: no message")
	same(t, strings.Count(log, "refused a header: "), 1)
}

// What the function of Header says is logged, a panic with its stack, but not for ever.
func TestWhatHeadersFunctionSaysIsLogged(t *testing.T) {
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", "127.0.0.1:1", "--http", "off")
	in := c.logged(t, "listens on ")
	for i := 0; i < 30; i++ {
		send(t, in, "P\x00\x00", 3)
	}
	c.Process.Signal(syscall.SIGTERM)
	same(t, c.end(), 0)
	log := strings.Join(c.lines, "\n")
	contains(t, log, "source 'words': the framing's function refused a header: panic: no P", "wallaroo_test.payloadOf", "framing_test.go")
	same(t, strings.Count(log, "refused a header: "), 20)
	if strings.Contains(log, "wallaroo.example/wallaroo.") {
		t.Error("frames of the binding itself: ", log)
	}
}

func TestAFileThatMakesNoSenseIsToldOfOnce(t *testing.T) {
	from := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(from, []byte(framed("a", "b")+"X\x00\x01"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_FROM", from)
	c := start(t, "file", "--http", "off")
	c.end()
	same(t, strings.Count(strings.Join(c.lines, "\n"), "source 'texts': the framing's function refused a header: no message"), 1)
}

func TestAFailureEndsMain(t *testing.T) {
	out, _ := receiver(t, 1)
	c := start(t, "main", "--in", "127.0.0.1:0", "--out", out, "--http", "off")
	send(t, c.logged(t, "listens on "), framed("a", "fail", "b"), 100)
	same(t, c.end(), 1)
	contains(t, c.lines[len(c.lines)-1], "error: 'limit' failed on message 2 of source 'words'", "asked to fail", "the worker stops")
}

func TestExitCodesOfMain(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, test := range []struct {
		code int
		said string
		args []string
	}{
		{2, "croes", []string{"--croes", "2"}},
		{2, "cores", []string{"--cores", "65"}},
		{2, "xyz", []string{"--explain", "xyz"}},
		{2, "--in", []string{"--in", "no address"}},
		{1, "another program listens there", []string{"--in", taken.Addr().String(), "--http", "off"}},
	} {
		c := start(t, "main", test.args...)
		same(t, c.end(), test.code)
		contains(t, strings.Join(c.lines, "\n"), test.said)
		same(t, strings.Count("\n"+strings.Join(c.lines, "\n"), "\nerror: "), 1)
		same(t, strings.Count(strings.Join(c.lines, "\n"), test.said), 1)
	}
	same(t, start(t, "main", "--help").end(), 0)
	c := start(t, "main", "--explain")
	same(t, c.end(), 0)
	contains(t, c.stdout.String(), "stage 1 'words'")
	same(t, wallaroo.New("empty").MainWith([]string{"empty"}), 3)
}

func TestMainTakesFlagsFromTheEnvironment(t *testing.T) {
	t.Setenv("WALLAROO_IN", "127.0.0.1:0")
	t.Setenv("WALLAROO_HTTP", "off")
	c := start(t, "main", "--out", "127.0.0.1:1")
	in := c.logged(t, "listens on ")
	same(t, strings.HasPrefix(in, "127.0.0.1:") && !strings.HasSuffix(in, ":7010"), true)
}

// files is an application from one file to another, with a policy of its own.
func files(framing wallaroo.Framing, write func(wallaroo.Setting, wallaroo.Framing) wallaroo.SinkSpec) *wallaroo.App {
	app := wallaroo.New("files")
	app.OnError(wallaroo.DeadLetter)
	app.DeadLetters(app.Flag("letters", "letters.jsonl"))
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.ReadFile(app.Flag("from", ""), framing), wallaroo.Text)
	wallaroo.Stateful(wallaroo.KeyBy(texts, itself), "count", func(text string, count *uint64) (string, error) {
		if text == "bad" {
			return "", errors.New("bad word")
		}
		return countTexts(text, count)
	}).Sink("counts", write(app.Flag("to", ""), wallaroo.Lines), wallaroo.AppendText)
	return app
}

func read(t *testing.T, path string) string {
	t.Helper()
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes)
}

func TestRunFromFileToFile(t *testing.T) {
	for name, test := range map[string]struct {
		framing wallaroo.Framing
		text    string
	}{
		"lines":  {wallaroo.Lines, "a\nb\na\nbad\n"},
		"u32be":  {wallaroo.U32BE, "\x00\x00\x00\x01a\x00\x00\x00\x01b\x00\x00\x00\x01a\x00\x00\x00\x03bad"},
		"header": {wallaroo.Header(3, payloadOf), framed("a", "b", "a", "bad")},
	} {
		for cores := 1; cores <= 2; cores++ {
			t.Run(fmt.Sprint(name, cores), func(t *testing.T) {
				folder := t.TempDir()
				path := func(name string) string { return filepath.Join(folder, name) }
				if err := os.WriteFile(path("from"), []byte(test.text), 0o600); err != nil {
					t.Fatal(err)
				}
				flags := []string{"--from", path("from"), "--to", path("to"), "--letters", path("letters"),
					"--http", "off", "--quiet", "--cores", fmt.Sprint(cores)}
				app := files(test.framing, wallaroo.AppendFile)
				for round := 1; round <= 2; round++ {
					if err := app.Run(context.Background(), flags...); err != nil {
						t.Fatal(err)
					}
					same(t, len(read(t, path("to"))), round*len("a 1\nb 1\na 2\n"))
					same(t, strings.Count(read(t, path("letters")), "\n"), round)
					contains(t, read(t, path("letters")), `"error":"bad word"`)
				}
				if err := files(test.framing, wallaroo.WriteFile).Run(context.Background(), flags...); err != nil {
					t.Fatal(err)
				}
				same(t, sorted(strings.Fields(read(t, path("to")))), sorted(strings.Fields("a 1 b 1 a 2")))
			})
		}
	}
}

func TestRunWithoutASourceThatEndsIsEndedByItsContext(t *testing.T) {
	folder := t.TempDir()
	from := filepath.Join(folder, "from")
	if err := os.WriteFile(from, []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := wallaroo.New("follow")
	seen := make(chan string, 10)
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.FollowFile(wallaroo.Value(from), wallaroo.Lines), wallaroo.Text)
	wallaroo.Map(texts, "tell", func(text string) (string, error) {
		seen <- text
		return text, nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	ended := make(chan error)
	go func() { ended <- app.Run(ctx, "--http", "off", "--quiet") }()
	same(t, <-seen, "a")
	same(t, <-seen, "b")
	more, err := os.OpenFile(from, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(more, "c")
	more.Close()
	same(t, <-seen, "c")
	cancel()
	same(t, <-ended, context.Canceled)
}

func TestRunSaysWhyItFailed(t *testing.T) {
	app := wallaroo.New("test")
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.Messages(2, "a", "b"), wallaroo.Text)
	wallaroo.Map(texts, "f", func(text string) (string, error) {
		if text == "b" {
			panic("no b")
		}
		return text, nil
	}, wallaroo.OnError(wallaroo.Fail)).Sink("out", wallaroo.Discard(wallaroo.Raw), wallaroo.AppendText)
	err := app.Run(context.Background(), "--http", "off", "--quiet")
	if err == nil {
		t.Fatal("it did not fail")
	}
	contains(t, err.Error(), "'f' failed on message 2", "panic: no b")
	for sentence, flags := range map[string][]string{
		"--cores: ": {"--cores", "many"},
		"--cores: Value 65 not in range 1 to 64; --help lists the flags": {"--cores", "65"},
		"did not expect --bogus": {"--bogus"},
		"--explain: xyz not in":  {"--explain", "xyz"},
	} {
		err := app.Run(context.Background(), flags...)
		if err == nil {
			t.Fatal("takes senseless flags:", flags)
		}
		contains(t, err.Error(), sentence)
	}
}

// Such a flag would end at the zero byte, and ask for something else.
func TestRunRefusesAZeroByteInAFlag(t *testing.T) {
	app := wallaroo.New("test")
	wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.Messages(1, "a"), wallaroo.Text).
		Sink("out", wallaroo.WriteFile(app.Flag("to", ""), wallaroo.Lines), wallaroo.AppendText)
	to := filepath.Join(t.TempDir(), "to")
	err := app.Run(context.Background(), "--http", "off", "--quiet", "--to", to+"\x00.txt")
	if err == nil {
		t.Fatal("takes it")
	}
	contains(t, err.Error(), `to\x00.txt"`, "zero byte")
	if _, err := os.Stat(to); err == nil {
		t.Error("wrote another file")
	}
}

// Two runs of one application keep values and states of their own.
func TestOneAppRunsTwiceAtOnce(t *testing.T) {
	folder := t.TempDir()
	from := filepath.Join(folder, "from")
	if err := os.WriteFile(from, []byte(strings.Repeat("a\n", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	app := files(wallaroo.Lines, wallaroo.WriteFile)
	errs := make(chan error)
	for run := 0; run < 3; run++ {
		go func(run int) {
			errs <- app.Run(context.Background(), "--from", from, "--to", fmt.Sprint(from, run), "--letters",
				fmt.Sprint(from, "letters", run), "--http", "off", "--quiet", "--cores", "2")
		}(run)
	}
	for run := 0; run < 3; run++ {
		same(t, <-errs, nil)
	}
	for run := 0; run < 3; run++ {
		contains(t, read(t, fmt.Sprint(from, run)), "a 5000\n")
	}
}

func TestDatagramsAreMessages(t *testing.T) {
	app := wallaroo.New("datagrams")
	seen := make(chan string, 1)
	// A port that was free a moment ago.
	free, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	texts := wallaroo.Source(app.Pipeline("texts"), "texts", wallaroo.ListenUDP(wallaroo.Value(address)), wallaroo.Text)
	texts.Filter("tell", func(text string) bool {
		select {
		case seen <- text:
		default:
		}
		return false
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error)
	go func() { ended <- app.Run(ctx, "--http", "off", "--quiet") }()
	connection, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	for {
		connection.Write([]byte("hello")) // refused until the worker listens
		select {
		case text := <-seen:
			same(t, text, "hello")
			cancel()
			same(t, <-ended, context.Canceled)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestRunGivesADrainUpWhenItsTimeIsOver(t *testing.T) {
	app := wallaroo.New("test")
	numbers := wallaroo.Generate(app.Pipeline("p"), "in", 0, func(number uint64) (uint64, bool) { return number, true })
	numbers.Sink("out", wallaroo.DialTCP(wallaroo.Value("127.0.0.1:1"), wallaroo.Lines), func(number uint64, out []byte) ([]byte, error) {
		return strconv.AppendUint(out, number, 10), nil
	})
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err := app.Run(ctx, "--http", "off", "--quiet", "--drain-timeout", "0.1")
	if !errors.Is(err, wallaroo.ErrDrainGivenUp) {
		t.Errorf("Run returned %v", err)
	}
}
