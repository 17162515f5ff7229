// Command store lets a simulated year pass through weir's rollup, store, flow log
// and archive, with a clock of its own, and judges what is left:
//
//	store [-days N] [-flows N] [-max-size BYTES] [-limit BYTES] [-no-386]
//
// A house with 40 devices, 120 applications and 60 countries never rests; in the
// last days (-flows) 20 to 300 flows end each minute. Every sum that the database
// keeps, and every one that comes back from the snapshots alone, is compared with
// what was counted; size, bytes written, memory and the time of queries are held
// against the budgets in budget.go. Queries are asked again by a child process
// that is built for 386, on the same files.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"

	"weir/store"
)

func main() {
	var o options
	flag.IntVar(&o.days, "days", 365, "days that pass")
	flag.IntVar(&o.flowDays, "flows", 30, "of them, at the end, with flows that end")
	flag.Int64Var(&o.maxSize, "max-size", store.DefaultMaxSize, "limit of the database, in bytes")
	flag.Int64Var(&o.limit, "limit", 2<<20, "limit of the archive, in bytes")
	skip := flag.Bool("no-386", false, "leave out the child process for 386")
	child := flag.String("measure", "", "measure what is in this directory, and print it as JSON")
	flag.Parse()
	if flag.NArg() > 0 || o.days < 1 || o.flowDays < 0 || o.maxSize < 1<<20 || o.limit < 0 {
		fmt.Fprintln(os.Stderr, "usage: store [-days N] [-flows N] [-max-size BYTES] [-limit BYTES] [-no-386]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := func() error { return bench(ctx, o, !*skip) }
	if *child != "" {
		run = func() error { return measureHere(ctx, *child, o) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "store:", err)
		os.Exit(1)
	}
}

// bench does all of it.
func bench(ctx context.Context, o options, with386 bool) error {
	dir, err := temporary()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs := []string{""}
	if programs[0], err = os.Executable(); err != nil {
		return err
	}
	if with386 {
		program, err := build386(ctx, dir)
		if err != nil {
			return err
		}
		programs = append(programs, program)
	}
	r, err := live(ctx, dir, o)
	if err != nil {
		return err
	}
	for _, program := range programs {
		f, err := measureChild(ctx, program, dir, o)
		if err != nil {
			return err
		}
		r.figures = append(r.figures, f)
	}
	return r.print(os.Stdout)
}

// live simulates the time and looks at what it left. The database is closed then.
func live(ctx context.Context, dir string, o options) (*report, error) {
	// Collected often, memory is about what lives, as under the daemon's limit.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	p := newProgress(os.Stderr)
	defer p.end()
	y, err := simulate(ctx, dir, o, p)
	if err != nil {
		return nil, err
	}
	r := &report{year: y}
	if r.peak, err = peakMemory(); err != nil {
		return nil, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	return r, fillHours(ctx, dir, o)
}

// temporary makes a directory where routers have their database: in memory, if it
// can be.
func temporary() (string, error) {
	dir, err := os.MkdirTemp("/dev/shm", "weir-store-")
	if err != nil {
		dir, err = os.MkdirTemp("", "weir-store-")
	}
	return dir, err
}

// build386 builds this program for a 32-bit processor.
func build386(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "store-386")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "weir/test/bench/store")
	cmd.Env = append(os.Environ(), "GOARCH=386", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build for 386: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return program, nil
}

// measureChild measures in a process of its own.
func measureChild(ctx context.Context, program, dir string, o options) (*figures, error) {
	cmd := exec.CommandContext(ctx, program, "-measure", dir, fmt.Sprint("-days=", o.days), fmt.Sprint("-flows=", o.flowDays),
		fmt.Sprint("-max-size=", o.maxSize), fmt.Sprint("-limit=", o.limit))
	cmd.Env = append(os.Environ(), "GOGC=50")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	f := new(figures)
	if err := json.Unmarshal(out, f); err != nil {
		return nil, fmt.Errorf("measure: %w", err)
	}
	return f, nil
}

// measureHere is what the child does.
func measureHere(ctx context.Context, dir string, o options) error {
	f, err := measure(ctx, dir, o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}
