package engine

import (
	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// roll sums up by host, device and series what was counted since the roll before,
// and computes rates.
func (e *Engine) roll(now int64) {
	elapsed := now - e.rolled
	if e.rolled == 0 || elapsed <= 0 {
		elapsed = second
	}
	e.rolled, e.pace = now, elapsed
	e.table.Roll(now)
	e.hosts.Tick(now, elapsed)
	e.devices.Tick(now, elapsed)
	e.naming.names.Tick(now)
	e.feedDNS()
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

// observer is the engine as its flow table sees it.
type observer Engine

// Rolled adds what a flow counted to its ends' hosts and devices and to the
// series. It runs once a roll for a busy flow.
//
// The total is what the house moved, within itself and to and from the world, each
// byte once; this machine is a member of it. The outer packets of a tunnel are the
// uplink's, while those inside are the house's.
func (o *observer) Rolled(f *flow.Flow, c *flow.Change) {
	e := (*Engine)(o)
	e.wonder(f)
	conn := e.table.Conn(f)
	if !e.recording && len(e.uplinks) > 0 {
		e.passed(f, c) // else Connections has added what crosses them
	}
	if e.hosts.Max() == 0 && e.cfg.Rollup == nil {
		return // flows are all that is asked for
	}
	client := f.Client()
	ends := e.ends(f, conn)
	house, here := e.places(f, &ends, conn != nil)
	local := client
	if house[flow.A] != house[flow.B] {
		if local = flow.B; house[flow.A] {
			local = flow.A
		}
	}
	q := e.qualityOf(f, c)
	v := sums(c, &q, local)
	pt := &e.points[f.Key.Point]
	pt.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	if e.cfg.Rollup != nil {
		e.cfg.Rollup.Add(rollup.Interface, pt.series, v)
	}
	if len(e.tunnels) > 0 && e.carries(f) != "" {
		return
	}
	var k kinds
	if e.cfg.Rollup != nil {
		k = e.kindsOf(f, outside(&ends, &house, local))
	}
	for at := flow.A; at <= flow.B; at++ {
		// What is outside is counted with the end in the house.
		if here[at] && (house[at] || here[at.Other()]) {
			e.end(f, ends[at], at, c, &q, &k)
		}
	}
	if !here[local] {
		return
	}
	e.total.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	e.addApp(0, Named{e, e.table.Label(f)}.Short(), v)
	if e.cfg.Rollup == nil {
		return
	}
	e.feedFlow(&k, &v)
	var inside *packet.Addr
	if house[flow.A] && house[flow.B] {
		inside = ends[local.Other()]
	}
	e.feedSegments(f, c, &q, local, ends[local], inside)
}

// outside returns the address at the end of a flow that is not in the house, nil
// when both are, or none.
func outside(ends *[2]*packet.Addr, house *[2]bool, local flow.End) *packet.Addr {
	if !house[local] || house[local.Other()] {
		return nil
	}
	return ends[local.Other()]
}

// ends returns the addresses at a flow's ends that really talk to each other;
// conn is what connection tracking told of it, nil for nothing.
func (e *Engine) ends(f *flow.Flow, conn *flow.Conn) (ends [2]*packet.Addr) {
	if conn == nil {
		return [2]*packet.Addr{&f.Key.AddrA, &f.Key.AddrB}
	}
	c := f.Client()
	ends[c], ends[c.Other()] = conn.Ends(f)
	return ends
}

// carries returns the name of the tunnel whose packets the flow carries, "" for
// none: one between this machine and another with the tunnel's protocol and port.
func (e *Engine) carries(f *flow.Flow) string {
	for i := range e.tunnels {
		t := &e.tunnels[i]
		if t.Proto != f.Key.Proto {
			continue
		}
		for at := flow.A; at <= flow.B; at++ {
			if f.Key.Port(at) == t.Port && e.nets.Scope(f.Key.Addr(at)) == device.Router {
				return t.Name
			}
		}
	}
	return ""
}

// places says which ends of a flow are in the house, and which count where the
// flow was seen. What connection tracking counts, and what packets count beside
// it, is told of once.
func (e *Engine) places(f *flow.Flow, ends *[2]*packet.Addr, once bool) (house, here [2]bool) {
	for at := range ends {
		house[at], here[at] = e.place(f, ends[at])
		here[at] = here[at] || once || e.recording
	}
	return house, here
}

// homeFor is how long an observation point may be silent, in microseconds, until
// what belongs there is counted elsewhere, too.
const homeFor = 60 * second

// place says whether an end of a flow is in the house, and whether it counts where
// the flow was seen. A host counts where its own frames are seen and nowhere else:
// a flow between two networks that are both watched passes by twice.
func (e *Engine) place(f *flow.Flow, addr *packet.Addr) (house, here bool) {
	point := f.Key.Point
	h := e.hosts.Find(addr)
	if h == nil {
		return e.nets.Scope(addr).House(), true
	}
	here = h.Scope != device.Local || h.At(point) || f.Last-e.points[h.Point].last/1000 >= homeFor
	return h.Scope.House(), here
}

// end adds a flow's change to the host and device at one end.
func (e *Engine) end(f *flow.Flow, addr *packet.Addr, at flow.End, c *flow.Change, q *quality, k *kinds) {
	h := e.hosts.Seen(addr, e.nets, f.Key.Point, f.Last)
	if h == nil {
		return
	}
	v := sums(c, q, at)
	h.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
	h.Observed = h.Observed || !f.Recorded()
	if c.New && at == f.Client() {
		h.AsClient++
	} else if c.New {
		h.AsServer++
	}
	if h.Device == nil && h.Scope.House() {
		e.claim(h, f.Last)
	}
	if d := h.Device; d != nil {
		d.Add(v.TxBytes, v.RxBytes, v.TxPackets, v.RxPackets)
		d.Flows += v.Flows
		d.Heard(f.Last)
		e.addApp(d.ID, Named{e, e.table.Label(f)}.Short(), v)
		if e.cfg.Rollup != nil {
			e.feedDevice(d, k, &v)
		}
	}
}

// sums turns a change around so that tx is what the end at sent.
func sums(c *flow.Change, q *quality, at flow.End) rollup.Values {
	v := rollup.Values{
		TxBytes: c.Bytes[at], RxBytes: c.Bytes[at.Other()],
		TxPackets: c.Packets[at], RxPackets: c.Packets[at.Other()],
		Retrans: q.retrans, RTTSum: q.rttSum, RTTCount: q.rttCount, Watched: q.watched,
	}
	if c.New {
		v.Flows = 1
	}
	return v
}

// Ended adds what TCP showed of an ended flow to its hosts.
func (o *observer) Ended(f *flow.Flow, r *flow.Record) {
	e := (*Engine)(o)
	if conn := e.table.Conn(f); conn != nil && conn.Aliased && r.Why != flow.Active {
		e.unalias(f, conn)
	}
	gone := r.Why != flow.Active
	if gone {
		e.conclude(f, e.table.Label(f))
		delete(e.feed.retrans, e.table.Slot(f))
		defer e.leave(f)
	}
	if f.Empty() {
		e.missed(f, r.Why)
		return // nothing counted it: there is nothing to tell
	}
	if gone && e.hosts.Max() > 0 {
		for at := flow.A; at <= flow.B; at++ {
			if h := e.hosts.Find(f.Key.Addr(at)); h != nil {
				h.TCP[0].Add(f.Retransmitted(at), f.OutOfOrder(at), f.Lost(at))
				at := at.Other()
				h.TCP[1].Add(f.Retransmitted(at), f.OutOfOrder(at), f.Lost(at))
			}
		}
	}
	if gone && e.cfg.Log != nil {
		e.ended = e.flowRow(e.table.Slot(f), f)
		e.cfg.Log(&e.ended)
	}
	if e.cfg.Ended != nil {
		e.cfg.Ended(f, r, Named{e, e.table.Label(f)})
	}
}
