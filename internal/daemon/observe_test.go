package daemon

import (
	"strings"
	"testing"
	"time"

	"weir/internal/api"
	"weir/internal/engine"
	"weir/uci"
)

// Another choice is taken at once when it is asked for, else when it has been
// the right one for a while.
func TestSteady(t *testing.T) {
	packets, hybrid, conntrack := choice{mode: uci.ModePackets}, choice{mode: uci.ModeHybrid}, choice{mode: uci.ModeConntrack}
	type look struct {
		c       choice
		after   time.Duration
		atOnce  bool
		changed bool
		inForce uci.Mode
	}
	tests := []struct {
		name  string
		looks []look
	}{
		{"at once", []look{{hybrid, 0, true, true, uci.ModeHybrid}, {packets, 0, true, true, uci.ModePackets}}},
		{"the first is no news", []look{{choice{}, 0, true, false, ""}}},
		{"it settles", []look{
			{packets, 0, true, true, uci.ModePackets},
			{hybrid, quickEvery, false, false, uci.ModePackets},
			{hybrid, quickEvery, false, true, uci.ModeHybrid},
			{hybrid, quickEvery, false, false, uci.ModeHybrid},
		}},
		{"many looks in no time", []look{
			{packets, 0, true, true, uci.ModePackets},
			{hybrid, 0, false, false, uci.ModePackets}, {hybrid, time.Second, false, false, uci.ModePackets},
			{hybrid, time.Second, false, false, uci.ModePackets}, {hybrid, 2 * time.Second, false, true, uci.ModeHybrid},
		}},
		{"a moment is nothing", []look{
			{hybrid, 0, true, true, uci.ModeHybrid},
			{packets, time.Minute, false, false, uci.ModeHybrid}, {hybrid, quickEvery, false, false, uci.ModeHybrid},
			{packets, time.Minute, false, false, uci.ModeHybrid}, {hybrid, quickEvery, false, false, uci.ModeHybrid},
		}},
		{"two others in turn", []look{
			{hybrid, 0, true, true, uci.ModeHybrid},
			{packets, quickEvery, false, false, uci.ModeHybrid}, {conntrack, quickEvery, false, false, uci.ModeHybrid},
			{packets, quickEvery, false, false, uci.ModeHybrid}, {packets, quickEvery, false, true, uci.ModePackets},
		}},
		{"ports are a change", []look{
			{packets, 0, true, true, uci.ModePackets},
			{choice{mode: uci.ModePackets, ports: true}, 0, false, false, uci.ModePackets},
			{choice{mode: uci.ModePackets, ports: true}, quickEvery, false, true, uci.ModePackets},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s steady
			now := time.Unix(1_800_000_000, 0)
			for i, l := range tt.looks {
				now = now.Add(l.after)
				if got := s.take(l.c, now, l.atOnce); got != l.changed || s.mode != l.inForce {
					t.Errorf("look %d: changed %v, %q in force; want %v, %q", i, got, s.mode, l.changed, l.inForce)
				}
			}
		})
	}
}

// What the choice says in words is up to date without new sources, and what is
// about to be taken says nothing yet.
func TestSteadyWords(t *testing.T) {
	var s steady
	now := time.Unix(1_800_000_000, 0)
	s.take(choice{mode: uci.ModeHybrid, why: "first"}, now, true)
	if s.take(choice{mode: uci.ModeHybrid, why: "then"}, now, false) || s.why != "then" {
		t.Errorf("%q", s.why)
	}
	s.take(choice{mode: uci.ModePackets, why: "later"}, now, false)
	if s.why != "then" || !s.pending() {
		t.Errorf("%q, pending %v", s.why, s.pending())
	}
}

// Each problem is logged once when it comes and once when it goes.
func TestAdoptLogs(t *testing.T) {
	h := newHouse(t, "")
	d := newDaemon(h.opt, h.load(t))
	with := func(messages ...string) choice {
		c := choice{mode: uci.ModePackets}
		for _, m := range messages {
			c.problems = append(c.problems, api.Problem{Section: "main", Message: m, Warning: true})
		}
		return c
	}
	d.adopt(&facts{}, with("acct is off"), true)
	d.adopt(&facts{}, with("acct is off"), false)
	d.adopt(&facts{}, with("acct is off", "no counter"), false)
	d.adopt(&facts{}, with("no counter"), false)
	for text, want := range map[string]int{`level=WARN msg="acct is off"`: 1, `level=WARN msg="no counter"`: 1,
		`level=INFO msg="no longer: acct is off"`: 1, "no longer: no counter": 0} {
		if got := strings.Count(h.log.String(), text); got != want {
			t.Errorf("%d times %s, want %d:\n%s", got, text, want, h.log)
		}
	}
}

func TestLogChoice(t *testing.T) {
	h := newHouse(t, "")
	d := newDaemon(h.opt, h.load(t))
	p := plan{watched: []watched{{name: "lan", device: "br-lan"}, {name: "guest", device: "br-lan.20"}}}
	for mode, want := range map[uci.Mode]string{
		uci.ModePackets:   `bytes="from packets" bridge_ports=false`,
		uci.ModeConntrack: `bytes="from connection tracking"`,
		uci.ModeHybrid:    `bytes="from connection tracking" names="from packets" bridge_ports=false`,
	} {
		p.choice = choice{mode: mode, why: "so it is"}
		d.logChoice(p)
		line := `mode=` + string(mode) + ` why="so it is" interfaces="lan (br-lan), guest (br-lan.20)" ` + want
		if !strings.Contains(h.log.String(), line) {
			t.Errorf("no %s in\n%s", line, h.log)
		}
	}
}

// The daemon hears of a sweep when the engine knows of it already.
func TestSink(t *testing.T) {
	e := engine.New(engine.Config{})
	e.SetUplinks([]engine.Uplink{{Name: "wan"}})
	var heard int64
	s := sink{e, func(at int64) {
		if got := e.Uplinks()[0].At; got != at {
			t.Errorf("the engine is at %d, want %d", got, at)
		}
		heard = at
	}}
	if s.Swept(7_000_000); heard != 7_000_000 {
		t.Errorf("heard %d", heard)
	}
}
