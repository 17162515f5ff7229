package afpacket

import (
	"strings"
	"testing"

	"weir/internal/source"
)

func TestConfig(t *testing.T) {
	lan := []Interface{{Name: "lan", Device: "br-lan"}}
	many := make([]Interface, source.MaxInterfaces+1)
	tests := []struct {
		name string
		cfg  Config
		err  string // part of it; empty for none
	}{
		{"defaults", Config{Interfaces: lan}, ""},
		{"least", Config{Interfaces: lan, RingBytes: MinRingBytes, Snaplen: MinSnaplen, Sampling: 1}, ""},
		{"most", Config{Interfaces: lan, RingBytes: MaxRingBytes, Snaplen: MaxSnaplen, Sampling: MaxSampling}, ""},
		{"no interface", Config{}, "no interface"},
		{"too many", Config{Interfaces: many}, "250 is the most"},
		{"small ring", Config{Interfaces: lan, RingBytes: 1000}, "ring of 1000 bytes"},
		{"large ring", Config{Interfaces: lan, RingBytes: MaxRingBytes + 1}, "out of range"},
		{"short snaplen", Config{Interfaces: lan, Snaplen: 20}, "snap length of 20"},
		{"long snaplen", Config{Interfaces: lan, Snaplen: 1 << 20}, "snap length"},
		{"sampling too thin", Config{Interfaces: lan, Sampling: MaxSampling + 1}, "one in 65536"},
		{"negative sampling", Config{Interfaces: lan, Sampling: -1}, "one in -1"},
		{"no name", Config{Interfaces: []Interface{{Device: "eth0"}}}, `device "eth0" has no name`},
		{"no device", Config{Interfaces: []Interface{{Name: "lan"}}}, "capture lan"},
		{"long device", Config{Interfaces: []Interface{{Name: "lan", Device: "0123456789abcdef"}}}, "1 to 15 bytes"},
		{"VLAN out of range", Config{Interfaces: []Interface{{Name: "lan", Device: "br-lan", VLAN: 4095}}}, "VLAN 4095"},
		{"two VLANs of a device", Config{Interfaces: []Interface{{Name: "a", Device: "br-lan", VLAN: 1}, {Name: "b", Device: "br-lan", VLAN: 2}}}, ""},
		{"hybrid mode", Config{Interfaces: lan, Hybrid: true, Snaplen: 96, Sampling: 10}, ""},
		{"negative budget", Config{Interfaces: lan, Hybrid: true, Budget: -1}, "budget of -1"},
		{"device twice", Config{Interfaces: append(lan, Interface{Name: "x", Device: "br-lan"})}, "twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.cfg.withDefaults()
			switch {
			case err == nil && tt.err != "" || err != nil && (tt.err == "" || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("error %v, want %q", err, tt.err)
			case err == nil && (got.RingBytes == 0 || got.Snaplen == 0 || got.Sampling == 0):
				t.Errorf("zeros are left: %+v", got)
			case err == nil && got.Hybrid && (got.Snaplen != wholeBytes || got.Sampling != 1 || got.Budget == 0):
				t.Errorf("hybrid mode with %+v", got)
			}
		})
	}
}
