package engine

import (
	"bytes"
	"net/netip"

	"weir/internal/device"
	"weir/internal/flow"
	"weir/internal/packet"
)

// Hosts returns the addresses that pass f, sorted and cut as p says, and how
// many there are in all.
func (e *Engine) Hosts(f Filter, p Page) ([]HostRow, int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := e.matcher(f)
	key := sortKey(p, HostSorts)
	if m.nameText != "" || m.text != "" || key == "name" {
		m.asked = e.askedNames()
	}
	sel := e.choose(p)
	for slot, h := range e.hosts.Slots {
		if m.host(h) {
			r := ref{at: slot}
			m.hostKey(&r, h, key)
			sel.add(r)
		}
	}
	rows := make([]HostRow, 0, min(sel.n, max(p.Limit, 0), MaxRows))
	for _, r := range e.chosen(&sel) {
		rows = append(rows, e.hostRow(e.hosts.At(r.at)))
	}
	e.liveCounts(rows)
	return rows, sel.n
}

// Host returns one address.
func (e *Engine) Host(ip netip.Addr) (HostRow, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a := packet.AddrOf(ip)
	h := e.hosts.Find(&a)
	if h == nil {
		return HostRow{}, false
	}
	rows := []HostRow{e.hostRow(h)}
	e.liveCounts(rows)
	return rows[0], true
}

func (m *matcher) hostKey(r *ref, h *device.Host, key string) {
	switch key {
	case "bytes":
		r.hi = h.TxBytes + h.RxBytes
	case "last":
		r.hi = uint64(h.Last)
	case "first":
		r.hi = uint64(h.First)
	case "bps":
		r.hi, r.lo = uint64(h.TxRate)+uint64(h.RxRate), uint64(h.Last)
	case "flows":
		r.hi = uint64(h.AsClient) + uint64(h.AsServer)
	case "ip":
		r.hi, r.lo = addrKey(&h.Addr)
	case "name":
		if r.text = string(m.e.hostName(h, m.asked)); r.text == "" {
			r.text = lastText
		}
		r.hi, r.lo = addrKey(&h.Addr)
	case "scope":
		r.text = h.Scope.String()
		r.hi, r.lo = addrKey(&h.Addr)
	case "network", "zone":
		s := m.e.segmentOf(h)
		if r.text = s.Network; key == "zone" {
			r.text = s.Zone
		}
		if r.text == "" {
			r.text = lastText
		}
		r.hi, r.lo = addrKey(&h.Addr)
	}
}

func (e *Engine) hostRow(h *device.Host) HostRow {
	row := HostRow{
		IP: h.Addr.IP(), Scope: h.Scope.String(), Interface: e.points[h.Point].name,
		First: h.First, Last: h.Last,
		Bytes: Pair[uint64]{Tx: h.TxBytes, Rx: h.RxBytes}, Packets: Pair[uint64]{Tx: h.TxPackets, Rx: h.RxPackets},
		BpsNow:     Pair[uint64]{Tx: uint64(h.TxRate) * 8, Rx: uint64(h.RxRate) * 8},
		AsClient:   FlowCounts{Total: h.AsClient},
		AsServer:   FlowCounts{Total: h.AsServer},
		Observed:   h.Observed,
		Retrans:    Pair[uint32]{Tx: h.TCP[0].Retrans, Rx: h.TCP[1].Retrans},
		OutOfOrder: Pair[uint32]{Tx: h.TCP[0].OutOfOrder, Rx: h.TCP[1].OutOfOrder},
		Lost:       Pair[uint32]{Tx: h.TCP[0].Lost, Rx: h.TCP[1].Lost},
	}
	if d := h.Device; d != nil {
		row.Device, row.Name, row.DeviceKey = d.ID, d.Name, d.Key
		if len(d.MACs) > 0 {
			row.MAC = d.MACs[0]
		}
	}
	e.hostCalled(&row, h)
	s := e.segmentOf(h)
	row.Network, row.Zone = s.Network, s.Zone
	if h.Scope == device.Remote && e.cfg.Place != nil {
		row.Country, row.ASN = e.cfg.Place(h.Addr)
	}
	return row
}

// liveCounts adds what only the live flows tell: how many there are now, and the
// TCP faults that are not in the hosts' sums yet.
func (e *Engine) liveCounts(rows []HostRow) {
	at := make(map[netip.Addr]*HostRow, len(rows))
	for i := range rows {
		at[rows[i].IP] = &rows[i]
	}
	for _, f := range e.table.All {
		ends := e.ends(f, e.table.Conn(f))
		for end := flow.A; end <= flow.B; end++ {
			row := at[ends[end].IP()]
			if row == nil {
				continue
			}
			counts := &row.AsServer
			if end == f.Client() {
				counts = &row.AsClient
			} else if l := e.table.Label(f); l.Host != 0 && row.Name == "" && callsServer(l) && (row.HostBy == "" || row.HostBy == hostNames[hostReverse]) {
				row.Host, row.HostBy = string(e.naming.text(l.Host)), hostNames[l.HostBy]
			}
			counts.Active++
			if f.LowGoodput() {
				counts.LowGoodput++
			}
			o := end.Other()
			row.Retrans.Tx += f.Retransmitted(end)
			row.Retrans.Rx += f.Retransmitted(o)
			row.OutOfOrder.Tx += f.OutOfOrder(end)
			row.OutOfOrder.Rx += f.OutOfOrder(o)
			row.Lost.Tx += f.Lost(end)
			row.Lost.Rx += f.Lost(o)
		}
	}
}

// host reports whether a host passes.
func (m *matcher) host(h *device.Host) bool {
	switch d := h.Device; {
	case m.never,
		m.point >= 0 && int(h.Point) != m.point,
		m.IPVersion != 0 && version(&h.Addr) != m.IPVersion,
		m.Scope != "" && h.Scope.String() != m.Scope,
		m.IP.IsValid() && !contains(m.IP, &h.Addr),
		m.MinBytes != 0 && h.TxBytes+h.RxBytes < m.MinBytes,
		m.Device != 0 && (d == nil || d.ID != m.Device),
		m.MAC != "" && (d == nil || !d.HasMAC(m.mac)),
		m.VLAN != 0 && (d == nil || d.VLAN != m.VLAN),
		m.placed() && !m.passes(m.e.segmentOf(h)),
		m.nameText != "" && !bytes.Contains(m.e.hostName(h, m.asked), []byte(m.nameText)):
		return false
	}
	return m.text == "" || m.inAddress(&h.Addr) || bytes.Contains(m.e.hostName(h, m.asked), m.pattern)
}
