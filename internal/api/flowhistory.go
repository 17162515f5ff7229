package api

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"weir/internal/flowlog"
	"weir/store"
)

// pastFilters narrow flows that ended.
var pastFilters = []Arg{
	ifaceArg, deviceArg, ipArg, appArg, categoryArg, protocolArg, hostArg, protoArg, portArg, countryArg, asnArg,
	minBytesArg, minDurationArg, dirArg, uplinkArg, textArg,
}

var cursorArg = Arg{Name: "cursor", Type: String, Doc: "where to go on: next of the answer before"}

var flowHistoryMethod = Method{
	Name:    "flow_history",
	Doc:     "Flows that ended, newest first.",
	Args:    slices.Concat(pastFilters, []Arg{limitArg, cursorArg}, timeArgs),
	Example: `{"app":"youtube","limit":1}`,
	run:     runFlowHistory,
}

func flowHistoryAnswer() []Field {
	return append([]Field{
		{"ts", Integer, false, "when it was answered"},
		{"from", Integer, false, "beginning of the time"},
		{"to", Integer, false, "end of the time, not included"},
		{"next", Text, true, "cursor of the flows after these, of which there may be none; null when there are none. A call looks at a part of the log, so there may be fewer flows than limit and still a next"},
		{"scanned", Table, false, "what it looked at"},
		{"scanned.blocks", Integer, false, "blocks of flows that were unpacked"},
		{"scanned.skipped", Integer, false, "blocks that cannot have what is looked for"},
		{"scanned.damaged", Integer, false, "blocks that were left out"},
		{"scanned.flows", Integer, false, "flows"},
		{"flows", List, false, "one for each flow, as flows has them; rates now are 0"},
		{"flows[]", Table, false, ""},
	}, under("flows[]", flowFields())...)
}

// noFlowLog is the error of methods that need the log of flows that ended.
func noFlowLog(method string) *Error {
	return &Error{NotSupported, method + ": flows that ended are not kept", "set option flow_days of config store above 0"}
}

func runFlowHistory(ctx context.Context, b *Backend, a Args) (Reply, error) {
	if b.FlowLog == nil {
		return nil, noFlowLog("flow_history")
	}
	s, err := spanOf(b, a)
	if err != nil {
		return nil, err
	}
	rows, next, scanned, err := b.FlowLog.FlowHistory(ctx, pastFilterOf(a, s), int(arg[int64](a, "limit")), arg[string](a, "cursor"))
	if errors.Is(err, store.ErrCursor) {
		return nil, invalid("leave it out to begin with the newest flows", "flow_history: %s is not a cursor of this log", quote(arg[string](a, "cursor")))
	}
	if err != nil {
		return nil, err
	}
	nameSystems(b, rows)
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Int("from", s.from)
		e.Int("to", s.to)
		textOrNull(e, "next", next)
		e.Table("scanned")
		e.Int("blocks", int64(scanned.Unpacked))
		e.Int("skipped", int64(scanned.Skipped))
		e.Int("damaged", int64(scanned.Damaged))
		e.Int("flows", int64(scanned.Flows))
		e.EndTable()
		e.Array("flows")
		for i := range rows {
			e.Table("")
			encodeFlow(e, &rows[i])
			e.EndTable()
		}
		e.EndArray()
	}, nil
}

// pastFilterOf returns what a filters flows that ended by. Times of a Filter are
// microseconds.
func pastFilterOf(a Args, s span) flowlog.Filter {
	proto, hasProto := a["proto"].(uint8)
	return flowlog.Filter{
		From: s.from * second, To: s.to * second,
		Interface:   arg[string](a, "iface"),
		Device:      uint32(arg[int64](a, "device")),
		IP:          arg[netip.Prefix](a, "ip"),
		App:         arg[string](a, "app"),
		Category:    arg[string](a, "category"),
		Protocol:    arg[string](a, "protocol"),
		Name:        arg[string](a, "host"),
		Country:     arg[string](a, "country"),
		ASN:         uint32(arg[int64](a, "asn")),
		Proto:       proto,
		HasProto:    hasProto,
		Port:        uint16(arg[int64](a, "port")),
		Dir:         arg[string](a, "dir"),
		Uplink:      arg[string](a, "uplink"),
		MinBytes:    uint64(arg[int64](a, "min_bytes")),
		MinDuration: arg[int64](a, "min_duration") * second,
		Text:        arg[string](a, "text"),
	}
}

var exportFlows = exportKind{
	name:   "flows",
	args:   slices.Concat(pastFilters, timeArgs),
	fields: flowFields,
	open: func(ctx context.Context, b *Backend, a Args) (rowsOf, error) {
		if b.FlowLog == nil {
			return nil, noFlowLog("export")
		}
		s, err := spanOf(b, a)
		if err != nil {
			return nil, err
		}
		filter := pastFilterOf(a, s)
		return func(f *rowFile) error {
			_, err := b.FlowLog.EachFlow(ctx, filter, func(row *flowlog.Flow) error {
				return putRow(f, row, encodeFlow)
			})
			return err
		}, nil
	},
}
