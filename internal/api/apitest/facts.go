package apitest

import (
	"net/netip"
	"slices"
	"time"

	"weir/internal/api"
	"weir/internal/engine"
	"weir/internal/journal"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// Seconds returns the three seconds before Now, of which the one in the middle is
// missing.
func (h *House) Seconds(from int64) engine.Seconds {
	s := engine.Seconds{Step: 1, End: Now.Unix(), Pace: 1}
	if h.past.names == nil {
		return s
	}
	id := h.past.names.Handle
	few := rollup.Values{TxBytes: 1200, RxBytes: 8800, TxPackets: 4, RxPackets: 7}
	many := rollup.Values{TxBytes: 4000, RxBytes: 910000, TxPackets: 51, RxPackets: 642}
	both := few
	both.Add(many)
	for _, start := range []int64{s.End - 3, s.End - 1} {
		if start < from {
			continue
		}
		s.Slots = append(s.Slots, rollup.Slot{Step: 1, Start: start, Cut: true, Block: rollup.AppendBlock(nil, []rollup.Row{
			{Key: rollup.Key{Class: rollup.Device, ID: id("2")}, Values: many},
			{Key: rollup.Key{Class: rollup.Device, ID: id("3")}, Values: few},
			{Key: rollup.Key{Class: rollup.Application, ID: id("youtube")}, Values: many},
			{Key: rollup.Key{Class: rollup.Application, ID: id("tls")}, Values: few},
			{Key: rollup.Key{Class: rollup.Total, ID: rollup.Other}, Values: both},
		})})
	}
	return s
}

// Overview returns the recorded devices.
func (h *House) Overview(busy, fresh int, others []uint32) engine.Overview {
	t := h.Stats()
	o := engine.Overview{Known: len(h.DeviceRows), Rate: t.Rate, Flows: t.Flows}
	for _, d := range h.DeviceRows {
		if d.IDs = []uint32{d.ID}; d.Online {
			o.Online++
		}
		if d.BpsNow.Tx+d.BpsNow.Rx > 0 || slices.Contains(others, d.ID) {
			o.Busy = append(o.Busy, d)
		}
		o.New = append(o.New, d)
	}
	o.Busy, o.New = o.Busy[:min(len(o.Busy), busy)], o.New[:min(len(o.New), fresh)]
	if len(o.Busy) > 0 {
		b := o.Busy[0].BpsNow
		o.Lead = engine.Lead{Device: o.Busy[0].ID, App: "youtube", Rate: b.Tx + b.Rx, Since: ago(62.5)}
	}
	return o
}

// CategoryOf returns the category of a recorded application.
func (h *House) CategoryOf(name string) string {
	for i := range h.AppRows {
		if h.AppRows[i].Key == name {
			return h.AppRows[i].Category
		}
	}
	return ""
}

// DeviceDoings returns what the phone does.
func (h *House) DeviceDoings(id uint32) (engine.Doings, bool) {
	if _, ok := h.Device(id); !ok {
		return engine.Doings{}, false
	}
	d := engine.Doings{Device: id}
	d.AsClient, d.AsServer = engine.FlowCounts{Active: 3, Total: 512, LowGoodput: 1}, engine.FlowCounts{Active: 1, Total: 4}
	d.Observed, d.Retrans, d.ICMP = true, engine.Pair[uint32]{Tx: 4, Rx: 3}, count{Tx: 2}
	d.Sizes[0], d.Sizes[5] = count{Tx: 610}, count{Rx: 1311}
	d.TCPFlows = 2
	d.FlagFlows[1], d.FlagFlows[4] = engine.Pair[uint32]{Tx: 2, Rx: 2}, engine.Pair[uint32]{Tx: 2, Rx: 2}
	d.Apps = []engine.AppUse{{Key: "youtube", Flows: 1, Bytes: count{Tx: 41822, Rx: 1873344}}}
	d.Peers = []engine.PeerRow{{Addr: packet.AddrOf(web.IP), Flows: 1, Bytes: count{Tx: 41822, Rx: 1873344}}}
	d.Places = []engine.PeerPlace{{Scope: "remote", Name: "www.youtube.com", Country: [2]byte{'U', 'S'}, ASN: 64500}}
	d.Ports = []engine.DevicePort{{Proto: packet.ProtoTCP, Port: 443, Flows: 1, Bytes: count{Tx: 41822, Rx: 1873344}}}
	d.HTTP = engine.HTTPUse{Client: 1, Codes: [6]uint32{2: 1}}
	for _, q := range h.Questions.Counts {
		if q.Device == id {
			d.DNS, d.Strangers, d.Asked = q.Counts, q.Strangers, true
		}
	}
	return d, true
}

// HostDoings returns what the phone's address does, and nothing of others.
func (h *House) HostDoings(ip netip.Addr) (engine.Doings, bool) {
	row, ok := h.Host(ip)
	if !ok {
		return engine.Doings{}, false
	}
	if row.Device != 0 {
		return h.DeviceDoings(row.Device)
	}
	return engine.Doings{}, true
}

// ASName returns who a recorded system belongs to.
func (h *House) ASName(asn uint32) string {
	if asn == 64500 {
		return "Example CDN"
	}
	return ""
}

// Events returns that the house began, that its clock was set, and that its line was
// down for a while.
func (h *House) Events(from, to time.Time) []journal.Event {
	var j journal.Journal
	for _, e := range []struct {
		ago           time.Duration
		kind          journal.Kind
		subject, text string
	}{
		{2 * time.Hour, journal.Start, "", "weir 0.1.0 began"},
		{119 * time.Minute, journal.Clock, "", "the clock is right now, as ntp says"},
		{5 * time.Minute, journal.Link, "wan", "wan is down"},
		{4 * time.Minute, journal.Link, "wan", "wan is up, at 198.51.100.4"},
	} {
		j.Note(Now.Add(-e.ago), e.kind, e.subject, e.text)
	}
	return j.Between(from, to)
}

// ZonePolicies returns that the house may go out and that a port leads in.
func (h *House) ZonePolicies() []api.ZonePolicy {
	return []api.ZonePolicy{
		{From: "lan", To: "lan", Verdict: "accept", By: []api.PolicyBy{{Kind: "policy", Name: "forward of zone lan"}}},
		{From: "lan", To: "wan", Verdict: "accept", By: []api.PolicyBy{{Kind: "forwarding", Name: "@forwarding[0]"}}},
		{From: "lan", To: engine.RouterZone, Verdict: "accept", By: []api.PolicyBy{{Kind: "policy", Name: "input of zone lan"}}},
		{From: "wan", To: "lan", Verdict: "reject", By: []api.PolicyBy{{Kind: "redirect", Name: "Cloud"}}},
	}
}

// Machine returns the recorded router.
func (h *House) Machine() api.Machine {
	return api.Machine{OS: "OpenWrt 24.10.4", Kernel: "6.6.110", Model: "Cudy WR3000 v1", Arch: "arm64", Cores: 2, Memory: 246184 << 10}
}

// HostFacts returns the network of what is in the house, and what others are called.
func (h *House) HostFacts(ip netip.Addr) (engine.HostFacts, bool) {
	row, ok := h.Host(ip)
	switch {
	case !ok:
		return engine.HostFacts{}, false
	case row.Scope == "local" && ip.Is4():
		p, _ := ip.Prefix(24)
		return engine.HostFacts{Prefix: p}, true
	}
	return engine.HostFacts{Called: []engine.CalledRow{{Name: "www.youtube.com", By: "content"}, {Name: "edge-7.example.net", By: "reverse"}}}, true
}
