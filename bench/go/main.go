// The benchmarks of the Go binding: the same work by a loop in plain Go and by the engine, and a word
// count over TCP in plain Go. Each prints one line of JSON for bench/go_rows.
//
//	go_bench plain FILE PASSES     count words in a loop
//	go_bench engine FILE PASSES    count words on the engine, memory to nowhere
//	go_bench border FILE PASSES    messages into Go and no further
//	go_bench plain-market FILE PASSES    orders against prices in a loop; FILE is not read
//	go_bench engine-market FILE PASSES   the same on the engine, two sources
//	go_bench tcp --in A --out B    listens, counts, writes totals: the program an able programmer writes
//	go_bench word-count FLAGS      the same on the engine
//	go_bench word-count-2018 --in A --out B   the same by the API of 2018
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"wallaroo.example/examples/words"
	"wallaroo.example/wallaroo"
)

// A figure is what one run took after its first pass, which makes all words known.
type figure struct {
	Units       uint64  `json:"units"`
	CPUNs       float64 `json:"cpu_ns"`
	WallNs      float64 `json:"wall_ns"`
	Allocations float64 `json:"allocations"`
}

// A meter starts when warm units were seen.
type meter struct {
	warm, seen  uint64
	cpu, wall   int64
	allocations uint64
}

func (m *meter) one() {
	m.seen++
	if m.seen == m.warm {
		m.cpu, m.wall, m.allocations = cpuNs(), time.Now().UnixNano(), mallocs()
	}
}

func (m *meter) figure() figure {
	units := m.seen - m.warm
	per := float64(units)
	return figure{units, float64(cpuNs()-m.cpu) / per, float64(time.Now().UnixNano()-m.wall) / per,
		float64(mallocs()-m.allocations) / per}
}

func cpuNs() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func mallocs() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "go_bench: name what to run: plain, engine, border, tcp or word-count")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "go_bench:", err)
		os.Exit(1)
	}
}

func run(what string, args []string) error {
	switch what {
	case "tcp", "word-count-2018":
		flags := flag.NewFlagSet(what, flag.ContinueOnError)
		in, out := flags.String("in", "", "address to listen on"), flags.String("out", "", "address to connect to")
		if err := flags.Parse(args); err != nil {
			return err
		}
		if what == "tcp" {
			return serve(*in, *out)
		}
		app, err := wordCount2018(*in, *out)
		if err != nil {
			return err
		}
		os.Exit(app.MainWith([]string{what, "--http", "off", "--quiet"}))
	case "word-count":
		app := wallaroo.New("word-count")
		wordCount(app, wallaroo.ListenTCP(app.Flag("in", ":7010"), wallaroo.U32BE),
			wallaroo.DialTCP(app.Flag("out", ":7002"), wallaroo.Lines), func() {})
		os.Exit(app.MainWith(append([]string{"word-count"}, args...)))
	}
	passes, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	if what == "plain-market" || what == "engine-market" {
		figure, err := measureMarket(what == "engine-market", passes)
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(figure)
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	figure, err := measure(what, lines, passes)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(figure)
}

func measure(what string, lines []string, passes int) (figure, error) {
	count := uint64(0)
	for _, line := range lines {
		words.Split(line, func(string) { count++ })
	}
	switch what {
	case "plain":
		m := meter{warm: count}
		c := newCounter()
		for pass := 0; pass < passes; pass++ {
			for _, line := range lines {
				c.out = c.out[:0]
				words.Split(line, func(word string) { m.one(); c.add(word) })
			}
		}
		return m.figure(), nil
	case "engine":
		m := meter{warm: count}
		app := wordCount(wallaroo.New("word-count"), wallaroo.Messages(passes, lines...), wallaroo.Discard(wallaroo.Lines), m.one)
		err := app.Run(context.Background(), "--quiet", "--http", "off")
		return m.figure(), err
	case "border":
		m := meter{warm: uint64(len(lines))}
		app := nothing(wallaroo.Messages(passes, lines...), m.one)
		err := app.Run(context.Background(), "--quiet", "--http", "off")
		return m.figure(), err
	}
	return figure{}, fmt.Errorf("there is no job %q", what)
}
