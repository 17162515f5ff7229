package daemon

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/rollup"
	"weir/test/ask"
	"weir/uci"
)

// tickAt ticks at a time that NTP confirmed.
func tickAt(d *Daemon, wall time.Time) {
	d.tick(clock.Reading{Wall: wall, Up: time.Duration(wall.UnixNano()), NTP: true})
}

// What is counted before the clock is right finds its slot when NTP has set it.
func TestTick(t *testing.T) {
	h := newHouse(t, "")
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	if d.State().ClockTrusted {
		t.Error("trusted before the first look")
	}
	d.tick(clock.Reading{Wall: time.Unix(60, 0), Up: 60 * time.Second})
	feed(t, d, time.Unix(61, 0), phoneMAC, "192.168.1.20", 53, 4)
	d.tick(clock.Reading{Wall: time.Unix(700, 0), Up: 700 * time.Second})
	if st := d.store.Status(); st.QueuedSlots != 0 || d.State().ClockTrusted {
		t.Errorf("in 1970: %d slots, trusted %v", st.QueuedSlots, d.State().ClockTrusted)
	}
	right := func(after time.Duration) clock.Reading {
		return clock.Reading{Wall: begin.Add(after), Up: 701*time.Second + after, NTP: true}
	}
	d.tick(right(0))
	if s := d.State(); !s.ClockTrusted || s.ClockSource != string(clock.ByNTP) {
		t.Errorf("state: %+v", s)
	}
	d.tick(right(5 * time.Minute))
	if st := d.store.Status(); st.QueuedSlots == 0 || st.QueuedDevices != 1 {
		t.Errorf("%d slots and %d devices are queued", st.QueuedSlots, st.QueuedDevices)
	}
	q := rollup.Query{Class: rollup.Total, Metric: rollup.TxPackets, From: begin.Unix() - 1200, To: begin.Unix() + 300, Points: 5}
	s, err := d.Series(t.Context(), q)
	sum := uint64(0)
	for _, v := range s.Values {
		sum += v
	}
	if err != nil || sum != 4 || s.Values[len(s.Values)-1] != 0 {
		t.Errorf("what was counted before the clock was right: %+v, %v", s, err)
	}
}

// A step of the clock ends no flow, and the log tells of it.
func TestClockStep(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	var now atomic.Pointer[clock.Reading]
	var looks atomic.Int32
	now.Store(&clock.Reading{Wall: time.Unix(100, 0), Up: time.Minute})
	h.opt.Now = func() clock.Reading { looks.Add(1); return *now.Load() }
	d := h.daemon(t)
	feed(t, d, time.Unix(99, 0), phoneMAC, "192.168.1.20", 53, 1)
	before := looks.Load()
	ticker := d.tasks.start("clock", d.tickLoop)
	ask.Until(t, "the first tick", func() bool { return looks.Load() > before })
	now.Store(&clock.Reading{Wall: begin, Up: time.Minute + time.Second})
	ask.Until(t, "the step", func() bool { return strings.Contains(h.log.String(), "the clock was set") })
	d.tasks.stop(ticker)
	if n := d.engine.Stats().Flows; n != 1 {
		t.Errorf("%d flows after the clock was set", n)
	}
	row, _ := d.engine.Device(d.names.Handle(phoneMAC.String()))
	if first := time.UnixMicro(row.First); first.Sub(begin).Abs() > 5*time.Second {
		t.Errorf("the phone was first seen at %v", first.UTC())
	}
	if !strings.Contains(h.log.String(), `msg="the clock was set"`) {
		t.Errorf("log: %s", h.log)
	}
}

func TestHostIdle(t *testing.T) {
	cfg := uci.Default()
	if hostIdle(cfg) != 10*time.Minute {
		t.Errorf("by default %v", hostIdle(cfg))
	}
	cfg.Main.Sticky = []uci.Scope{uci.ScopeLocal}
	if hostIdle(cfg) != 10*time.Minute {
		t.Errorf("local hosts sticky: %v", hostIdle(cfg))
	}
	cfg.Main.Sticky = []uci.Scope{uci.ScopeRemote}
	if hostIdle(cfg) != 0 {
		t.Errorf("remote hosts sticky: %v", hostIdle(cfg))
	}
}
