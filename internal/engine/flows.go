package engine

import (
	"strings"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// Flows returns the live flows that pass f, sorted and cut as p says, and how
// many there are in all.
func (e *Engine) Flows(f Filter, p Page) ([]FlowRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.matcher(f)
	key := sortKey(p, FlowSorts)
	sel := e.choose(p)
	for slot, fl := range e.table.All {
		if m.flow(fl) {
			r := ref{at: slot}
			e.flowKey(&r, fl, key)
			sel.add(r)
		}
	}
	rows := make([]FlowRow, 0, min(sel.n, max(p.Limit, 0), MaxRows))
	for _, r := range e.chosen(&sel) {
		e.wonderShown(e.table.At(r.at))
		rows = append(rows, e.flowRow(r.at, e.table.At(r.at)))
	}
	return rows, sel.n
}

// Flow returns the live flow with that ID.
func (e *Engine) Flow(id uint64) (FlowRow, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	slot := uint32(id >> idTimeBits)
	if f := e.table.At(slot); f != nil && flowID(slot, f) == id {
		e.wonderShown(f)
		return e.flowRow(slot, f), true
	}
	return FlowRow{}, false
}

// A flow's ID is its slot and the low bits of the time of its first packet,
// together 53 bits, so that JavaScript keeps it exact.
const idTimeBits = 31

func flowID(slot uint32, f *flow.Flow) uint64 {
	return uint64(slot)<<idTimeBits | uint64(f.First)&(1<<idTimeBits-1)
}

// flowKey sets what a flow sorts by.
func (e *Engine) flowKey(r *ref, f *flow.Flow, key string) {
	now, _ := f.Rate()
	switch key {
	case "bytes":
		r.hi, r.lo = f.Bytes(flow.A)+f.Bytes(flow.B), uint64(f.Last)
	case "packets":
		r.hi, r.lo = f.Packets(flow.A)+f.Packets(flow.B), uint64(f.Last)
	case "last":
		r.hi = uint64(f.Last)
	case "first":
		r.hi = uint64(f.First)
	case "duration":
		r.hi = uint64(f.Last - f.First)
	case "bps":
		r.hi, r.lo = uint64(now), uint64(f.Last)
	case "client":
		r.hi, r.lo = addrKey(f.Key.Addr(f.Client()))
	case "server":
		r.hi, r.lo = addrKey(f.Key.Addr(f.Client().Other()))
	case "port":
		r.hi, r.lo = uint64(f.Key.Port(f.Client().Other())), uint64(f.Key.Proto)
	case "proto":
		r.hi, r.lo = uint64(f.Key.Proto), uint64(f.Last)
	case "name":
		r.lo = uint64(f.Last)
		if r.text = lastText; e.nameAt(f) != "" {
			r.text = strings.ToLower(e.nameAt(f))
		}
	case "network", "zone":
		conn := e.table.Conn(f)
		ends := e.ends(f, conn)
		s := e.segmentAt(f, conn, ends[f.Client()])
		if r.text, r.lo = s.Network, uint64(f.Last); key == "zone" {
			r.text = s.Zone
		}
		if r.text == "" {
			r.text = lastText
		}
	case "app":
		r.text, r.lo = e.appName(e.table.Label(f)), uint64(f.Last)
	case "category":
		r.text, r.lo = e.categoryName(e.table.Label(f)), uint64(f.Last)
	case "host":
		r.text, r.lo = string(e.naming.text(e.table.Label(f).Host)), uint64(f.Last)
		if r.text == "" {
			r.text = lastText
		}
	}
}

// nameAt returns the name of the device that opened a flow, "" for none.
func (e *Engine) nameAt(f *flow.Flow) string {
	ends := e.ends(f, e.table.Conn(f))
	if h := e.hosts.Find(ends[f.Client()]); h != nil && h.Device != nil {
		return h.Device.Name
	}
	return ""
}

// lastText stands behind every name: flows without one are not what is looked for.
const lastText = "\xff"

// flowRow copies a flow out.
func (e *Engine) flowRow(slot uint32, f *flow.Flow) FlowRow {
	c, s := f.Client(), f.Client().Other()
	row := FlowRow{
		ID: flowID(slot, f), Interface: e.points[f.Key.Point].name, VLAN: f.VLAN(), Proto: f.Key.Proto,
		Client: e.endpoint(f, c), Server: e.endpoint(f, s),
		State: e.table.State(f), Completed: f.Completed(), OneWay: f.OneWay(), LowGoodput: f.LowGoodput(), Sampled: f.Sampled(),
		First: f.First, Last: f.Last,
		Bytes:      Pair[uint64]{Tx: f.Bytes(c), Rx: f.Bytes(s)},
		Packets:    Pair[uint64]{Tx: f.Packets(c), Rx: f.Packets(s)},
		Payload:    Pair[uint64]{Tx: f.Payload(c), Rx: f.Payload(s)},
		TCPFlags:   Pair[uint8]{Tx: f.TCPFlags(c), Rx: f.TCPFlags(s)},
		Retrans:    Pair[uint32]{Tx: f.Retransmitted(c), Rx: f.Retransmitted(s)},
		OutOfOrder: Pair[uint32]{Tx: f.OutOfOrder(c), Rx: f.OutOfOrder(s)},
		Lost:       Pair[uint32]{Tx: f.Lost(c), Rx: f.Lost(s)},
	}
	e.labelRow(&row, e.table.Label(f))
	switch f.Key.Proto {
	case packet.ProtoIPIP, packet.Proto6in4, packet.ProtoGRE:
		row.Tunnel = packet.ProtoName(f.Key.Proto)
	}
	row.GapMin.Tx, row.GapAvg.Tx, row.GapMax.Tx, _ = f.Gaps(c)
	row.GapMin.Rx, row.GapAvg.Rx, row.GapMax.Rx, _ = f.Gaps(s)
	row.RTTClient = latency(f.ClientRTT())
	row.RTTServer = latency(f.ServerRTT())
	row.RTTApp = latency(f.AppLatency())
	now, peak := f.Rate()
	row.BpsNow, row.BpsPeak = uint64(now)*8, uint64(peak)*8
	e.edgeOf(&row, f)
	return row
}

// edgeOf fills what a row tells of how the flow is counted and how it passes the
// edge of the house.
func (e *Engine) edgeOf(row *FlowRow, f *flow.Flow) {
	row.Observed = !f.Recorded() && !f.Sampled()
	row.Dir = e.direction(f)
	row.Carries = e.carries(f)
	up, _ := e.uplinkOf(f)
	row.Uplink = e.uplinkName(up)
	conn := e.table.Conn(f)
	ends := e.ends(f, conn)
	near, far := e.segmentAt(f, conn, ends[f.Client()]), e.segmentAt(f, conn, ends[f.Client().Other()])
	row.Client.Network, row.Client.Zone = near.Network, near.Zone
	row.Server.Network, row.Server.Zone = far.Network, far.Zone
	if row.Source = sourceOf(f, conn); conn == nil {
		return
	}
	row.Uncounted = conn.Status&flow.ConnUncounted != 0
	row.Offload = conn.Status.Offload().String()
	row.NAT = &NAT{Orig: conn.Orig(f), Reply: conn.Reply(f)}
	if conn.Mapping != 0 {
		m := &e.mappings[conn.Mapping-1]
		row.NAT.Mapping, row.NAT.OpenedBy = m.Name, m.OpenedBy
	}
}

// sourceOf names what counts a flow.
func sourceOf(f *flow.Flow, conn *flow.Conn) string {
	switch {
	case conn != nil:
		return "conntrack"
	case f.Recorded():
		return "records"
	}
	return "packets"
}

// latency is 0 for what was not seen and at least 1 for what was.
func latency(us uint32, seen bool) uint32 {
	if !seen {
		return 0
	}
	return max(us, 1)
}

// endpoint copies one end of a flow out.
func (e *Engine) endpoint(f *flow.Flow, at flow.End) Endpoint {
	a := f.Key.Addr(at)
	p := Endpoint{IP: a.IP(), Port: f.Key.Port(at)}
	scope := e.nets.Scope(a)
	if h := e.hosts.Find(a); h != nil {
		scope = h.Scope
		if h.Device != nil {
			p.Device, p.Name = h.Device.ID, h.Device.Name
		}
	}
	p.Scope = scope.String()
	if scope == device.Remote && e.cfg.Place != nil {
		p.Country, p.ASN = e.cfg.Place(*a)
	}
	return p
}
