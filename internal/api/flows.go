package api

import (
	"context"

	"weir/internal/engine"
	"weir/internal/packet"
)

var flowsMethod = Method{
	Name:    "flows",
	Doc:     "Live flows, connections and other conversations between two addresses.",
	Args:    paging(engine.FlowSorts, flowFilters...),
	Reply:   paged("flows", "one for each flow", flowFields),
	Example: `{"proto":"tcp","min_bytes":1000,"sort":"bytes","limit":1}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Flows(filterOf(a), p)
		return list(b, p, "flows", rows, total, encodeFlow), nil
	},
}

var flowMethod = Method{
	Name:    "flow",
	Doc:     "One live flow.",
	Args:    []Arg{{Name: "id", Type: Int, Doc: "id of the flow, from flows", Max: MaxInt, Required: true}},
	Reply:   single("flow", flowFields),
	Example: `{"id":7}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		id := arg[int64](a, "id")
		row, ok := b.Traffic.Flow(uint64(id))
		if !ok {
			return nil, notFound("it may have ended; list flows for those that live", "there is no flow %d", id)
		}
		return one(b, "flow", row, encodeFlow), nil
	},
}

var flowFields = []Field{
	{"id", Integer, false, "stable while the flow lives"},
	{"iface", Text, false, "interface it was seen on"},
	{"vlan", Integer, true, "802.1Q VLAN"},
	{"proto", Text, false, "IP protocol: name, or number in digits"},
	{"app", Text, true, "application"},
	{"by", Text, true, "how the application is known: port"},
	{"client", Table, false, "the end that opened it"},
	{"client.ip", Text, false, "address"},
	{"client.port", Integer, true, "null for protocols without ports"},
	{"client.scope", Text, false, "local, remote, multicast, broadcast or router"},
	{"client.device", Integer, true, "id of the device"},
	{"client.name", Text, true, "name of the device or host"},
	{"server", Table, false, "the end that answered"},
	{"server.ip", Text, false, "address"},
	{"server.port", Integer, true, "null for protocols without ports"},
	{"server.scope", Text, false, "local, remote, multicast, broadcast or router"},
	{"server.device", Integer, true, "id of the device"},
	{"server.name", Text, true, "name of the device or host"},
	{"state", Text, true, "TCP connection state as Zeek names it; null for other protocols"},
	{"completed", Flag, false, "ended by FIN or RST, leaves soon"},
	{"one_way", Flag, false, "only one end has sent"},
	{"sampled", Flag, false, "packets were sampled: counters are estimates"},
	{"low_goodput", Flag, false, "little payload for its bytes"},
	{"tunnel", Text, true, "what it carries: 6in4, gre or ipip"},
	{"first", Integer, true, "first packet"},
	{"last", Integer, true, "last packet"},
	{"duration", Number, false, "seconds between them"},
	{"bytes", TxRx, false, "IP bytes: tx from the client, rx from the server"},
	{"pkts", TxRx, false, "IP packets"},
	{"goodput", TxRx, false, "transport payload bytes"},
	{"goodput_pct", Integer, true, "payload in per cent of bytes"},
	{"bps", Table, false, "throughput of both directions together"},
	{"bps.now", Integer, false, "at present"},
	{"bps.peak", Integer, false, "at its highest"},
	{"rtt", Table, false, "latencies in milliseconds"},
	{"rtt.client", Number, true, "between here and the client"},
	{"rtt.server", Number, true, "between here and the server"},
	{"rtt.app", Number, true, "from the first request to its answer"},
	{"iat", Table, false, "time between packets of one direction, in milliseconds"},
	{"iat.tx", Table, true, "from the client; null before its second packet and when sampled"},
	{"iat.tx.min", Number, false, ""},
	{"iat.tx.avg", Number, false, ""},
	{"iat.tx.max", Number, false, ""},
	{"iat.rx", Table, true, "from the server; null before its second packet and when sampled"},
	{"iat.rx.min", Number, false, ""},
	{"iat.rx.avg", Number, false, ""},
	{"iat.rx.max", Number, false, ""},
	{"tcp", Table, true, "null for other protocols"},
	{"tcp.flags", Table, false, "flags seen: letters of FSRPAUEC"},
	{"tcp.flags.tx", Text, false, "from the client"},
	{"tcp.flags.rx", Text, false, "from the server"},
	{"tcp.retrans", TxRx, true, "packets sent again; null when sampled"},
	{"tcp.ooo", TxRx, true, "packets out of order; null when sampled"},
	{"tcp.lost", TxRx, true, "packets missing; null when sampled"},
}

func encodeFlow(e *Encoder, f *engine.FlowRow) {
	ports := f.Client.Port != 0 || f.Server.Port != 0
	e.Uint("id", f.ID)
	e.Str("iface", f.Interface)
	uintOrNull(e, "vlan", uint64(f.VLAN))
	protocol(e, "proto", f.Proto)
	textOrNull(e, "app", f.App)
	textOrNull(e, "by", f.AppBy)
	endpoint(e, "client", &f.Client, ports)
	endpoint(e, "server", &f.Server, ports)
	textOrNull(e, "state", f.State)
	e.Bool("completed", f.Completed)
	e.Bool("one_way", f.OneWay)
	e.Bool("sampled", f.Sampled)
	e.Bool("low_goodput", f.LowGoodput)
	textOrNull(e, "tunnel", f.Tunnel)
	timeOrNull(e, "first", f.First)
	timeOrNull(e, "last", f.Last)
	e.Milli("duration", max(f.Last-f.First, 0)/1000)
	pair(e, "bytes", f.Bytes)
	pair(e, "pkts", f.Packets)
	pair(e, "goodput", f.Payload)
	percent(e, "goodput_pct", f.Payload, f.Bytes)
	e.Table("bps")
	e.Uint("now", f.BpsNow)
	e.Uint("peak", f.BpsPeak)
	e.EndTable()
	e.Table("rtt")
	latency(e, "client", f.RTTClient)
	latency(e, "server", f.RTTServer)
	latency(e, "app", f.RTTApp)
	e.EndTable()
	e.Table("iat")
	gaps(e, "tx", !f.Sampled && f.Packets.Tx > 1, f.GapMin.Tx, f.GapAvg.Tx, f.GapMax.Tx)
	gaps(e, "rx", !f.Sampled && f.Packets.Rx > 1, f.GapMin.Rx, f.GapAvg.Rx, f.GapMax.Rx)
	e.EndTable()
	encodeTCP(e, f)
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
	e.EndTable()
}

func encodeTCP(e *Encoder, f *engine.FlowRow) {
	if f.Proto != packet.ProtoTCP {
		e.Null("tcp")
		return
	}
	e.Table("tcp")
	e.Table("flags")
	tcpFlags(e, "tx", f.TCPFlags.Tx)
	tcpFlags(e, "rx", f.TCPFlags.Rx)
	e.EndTable()
	pairOrNull(e, "retrans", f.Retrans, !f.Sampled)
	pairOrNull(e, "ooo", f.OutOfOrder, !f.Sampled)
	pairOrNull(e, "lost", f.Lost, !f.Sampled)
	e.EndTable()
}

// gaps writes inter-arrival times, which are not known before the second packet
// and of samples.
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

// percent writes part in per cent of whole, null of nothing.
func percent(e *Encoder, name string, part, whole engine.Pair[uint64]) {
	sum := whole.Tx + whole.Rx
	if sum == 0 {
		e.Null(name)
		return
	}
	e.Uint(name, uint64(100*(float64(part.Tx)+float64(part.Rx))/float64(sum)))
}
