// Command peers measures weir, which names flows as it counts them, beside nDPI's
// reader, which does the same, and weir that names them by their ports beside
// softflowd, which only counts, on the same capture: processor time per packet and peak memory, in runs that take turns so
// that a busy machine is as unkind to one as to the others.
//
//	peers [-runs N] [-max-ndpi F] [-max-softflowd F] BIN
//
// The capture is a merge of a million packets: of the real captures in
// ../shared/corpus where they are, else of households made by test/home. It is
// kept in $TMPDIR/weir-bench for the next time.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	runs := flag.Int("runs", 7, "runs of each program, taking turns")
	ndpi := flag.Float64("max-ndpi", 0.3, "fail when the median ratio weir/ndpiReader is above this")
	softflowd := flag.Float64("max-softflowd", 0.7, "fail when the median ratio of weir by ports to softflowd is above this")
	flag.Parse()
	if flag.NArg() != 1 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: peers [-runs N] [-max-ndpi F] [-max-softflowd F] BIN")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Arg(0), *runs, map[string]float64{"ndpiReader": *ndpi, "softflowd": *softflowd}); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// contender is a program that reads the capture.
type contender struct {
	name   string
	argv   []string
	weir   *contender      // what does the same, nil for weir itself
	cpu    []time.Duration // user and system time of each run
	peak   int64           // most resident memory of any run, in bytes
	ratios []float64       // of weir's time in the same turn to this one's
}

func run(ctx context.Context, bin string, runs int, limits map[string]float64) error {
	c, err := capture(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("capture: %s, %d packets, %s\n", c.path, c.packets, c.origin)
	names := &contender{name: "weir", argv: []string{bin, "read", "--max-flows", "8192", c.path}}
	counts := &contender{name: "weir by port", argv: []string{bin, "read", "--by-port", "--max-flows", "8192", c.path}}
	peers, err := peersOn(c.path)
	if err != nil {
		return err
	}
	peers[0].weir, peers[1].weir = names, counts
	all := append([]*contender{names, counts}, peers...)
	for i := range runs {
		fmt.Printf("run %d:", i+1)
		for _, who := range all {
			if err := who.once(ctx); err != nil {
				return err
			}
			if who.weir != nil {
				who.ratios = append(who.ratios, float64(who.weir.cpu[i])/float64(who.cpu[i]))
			}
			fmt.Printf(" %s %.0f", who.name, float64(who.cpu[i].Nanoseconds())/float64(c.packets))
		}
		fmt.Println(" ns/packet")
	}
	fmt.Printf("\n%-12s %10s %9s %11s %8s\n", "median", "ns/packet", "peak RSS", "weir takes", "at most")
	var above []error
	for _, who := range all {
		fmt.Printf("%-12s %10.0f %5.1f MiB", who.name, float64(median(who.cpu))/float64(c.packets), float64(who.peak)/(1<<20))
		if who.weir == nil {
			fmt.Println()
			continue
		}
		m := median(who.ratios)
		fmt.Printf(" %9.2f x %6.2f x\n", m, limits[who.name])
		if m > limits[who.name] {
			above = append(above, fmt.Errorf("weir takes %.2f times the processor time of %s, at most %.2f", m, who.name, limits[who.name]))
		}
	}
	return errors.Join(above...)
}

// peersOn returns the programs that weir is measured beside: one that names flows,
// and one that counts them.
func peersOn(path string) (all []*contender, err error) {
	for _, p := range []struct {
		pkg  string
		argv []string
	}{
		{"libndpi-bin", []string{"ndpiReader", "-q", "-i", path}},
		{"softflowd", []string{"softflowd", "-r", path, "-m", "8192", "-6", "-d", "-c", "none", "-p", "none"}},
	} {
		name := p.argv[0]
		found, err := exec.LookPath(name)
		if err != nil {
			found, err = exec.LookPath("/usr/sbin/" + name) // not in every user's PATH
		}
		if err != nil {
			return nil, fmt.Errorf("%s is not installed; as root: apt-get install %s", name, p.pkg)
		}
		all = append(all, &contender{name: name, argv: append([]string{found}, p.argv[1:]...)})
	}
	return all, nil
}

// once runs the program to its end and takes its processor time and memory.
func (c *contender) once(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	var msg bytes.Buffer
	cmd.Stderr = &msg // standard output goes to the null device
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() { peak <- watchPeak(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	c.peak = max(c.peak, <-peak)
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(c.argv, " "), err, msg.Bytes())
	}
	c.cpu = append(c.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	return nil
}

// watchPeak returns the most resident memory that a process ever had, as last
// read before it ended. The kernel's own figure for ended processes (ru_maxrss)
// will not do: it counts the memory of this program, which forked it.
func watchPeak(pid int, ended <-chan struct{}) int64 {
	var peak int64
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ended:
			return peak
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue // ended between the tick and now
		}
		var kib int64
		if _, rest, ok := strings.Cut(string(status), "VmHWM:"); ok {
			fmt.Sscan(rest, &kib)
		}
		peak = max(peak, kib*1024)
	}
}

// median returns the middle of v, the higher one of an even number.
func median[T int64 | float64 | time.Duration](v []T) T {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}
