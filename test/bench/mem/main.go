// Command mem measures the memory of a 32-bit weir daemon as a router with
// 128 MB would run it: a full table of 8,192 flows, packets coming in all the
// time, and clients asking the API without pause.
//
//	mem [-seconds N] [-pps N] BIN
//
// It prints resident and anonymous memory (RssAnon in /proc/PID/status) and
// fails above the budget of docs/architecture.md.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"weir/test/bench/process"
)

// The budget in bytes, and the flows it is for.
const (
	maxResident  = 12_000_000
	maxAnonymous = 7_000_000
	liveFlows    = 8192
)

// asked are the questions of the clients, in turns.
var asked = []string{
	"status", "flows?limit=200&sort=bytes&desc=1", "hosts?limit=200", "devices?limit=200", "ports?limit=200", "interfaces", "sources",
	"top?class=device", "series?class=total", "series_list?class=device",
}

func main() {
	seconds := flag.Int("seconds", 20, "how long to measure")
	pps := flag.Int("pps", 20_000, "packets a second")
	flag.Parse()
	if flag.NArg() != 1 || *seconds < 1 || *pps < 1 {
		fmt.Fprintln(os.Stderr, "usage: mem [-seconds N] [-pps N] BIN")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, flag.Arg(0), time.Duration(*seconds)*time.Second, *pps); err != nil {
		fmt.Fprintln(os.Stderr, "mem:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin string, length time.Duration, pps int) error {
	dir, err := os.MkdirTemp("", "weir-mem-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pipe := filepath.Join(dir, "packets")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		return fmt.Errorf("make pipe %s: %w", pipe, err)
	}
	// What weir chooses by itself on a router with 128 MB.
	daemon, err := process.Start(bin, dir, fmt.Sprintf(`config weir 'main'
	option max_flows '%d'
	option memory_limit '8'
	list local_network '192.168.0.0/16'
`, liveFlows), "--read", pipe)
	if err != nil {
		return err
	}
	defer daemon.Stop()
	if err := daemon.Ready(ctx); err != nil {
		return err
	}

	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	l := load{pps: pps}
	wg.Go(func() { l.feed(ctx, pipe) })
	for range 2 {
		wg.Go(func() { l.ask(ctx, daemon.Client()) })
	}
	return watch(ctx, daemon, &l, length)
}

// load is what the daemon has to bear, and how much of it it did.
type load struct {
	pps     int
	packets atomic.Int64
	replies atomic.Int64
	bytes   atomic.Int64 // of replies
	failed  atomic.Int64
	lastErr atomic.Pointer[string]
}

func (l *load) fail(err error) {
	s := err.Error()
	l.lastErr.Store(&s)
	l.failed.Add(1)
}

// feed writes packets to the pipe until ctx is done.
func (l *load) feed(ctx context.Context, pipe string) {
	f, err := os.OpenFile(pipe, os.O_RDWR, 0) // for reading too: does not wait for a reader
	if err != nil {
		l.fail(err)
		return
	}
	defer f.Close()
	stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Now()) })
	defer stop()
	if err := pump(ctx, bufio.NewWriterSize(f, 32<<10), l.pps, &l.packets); err != nil && ctx.Err() == nil {
		l.fail(fmt.Errorf("feed: %w", err))
	}
}

// ask puts questions to the API until ctx is done.
func (l *load) ask(ctx context.Context, client *http.Client) {
	for i := 0; ctx.Err() == nil; i++ {
		n, err := get(ctx, client, asked[i%len(asked)])
		switch {
		case ctx.Err() != nil:
		case err != nil:
			l.fail(err)
			time.Sleep(100 * time.Millisecond)
		default:
			l.replies.Add(1)
			l.bytes.Add(n)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func get(ctx context.Context, client *http.Client, what string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://weir/api/v1/"+what, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", what, resp.Status)
	}
	return n, err
}

// memory is what /proc/PID/status tells, in bytes.
type memory struct{ resident, anonymous, mapped int64 }

// watch reads the daemon's memory twice a second and judges the most it had.
func watch(ctx context.Context, d *process.Daemon, l *load, length time.Duration) error {
	var most memory
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := d.Check(); err != nil {
			return err
		}
		m, err := readMemory(d.PID())
		if err != nil {
			return err
		}
		most = memory{max(most.resident, m.resident), max(most.anonymous, m.anonymous), max(most.mapped, m.mapped)}
	}
	flows, err := tableSize(ctx, d.Client())
	if err != nil {
		return err
	}
	fmt.Printf("load: %d flows in the table, %.0f packets/s, %d replies (%.1f MB), %d failed\n",
		flows, float64(l.packets.Load())/length.Seconds(), l.replies.Load(), float64(l.bytes.Load())/1e6, l.failed.Load())
	fmt.Printf("most resident  %5.2f MB, at most %.0f\nmost anonymous %5.2f MB, at most %.0f\nmost of files  %5.2f MB\n",
		float64(most.resident)/1e6, maxResident/1e6, float64(most.anonymous)/1e6, maxAnonymous/1e6, float64(most.mapped)/1e6)
	switch {
	case l.failed.Load() > 0:
		return fmt.Errorf("%d questions failed, the last: %s", l.failed.Load(), *l.lastErr.Load())
	case flows < liveFlows*99/100:
		return fmt.Errorf("only %d flows were live; the figures are not for %d", flows, liveFlows)
	case most.resident > maxResident || most.anonymous > maxAnonymous:
		return errors.New("above the budget")
	}
	return nil
}

func readMemory(pid int) (memory, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return memory{}, err
	}
	var m memory
	fields := map[string]*int64{"VmRSS": &m.resident, "RssAnon": &m.anonymous, "RssFile": &m.mapped}
	for line := range strings.Lines(string(b)) {
		name, rest, _ := strings.Cut(line, ":")
		if f := fields[name]; f != nil {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return m, fmt.Errorf("/proc/%d/status: %s: %w", pid, name, err)
			}
			*f = kib * 1024
		}
	}
	if m.resident == 0 || m.anonymous == 0 {
		return m, fmt.Errorf("/proc/%d/status names no memory", pid)
	}
	return m, nil
}
