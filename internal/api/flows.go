package api

import (
	"context"
	"slices"

	"weir/internal/engine"
	"weir/internal/packet"
)

var flowsMethod = Method{
	Name:    "flows",
	Doc:     "Live flows, connections and other conversations between two addresses.",
	Args:    paging(engine.FlowSorts, flowFilters...),
	Example: `{"app":"youtube","min_bytes":1000,"sort":"bytes","limit":1}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Flows(filterOf(a), p)
		nameSystems(b, rows)
		return list(b, p, "flows", rows, total, encodeFlow), nil
	},
}

func flowsAnswer() []Field {
	return paged("flows", "one for each flow", flowFields())
}

var flowMethod = Method{
	Name:    "flow",
	Doc:     "One live flow.",
	Args:    []Arg{{Name: "id", Type: Int, Doc: "id of the flow, from flows", Max: MaxInt, Required: true}},
	Example: `{"id":7}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		id := arg[int64](a, "id")
		row, ok := b.Traffic.Flow(uint64(id))
		if !ok {
			return nil, notFound("it may have ended; list flows for those that live", "there is no flow %d", id)
		}
		rows := []engine.FlowRow{row}
		nameSystems(b, rows)
		return one(b, "flow", rows[0], encodeFlow), nil
	},
}

func flowAnswer() []Field {
	return single("flow", flowFields())
}

// flowFields is one table.
func flowFields() []Field {
	return slices.Concat([]Field{
		{"id", Integer, false, "stable while the flow lives"},
		{"iface", Text, false, "interface it was seen on"},
		{"vlan", Integer, true, "802.1Q VLAN"},
		{"proto", Text, false, "IP protocol: name, or number in digits"},
	}, flowNameFields(), []Field{
		{"client", Table, false, "the end that opened it"},
		{"client.ip", Text, false, "address"},
		{"client.port", Integer, true, "null for protocols without ports"},
		{"client.scope", Text, false, "local, remote, multicast, broadcast or router"},
		{"client.device", Integer, true, "id of the device"},
		{"client.name", Text, true, "name of the device or host"},
		{"client.country", Text, true, "of a remote address, two letters"},
		{"client.asn", Integer, true, "autonomous system of a remote address"},
		{"client.as_name", Text, true, "whom that belongs to"},
		{"client.network", Text, true, "network that it is in or, of a remote address, the uplink that leads there; null of flows that ended"},
		{"client.zone", Text, true, "zone of the firewall that this is in, router for this machine; null likewise"},
		{"server", Table, false, "the end that answered"},
		{"server.ip", Text, false, "address"},
		{"server.port", Integer, true, "null for protocols without ports"},
		{"server.scope", Text, false, "local, remote, multicast, broadcast or router"},
		{"server.device", Integer, true, "id of the device"},
		{"server.name", Text, true, "name of the device or host"},
		{"server.country", Text, true, "of a remote address, two letters"},
		{"server.asn", Integer, true, "autonomous system of a remote address"},
		{"server.as_name", Text, true, "whom that belongs to"},
		{"server.network", Text, true, "network that it is in or, of a remote address, the uplink that leads there; null of flows that ended"},
		{"server.zone", Text, true, "zone of the firewall that this is in, router for this machine; null likewise"},
		{"state", Text, true, "TCP connection state as Zeek names it; null for other protocols"},
		{"status", Text, false, "what is wrong with it: normal, unanswered, refused, reset, lossy or low_goodput"},
		{"completed", Flag, false, "ended by FIN or RST, leaves soon"},
		{"one_way", Flag, false, "only one end has sent"},
		{"sampled", Flag, false, "packets were sampled: counters are estimates"},
		{"low_goodput", Flag, true, "little payload for its bytes"},
		{"tunnel", Text, true, "what it carries: 6in4, gre or ipip"},
		{"carries", Text, true, "interface whose packets it carries, as wg0; then it is not counted as the house's once more"},
		{"source", Text, true, "what counts it: packets or conntrack"},
		{"observed", Flag, false, "every packet was seen; else goodput, losses, times between packets and two latencies are null"},
		{"dir", Text, true, "who opened it: out for a host in the house, in for one outside, local between two in the house"},
		{"uplink", Text, true, "the way out of the house that it takes"},
		{"offload", Text, true, "what forwards it: none, software or hardware; null when connection tracking does not tell"},
		{"first", Integer, true, "first packet"},
		{"last", Integer, true, "last packet"},
		{"duration", Number, false, "seconds between them"},
		{"bytes", TxRx, false, "IP bytes: tx from the client, rx from the server"},
		{"pkts", TxRx, false, "IP packets"},
		{"goodput", TxRx, true, "transport payload bytes"},
		{"goodput_pct", Integer, true, "payload in per cent of bytes"},
		{"bps", Table, false, "throughput of both directions together"},
		{"bps.now", Integer, false, "at present"},
		{"bps.peak", Integer, false, "at its highest"},
		{"rtt", Table, false, "latencies in milliseconds"},
		{"rtt.client", Number, true, "between here and the client"},
		{"rtt.server", Number, true, "between here and the server"},
		{"rtt.app", Number, true, "from the first request to its answer"},
		{"iat", Table, false, "time between packets of one direction, in milliseconds"},
		{"iat.tx", Table, true, "from the client; null before its second packet, when sampled and when not observed"},
		{"iat.tx.min", Number, false, ""},
		{"iat.tx.avg", Number, false, ""},
		{"iat.tx.max", Number, false, ""},
		{"iat.rx", Table, true, "from the server; null likewise"},
		{"iat.rx.min", Number, false, ""},
		{"iat.rx.avg", Number, false, ""},
		{"iat.rx.max", Number, false, ""},
		{"tcp", Table, true, "null for other protocols"},
		{"tcp.flags", Table, false, "flags seen: letters of FSRPAUEC"},
		{"tcp.flags.tx", Text, true, "from the client"},
		{"tcp.flags.rx", Text, true, "from the server"},
		{"tcp.retrans", TxRx, true, "packets sent again; null, like the two that follow, when sampled or not observed"},
		{"tcp.ooo", TxRx, true, "packets out of order"},
		{"tcp.lost", TxRx, true, "packets missing"},
	}, flowNATFields())
}

