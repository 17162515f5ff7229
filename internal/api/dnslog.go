package api

import (
	"context"
	"strconv"
	"time"

	"weir/internal/engine"
)

var dnsLogMethod = Method{
	Name: "dns_log",
	Doc:  "The newest DNS questions, newest first, from memory.",
	Args: []Arg{deviceArg, {Name: "text", Type: String, Doc: "part of the name"}, limitArg, offsetArg},
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		p := pageOf(a)
		rows, total := b.Traffic.DNSLog(uint32(arg[int64](a, "device")), arg[string](a, "text"), p)
		return list(b, p, "queries", rows, total, encodeQuery), nil
	},

	Example: `{"text":"youtube","limit":1}`,
}

func dnsLogAnswer() []Field {
	return paged("queries", "one for each question", queryFields())
}

func queryFields() []Field {
	return []Field{
		{"at", Integer, false, "when it was asked; of an answer to a question that was not seen, when that came"},
		{"device", Integer, true, "id of the device that asked"},
		{"device_name", Text, true, "its name"},
		{"client", Text, false, "address that it asked from"},
		{"name", Text, true, "that it asked for; null when it may not be kept"},
		{"type", Text, false, "of record: A, AAAA, HTTPS …, or TYPE and its number"},
		{"via", Text, false, "how: dns (in the clear), mdns or llmnr"},
		{"resolver", Text, false, "address that was asked"},
		{"state", Text, false, "answered, waiting, or lost (no answer in ten seconds)"},
		{"rcode", Text, true, "of the answer: noerror, nxdomain, servfail …, or its number in digits"},
		{"ms", Number, true, "milliseconds until the answer"},
		{"address", Text, true, "first address of the answer"},
	}
}

func encodeQuery(e *Encoder, q *engine.QueryRow) {
	e.Int("at", q.At/second)
	uintOrNull(e, "device", uint64(q.Device))
	textOrNull(e, "device_name", q.DeviceName)
	address(e, "client", q.Client)
	textOrNull(e, "name", q.Name)
	recordType(e, "type", q.Type)
	e.Str("via", q.Via)
	address(e, "resolver", q.Resolver)
	e.Str("state", q.State)
	if q.State == "answered" {
		rcode(e, "rcode", q.Rcode)
	} else {
		e.Null("rcode")
	}
	milliOrNull(e, "ms", int64(q.Took/time.Microsecond), q.Timed)
	address(e, "address", q.First)
}

// recordType writes a type of record (IANA, DNS parameters) by its name, or as
// RFC 3597 section 5 does.
func recordType(e *Encoder, name string, kind uint16) {
	switch kind {
	case 1:
		e.Str(name, "A")
	case 2:
		e.Str(name, "NS")
	case 5:
		e.Str(name, "CNAME")
	case 6:
		e.Str(name, "SOA")
	case 12:
		e.Str(name, "PTR")
	case 15:
		e.Str(name, "MX")
	case 16:
		e.Str(name, "TXT")
	case 28:
		e.Str(name, "AAAA")
	case 33:
		e.Str(name, "SRV")
	case 35:
		e.Str(name, "NAPTR")
	case 43:
		e.Str(name, "DS")
	case 48:
		e.Str(name, "DNSKEY")
	case 64:
		e.Str(name, "SVCB")
	case 65:
		e.Str(name, "HTTPS")
	case 255:
		e.Str(name, "ANY")
	default:
		var b [9]byte
		e.Bytes(name, strconv.AppendUint(append(b[:0], "TYPE"...), uint64(kind), 10))
	}
}
