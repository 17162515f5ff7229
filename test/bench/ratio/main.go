// Command ratio runs the benchmarks that set weir's decoding, and the whole way
// of a packet, beside google/gopacket's fastest parser, and the naming of flows
// beside a table of ports, and prints what they say as one table:
//
//	ratio [-benchtime D] [-count N]
//
// The contenders are sub-benchmarks, of which one is called weir. They run count
// times and the medians are shown. How much faster weir is, or what its names cost
// more than ports, the sub-benchmark called in-turn measures by letting both take
// turns, so that a busy machine is as unkind to one as to the other. It fails when
// a ratio is below its limit, names cost more than theirs, or weir allocates.
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

// The benchmarks: of single packets' headers, of all that weir does with a packet
// beside the parser with a map that only counts, and of the names of flows.
const dir, bench = "./internal/engine", "^Benchmark(Whole|Naming)$"

// atLeast is how many times faster weir has to be, and namesCost how many
// nanoseconds a packet names may cost.
var atLeast = map[string]float64{"decode": 5, "whole": 1.5}

const (
	naming    = "Naming"
	namesCost = 150
)

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
	fmt.Printf("%-30s %10s %9s %14s\n", "", "ns/packet", "B/packet", "allocs/packet")
	bin := filepath.Join(tmp, "bench.test")
	if out, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", bin, dir).CombinedOutput(); err != nil {
		return fmt.Errorf("build the tests of %s: %w\n%s", dir, err, out)
	}
	r := results{}
	for range count {
		cmd := exec.CommandContext(ctx, bin, "-test.run=^$", "-test.bench="+bench, "-test.benchmem", "-test.benchtime="+benchtime)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", dir, err, out)
		}
		r.read(out)
	}
	if len(r) == 0 {
		return fmt.Errorf("%s was skipped: it needs the captures of ../shared/corpus", bench)
	}
	return r.print()
}

// results are the figures of each benchmark's runs.
type results map[string][]figures

type figures struct {
	ns, bytes, allocs float64 // for each packet
	faster            float64 // of in-turn: times that weir is faster
	more              float64 // of in-turn: ns that names cost
}

// maxAllocs is what counts as no allocation a packet: a slot of time that closes
// within thousands of packets may allocate.
const maxAllocs = 0.001

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
		f := figures{ns: values["ns/packet"], faster: values["times-faster"], more: values["more-ns/packet"]}
		if f.ns > 0 {
			packets := values["ns/op"] / f.ns // an operation is a pass over all of them
			f.bytes, f.allocs = values["B/op"]/packets, values["allocs/op"]/packets
		}
		r[m[1]] = append(r[m[1]], f)
	}
}

// median returns the run in the middle, by what in-turn found where it is one, else
// by time.
func median(runs []figures) figures {
	s := slices.SortedFunc(slices.Values(runs), func(a, b figures) int {
		return cmp.Or(cmp.Compare(a.faster, b.faster), cmp.Compare(a.more, b.more), cmp.Compare(a.ns, b.ns))
	})
	return s[len(s)/2]
}

// print writes a line for each contender; it fails when in-turn says that weir
// is too slow, when it says nothing, or when weir allocates.
func (r results) print() error {
	var bad []error
	missing := maps.Clone(atLeast)
	missing[naming] = namesCost
	for _, name := range slices.Sorted(maps.Keys(r)) {
		f := median(r[name])
		group, contender := path.Base(path.Dir(name)), path.Base(name)
		if contender != "in-turn" {
			fmt.Printf("%-30s %10.1f %9.2f %14.4f\n", name, f.ns, f.bytes, f.allocs)
			if contender == "weir" && f.allocs > maxAllocs {
				bad = append(bad, fmt.Errorf("%s allocates %.4f times a packet", name, f.allocs))
			}
			continue
		}
		delete(missing, group)
		if group == naming {
			fmt.Printf("%-30s names cost %.0f ns/packet, at most %d\n", name, f.more, namesCost)
			if f.more > namesCost {
				bad = append(bad, fmt.Errorf("%s: names cost %.0f ns/packet, at most %d", name, f.more, namesCost))
			}
			continue
		}
		fmt.Printf("%-30s weir is %.1f times faster, at least %.1f\n", name, f.faster, atLeast[group])
		if f.faster < atLeast[group] {
			bad = append(bad, fmt.Errorf("%s: weir is %.1f times faster, at least %.1f", name, f.faster, atLeast[group]))
		}
	}
	for group := range missing {
		bad = append(bad, fmt.Errorf("no benchmark %s/in-turn", group))
	}
	return errors.Join(bad...)
}
