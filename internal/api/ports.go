package api

import (
	"context"

	"weir/internal/engine"
)

var portsMethod = Method{
	Name:    "ports",
	Doc:     "Server ports, summed over live flows.",
	Args:    paging(engine.PortSorts, flowFilters...),
	Example: `{"dir":"out","limit":1}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.Ports(filterOf(a), p)
		return list(b, p, "ports", rows, total, encodePort), nil
	},
}

func portsAnswer() []Field {
	return paged("ports", "one for each protocol and server port", portFields())
}

func portFields() []Field {
	return []Field{
		{"proto", Text, false, "IP protocol"},
		{"port", Integer, false, "server port"},
		{"service", Text, true, "service name of the port"},
		{"bytes", TxRx, false, "IP bytes: tx from clients, rx from servers"},
		{"pkts", TxRx, false, "IP packets"},
		{"flows", Integer, false, "live flows"},
	}
}

func encodePort(e *Encoder, p *engine.PortRow) {
	protocol(e, "proto", p.Proto)
	e.Uint("port", uint64(p.Port))
	textOrNull(e, "service", p.Service)
	pair(e, "bytes", p.Bytes)
	pair(e, "pkts", p.Packets)
	e.Uint("flows", uint64(p.Flows))
}
