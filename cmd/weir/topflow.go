package main

import (
	"cmp"
	"encoding/json"
	"time"
)

// flowRow is what top shows of a flow.
type flowRow struct {
	Client, Server endpoint
	Proto          string
	State          string // "" for null, as all text
	App, Protocol  string
	Host           string
	Dir, Offload   string
	Bytes          txRx
	Bps            struct{ Now uint64 }
	Duration       float64
	RTT            struct{ Client, Server float64 } // 0 for null
	NAT            *struct {
		Orig, Reply struct{ Src, Dst string }
		Why         string
	}
}

func flowCells(con *console, row json.RawMessage, _ int64) ([]string, error) {
	var f flowRow
	if err := json.Unmarshal(row, &f); err != nil {
		return nil, err
	}
	rtt := unknown(con)
	if f.RTT.Client+f.RTT.Server > 0 {
		rtt = latencyText(uint64(1000 * (f.RTT.Client + f.RTT.Server)))
	}
	return []string{
		f.Client.text(con), f.Server.text(con), con.clean(f.Proto), known(con, cmp.Or(f.App, f.Protocol)),
		con.clean(f.Host), known(con, f.State), f.way(con),
		byteText(f.Bytes.Tx), byteText(f.Bytes.Rx), idleText(f.Bps.Now),
		durationText(time.Duration(f.Duration * float64(time.Second))), rtt, f.translation(con),
	}, nil
}

// way says who opened the flow and what forwards it.
func (f *flowRow) way(con *console) string {
	switch f.Offload {
	case "software":
		return known(con, f.Dir) + " sw"
	case "hardware":
		return known(con, f.Dir) + " hw"
	}
	return known(con, f.Dir)
}

// translation says what became of the flow's addresses, or why it may come in.
func (f *flowRow) translation(con *console) string {
	switch {
	case f.NAT == nil:
		return unknown(con)
	case f.Dir != "in" && f.NAT.Orig.Src == f.NAT.Reply.Dst && f.NAT.Orig.Dst == f.NAT.Reply.Src:
		return "none"
	}
	return con.clean(f.NAT.Why)
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
