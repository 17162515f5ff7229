package api

import (
	"strings"
	"testing"

	"weir/internal/source"
	"weir/internal/usage"
)

func TestOffloadVerdict(t *testing.T) {
	read := []source.Status{{Kind: "afpacket"}, {Kind: "conntrack", Tracking: &source.Tracking{Offloaded: 3, Standing: 1, StandingHardware: 1}}}
	packets := []source.Status{{Kind: "afpacket"}}
	counts := []Flowtable{{Table: "fw4", Name: "ft", Counter: true}}
	blind := []Flowtable{{Table: "fw4", Name: "ft", Counter: true}, {Table: "fw4", Name: "old"}, {Table: "x", Name: "y"}}
	stands := func(active bool) []uplinkNow {
		return []uplinkNow{{reasons: []reason{
			{Reason: usage.Reason{Cause: usage.RingDrops, Active: true}},
			{Reason: usage.Reason{Cause: usage.Standing, Active: active}},
		}}}
	}
	tests := []struct {
		name    string
		o       Offload
		sources []source.Status
		uplinks []uplinkNow
		want    string // its beginning
	}{
		{"off", Offload{}, read, nil, "off: every packet"},
		{"off, and packets", Offload{}, packets, nil, "off: every packet"},
		{"counted", Offload{Software: true, Flowtables: counts}, read, nil, "on, and what it forwards is counted"},
		{"counted, and connections rest", Offload{Software: true, Flowtables: counts}, read, stands(false), "on, and what it forwards is counted"},
		{"not by the configuration", Offload{Flowtables: counts}, read, nil, "on, and what it forwards is counted"},
		{"without counter", Offload{Software: true, Flowtables: blind}, read, stands(true), "flowtable fw4 old, x y does not count"},
		{"hardware that does not count", Offload{Hardware: true, Flowtables: counts}, read, stands(true), "hardware forwards connections without counting"},
		{"packets", Offload{Software: true, Flowtables: counts}, packets, nil, "on, but connection tracking is not read"},
		{"no flowtable", Offload{Software: true}, read, nil, "switched on, but the kernel has no flowtable"},
		{"not allowed to ask", Offload{Software: true, Err: "operation not permitted"}, read, nil, "the kernel's flowtables are not known: operation not permitted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := viewOffload(&tt.o, tt.sources, tt.uplinks)
			if !strings.HasPrefix(v.verdict, tt.want) {
				t.Errorf("%q, want %q …", v.verdict, tt.want)
			}
		})
	}
}
