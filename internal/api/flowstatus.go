package api

import (
	"strings"

	"weir/internal/engine"
	"weir/internal/packet"
)

// lossy is from how many packets in a hundred on, sent again or missing, a flow is
// called lossy.
const lossy = 5

// statusOf says in a word what is wrong with a flow, the worst first.
func statusOf(f *engine.FlowRow) string {
	sent := f.Packets.Tx + f.Packets.Rx
	lost := uint64(f.Retrans.Tx) + uint64(f.Retrans.Rx) + uint64(f.Lost.Tx) + uint64(f.Lost.Rx)
	switch {
	case f.State == "REJ":
		return "refused"
	case strings.HasPrefix(f.State, "RST"):
		return "reset"
	case f.Proto == packet.ProtoTCP && (f.State == "S0" || f.State == "SH"), f.OneWay && f.Server.Scope != "multicast" && f.Server.Scope != "broadcast":
		return "unanswered"
	case f.Observed && lost*100 > sent*lossy:
		return "lossy"
	case f.Observed && f.LowGoodput:
		return "low_goodput"
	}
	return "normal"
}
