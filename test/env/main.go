// Command env brings what weir's tests need and runs all of them:
//
//	go run ./test/env tools            install missing tools (as root), or list them
//	go run ./test/env test             every stage but board, then one line that sums up
//	go run ./test/env STAGE…           the stages named, such as 386 or mips
//	go run ./test/env fuzz 2m          each fuzz target for that long
//
// It prints what it installs and what it leaves out and why; it fails when a
// test fails, never because a tool is missing.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "env:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to run: tools, test, fuzz DURATION, or stages: " + strings.Join(stageNames(), " "))
	}
	switch args[0] {
	case "tools":
		return install(ctx, os.Stdout)
	case "fuzz":
		return fuzzFor(ctx, args[1:])
	case "test":
		if err := install(ctx, os.Stdout); err != nil {
			fmt.Println("tools:", err)
		}
		return runStages(ctx, slices.DeleteFunc(slices.Clone(stages), func(s stage) bool { return s.name == board }))
	}
	var chosen []stage
	for _, name := range args {
		s, ok := findStage(name)
		if !ok {
			return fmt.Errorf("no stage %q; there are %s", name, strings.Join(stageNames(), " "))
		}
		chosen = append(chosen, s)
	}
	return runStages(ctx, chosen)
}

// fuzzFor runs every fuzz target for the time its argument says.
func fuzzFor(ctx context.Context, args []string) error {
	d := 2 * time.Minute
	if len(args) > 0 {
		var err error
		if d, err = time.ParseDuration(args[0]); err != nil {
			return err
		}
	}
	var r report
	if err := fuzz(ctx, d, &r); err != nil {
		return err
	}
	fmt.Printf("fuzz: %d targets, %v each, nothing found\n", r.targets, d)
	return nil
}

// runStages runs stages one after the other, all of them even when one fails,
// and sums up.
func runStages(ctx context.Context, list []stage) error {
	var total report
	var ran, left, failed []string
	var errs []string
	for _, s := range list {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if why := s.missing(); why != "" {
			fmt.Printf("-- %s: left out: %s\n", s.name, why)
			left = append(left, s.name+" ("+why+")")
			continue
		}
		fmt.Printf("-- %s: %s\n", s.name, s.about)
		start := time.Now()
		var r report
		err := s.run(ctx, &r)
		for _, skip := range r.skips {
			fmt.Println("   skipped:", skip)
		}
		fmt.Printf("-- %s: %s in %.0f s\n", s.name, r, time.Since(start).Seconds())
		total.add(r)
		ran = append(ran, s.name)
		if err != nil {
			fmt.Printf("-- %s: FAILED: %v\n", s.name, err)
			failed = append(failed, s.name)
			errs = append(errs, fmt.Sprintf("%s: FAILED: %.2000v", s.name, err))
		}
	}
	line := "weir tests: " + total.String() + "; ran " + strings.Join(ran, ", ")
	if len(left) > 0 {
		line += "; left out " + strings.Join(left, ", ")
	}
	fmt.Println(line)
	for _, t := range total.flaky {
		fmt.Println("   failed, and passed when run again, alone:", t)
	}
	for _, e := range errs { // once more: of a long output only the end may be seen
		fmt.Println("  ", e)
	}
	if len(failed) > 0 {
		return errors.New("failed: " + strings.Join(failed, ", "))
	}
	return nil
}
