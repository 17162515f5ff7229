package engine

import (
	"weir/internal/dpi"
	"weir/internal/packet"
)

// Ports returns the live flows that pass f summed by the server's port, sorted
// and cut as p says, and how many ports there are in all.
func (e *Engine) Ports(f Filter, p Page) ([]PortRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.matcher(f)
	key := sortKey(p, PortSorts)
	place := make(map[uint32]uint32)
	var sums []PortRow
	for _, fl := range e.table.All {
		if !m.flow(fl) {
			continue
		}
		c, s := fl.Client(), fl.Client().Other()
		id := uint32(fl.Key.Proto)<<16 | uint32(fl.Key.Port(s))
		i, ok := place[id]
		if !ok {
			i = uint32(len(sums))
			place[id] = i
			row := PortRow{Proto: fl.Key.Proto, Port: fl.Key.Port(s)}
			row.Service = dpi.ByPort(row.Proto, row.Port).String()
			sums = append(sums, row)
		}
		row := &sums[i]
		row.Flows++
		row.Bytes.Tx += fl.Bytes(c)
		row.Bytes.Rx += fl.Bytes(s)
		row.Packets.Tx += fl.Packets(c)
		row.Packets.Rx += fl.Packets(s)
	}
	sel := e.choose(p)
	for i := range sums {
		row := &sums[i]
		r := ref{at: uint32(i), lo: row.Bytes.Tx + row.Bytes.Rx}
		switch key {
		case "bytes":
			r.hi = r.lo
		case "flows":
			r.hi = uint64(row.Flows)
		case "port":
			r.hi, r.lo = uint64(row.Port), uint64(row.Proto)
		}
		sel.add(r)
	}
	rows := make([]PortRow, 0, min(sel.n, max(p.Limit, 0), MaxRows))
	for _, r := range e.chosen(&sel) {
		rows = append(rows, sums[r.at])
	}
	return rows, sel.n
}

// Interfaces returns all observation points in the order in which they came.
func (e *Engine) Interfaces() []InterfaceRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]InterfaceRow, len(e.points))
	for i := range e.points {
		pt := &e.points[i]
		row := &rows[i]
		*row = InterfaceRow{
			Name: pt.name, Wire: pt.wire, Packets: pt.packets, Bytes: pt.bytes, Outcomes: pt.out,
			Fragments: pt.later, FragOrphans: pt.orphans,
			Rate: Pair[uint64]{Tx: uint64(pt.TxRate) * 8, Rx: uint64(pt.RxRate) * 8}, PPS: pt.pps, LastPacket: pt.last / 1000,
		}
		for o := range packet.NumOutcomes {
			row.Frames += pt.out[o]
		}
	}
	for _, f := range e.table.All {
		rows[f.Key.Point].ActiveFlows++
	}
	return rows
}

// Stats returns the engine's own figures.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.table.Stats()
	s := Stats{
		Flows: e.table.Len(), MaxFlows: e.table.Max(),
		NewFlows: t.New, Evicted: t.Evicted, Expired: t.Idle, Completed: t.Completed,
		Devices: e.devices.Len(), MaxDevices: e.devices.Max(),
		Hosts: e.hosts.Len(), MaxHosts: e.hosts.Max(),
		DeviceDrops: e.devices.Dropped, HostDrops: e.hosts.Evicted,
		Rate: Pair[uint64]{Tx: uint64(e.total.TxRate) * 8, Rx: uint64(e.total.RxRate) * 8}, PPS: e.pps,
		Connections: e.conns.Told, ConnectionsLeft: e.conns.LeftOut, ConnectionDrops: e.conns.Nowhere, Unwatched: e.conns.Unwatched,
		Aliases: len(e.aliases), AliasDrops: e.conns.AliasDrops, Tracking: e.recording, Untracked: e.untracked,
	}
	if e.cfg.Rollup != nil {
		s.SlotDrops = e.cfg.Rollup.Stats().Dropped
	}
	for i := range e.points {
		s.Packets += e.points[i].packets
		s.Bytes += e.points[i].bytes
	}
	return s
}
