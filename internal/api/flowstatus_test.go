package api

import (
	"testing"

	"weir/internal/engine"
	"weir/internal/packet"
)

func TestStatusOf(t *testing.T) {
	moved := engine.Pair[uint64]{Tx: 60, Rx: 40}
	tests := []struct {
		name string
		flow engine.FlowRow
		want string
	}{
		{"all is well", engine.FlowRow{Proto: packet.ProtoTCP, State: "SF", Packets: moved, Observed: true, Retrans: engine.Pair[uint32]{Rx: 5}}, "normal"},
		{"refused", engine.FlowRow{Proto: packet.ProtoTCP, State: "REJ"}, "refused"},
		{"reset by the server", engine.FlowRow{Proto: packet.ProtoTCP, State: "RSTR"}, "reset"},
		{"no answer", engine.FlowRow{Proto: packet.ProtoTCP, State: "S0"}, "unanswered"},
		{"a question", engine.FlowRow{Proto: packet.ProtoUDP, OneWay: true, Server: engine.Endpoint{Scope: "remote"}}, "unanswered"},
		{"a greeting to all", engine.FlowRow{Proto: packet.ProtoUDP, OneWay: true, Server: engine.Endpoint{Scope: "multicast"}}, "normal"},
		{"lossy", engine.FlowRow{State: "S1", Packets: moved, Observed: true, Retrans: engine.Pair[uint32]{Tx: 2}, Lost: engine.Pair[uint32]{Rx: 4}}, "lossy"},
		{"losses that nobody saw", engine.FlowRow{State: "S1", Packets: moved, Lost: engine.Pair[uint32]{Rx: 40}}, "normal"},
		{"little payload", engine.FlowRow{State: "S1", Packets: moved, Observed: true, LowGoodput: true}, "low_goodput"},
	}
	for _, tt := range tests {
		if got := statusOf(&tt.flow); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
