// Command ratio runs the benchmarks that set weir's decoding, and the whole way
// of a packet, beside google/gopacket's fastest parser, and prints what they say
// as one table:
//
//	ratio [-benchtime D] [-count N]
//
// A benchmark's contenders are its sub-benchmarks, of which one is called weir.
// They run count times and the medians are shown. How much faster weir is, the
// sub-benchmark called in-turn measures by letting both take turns, so that a
// busy machine is as unkind to one as to the other. It fails when a ratio is
// below its limit or weir allocates.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// comparisons are what is run, with how many times faster weir has to be.
var comparisons = []struct {
	dir, bench string
	atLeast    float64
}{
	{"./internal/packet", "^BenchmarkDecode$", 5},
	{"./internal/engine", "^BenchmarkPackets$", 1.5},
}

func main() {
	benchtime := flag.String("benchtime", "1s", "time of each run")
	count := flag.Int("count", 5, "runs of each benchmark")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *benchtime, *count); err != nil {
		fmt.Fprintln(os.Stderr, "ratio:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, benchtime string, count int) error {
	tmp, err := os.MkdirTemp("", "weir-ratio-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	fmt.Printf("%-34s %10s %8s %12s\n", "", "ns/packet", "B/op", "allocs/op")
	var slow []error
	for _, c := range comparisons {
		bin := filepath.Join(tmp, filepath.Base(c.dir)+".test")
		if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", bin, c.dir).CombinedOutput(); err != nil {
			return fmt.Errorf("build the tests of %s: %w\n%s", c.dir, err, out)
		}
		r := results{}
		for range count {
			cmd := exec.CommandContext(ctx, bin, "-test.run=^$", "-test.bench="+c.bench, "-test.benchmem", "-test.benchtime="+benchtime)
			cmd.Dir = c.dir
			out, err := cmd.CombinedOutput()
			if err != nil {
				return fmt.Errorf("%s: %w\n%s", c.dir, err, out)
			}
			r.read(out)
		}
		if len(r) == 0 {
			return fmt.Errorf("%s has no benchmark %s, or it was skipped", c.dir, c.bench)
		}
		slow = append(slow, r.print(c.atLeast))
	}
	return errors.Join(slow...)
}

// results are the figures of each benchmark's runs.
type results map[string][]figures

type figures struct {
	ns, bytes, allocs float64
	faster            float64 // of in-turn: times that weir is faster
}

var line = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// read takes in the output of go test -bench.
func (r results) read(out []byte) {
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		m := line.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		values := map[string]float64{}
		for words := strings.Fields(m[2]); len(words) >= 2; words = words[2:] {
			if v, err := strconv.ParseFloat(words[0], 64); err == nil {
				values[words[1]] = v
			}
		}
		f := figures{ns: values["ns/op"], bytes: values["B/op"], allocs: values["allocs/op"], faster: values["times-faster"]}
		if v, ok := values["ns/packet"]; ok {
			f.ns = v
		}
		r[m[1]] = append(r[m[1]], f)
	}
}

// median returns the run in the middle, by ratio where there is one, else by time.
func median(runs []figures) figures {
	s := slices.SortedFunc(slices.Values(runs), func(a, b figures) int { return cmp.Or(cmp.Compare(a.faster, b.faster), cmp.Compare(a.ns, b.ns)) })
	return s[len(s)/2]
}

// print writes a line for each contender; it fails when in-turn says that weir
// is less than atLeast times faster, or when there is none.
func (r results) print(atLeast float64) error {
	bad := []error{errors.New("no benchmark called in-turn")}
	for _, name := range slices.Sorted(maps.Keys(r)) {
		f := median(r[name])
		if path.Base(name) != "in-turn" {
			fmt.Printf("%-34s %10.1f %8.0f %12.0f\n", name, f.ns, f.bytes, f.allocs)
			if path.Base(name) == "weir" && f.allocs > 0 {
				bad = append(bad, fmt.Errorf("%s allocates %.0f times an operation", name, f.allocs))
			}
			continue
		}
		bad[0] = nil
		fmt.Printf("%-34s weir is %.1f times faster, at least %.1f\n", name, f.faster, atLeast)
		if f.faster < atLeast {
			bad = append(bad, fmt.Errorf("%s: weir is %.1f times faster, at least %.1f", name, f.faster, atLeast))
		}
	}
	return errors.Join(bad...)
}
