// Command peers measures weir beside softflowd on the same capture: processor
// time per packet and peak memory, in runs that take turns so that a busy
// machine is as unkind to one as to the other.
//
//	peers [-runs N] [-max F] BIN
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
	limit := flag.Float64("max", 0.7, "fail when the median ratio weir/softflowd is above this")
	flag.Parse()
	if flag.NArg() != 1 || *runs < 1 {
		fmt.Fprintln(os.Stderr, "usage: peers [-runs N] [-max F] BIN")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Arg(0), *runs, *limit); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// contender is a program that reads the capture.
type contender struct {
	name string
	argv []string
	cpu  []time.Duration // user and system time of each run
	peak int64           // most resident memory of any run, in bytes
}

func run(ctx context.Context, bin string, runs int, limit float64) error {
	c, err := capture(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("capture: %s, %d packets, %s\n", c.path, c.packets, c.origin)
	softflowd, err := exec.LookPath("softflowd")
	if err != nil {
		softflowd, err = exec.LookPath("/usr/sbin/softflowd")
	}
	if err != nil {
		return errors.New("softflowd is not installed; as root: apt-get install softflowd")
	}
	weir := &contender{name: "weir", argv: []string{bin, "read", "--max-flows", "8192", c.path}}
	peer := &contender{name: "softflowd", argv: []string{softflowd, "-r", c.path, "-m", "8192", "-6", "-d", "-c", "none", "-p", "none"}}
	var ratios []float64
	for i := range runs {
		for _, who := range []*contender{weir, peer} {
			if err := who.once(ctx); err != nil {
				return err
			}
		}
		r := float64(weir.cpu[i]) / float64(peer.cpu[i])
		ratios = append(ratios, r)
		fmt.Printf("run %d: weir %4.0f ns/packet, softflowd %4.0f ns/packet, ratio %.2f\n", i+1, weir.perPacket(i, c.packets), peer.perPacket(i, c.packets), r)
	}
	for _, who := range []*contender{weir, peer} {
		fmt.Printf("%-9s median %4.0f ns/packet of user and system time, peak RSS %.1f MiB\n", who.name, float64(median(who.cpu))/float64(c.packets), float64(who.peak)/(1<<20))
	}
	m := median(ratios)
	fmt.Printf("ratio     median %.2f, at most %.2f\n", m, limit)
	if m > limit {
		return fmt.Errorf("weir takes %.2f times softflowd's processor time, at most %.2f", m, limit)
	}
	return nil
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

func (c *contender) perPacket(i int, packets int) float64 {
	return float64(c.cpu[i].Nanoseconds()) / float64(packets)
}

// median returns the middle of v, the higher one of an even number.
func median[T int64 | float64 | time.Duration](v []T) T {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}
