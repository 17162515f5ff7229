package api

import (
	"context"
	"slices"

	"weir/internal/engine"
)

var dnsBypassMethod = Method{
	Name: "dns_bypass",
	Doc:  "Devices that ask resolvers outside of the house, and addresses that they talk to without having asked anybody.",
	Args: []Arg{deviceArg, limitArg, offsetArg},
	run:  runDNSBypass,

	Example: `{"limit":1}`,
}

func dnsBypassAnswer() []Field {
	return append(paged("bypasses", "one for each device and resolver outside, the newest first", bypassFields()), strangerFields()...)
}

func bypassFields() []Field {
	return []Field{
		{"device", Integer, true, "id of the device"},
		{"device_name", Text, true, "its name"},
		{"client", Text, false, "address that it asked from"},
		{"resolver", Text, false, "address that was asked"},
		{"via", Text, false, viaDoc},
		{"count", Integer, false, "questions in the clear, or flows to it"},
		{"first", Integer, true, "first asked"},
		{"last", Integer, true, "last asked"},
	}
}

func strangerFields() []Field {
	return append([]Field{
		{"strangers", List, false, "examples of flows to addresses outside that no answer gave to anybody, at most 128, the newest first"},
		{"strangers[]", Table, false, ""},
	}, under("strangers[]", []Field{
		{"device", Integer, true, "id of the device"},
		{"device_name", Text, true, "its name"},
		{"client", Text, false, "its address"},
		{"server", Text, false, "address that it talked to"},
		{"proto", Text, false, "IP protocol"},
		{"port", Integer, true, "of the server"},
		{"flows", Integer, false, "that ended"},
		{"bytes", Integer, false, "of both directions"},
		{"last", Integer, true, "when the last one ended"},
	})...)
}

func runDNSBypass(_ context.Context, b *Backend, a Args) (Reply, error) {
	device, p := uint32(arg[int64](a, "device")), pageOf(a)
	outside, strangers := b.Traffic.Bypasses()
	if device != 0 {
		outside = slices.DeleteFunc(outside, func(r engine.BypassRow) bool { return r.Device != device })
		strangers = slices.DeleteFunc(strangers, func(r engine.StrangerRow) bool { return r.Device != device })
	}
	bypasses := list(b, p, "bypasses", pageRows(outside, p), len(outside), encodeBypass)
	return func(e *Encoder) {
		bypasses(e)
		e.Array("strangers")
		for i := range strangers {
			e.Table("")
			encodeStranger(e, &strangers[i])
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

func encodeBypass(e *Encoder, r *engine.BypassRow) {
	uintOrNull(e, "device", uint64(r.Device))
	textOrNull(e, "device_name", r.DeviceName)
	address(e, "client", r.Client)
	address(e, "resolver", r.Resolver)
	e.Str("via", r.Via)
	e.Uint("count", uint64(r.Count))
	timeOrNull(e, "first", r.First)
	timeOrNull(e, "last", r.Last)
}

func encodeStranger(e *Encoder, r *engine.StrangerRow) {
	uintOrNull(e, "device", uint64(r.Device))
	textOrNull(e, "device_name", r.DeviceName)
	address(e, "client", r.Client)
	address(e, "server", r.Server)
	protocol(e, "proto", r.Proto)
	uintOrNull(e, "port", uint64(r.Port))
	e.Uint("flows", uint64(r.Flows))
	e.Uint("bytes", r.Bytes)
	timeOrNull(e, "last", r.Last)
}
