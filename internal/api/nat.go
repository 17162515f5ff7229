package api

import (
	"cmp"
	"context"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

var natMethod = Method{
	Name: "nat",
	Doc:  "Ports that lead into the house: what opened them, where they lead, what came through.",
	Args: []Arg{
		{Name: "opened_by", Type: String, Doc: "what opened it", Values: []string{"redirect", "rule", "upnp", "nat-pmp"}},
		{Name: "limit", Type: Int, Doc: "rows at most", Default: int64(50), Min: 1, Max: engine.MaxRows},
		{Name: "offset", Type: Int, Doc: "rows to skip", Default: int64(0), Max: 1 << 20},
	},
	Example: `{"limit":2}`,
	run:     runNAT,
}

func natAnswer() []Field {
	return paged("nat", "one for each port or range, in the order of the firewall's configuration, then those asked for by programs", natFields())
}

func natFields() []Field {
	return []Field{
		{"port", Integer, true, "port outside, the first of a range; null for all"},
		{"last_port", Integer, true, "the last of the range"},
		{"proto", Text, false, "IP protocol"},
		{"target", Table, false, "where it leads"},
		{"target.ip", Text, true, "address; null where a rule opens the way to any"},
		{"target.port", Integer, true, "that the first port leads to; null where ports stay what they are"},
		{"target.device", Integer, true, "id of the device"},
		{"target.name", Text, true, "name of the device or host"},
		{"opened_by", Text, false, "redirect or rule of the firewall, upnp or nat-pmp"},
		{"name", Text, true, "of the rule, or what the program that asked for it called itself"},
		{"hits", Integer, false, "connections from outside since it is known"},
		{"bytes", TxRx, false, "IP bytes of them: tx sent by the target, rx received"},
		{"last", Integer, true, "when the newest one's last packet came"},
		{"expires", Integer, true, "when it closes by itself; null for never"},
	}
}

// natRow is a mapping and whose its target is.
type natRow struct {
	engine.MappingRow
	device uint32
	name   string
}

func runNAT(_ context.Context, b *Backend, a Args) (Reply, error) {
	p := engine.Page{Limit: int(arg[int64](a, "limit")), Offset: int(arg[int64](a, "offset"))}
	by := arg[string](a, "opened_by")
	var rows []natRow
	total := 0
	for _, m := range b.Traffic.Mappings() {
		if by != "" && m.OpenedBy != by {
			continue
		}
		if total++; total <= p.Offset || len(rows) == p.Limit {
			continue
		}
		row := natRow{MappingRow: m}
		if host, ok := b.Traffic.Host(m.Target.IP()); ok {
			row.device, row.name = host.Device, host.Name
		}
		rows = append(rows, row)
	}
	return list(b, p, "nat", rows, total, encodeNATRow), nil
}

func encodeNATRow(e *Encoder, r *natRow) {
	uintOrNull(e, "port", uint64(r.First))
	uintOrNull(e, "last_port", uint64(r.Mapping.Last))
	protocol(e, "proto", r.Proto)
	e.Table("target")
	if ip := r.Target.IP(); ip.IsUnspecified() {
		e.Null("ip")
	} else {
		address(e, "ip", ip)
	}
	uintOrNull(e, "port", uint64(r.TargetPort))
	uintOrNull(e, "device", uint64(r.device))
	textOrNull(e, "name", r.name)
	e.EndTable()
	e.Str("opened_by", r.OpenedBy)
	textOrNull(e, "name", r.Name)
	e.Uint("hits", r.Hits)
	pair(e, "bytes", r.Bytes)
	timeOrNull(e, "last", r.MappingRow.Last)
	timeOrNull(e, "expires", r.Expires)
}

// flowNATFields are the part of a flow that connection tracking tells.
func flowNATFields() []Field {
	return []Field{
		{"nat", Table, true, "both tuples as connection tracking has them; null when it told nothing"},
		{"nat.orig", Table, false, "as the first packet was sent"},
		{"nat.orig.src", Text, false, ""},
		{"nat.orig.sport", Integer, true, "null for protocols without ports"},
		{"nat.orig.dst", Text, false, ""},
		{"nat.orig.dport", Integer, true, "null for protocols without ports"},
		{"nat.reply", Table, false, "as answers are sent"},
		{"nat.reply.src", Text, false, ""},
		{"nat.reply.sport", Integer, true, "null for protocols without ports"},
		{"nat.reply.dst", Text, false, ""},
		{"nat.reply.dport", Integer, true, "null for protocols without ports"},
		{"nat.mapping", Text, true, "name of the rule or program that opened the port it came in by"},
		{"nat.opened_by", Text, true, "redirect, rule, upnp or nat-pmp"},
		{"nat.why", Text, false, "what became of its addresses, or why it may come in"},
	}
}

func encodeFlowNAT(e *Encoder, f *engine.FlowRow) {
	n := f.NAT
	if n == nil {
		e.Null("nat")
		return
	}
	ports := f.Client.Port != 0 || f.Server.Port != 0
	e.Table("nat")
	tuple(e, "orig", &n.Orig, ports)
	tuple(e, "reply", &n.Reply, ports)
	textOrNull(e, "mapping", n.Mapping)
	textOrNull(e, "opened_by", n.OpenedBy)
	var why [2 * maxArgText]byte
	e.Bytes("why", appendWhy(why[:0], f))
	e.EndTable()
}

func tuple(e *Encoder, name string, t *flow.Tuple, ports bool) {
	e.Table(name)
	var b [64]byte
	e.Bytes("src", t.Src.Append(b[:0]))
	portOrNull(e, "sport", t.SrcPort, ports)
	e.Bytes("dst", t.Dst.Append(b[:0]))
	portOrNull(e, "dport", t.DstPort, ports)
	e.EndTable()
}

// appendWhy says what became of a flow's addresses, or why it may come in.
func appendWhy(dst []byte, f *engine.FlowRow) []byte {
	n := f.NAT
	if f.Dir == "in" {
		return appendEntry(dst, f)
	}
	source, target := n.Orig.Src != n.Reply.Dst, n.Orig.Dst != n.Reply.Src
	switch {
	case source && target:
		dst = append(dst, "hairpin: asked the router's outer address and was turned back to "...)
		return appendEnd(dst, &n.Reply.Src, n.Reply.SrcPort)
	case target:
		dst = append(dst, "redirected to "...)
		return appendEnd(dst, &n.Reply.Src, n.Reply.SrcPort)
	case source:
		dst = append(dst, "leaves the house as "...)
		return appendEnd(dst, &n.Reply.Dst, n.Reply.DstPort)
	case f.Proto != packet.ProtoTCP && f.Proto != packet.ProtoUDP || n.Orig.SrcPort == n.Reply.DstPort && n.Orig.DstPort == n.Reply.SrcPort:
		return append(dst, "addresses are not translated"...)
	}
	return append(dst, "only its ports are translated"...)
}

// appendEntry says why a flow from outside may come in.
func appendEntry(dst []byte, f *engine.FlowRow) []byte {
	switch n := f.NAT; n.OpenedBy {
	case "redirect":
		return appendNamed(dst, "port forward", n.Mapping, " of the firewall")
	case "rule":
		return appendNamed(dst, "rule", n.Mapping, " of the firewall")
	case "upnp":
		return appendNamed(dst, "opened by", cmp.Or(n.Mapping, "a program"), " over UPnP")
	case "nat-pmp":
		return appendNamed(dst, "opened by", cmp.Or(n.Mapping, "a program"), " over NAT-PMP or PCP")
	}
	if f.Server.Scope == "router" {
		return append(dst, "to the router itself"...)
	}
	return append(dst, "no rule or lease is known that lets it in"...)
}

// appendNamed appends a name, which may be missing, between two texts.
func appendNamed(dst []byte, before, name, after string) []byte {
	dst = append(dst, before...)
	if name != "" {
		dst = append(append(dst, ' '), name...)
	}
	return append(dst, after...)
}

// appendEnd appends an address and its port, if it has one.
func appendEnd(dst []byte, a *packet.Addr, port uint16) []byte {
	if port == 0 {
		return a.Append(dst)
	}
	return appendSocket(dst, a, port)
}
