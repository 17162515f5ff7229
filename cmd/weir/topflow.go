package main

import (
	"cmp"
	"time"

	"weir/internal/jsontext"
)

// flowRow is a flow of the reply.
type flowRow struct{ jsontext.Value }

func flowCells(con *console, row jsontext.Value, _ int64) []string {
	f, bytes, rtt := flowRow{row}, txRxOf(row, "bytes"), unknown(con)
	if ms := row.FloatOf("rtt", "client") + row.FloatOf("rtt", "server"); ms > 0 {
		rtt = latencyText(uint64(1000 * ms))
	}
	return []string{
		endpointOf(row.Get("client")).text(con), endpointOf(row.Get("server")).text(con), con.clean(row.TextOf("proto")),
		known(con, cmp.Or(row.TextOf("app"), row.TextOf("protocol"))), con.clean(row.TextOf("host")), known(con, row.TextOf("state")), f.way(con),
		byteText(bytes.Tx), byteText(bytes.Rx), idleText(row.UintOf("bps", "now")),
		durationText(time.Duration(row.FloatOf("duration") * float64(time.Second))), rtt, f.translation(con),
	}
}

// way says who opened the flow and what forwards it.
func (f flowRow) way(con *console) string {
	dir := known(con, f.TextOf("dir"))
	switch f.TextOf("offload") {
	case "software":
		return dir + " sw"
	case "hardware":
		return dir + " hw"
	}
	return dir
}

// translation says what became of the flow's addresses, or why it may come in.
func (f flowRow) translation(con *console) string {
	nat := f.Get("nat")
	end := func(tuple, name string) string { return nat.TextOf(tuple, name) }
	switch {
	case !nat.IsObject():
		return unknown(con)
	case f.TextOf("dir") != "in" && end("orig", "src") == end("reply", "dst") && end("orig", "dst") == end("reply", "src"):
		return "none"
	}
	return con.clean(nat.TextOf("why"))
}

// unknown stands for null.
func unknown(con *console) string { return con.sign("–", "-") }

// known returns a text, or what stands for null.
func known(con *console, s string) string {
	if s == "" {
		return unknown(con)
	}
	return con.clean(s)
}
