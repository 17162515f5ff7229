package engine

import (
	"time"

	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/rollup"
)

const second = int64(time.Second / time.Microsecond)

// Tick rolls what was counted since the tick before into hosts, devices and
// series and ends flows. now is the wall clock in microseconds since the Unix
// epoch; the caller ticks about once a second. The slots that it returns are
// complete and belong in the store. While trusted is false the clock's date is
// not known: everything goes on, but no slot opens or closes.
func (e *Engine) Tick(now int64, trusted bool) []rollup.Slot {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tick(now)
	if e.cfg.Rollup == nil || !trusted {
		return nil
	}
	return e.cfg.Rollup.Tick(now / second)
}

func (e *Engine) tick(now int64) {
	elapsed := now - e.now
	if e.begin == 0 {
		e.begin = now
	}
	if e.now == 0 || elapsed <= 0 {
		elapsed = second
	}
	e.now = now
	e.table.Tick(now)
	e.hosts.Tick(now, elapsed)
	e.devices.Tick(now, elapsed)
	e.total.Tick(elapsed)
	e.pps = 0
	for i := range e.points {
		pt := &e.points[i]
		pt.Tick(elapsed)
		pt.pps = uint32(min((pt.packets-pt.ticked)*1e6/uint64(elapsed), 1<<32-1))
		pt.ticked = pt.packets
		e.pps += pt.pps
	}
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
	e.hosts.Shift(us, from, to)
	e.devices.Shift(us, from, to)
	e.begin += us
	e.now += us
}

// seriesIDs are the handles of series names that are looked up often.
type seriesIDs struct {
	names *intern.Table
	apps  []uint32 // by dpi.App, 0 = not looked up yet
}

// ownNames bounds the names of an engine that was given no table.
const ownNames = 8192

func newSeriesIDs(names *intern.Table) seriesIDs {
	if names == nil {
		names = intern.New(ownNames)
	}
	return seriesIDs{names: names, apps: make([]uint32, dpi.NumApps())}
}

func (s *seriesIDs) app(a dpi.App) uint32 {
	if s.apps[a] == 0 {
		s.apps[a] = s.names.Handle(a.String())
	}
	return s.apps[a]
}

// observer is the engine as its flow table sees it.
type observer Engine

// Rolled adds what a flow counted to its ends' hosts and devices and to the
// series. It runs once a second for a busy flow.
func (o *observer) Rolled(f *flow.Flow, c *flow.Change) {
	e := (*Engine)(o)
	if e.hosts.Max() == 0 && e.cfg.Rollup == nil {
		return // flows are all that is asked for
	}
	client := f.Client()
	var house, here [2]bool
	for at := flow.A; at <= flow.B; at++ {
		house[at], here[at] = e.place(f, at)
	}
	local := client
	if house[flow.A] != house[flow.B] {
		if local = flow.B; house[flow.A] {
			local = flow.A
		}
	}
	for at := flow.A; at <= flow.B; at++ {
		// What is outside is counted with the end in the house.
		if here[at] && (house[at] || here[at.Other()]) {
			e.end(f, at, client, c)
		}
	}
	v := sums(c, local)
	pt := &e.points[f.Key.Point]
	pt.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.Add(rollup.Interface, pt.series, v)
	}
	if !here[local] {
		return
	}
	e.total.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.Add(rollup.Total, rollup.Other, v)
		e.cfg.Rollup.Add(rollup.Application, e.series.app(dpi.App(f.Service)), v)
	}
}

// homeFor is how long an observation point may be silent, in microseconds, until
// what belongs there is counted elsewhere, too.
const homeFor = 60 * second

// place says whether an end of a flow is in the house, and whether it counts where
// the flow was seen. A host counts where its own frames are seen and nowhere else:
// a flow between two networks that are both watched passes by twice.
func (e *Engine) place(f *flow.Flow, at flow.End) (house, here bool) {
	addr, point := f.Key.Addr(at), f.Key.Point
	h := e.hosts.Find(addr)
	if h == nil {
		return e.nets.Scope(addr).House(), true
	}
	here = h.Scope != device.Local || h.At(point) || f.Last-e.points[h.Point].last/1000 >= homeFor
	return h.Scope.House(), here
}

// end adds a flow's change to the host and device at one end.
func (e *Engine) end(f *flow.Flow, at, client flow.End, c *flow.Change) {
	addr := f.Key.Addr(at)
	h := e.hosts.Seen(addr, e.nets, f.Key.Point, f.Last)
	if h == nil {
		return
	}
	v := sums(c, at)
	h.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	if c.New && at == client {
		h.AsClient++
	} else if c.New {
		h.AsServer++
	}
	if h.Device == nil && h.Scope.House() {
		if d := e.devices.ByAddr(addr); d != nil {
			h.Bind(d)
		}
	}
	if d := h.Device; d != nil {
		d.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
		d.Flows += v.Flows
		d.Last = max(d.Last, f.Last)
		if e.cfg.Rollup != nil {
			e.cfg.Rollup.Add(rollup.Device, d.ID, v)
		}
	}
}

// sums turns a change around so that tx is what the end at sent.
func sums(c *flow.Change, at flow.End) rollup.Values {
	v := rollup.Values{
		TxBytes: uint64(c.Bytes[at]), RxBytes: uint64(c.Bytes[at.Other()]),
		TxPackets: uint64(c.Packets[at]), RxPackets: uint64(c.Packets[at.Other()]),
	}
	if c.New {
		v.Flows = 1
	}
	return v
}

// Ended adds what TCP showed of an ended flow to its hosts.
func (o *observer) Ended(f *flow.Flow, r *flow.Record) {
	e := (*Engine)(o)
	if r.Why != flow.Active && e.hosts.Max() > 0 {
		for at := flow.A; at <= flow.B; at++ {
			if h := e.hosts.Find(f.Key.Addr(at)); h != nil {
				h.TCP[0].Add(f.Retransmitted(at), f.OutOfOrder(at), f.Lost(at))
				at := at.Other()
				h.TCP[1].Add(f.Retransmitted(at), f.OutOfOrder(at), f.Lost(at))
			}
		}
	}
	if e.cfg.Ended != nil {
		e.cfg.Ended(f, r)
	}
}
