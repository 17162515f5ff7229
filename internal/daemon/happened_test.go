package daemon

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
	"weir/internal/journal"
	"weir/internal/link"
)

// marks returns the texts of all events, the oldest first.
func marks(d *Daemon) (texts []string) {
	all := d.Events(time.Unix(0, 0), time.Unix(1<<40, 0))
	for i := range all {
		texts = append(texts, all[len(all)-1-i].Text)
	}
	return texts
}

// Events outlive a restart and a reboot, and stand where they belong once the clock
// is right.
func TestEventsOutlive(t *testing.T) {
	m, reboot := newMachine(t, time.Unix(20, 0), "")
	m.d.began()
	m.pass(900)
	m.set(truth, true)
	m.pass(120)
	all := m.d.Events(truth.Add(-time.Hour), m.now.Wall)
	var kinds []journal.Kind
	for _, e := range all {
		kinds = append(kinds, e.Kind)
	}
	if diff := cmp.Diff([]journal.Kind{journal.Clock, journal.Clock, journal.Start}, kinds); diff != "" {
		t.Fatalf("%v: -want +got:\n%s", all, diff)
	}
	if at := all[2].At; at.Before(truth.Add(-910*time.Second)) || at.After(truth.Add(-890*time.Second)) {
		t.Errorf("weir began at %v, the clock was set at %v", at, truth)
	}
	before := marks(m.d)
	m.stop()
	m.start()
	m.d.began()
	m.pass(60)
	m.snapshot()
	m.rebooted(reboot)
	after := marks(m.d)
	if len(after) < len(before) {
		t.Fatalf("%q, were %q", after, before)
	}
	if diff := cmp.Diff(before, after[:len(before)]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	stops := 0
	for _, e := range m.d.Events(truth, m.now.Wall.Add(time.Hour)) {
		if e.Kind == journal.Stop {
			stops++
		}
	}
	if stops != 2 {
		t.Errorf("%d ends are known of two: %q", stops, after)
	}
}

func TestMarks(t *testing.T) {
	way := func(up bool, addrs ...string) *wayState {
		w := &wayState{uplink: uplink{name: "wan"}, up: up}
		for _, a := range addrs {
			w.addrs = append(w.addrs, netip.MustParseAddr(a))
		}
		return w
	}
	none, soft, hard := &facts{}, &facts{tables: []link.Flowtable{{}}}, &facts{tables: []link.Flowtable{{Hardware: true}}}
	tests := []struct {
		name string
		do   func(d *Daemon)
		want []string
	}{
		{"a line comes", func(d *Daemon) { d.noteWay(nil, way(true, "203.0.113.4")) }, []string{"wan is up, at 203.0.113.4"}},
		{"and goes", func(d *Daemon) { d.noteWay([]wayState{*way(true, "203.0.113.4")}, way(false)) }, []string{"wan is down"}},
		{"up without an address", func(d *Daemon) { d.noteWay([]wayState{*way(false)}, way(true)) }, []string{"wan is up"}},
		{"dialled again", func(d *Daemon) {
			d.noteWay([]wayState{*way(true, "2001:db8::1", "203.0.113.4")}, way(true, "2001:db8::1", "203.0.113.9"))
		}, []string{"wan has another address: 203.0.113.9"}},
		{"an address of IPv6 more", func(d *Daemon) {
			d.noteWay([]wayState{*way(true, "203.0.113.4")}, way(true, "203.0.113.4", "2001:db8::2"))
		}, nil},
		{"IPv6 alone", func(d *Daemon) { d.noteWay([]wayState{*way(false)}, way(true, "2001:db8::2")) }, []string{"wan is up, at 2001:db8::2"}},
		{"it loses its address", func(d *Daemon) { d.noteWay([]wayState{*way(true, "203.0.113.4")}, way(true)) }, []string{"wan has no address"}},
		{"a small step", func(d *Daemon) { d.noteSet(clock.ByNTP, clock.ByNTP, time.Second) }, nil},
		{"a step", func(d *Daemon) { d.noteSet(clock.ByNTP, clock.ByNTP, -90*time.Second) }, []string{"the clock was set by -1m30s"}},
		{"it is right", func(d *Daemon) { d.noteSet(clock.Untrusted, clock.ByNTP, time.Hour) },
			[]string{"the clock was set by 1h0m0s", "the clock is trusted now (ntp)"}},
		{"it is not", func(d *Daemon) { d.noteSet(clock.ByNTP, clock.Untrusted, 0) }, []string{"the clock is not known to be right"}},
		{"the first look", func(d *Daemon) { d.noteFacts(nil, soft, choice{}, true) }, nil},
		{"offload", func(d *Daemon) { d.noteFacts(none, soft, choice{}, false) }, []string{"flow offload is on"}},
		{"offload in hardware, and another mode", func(d *Daemon) { d.noteFacts(soft, hard, choice{mode: "hybrid", why: "so"}, true) },
			[]string{"flow offload is on, in hardware", "counted by hybrid: so"}},
		{"offload is off", func(d *Daemon) { d.noteFacts(hard, none, choice{}, false) }, []string{"flow offload is off"}},
		{"the same configuration", func(d *Daemon) { d.noteConfig(nil) }, nil},
		{"another configuration", func(d *Daemon) { d.noteConfig([]string{"main", "store"}) }, []string{"another configuration is in force: main, store"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &Daemon{}
			d.opt.Now = func() clock.Reading { return clock.Reading{Wall: truth} }
			tt.do(d)
			if diff := cmp.Diff(tt.want, marks(d)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A source that fails is marked, if others go on.
func TestFailedSourceIsMarked(t *testing.T) {
	d := newHouse(t, "").daemon(t)
	failed := &task{name: "pcap pipe", isSource: true, err: errors.New("the pipe is gone"), done: make(chan struct{}), cancel: func() {}}
	alive := &task{done: make(chan struct{})}
	close(failed.done)
	d.tasks.all[failed] = struct{}{}
	d.sources = []running{{task: failed}, {task: alive}}
	if err := d.taskEnded(failed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"the pipe is gone"}, marks(d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
