package engine

import (
	"time"

	"weir/internal/rollup"
)

const second = int64(time.Second / time.Microsecond)

// Tick rolls what was counted since the tick before into hosts, devices and
// series and ends flows. now is the wall clock in microseconds since the Unix
// epoch; the caller ticks about once a second. The slots that it returns are
// complete and belong in the store. While trusted is false the clock's date is
// not known: what is counted waits for it.
func (e *Engine) Tick(now int64, trusted bool) []rollup.Slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tick(now)
	switch {
	case e.cfg.Rollup == nil:
		return nil
	case !trusted:
		return e.cfg.Rollup.Hold(now / second)
	}
	return e.cfg.Rollup.Tick(now / second)
}

// tick ends flows and, unless connection tracking sets the pace, rolls what was
// counted.
func (e *Engine) tick(now int64) {
	if e.begin == 0 {
		e.begin = now
	}
	e.now = now
	if e.heard {
		e.since, e.heard = now, false
	}
	e.recording = e.recording && now-e.since < recordingFor
	if !e.recording || now-e.rolled >= sweepLate {
		e.roll(now)
	}
	e.table.Expire(now)
}

// stray is how far, in microseconds, the frames of a capture may lie behind the
// newest one until that one's time counts as wrong.
const stray = 60 * second

// captureTick ticks as the time of a capture goes on: once a second while frames
// come, at once after a pause. After a frame that was far ahead of all others it
// goes on with theirs.
func (e *Engine) captureTick(t int64) {
	switch {
	case e.nextTick == 0 || t < e.nextTick:
		e.now = t
	default:
		e.tick(e.nextTick)
		if t > e.nextTick+second {
			e.tick(t) // a pause ends flows, too
		}
	}
	e.nextTick = t + second
}

// Close returns the unfinished slots for the store, as when the daemon stops.
func (e *Engine) Close(now int64, trusted bool) []rollup.Slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tick(now)
	if e.rolled != now {
		e.roll(now)
	}
	if e.cfg.Rollup == nil || !trusted {
		return nil
	}
	return e.cfg.Rollup.Flush(now / second)
}

// Shift moves the times that the wrong clock gave by d: the wall clock was set.
// Packets come before the first tick and after the last, some of them stamped by
// the new clock already.
func (e *Engine) Shift(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	us, from, to := d.Microseconds(), e.begin-60*second, e.now+60*second
	e.table.Shift(us, from, to)
	e.naming.names.Shift(us, from, to)
	e.hosts.Shift(us, from, to)
	e.devices.Shift(us, from, to)
	e.begin += us
	e.now += us
	for _, at := range []*int64{&e.rolled, &e.since, &e.swept} {
		if *at >= from && *at <= to {
			*at += us
		}
	}
}
