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

// The clock of a daemon that was told its time: trust depends on the date alone.
func TestTick(t *testing.T) {
	h := newHouse(t, "")
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	if d.State().ClockTrusted {
		t.Error("trusted before the first look")
	}
	d.tick(time.Unix(60, 0))
	feed(t, d, time.Unix(61, 0), phoneMAC, "192.168.1.20", 53, 4)
	d.tick(time.Unix(700, 0))
	if st := d.store.Status(); st.QueuedSlots != 0 || d.State().ClockTrusted {
		t.Errorf("in 1970: %d slots, trusted %v", st.QueuedSlots, d.State().ClockTrusted)
	}
	d.engine.Shift(begin.Sub(time.Unix(700, 0)))
	d.tick(begin)
	if s := d.State(); !s.ClockTrusted || s.ClockSource == "" {
		t.Errorf("state: %+v", s)
	}
	d.tick(begin.Add(5 * time.Minute))
	if st := d.store.Status(); st.QueuedSlots != 1 || st.QueuedDevices != 1 {
		t.Errorf("%d slots and %d devices are queued", st.QueuedSlots, st.QueuedDevices)
	}
	s, err := d.Series(t.Context(), rollup.Query{Class: rollup.Total, Metric: rollup.TxPackets, From: begin.Unix(), To: begin.Unix() + 300, Points: 1})
	if err != nil || s.Values[0] != 4 {
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
	ask.Until(t, "the first tick", func() bool { return looks.Load() == before+2 }) // it looks before and after
	now.Store(&clock.Reading{Wall: begin, Up: time.Minute + time.Second})
	ask.Until(t, "the step", func() bool { return looks.Load() >= before+4 })
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

func TestWritten(t *testing.T) {
	var w written
	evening := time.Date(2026, 3, 14, 23, 59, 0, 0, time.Local)
	w.note(evening, 100)
	w.note(evening.Add(30*time.Second), 300)
	if w.today() != 300 {
		t.Errorf("on the first day %d", w.today())
	}
	w.note(evening.Add(2*time.Minute), 300)
	w.note(evening.Add(3*time.Minute), 350)
	if w.today() != 50 {
		t.Errorf("on the second day %d", w.today())
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
