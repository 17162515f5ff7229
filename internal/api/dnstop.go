package api

import (
	"context"
	"slices"
	"sort"
	"time"

	"weir/internal/engine"
	"weir/internal/names"
)

var dnsTopMethod = Method{
	Name: "dns_top",
	Doc:  "Names that the house, or a device, asks for most, with what was counted of DNS and who is asked.",
	Args: []Arg{deviceArg, limitArg, offsetArg},
	run:  runDNSTop,

	Example: `{"limit":2}`,
}

func dnsTopAnswer() []Field {
	return append(paged("names", "one for each name, the one asked for most first", dnsNameFields()), dnsTopFields()...)
}

func dnsNameFields() []Field {
	return []Field{
		{"name", Text, false, "as far as it may be kept"},
		{"count", Integer, false, "questions"},
		{"over", Integer, false, "that count may be too high by so many: rare names share their counters"},
		{"nxdomain", Integer, false, "answers that the name does not exist"},
	}
}

func dnsTopFields() []Field {
	return slices.Concat([]Field{
		{"counts", Table, false, "DNS in the clear, of the house or the device; multicast is not in it"},
	}, under("counts", dnsCountFields()), []Field{
		{"devices", List, false, "the same for each device that asked, at most 200, the one that asked most first"},
		{"devices[]", Table, false, ""},
		{"devices[].device", Integer, false, "id of the device"},
		{"devices[].name", Text, true, "its name"},
	}, under("devices[]", dnsCountFields()), []Field{
		{"devices[].strangers", Table, false, "flows to addresses outside that no answer gave to anybody"},
		{"devices[].strangers.flows", Integer, false, ""},
		{"devices[].strangers.bytes", Integer, false, "of both directions"},
		{"devices[].strangers.last", Integer, true, "when the last one ended"},
		{"resolvers", List, false, "who is asked, at most 64, the one asked most first"},
		{"resolvers[]", Table, false, ""},
		{"resolvers[].ip", Text, false, "address"},
		{"resolvers[].via", Text, false, viaDoc},
		{"resolvers[].house", Flag, false, "it is the router, or another resolver of the house"},
		{"resolvers[].clients", Integer, false, "that ask it"},
		{"resolvers[].count", Integer, false, "questions in the clear, or flows to it"},
		{"resolvers[].first", Integer, true, "first asked"},
		{"resolvers[].last", Integer, true, "last asked"},
	})
}

const viaDoc = "how it is asked: dns (in the clear), dot, doh or doq"

func dnsCountFields() []Field {
	return []Field{
		{"queries", Integer, false, "each counted once, however often it was sent"},
		{"repeats", Integer, false, "queries sent again while they waited"},
		{"lost", Integer, false, "queries without an answer after ten seconds"},
		{"unasked", Integer, false, "answers to queries that were not seen"},
		{"answers", Table, false, "by response code"},
		{"answers.noerror", Integer, false, "with records or without"},
		{"answers.nxdomain", Integer, false, "the name does not exist"},
		{"answers.servfail", Integer, false, "the resolver could not tell"},
		{"answers.refused", Integer, false, "the resolver would not tell"},
		{"answers.other", Integer, false, "of any other code"},
		{"ms", Table, false, "time until the answer, in milliseconds"},
		{"ms.mean", Number, true, "null when no answer was timed"},
		{"ms.max", Number, true, ""},
	}
}

func runDNSTop(_ context.Context, b *Backend, a Args) (Reply, error) {
	device, p := uint32(arg[int64](a, "device")), pageOf(a)
	all := b.Traffic.DNSTop(device)
	page := pageRows(all, p)
	top := list(b, p, "names", page, len(all), encodeMost)
	resolvers := b.Traffic.Resolvers()
	counts, devices := askers(b.Traffic.DNS(), device)
	return func(e *Encoder) {
		top(e)
		e.Table("counts")
		encodeDNSCounts(e, &counts)
		e.EndTable()
		e.Array("devices")
		for i := range devices {
			encodeDNSRow(e, &devices[i])
		}
		e.EndArray()
		e.Array("resolvers")
		for i := range resolvers {
			encodeResolver(e, &resolvers[i])
		}
		e.EndArray()
	}, nil
}

// askers returns what was counted of a device, or of the house when that is 0, and
// the rows of devices, those first that ask most.
func askers(rows []engine.DNSRow, device uint32) (counts names.Counts, devices []engine.DNSRow) {
	for _, r := range rows {
		if r.Device == device {
			counts = r.Counts
		}
		if r.Device != 0 && (device == 0 || r.Device == device) {
			devices = append(devices, r)
		}
	}
	sort.SliceStable(devices, func(i, j int) bool { return devices[i].Counts.Queries > devices[j].Counts.Queries })
	return counts, devices[:min(len(devices), engine.MaxRows)]
}

func encodeMost(e *Encoder, m *names.Most) {
	e.Str("name", m.Name)
	e.Uint("count", uint64(m.Count))
	e.Uint("over", uint64(m.Over))
	e.Uint("nxdomain", uint64(m.Denied))
}

func encodeDNSCounts(e *Encoder, c *names.Counts) {
	e.Uint("queries", uint64(c.Queries))
	e.Uint("repeats", uint64(c.Repeats))
	e.Uint("lost", uint64(c.Unanswered))
	e.Uint("unasked", uint64(c.Unasked))
	e.Table("answers")
	e.Uint("noerror", uint64(c.Answers[names.Found]))
	e.Uint("nxdomain", uint64(c.Answers[names.NoSuch]))
	e.Uint("servfail", uint64(c.Answers[names.Failed]))
	e.Uint("refused", uint64(c.Answers[names.Refused]))
	e.Uint("other", uint64(c.Answers[names.OtherRcode]))
	e.EndTable()
	timed := c.Mean() > 0
	e.Table("ms")
	milliOrNull(e, "mean", int64(c.Mean()/time.Microsecond), timed)
	milliOrNull(e, "max", int64(c.Longest()/time.Microsecond), timed)
	e.EndTable()
}

func encodeDNSRow(e *Encoder, d *engine.DNSRow) {
	e.Table("")
	e.Uint("device", uint64(d.Device))
	textOrNull(e, "name", d.Name)
	encodeDNSCounts(e, &d.Counts)
	e.Table("strangers")
	e.Uint("flows", uint64(d.Strangers.Flows))
	e.Uint("bytes", d.Strangers.Bytes)
	timeOrNull(e, "last", d.Strangers.Last)
	e.EndTable()
	e.EndTable()
}

func encodeResolver(e *Encoder, r *engine.ResolverRow) {
	e.Table("")
	address(e, "ip", r.IP)
	e.Str("via", r.Via)
	e.Bool("house", r.House)
	e.Uint("clients", uint64(r.Clients))
	e.Uint("count", uint64(r.Asked))
	timeOrNull(e, "first", r.First)
	timeOrNull(e, "last", r.Last)
	e.EndTable()
}
