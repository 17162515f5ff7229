// Command score judges the names that weir gives by real captures with known
// labels. It has the program read the captures of the corpus as a user would,
// hands what it prints to the corpus' own scorer, and sets the result beside what
// nDPI reaches there. It fails below that.
//
//	score [-filter hybrid] [-errors N] [-pcap TEXT] [-keep FILE] BIN
//
// With -filter hybrid the captures first pass the filter of that mode; what is
// lost by it is printed for each protocol.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

// job is what to judge.
type job struct {
	bin      string // the program
	corpus   string // folder of captures, truth and scorer
	filter   string // "hybrid", or "" for whole captures
	only     string // part of the captures' names
	keep     string // file for the flows
	mistakes int    // of each kind to print
}

func main() {
	var j job
	flag.StringVar(&j.corpus, "corpus", filepath.Join("..", "shared", "corpus"), "folder of captures, truth and scorer")
	flag.StringVar(&j.filter, "filter", "", "have the captures pass a filter first: hybrid")
	flag.StringVar(&j.only, "pcap", "", "only captures whose name contains `TEXT`; no floor holds")
	flag.StringVar(&j.keep, "keep", "", "keep the flows in `FILE`")
	flag.IntVar(&j.mistakes, "errors", 0, "print `N` mistakes of each kind")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: score [options] BIN")
		os.Exit(2)
	}
	j.bin = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, j); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

// run judges and prints. A result below the floor is an error.
func run(ctx context.Context, w io.Writer, j job) error {
	if _, err := exec.LookPath("python3"); err != nil {
		return errors.New("python3 is not installed; as root: apt-get install python3")
	}
	captures, err := filepath.Glob(filepath.Join(j.corpus, "pcap", "*"+j.only+"*"))
	if err != nil || len(captures) == 0 {
		return errors.Join(err, fmt.Errorf("no captures in %s: name the corpus with -corpus", j.corpus))
	}
	dir, err := os.MkdirTemp("", "weir-score-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	flows, err := read(ctx, j.bin, captures)
	if err != nil {
		return err
	}
	var lost error
	switch j.filter {
	case "":
	case "hybrid":
		passed, err := passing(ctx, j.bin, dir, captures)
		if err != nil {
			return err
		}
		l := compare(flows, passed)
		l.print(w)
		if j.only == "" {
			lost = l.check()
		}
		flows = counted(flows, passed)
	default:
		return fmt.Errorf("no filter %q; there is hybrid", j.filter)
	}
	result, err := j.judge(ctx, w, dir, flows)
	if err != nil {
		return err
	}
	below := result.print(w)
	if j.only != "" {
		below = nil // of few captures the figures say little
	}
	return errors.Join(lost, below)
}

// read has the program read captures and returns the flows that it prints.
func read(ctx context.Context, bin string, captures []string) ([]line, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, bin, append([]string{"read", "--json"}, captures...)...)
	var msg strings.Builder
	cmd.Stderr = &msg
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s read: %w\n%s", bin, err, msg.String())
	}
	return parse(out)
}
