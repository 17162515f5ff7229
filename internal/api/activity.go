package api

import (
	"context"
	"net/netip"
	"slices"

	"weir/internal/engine"
)

var activityMethod = Method{
	Name: "activity",
	Doc:  "What a device or an address does: when in the week, with whom, on which ports, in what kind of packets.",
	Args: []Arg{
		deviceArg,
		{Name: "ip", Type: String, Doc: "an address in place of a device", Form: "an address, as 192.168.1.20", parse: parseAddr},
	},
	Example: `{"device":2}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		d, err := doingsOf(b, a)
		if err != nil {
			return nil, err
		}
		w, err := weekOf(ctx, b, d.Device)
		if err != nil {
			return nil, err
		}
		v := activityView{d, w, asNamesOf(b, peerASNs(d.Places))}
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Table("activity")
			v.encode(e)
			e.EndTable()
		}, nil
	},
}

// activityAnswer is one table.
func activityAnswer() []Field {
	return single("activity", slices.Concat([]Field{
		{"device", Integer, true, "id of the device; null for an address that is no device's"},
		{"week", List, true, "seven days from Sunday, of 24 local hours each: bytes of the device over the last 28 days; null without history or device"},
		{"week[]", List, false, ""},
		{"week[][]", TxRx, true, "null where nothing was counted: a gap, not a zero"},
		{"flows", Table, false, "its flows"},
		{"flows.client", Table, false, "those it opened"},
		{"flows.client.active", Integer, false, "alive now"},
		{"flows.client.total", Integer, false, "ever"},
		{"flows.client.low_goodput", Integer, true, "with little payload for their bytes; null when no flow's packets were all seen"},
		{"flows.server", Table, false, "those it answered"},
		{"flows.server.active", Integer, false, "alive now"},
		{"flows.server.total", Integer, false, "ever"},
		{"flows.server.low_goodput", Integer, true, "null likewise"},
		{"tcp", Table, false, "over its TCP flows"},
		{"tcp.retrans", TxRx, true, "packets sent again; null, like the two that follow, when no flow's packets were all seen"},
		{"tcp.ooo", TxRx, true, "packets out of order"},
		{"tcp.lost", TxRx, true, "packets missing"},
		{"tcp.flows", Integer, false, "TCP flows that live"},
		{"tcp.flags", Table, true, "of those, in how many a packet had the flag, tx sent by it; null when there are none"},
	}, flagFields(), []Field{
		{"icmp", TxRx, false, "packets of ICMP, of live flows"},
		{"sizes", List, false, "packets of live flows, by the mean size in their flow's direction"},
		{"sizes[]", Table, false, ""},
		{"sizes[].to", Integer, true, "the largest size, in IP bytes; null for what is larger than all before"},
		{"sizes[].pkts", TxRx, false, ""},
		{"apps", List, false, "applications of live flows, at most 20, the busiest first"},
		{"apps[]", Table, false, ""},
		{"apps[].key", Text, false, "application, or protocol of flows that have none"},
		{"apps[].flows", Integer, false, ""},
		{"apps[].bytes", TxRx, false, ""},
		{"peers", List, false, "whom it talks to in live flows, at most 20, the busiest first"},
		{"peers[]", Table, false, ""},
		{"peers[].ip", Text, false, "address"},
		{"peers[].scope", Text, false, "local, remote, multicast, broadcast or router"},
		{"peers[].device", Integer, true, "id of the device"},
		{"peers[].name", Text, true, "name of the device, or the one that was asked for"},
		{"peers[].country", Text, true, "of a remote address, two letters"},
		{"peers[].asn", Integer, true, "autonomous system of a remote address"},
		{"peers[].as_name", Text, true, "whom that belongs to"},
		{"peers[].flows", Integer, false, ""},
		{"peers[].bytes", TxRx, false, ""},
		{"ports", List, false, "servers' ports of live flows, at most 20, the busiest first"},
		{"ports[]", Table, false, ""},
		{"ports[].proto", Text, false, "IP protocol"},
		{"ports[].port", Integer, false, ""},
		{"ports[].service", Text, true, "what mostly answers there"},
		{"ports[].server", Flag, false, "others ask it there; else it asks others"},
		{"ports[].flows", Integer, false, ""},
		{"ports[].bytes", TxRx, false, ""},
		{"http", Table, true, "live flows of HTTP in the clear; null when there are none"},
		{"http.client", Integer, false, "flows in which it asked"},
		{"http.server", Integer, false, "flows in which it was asked"},
		{"http.codes", Table, false, "what was answered first"},
		{"http.codes.informational", Integer, false, "100 to 199"},
		{"http.codes.success", Integer, false, "200 to 299"},
		{"http.codes.redirection", Integer, false, "300 to 399"},
		{"http.codes.client_error", Integer, false, "400 to 499"},
		{"http.codes.server_error", Integer, false, "500 to 599"},
		{"http.codes.none", Integer, false, "not answered yet"},
		{"dns", Table, true, "its DNS in the clear, of an address that of its device; null when it asked nothing that was seen"},
	}, under("dns", dnsCountFields()), []Field{
		{"dns.strangers", Table, false, "flows to addresses outside that no answer gave to anybody"},
		{"dns.strangers.flows", Integer, false, ""},
		{"dns.strangers.bytes", Integer, false, "of both directions"},
		{"dns.strangers.last", Integer, true, "when the last one ended"},
	}))
}

// flags are those of TCP, lowest bit first.
var flags = [...]string{"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"}

func flagFields() (all []Field) {
	for _, f := range flags {
		all = append(all, Field{"tcp.flags." + f, TxRx, false, ""})
	}
	return all
}

// doingsOf asks for what the arguments name.
func doingsOf(b *Backend, a Args) (engine.Doings, error) {
	id, hasDevice := a["device"].(int64)
	ip, hasIP := a["ip"].(netip.Addr)
	switch {
	case hasDevice == hasIP:
		return engine.Doings{}, invalid("give either", "activity is of a device or an address")
	case hasIP:
		d, ok := b.Traffic.HostDoings(ip)
		if !ok {
			return d, notFound("remote hosts leave memory when they are idle", "host %s is not known", ip)
		}
		return d, nil
	}
	d, ok := b.Traffic.DeviceDoings(uint32(id))
	if !ok {
		return d, notFound("list devices for those that are known", "there is no device %d", id)
	}
	return d, nil
}