func encodeFlow(e *Encoder, f *engine.FlowRow) {
	ports := f.Client.Port != 0 || f.Server.Port != 0
	e.Uint("id", f.ID)
	e.Str("iface", f.Interface)
	uintOrNull(e, "vlan", uint64(f.VLAN))
	protocol(e, "proto", f.Proto)
	encodeFlowName(e, f)
	endpoint(e, "client", &f.Client, ports)
	endpoint(e, "server", &f.Server, ports)
	textOrNull(e, "state", f.State)
	e.Str("status", statusOf(f))
	e.Bool("completed", f.Completed)
	e.Bool("one_way", f.OneWay)
	e.Bool("sampled", f.Sampled)
	if f.Observed {
		e.Bool("low_goodput", f.LowGoodput)
	} else {
		e.Null("low_goodput")
	}
	textOrNull(e, "tunnel", f.Tunnel)
	textOrNull(e, "carries", f.Carries)
	textOrNull(e, "source", f.Source)
	e.Bool("observed", f.Observed)
	textOrNull(e, "dir", f.Dir)
	textOrNull(e, "uplink", f.Uplink)
	textOrNull(e, "offload", f.Offload)
	timeOrNull(e, "first", f.First)
	timeOrNull(e, "last", f.Last)
	e.Milli("duration", max(f.Last-f.First, 0)/1000)
	pair(e, "bytes", f.Bytes)
	pair(e, "pkts", f.Packets)
	pairOrNull(e, "goodput", f.Payload, f.Observed)
	percent(e, "goodput_pct", f.Payload, f.Bytes, f.Observed)
	e.Table("bps")
	e.Uint("now", f.BpsNow)
	e.Uint("peak", f.BpsPeak)
	e.EndTable()
	encodeTimes(e, f)
	encodeTCP(e, f)
	encodeFlowNAT(e, f)
}

// encodeTimes writes latencies and the times between packets. Where not every
// packet was seen, the server's latency may be known all the same: a handshake's
// first two packets are enough.
func encodeTimes(e *Encoder, f *engine.FlowRow) {
	e.Table("rtt")
	latencyOrNull(e, "client", f.RTTClient, f.Observed)
	latencyOrNull(e, "server", f.RTTServer, true)
	latencyOrNull(e, "app", f.RTTApp, f.Observed)
	e.EndTable()
	known := f.Observed && !f.Sampled
	e.Table("iat")
	gaps(e, "tx", known && f.Packets.Tx > 1, f.GapMin.Tx, f.GapAvg.Tx, f.GapMax.Tx)
	gaps(e, "rx", known && f.Packets.Rx > 1, f.GapMin.Rx, f.GapAvg.Rx, f.GapMax.Rx)
	e.EndTable()
}

func endpoint(e *Encoder, name string, p *engine.Endpoint, ports bool) {
	e.Table(name)
	address(e, "ip", p.IP)
	if ports {
		e.Uint("port", uint64(p.Port))
	} else {
		e.Null("port")
	}
	e.Str("scope", p.Scope)
	uintOrNull(e, "device", uint64(p.Device))
	textOrNull(e, "name", p.Name)
	country(e, p.Country)
	uintOrNull(e, "asn", uint64(p.ASN))
	textOrNull(e, "as_name", p.ASName)
	textOrNull(e, "network", p.Network)
	textOrNull(e, "zone", p.Zone)
	e.EndTable()
}

func encodeTCP(e *Encoder, f *engine.FlowRow) {
	if f.Proto != packet.ProtoTCP {
		e.Null("tcp")
		return
	}
	e.Table("tcp")
	e.Table("flags")
	tcpFlags(e, "tx", f.TCPFlags.Tx, f.Observed)
	tcpFlags(e, "rx", f.TCPFlags.Rx, f.Observed)
	e.EndTable()
	known := f.Observed && !f.Sampled
	pairOrNull(e, "retrans", f.Retrans, known)
	pairOrNull(e, "ooo", f.OutOfOrder, known)
	pairOrNull(e, "lost", f.Lost, known)
	e.EndTable()
}

// gaps writes inter-arrival times, unless they are not known.
func gaps(e *Encoder, name string, known bool, least, average, most uint32) {
	if !known {
		e.Null(name)
		return
	}
	e.Table(name)
	e.Milli("min", int64(least))
	e.Milli("avg", int64(average))
	e.Milli("max", int64(most))
	e.EndTable()
}

// percent writes part in per cent of whole, null of nothing and when it is not
// known.
func percent(e *Encoder, name string, part, whole engine.Pair[uint64], known bool) {
	sum := whole.Tx + whole.Rx
	if sum == 0 || !known {
		e.Null(name)
		return
	}
	e.Uint(name, uint64(100*(float64(part.Tx)+float64(part.Rx))/float64(sum)))
}
