package api

import (
	"context"

	"weir/internal/alert"
	"weir/internal/engine"
)

var hostsMethod = Method{
	Name:    "hosts",
	Doc:     "Addresses that were seen, in the house and outside.",
	Args:    paging(engine.HostSorts, ifaceArg, deviceArg, ipArg, macArg, vlanArg, nameArg, ipverArg, minBytesArg, scopeArg, networkArg, zoneArg, textArg),
	Example: `{"scope":"remote","limit":1}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Hosts(filterOf(a), p)
		hosts := hostsOf(b, rows)
		return list(b, p, "hosts", hosts, total, encodeHost), nil
	},
}

func hostsAnswer() []Field {
	return paged("hosts", "one for each address", hostFields())
}

func hostFields() []Field {
	return []Field{
		{"ip", Text, false, "address"},
		{"scope", Text, false, "local, remote, multicast, broadcast or router"},
		{"device", Integer, true, "id of the device it belongs to"},
		{"name", Text, true, "name of the device or host"},
		{"host", Text, true, "what the address is called where no device has a name, as far as it may be kept"},
		{"host_by", Text, true, "where that is from: content, dns, link or house (a client of a live flow asked for it, as of a flow), or reverse (a reverse lookup, which says what the owner of the address likes)"},
		{"country", Text, true, "of a remote address, two letters"},
		{"asn", Integer, true, "autonomous system of a remote address"},
		{"as_name", Text, true, "whom that belongs to"},
		{"network", Text, true, "network that it is in; null of what is outside"},
		{"zone", Text, true, "zone of the firewall that this is in, router for this machine; null of what is outside"},
		{"alerts", Integer, false, "alerts about its device that nobody has seen"},
		{"mac", Text, true, "hardware address; null when it is not on a link of ours"},
		{"iface", Text, true, "interface it was last seen on"},
		{"first", Integer, true, "first packet"},
		{"last", Integer, true, "last packet"},
		{"bytes", TxRx, false, "IP bytes: tx sent by it, rx received"},
		{"pkts", TxRx, false, "IP packets"},
		{"bps", TxRx, false, "throughput at present"},
		{"flows", Table, false, "its flows"},
		{"flows.client", Table, false, "those it opened"},
		{"flows.client.active", Integer, false, "alive now"},
		{"flows.client.total", Integer, false, "ever"},
		{"flows.client.low_goodput", Integer, true, "with little payload for their bytes; null when no flow's packets were all seen"},
		{"flows.server", Table, false, "those it answered"},
		{"flows.server.active", Integer, false, "alive now"},
		{"flows.server.total", Integer, false, "ever"},
		{"flows.server.low_goodput", Integer, true, "with little payload for their bytes; null likewise"},
		{"tcp", Table, false, "over its TCP flows"},
		{"tcp.retrans", TxRx, true, "packets sent again; null, like the two that follow, when no flow's packets were all seen"},
		{"tcp.ooo", TxRx, true, "packets out of order"},
		{"tcp.lost", TxRx, true, "packets missing"},
	}
}

// hostView is a host with what others know of it.
type hostView struct {
	engine.HostRow
	asName string
	alerts int
}

// hostsOf asks whom the hosts' systems belong to, and what is told of their devices.
func hostsOf(b *Backend, rows []engine.HostRow) []hostView {
	about := make(map[string]int)
	if b.Alerts != nil {
		for _, a := range b.Alerts.List(alert.Filter{Unseen: true}) {
			about[a.Device]++
		}
	}
	asns := make([]uint32, len(rows))
	for i := range rows {
		asns[i] = rows[i].ASN
	}
	names := asNamesOf(b, asns)
	views := make([]hostView, len(rows))
	for i := range rows {
		views[i] = hostView{HostRow: rows[i], asName: names[rows[i].ASN]}
		if key := rows[i].DeviceKey; key != "" {
			views[i].alerts = about[key]
		}
	}
	return views
}

func encodeHost(e *Encoder, h *hostView) {
	address(e, "ip", h.IP)
	e.Str("scope", h.Scope)
	uintOrNull(e, "device", uint64(h.Device))
	textOrNull(e, "name", h.Name)
	textOrNull(e, "host", h.Host)
	textOrNull(e, "host_by", h.HostBy)
	country(e, h.Country)
	uintOrNull(e, "asn", uint64(h.ASN))
	textOrNull(e, "as_name", h.asName)
	textOrNull(e, "network", h.Network)
	textOrNull(e, "zone", h.Zone)
	e.Int("alerts", int64(h.alerts))
	hardware(e, "mac", h.MAC)
	textOrNull(e, "iface", h.Interface)
	timeOrNull(e, "first", h.First)
	timeOrNull(e, "last", h.Last)
	pair(e, "bytes", h.Bytes)
	pair(e, "pkts", h.Packets)
	pair(e, "bps", h.BpsNow)
	e.Table("flows")
	flowCounts(e, "client", h.AsClient, h.Observed)
	flowCounts(e, "server", h.AsServer, h.Observed)
	e.EndTable()
	e.Table("tcp")
	pairOrNull(e, "retrans", h.Retrans, h.Observed)
	pairOrNull(e, "ooo", h.OutOfOrder, h.Observed)
	pairOrNull(e, "lost", h.Lost, h.Observed)
	e.EndTable()
}

func flowCounts(e *Encoder, name string, c engine.FlowCounts, observed bool) {
	e.Table(name)
	e.Uint("active", uint64(c.Active))
	e.Uint("total", uint64(c.Total))
	if observed {
		e.Uint("low_goodput", uint64(c.LowGoodput))
	} else {
		e.Null("low_goodput")
	}
	e.EndTable()
}
