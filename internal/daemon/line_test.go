package daemon

import (
	"testing"

	"weir/internal/api"
	"weir/uci"
)

func TestLineOf(t *testing.T) {
	dsl, cable := uplink{"wan", "pppoe-wan", "eth1.7"}, uplink{"wan2", "eth2", ""}
	shaped := []uci.Shaper{{Device: "eth1.7", Down: 50e6, Up: 10e6}, {Device: "eth2", Down: 200e6}, {Device: "br-lan", Down: 1}}
	tests := []struct {
		name    string
		uplinks []uplink
		shapers []uci.Shaper
		want    api.Line
	}{
		{"no uplink", nil, shaped, api.Line{}},
		{"not shaped", []uplink{dsl}, nil, api.Line{}},
		{"shaped below its session", []uplink{dsl}, shaped, api.Line{Down: 50e6, Up: 10e6}},
		{"of one direction", []uplink{cable}, shaped, api.Line{Down: 200e6}},
		{"together", []uplink{dsl, cable}, shaped, api.Line{Down: 250e6}},
		{"one of two", []uplink{dsl, cable}, shaped[:1], api.Line{}},
	}
	for _, tt := range tests {
		if got := lineOf(tt.uplinks, tt.shapers); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
