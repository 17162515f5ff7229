//go:build integration

package conntrack

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/test/netns"
)

// Bars of TestDumpCost. Those on time hold on a machine that does nothing else;
// the allocations are of a dump as a whole, for its request and the kernel's
// settings.
const (
	maxCostPerEntry = 5 * time.Microsecond
	maxAllocations  = 40
	maxMemory       = 5 << 20
)

// TestDumpCost makes 16,384 entries and measures dumps of them, beside what
// conntrack(8) takes for its own. Part of the cost does not belong to the entries:
// a dump walks the kernel's whole hash table.
func TestDumpCost(t *testing.T) {
	const entries = 16384
	h := tracked(t, netns.Options{Silent: true}, "net.netfilter.nf_conntrack_udp_timeout=600")
	var r *reader
	empty := cost{}
	err := h.Router.Do(func() (err error) {
		if r, err = readerOf(Config{}); err == nil {
			empty, err = r.measure(10, func() {})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r.close()
	flows := many(entries)
	send := func() {
		if _, err := h.Client1.Send(netns.Eth, flows, 1, 0); err != nil {
			t.Error(err)
		}
	}
	send()
	idleMemory := resident(t, true)
	var memory int64 // before the sender takes its own
	var first, idle, moving cost
	err = h.Router.Do(func() (err error) {
		if r, err = readerOf(Config{}); err != nil {
			return err
		}
		defer r.close()
		if first, err = r.measure(1, func() {}); err != nil {
			return err
		}
		if idle, err = r.measure(10, func() {}); err != nil {
			return err
		}
		memory = resident(t, false) - idleMemory
		moving, err = r.measure(10, send)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.ledger.counts.Entries; n < entries || n > entries+10 {
		t.Fatalf("%d entries", n)
	}
	tool := h.Router.Command("conntrack", "-L")
	tool.Stderr = nil
	if err := tool.Run(); err != nil {
		t.Fatal(err)
	}
	theirs := tool.ProcessState.UserTime() + tool.ProcessState.SystemTime()

	t.Logf("%-34s %10s %12s %12s", "dump of 16,384 entries", "CPU", "per entry", "allocations")
	for _, row := range []struct {
		name string
		cost
	}{{"no entries at all", empty}, {"the first", first}, {"nothing moved", idle}, {"everything moved", moving}, {"conntrack -L > /dev/null", cost{cpu: theirs}}} {
		t.Logf("%-34s %10v %12v %12d", row.name, row.cpu.Round(10*time.Microsecond), (row.cpu / entries).Round(10*time.Nanosecond), row.allocations)
	}
	t.Logf("memory above idle, at the most: %.2f MB; %d bytes of baselines", float64(memory)/1e6, len(r.ledger.table.chunks)*chunkSize*48+4*len(r.ledger.table.index))
	for _, c := range []cost{idle, moving} {
		if per := c.cpu / entries; per > maxCostPerEntry {
			t.Errorf("%v per entry", per)
		}
		if c.allocations > maxAllocations {
			t.Errorf("%d allocations in a dump", c.allocations)
		}
	}
	if memory > maxMemory {
		t.Errorf("%d bytes of memory", memory)
	}
}

// TestEventCost measures what it takes to read the events of 3,000 entries that
// begin, and of the same that end.
func TestEventCost(t *testing.T) {
	const entries = 3000
	h := tracked(t, netns.Options{Silent: true}, "net.netfilter.nf_conntrack_udp_timeout=600")
	var r *reader
	err := h.Router.Do(func() (err error) {
		if r, err = readerOf(Config{}); err == nil {
			err = r.sweep()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for _, step := range []struct {
		name  string
		cause func() error
	}{
		{"begin", func() error { _, err := h.Client1.Send(netns.Eth, many(entries), 1, 0); return err }},
		{"end", func() error { return h.Router.Command("conntrack", "-F").Run() }},
	} {
		if err := step.cause(); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		events := r.ledger.counts.Events
		runtime.ReadMemStats(&before)
		began := clock.CPU()
		if err := r.drain(); err != nil {
			t.Fatal(err)
		}
		took := clock.CPU() - began
		runtime.ReadMemStats(&after)
		n := r.ledger.counts.Events - events
		t.Logf("%s: %d events, %v each, %d allocations in all", step.name, n, took/time.Duration(max(n, 1)), after.Mallocs-before.Mallocs)
		if n < entries || after.Mallocs-before.Mallocs > entries/10 {
			t.Errorf("%d events, %d allocations", n, after.Mallocs-before.Mallocs)
		}
	}
}

// cost is what a dump takes.
type cost struct {
	cpu         time.Duration
	allocations uint64
}

// readerOf returns a reader in the namespace of the calling thread.
func readerOf(cfg Config) (*reader, error) {
	s := New(cfg, nil)
	return s.open(discard{newBooks()})
}

// measure returns what a dump takes on average, without what prepare does before
// each.
func (r *reader) measure(dumps int, prepare func()) (c cost, err error) {
	var before, after runtime.MemStats
	for range dumps {
		prepare()
		runtime.ReadMemStats(&before)
		began := clock.CPU()
		if err := r.sweep(); err != nil || r.failure != nil {
			return c, errors.Join(err, r.failure)
		}
		c.cpu += clock.CPU() - began
		runtime.ReadMemStats(&after)
		c.allocations += after.Mallocs - before.Mallocs
	}
	c.cpu /= time.Duration(dumps)
	c.allocations /= uint64(dumps)
	return c, nil
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// resident returns the most memory that this process had in use since the last
// time it was asked to begin anew.
func resident(t *testing.T, anew bool) int64 {
	t.Helper()
	if anew {
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	m := highWater.FindSubmatch(b)
	if m == nil {
		t.Fatal("no VmHWM")
	}
	kB, err := strconv.ParseInt(string(bytes.TrimSpace(m[1])), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kB << 10
}
