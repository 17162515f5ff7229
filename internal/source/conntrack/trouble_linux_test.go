//go:build integration

package conntrack

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"weir/internal/flow"
	"weir/test/netns"
)

// count returns how many entries a namespace has, those that ended and wait for
// their event included.
func count(t *testing.T, n *netns.Namespace) (entries int) {
	t.Helper()
	err := n.Do(func() error { entries = setting("count"); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// drained waits until a namespace has no more than so many entries.
func drained(t *testing.T, n *netns.Namespace, entries int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); count(t, n) > entries+5; {
		if time.Now().After(end) {
			t.Fatalf("there are still %d entries", count(t, n))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// many returns flows of one packet.
func many(n int) (flows []netns.Flow) {
	for i := range n {
		flows = append(flows, udp(uint16(1000+i), 100))
	}
	return flows
}

// TestStoppedReader measures what becomes of 3,000 ends of entries that nobody
// reads for a while, with each choice of socket options, and what becomes of the
// kernel's table meanwhile.
func TestStoppedReader(t *testing.T) {
	const entries = 3000
	tests := []struct {
		name    string
		options []netlink.ConnOption
		all     bool
		told    bool // of the overrun
	}{
		{"neither", nil, false, true},
		{"NETLINK_NO_ENOBUFS", []netlink.ConnOption{netlink.NoENOBUFS}, false, false},
		{"NETLINK_BROADCAST_ERROR", []netlink.ConnOption{netlink.BroadcastError}, true, true},
		{"both", []netlink.ConnOption{netlink.BroadcastError, netlink.NoENOBUFS}, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := tracked(t, netns.Options{Silent: true})
			s := stopped(t, h.Router, tt.options)
			defer s.conn.Close()
			if _, err := h.Client1.Send(netns.Eth, many(entries), 1, 0); err != nil {
				t.Fatal(err)
			}
			before := count(t, h.Router)
			h.Router.Run(t, "conntrack", "-F")
			time.Sleep(200 * time.Millisecond)
			during := count(t, h.Router)
			began := time.Now()
			var ends, overruns int
			var last time.Time
			for quiet := time.Now(); time.Since(quiet) < 2*time.Second; {
				b, err := s.poll()
				switch {
				case errors.Is(err, unix.ENOBUFS):
					overruns++
				case err != nil:
					t.Fatal(err)
				case b == nil:
					time.Sleep(time.Millisecond)
				default:
					ends++
					quiet = time.Now()
					last = quiet
				}
			}
			t.Logf("%d of %d ends read within %v, %d overruns told; entries: %d before, %d while nobody reads, %d after",
				ends, before, last.Sub(began).Round(time.Millisecond), overruns, before, during, count(t, h.Router))
			if got := ends >= entries; got != tt.all {
				t.Errorf("all ends were read: %v, want %v", got, tt.all)
			}
			if got := overruns > 0; got != tt.told {
				t.Errorf("overruns told: %v, want %v", got, tt.told)
			}
			if kept := during > entries/2; kept != tt.all {
				t.Errorf("%d entries stay while nobody reads", during)
			}
		})
	}
}

// stopped returns a socket with a small buffer that nobody reads.
func stopped(t *testing.T, n *netns.Namespace, options []netlink.ConnOption) (s *socket) {
	t.Helper()
	err := n.Do(func() (err error) {
		if s, err = dial(eventBuffer); err != nil {
			return err
		}
		err = s.conn.SetReadBuffer(64 << 10)
		for _, o := range options {
			err = errors.Join(err, s.conn.SetOption(o, true))
		}
		return errors.Join(err, s.conn.JoinGroup(groupDestroy))
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// slow is a sink that stands still while its gate is shut.
type slow struct {
	*books
	gate atomic.Pointer[chan struct{}] // closed when it is open
}

func (s *slow) Connections(batch []flow.Connection) {
	<-*s.gate.Load()
	s.books.Connections(batch)
}

// TestOverrun stops the reader while entries come, count and end, until the
// kernel has no room for events: the sums are as if nothing had been.
func TestOverrun(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	sink := &slow{books: newBooks()}
	open := make(chan struct{})
	close(open)
	sink.gate.Store(&open)
	s := New(Config{Every: 500 * time.Millisecond, Buffer: 64 << 10}, nil)
	r := startWith(t, h.Router, s, sink, sink.books)
	shut := make(chan struct{})
	sink.gate.Store(&shut)
	const entries = 3000
	flows := many(entries)
	var sent uint64
	for _, packets := range []int{1, 3} {
		report, err := h.Client1.Send(netns.Eth, flows, packets, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range report.Sent {
			sent += s.Bytes
		}
	}
	h.Router.Run(t, "conntrack", "-D", "-p", "udp", "--orig-port-dst", "9")
	t.Logf("entries while the reader is stopped: %d", count(t, h.Router))
	// The same connections once more: they may lie where the old ones did.
	report, err := h.Client1.Send(netns.Eth, flows, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range report.Sent {
		sent += s.Bytes
	}
	t.Logf("and when all of them were opened again: %d", count(t, h.Router))
	close(shut)
	began := time.Now()
	for r.Status().Tracking.Resyncs == 0 && time.Since(began) < 10*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	drained(t, h.Router, entries)
	t.Logf("entries %v after it went on: %d", time.Since(began), count(t, h.Router))
	h.Router.Run(t, "conntrack", "-F")
	drained(t, h.Router, 0)
	r.stop()
	st := r.Status().Tracking
	var got uint64
	for _, f := range flows {
		s := sink.flows[titleOf(f)]
		if s == nil || s.ended != 2 {
			t.Fatalf("flow %v: %+v", f.Src, s)
		}
		got += s.bytes[0]
	}
	t.Logf("%d bytes of %d; %d overruns, %d resynchronisations, %d resets, %d vanished", got, sent, st.Overruns, st.Resyncs, st.Resets, st.Vanished)
	if got != sent || st.Overruns == 0 || st.Resyncs == 0 || st.Vanished != 0 {
		t.Errorf("%d bytes of %d: %+v", got, sent, st)
	}
}

// TestAccountingOff starts without accounting, and has it switched on.
func TestAccountingOff(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true}, "net.netfilter.nf_conntrack_acct=0")
	old, young := []netns.Flow{udp(1000, 100)}, []netns.Flow{udp(1001, 100)}
	b := newBooks()
	r := start(t, h.Router, Config{Every: 100 * time.Millisecond}, b)
	if _, err := h.Client1.Send(netns.Eth, old, 10, 0); err != nil {
		t.Fatal(err)
	}
	r.sweep(t)
	if st := r.Status(); st.State != stateRunning || !strings.Contains(st.Note, "nf_conntrack_acct=1") || st.Tracking.Uncounted == 0 {
		t.Errorf("%+v %+v", st, st.Tracking)
	}
	h.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct=1")
	for _, flows := range [][]netns.Flow{old, young} {
		if _, err := h.Client1.Send(netns.Eth, flows, 10, 0); err != nil {
			t.Fatal(err)
		}
	}
	r.sweep(t)
	if st := r.Status(); st.Note != "" {
		t.Errorf("note %q", st.Note)
	}
	r.stop()
	if s := b.flows[titleOf(old[0])]; s.bytes[0] != 0 || s.last.Status&flow.ConnUncounted == 0 {
		t.Errorf("without accounting: %+v", s)
	}
	if s := b.flows[titleOf(young[0])]; s.packets[0] != 10 || s.last.Status&flow.ConnUncounted != 0 {
		t.Errorf("with accounting: %+v", s)
	}
}

// TestNoRight has neither Run nor Look succeed without CAP_NET_ADMIN, and both
// say so.
func TestNoRight(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	s := New(Config{}, nil)
	var facts Facts
	err := h.Router.Do(func() error {
		none := [2]unix.CapUserData{}
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			t.Error(err)
		}
		facts = Look()
		return s.Run(t.Context(), newBooks())
	})
	if !errors.Is(err, ErrNoRight) || !errors.Is(err, os.ErrPermission) {
		t.Errorf("Run: %v", err)
	}
	if st := s.Status(); st.State != stateFailed || !strings.Contains(st.Note, "CAP_NET_ADMIN") {
		t.Errorf("%+v", st)
	}
	if !facts.Tracking || !facts.Accounting || facts.Netlink || !errors.Is(facts.Err, ErrNoRight) {
		t.Errorf("%+v", facts)
	}
}

func TestLook(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true}, "net.netfilter.nf_conntrack_timestamp=1")
	if _, err := h.Client1.Send(netns.Eth, many(5), 1, 0); err != nil {
		t.Fatal(err)
	}
	var got Facts
	var took time.Duration
	err := h.Router.Do(func() error {
		got = Look()
		began := time.Now()
		for range 100 {
			Look()
		}
		took = time.Since(began) / 100
		return got.Err
	})
	t.Logf("a look takes %v", took)
	if err != nil || !got.Tracking || !got.Accounting || !got.Timestamps || !got.Netlink || got.Entries < 5 || got.Max == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if took > 10*time.Millisecond {
		t.Errorf("a look takes %v", took)
	}
}

// TestOlder ends entries that are older than the source. Whether the kernel tells
// of that depends on nf_conntrack_events; what they counted while the source ran
// is told either way, until the last dump.
func TestOlder(t *testing.T) {
	tests := []struct {
		name    string
		setting string
		ended   func(ends int) bool
	}{
		{"always events", "net.netfilter.nf_conntrack_events=1", func(ends int) bool { return ends == 10 }},
		// Whether anybody listens is a matter of the whole machine, so both may be.
		{"events for who listens", "net.netfilter.nf_conntrack_events=2", func(int) bool { return true }},
		{"no events", "net.netfilter.nf_conntrack_events=0", func(ends int) bool { return ends == 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := tracked(t, netns.Options{Silent: true}, tt.setting)
			flows := many(10)
			send := func(n int) {
				t.Helper()
				if _, err := h.Client1.Send(netns.Eth, flows, n, 0); err != nil {
					t.Fatal(err)
				}
			}
			send(100)
			b := newBooks()
			r := start(t, h.Router, Config{Every: 200 * time.Millisecond}, b)
			send(2)
			r.sweep(t)
			h.Router.Run(t, "conntrack", "-F")
			r.sweep(t)
			note := r.Status().Note
			r.stop()
			ended := 0
			for _, f := range flows {
				s := b.flows[titleOf(f)]
				if s.packets[0] != 2 {
					t.Errorf("flow %v: %d packets", f.Src, s.packets[0])
				}
				ended += s.ended
			}
			t.Logf("%d of 10 ends were told", ended)
			if !tt.ended(ended) {
				t.Errorf("%d of 10 ends were told", ended)
			}
			if strings.Contains(note, "nf_conntrack_events=1") != strings.HasSuffix(tt.setting, "=0") {
				t.Errorf("note %q", note)
			}
		})
	}
}

// TestBrokenDump takes the socket of dumps away: the next dump fails, says so, and
// the one after that is made over a new socket.
func TestBrokenDump(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	err := h.Router.Do(func() error {
		r, err := New(Config{}, nil).open(newBooks())
		if err != nil {
			return err
		}
		defer r.close()
		if err := r.sweep(); err != nil {
			return err
		}
		r.lister.conn.Close()
		if err := r.sweep(); err != nil {
			return err
		}
		st := r.Status()
		if st.State != stateWaiting || st.Note == "" || st.Tracking.Dumps != 1 || r.retry != 2*dumpPause {
			t.Errorf("after a failure: %+v %+v", st, st.Tracking)
		}
		if err := r.sweep(); err != nil {
			return err
		}
		if st := r.Status(); st.State != stateRunning || st.Note != "" || st.Tracking.Dumps != 2 || r.retry != dumpPause {
			t.Errorf("afterwards: %+v %+v", st, st.Tracking)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestStop ends a source that waits for events, at once.
func TestStop(t *testing.T) {
	h := tracked(t, netns.Options{Silent: true})
	r := start(t, h.Router, Config{Every: time.Hour}, newBooks())
	time.Sleep(100 * time.Millisecond)
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := len(r.books.swept); n != 2 {
		t.Errorf("%d dumps, want the first and the last", n)
	}
}
