package usage

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/link"
)

// A router: a switch with ports, a DSL modem's port with VLANs, tunnels, a modem.
var links = []link.Link{
	{Index: 1, Name: "lo", Type: link.TypeLoopback},
	{Index: 2, Name: "eth0", Type: link.TypeEthernet},
	{Index: 3, Name: "wan", Kind: "dsa", Type: link.TypeEthernet, Parent: 2},
	{Index: 4, Name: "lan1", Kind: "dsa", Type: link.TypeEthernet, Parent: 2, Master: 5, PortOf: "bridge"},
	{Index: 5, Name: "br-lan", Kind: "bridge", Type: link.TypeEthernet},
	{Index: 6, Name: "wan.7", Kind: "vlan", Type: link.TypeEthernet, Parent: 3, VLAN: 7},
	{Index: 7, Name: "pppoe-wan", Kind: "ppp", Type: link.TypePPP},
	{Index: 8, Name: "br-lan.2", Kind: "vlan", Type: link.TypeEthernet, Parent: 5, VLAN: 2},
	{Index: 9, Name: "br-lan.3", Kind: "vlan", Type: link.TypeEthernet, Parent: 5, VLAN: 3},
	{Index: 10, Name: "wwan0", Type: link.TypeRawIP},
	{Index: 11, Name: "wg0", Kind: "wireguard", Type: link.TypeNone},
	{Index: 12, Name: "eth1", Type: link.TypeEthernet},
	{Index: 13, Name: "eth1.10", Kind: "vlan", Type: link.TypeEthernet, Parent: 12, VLAN: 10},
	{Index: 14, Name: "eth1.10.20", Kind: "vlan", Type: link.TypeEthernet, Parent: 13, VLAN: 20},
	{Index: 15, Name: "eth1.10.20.30", Kind: "vlan", Type: link.TypeEthernet, Parent: 14, VLAN: 30},
	{Index: 16, Name: "eth1.10.20.30.40", Kind: "vlan", Type: link.TypeEthernet, Parent: 15, VLAN: 40},
	{Index: 17, Name: "veth0", Kind: "veth", Type: link.TypeEthernet, Parent: 18},
	{Index: 18, Name: "veth1", Kind: "veth", Type: link.TypeEthernet, Parent: 17},
	{Index: 19, Name: "loop", Kind: "vlan", Type: link.TypeEthernet, Parent: 19},
}

func TestStackOf(t *testing.T) {
	tests := []struct {
		name, device, lower string
		want                Stack
	}{
		{"none", "wlan0", "", nil},
		{"a port of the switch", "wan", "", Stack{{Device: "wan", Index: 3, Tx: 14, Rx: 14, Slack: 4}}},
		{"a modem", "wwan0", "", Stack{{Device: "wwan0", Index: 10}}},
		{"WireGuard", "wg0", "", Stack{{Device: "wg0", Index: 11, Tx: 32, Rx: 32, Slack: 15}}},
		{"a VLAN", "wan.7", "", Stack{{Device: "wan.7", Index: 6, Tx: 14}, {Device: "wan", Index: 3, Tx: 14, Rx: 14, Slack: 8}}},
		{"PPPoE", "pppoe-wan", "eth1", Stack{{Device: "pppoe-wan", Index: 7}, {Device: "eth1", Index: 12, Tx: 22, Rx: 22, Slack: 4, Shared: true}}},
		{"PPPoE over a VLAN", "pppoe-wan", "wan.7", Stack{
			{Device: "pppoe-wan", Index: 7},
			{Device: "wan.7", Index: 6, Tx: 22, Rx: 8},
			{Device: "wan", Index: 3, Tx: 22, Rx: 22, Slack: 8},
		}},
		{"PPP over who knows what", "pppoe-wan", "", Stack{{Device: "pppoe-wan", Index: 7}}},
		{"PPP over what is gone", "pppoe-wan", "eth9", Stack{{Device: "pppoe-wan", Index: 7}}},
		{"PPP over itself", "pppoe-wan", "pppoe-wan", Stack{{Device: "pppoe-wan", Index: 7}}},
		{"a VLAN of a bridge with others", "br-lan.2", "", Stack{
			{Device: "br-lan.2", Index: 8, Tx: 14}, {Device: "br-lan", Index: 5, Tx: 14, Slack: 4, Shared: true},
		}},
		{"a bridge", "br-lan", "", Stack{{Device: "br-lan", Index: 5, Tx: 14}}},
		{"a veth", "veth0", "", Stack{{Device: "veth0", Index: 17, Tx: 14, Rx: 14}}},
		{"a stack that is too deep", "eth1.10.20.30.40", "", Stack{
			{Device: "eth1.10.20.30.40", Index: 16, Tx: 14},
			{Device: "eth1.10.20.30", Index: 15, Tx: 14, Slack: 4},
			{Device: "eth1.10.20", Index: 14, Tx: 14, Slack: 8},
			{Device: "eth1.10", Index: 13, Tx: 14, Slack: 12},
		}},
		{"a link on itself", "loop", "", Stack{{Device: "loop", Index: 19, Tx: 14}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, StackOf(links, tt.device, tt.lower)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestStackWith(t *testing.T) {
	s := StackOf(links, "pppoe-wan", "wan.7")
	if diff := cmp.Diff([]string{"pppoe-wan", "wan.7", "wan"}, s.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	c := func(n uint64) link.Counters { return link.Counters{RxBytes: n, RxPackets: 1} }
	all := s.With(map[string]link.Counters{"pppoe-wan": c(1), "wan.7": c(2), "wan": c(3), "lan1": c(4)})
	if len(all) != 3 || all[0].Counters != c(1) || all[2].Counters != c(3) || all[2].Slack != 8 {
		t.Errorf("got %+v", all)
	}
	if s[0].Counters != (link.Counters{}) {
		t.Error("the stack itself was changed")
	}
	if got := s.With(map[string]link.Counters{"pppoe-wan": c(1), "wan": c(3)}); len(got) != 1 {
		t.Errorf("without the middle one: %+v", got)
	}
	if got := s.With(nil); len(got) != 0 {
		t.Errorf("without any: %+v", got)
	}
}

func TestLayerOf(t *testing.T) {
	packets := func(n ...uint64) (all []Counts) {
		for _, n := range n {
			all = append(all, Counts{RxPackets: n - n/3, TxPackets: n / 3})
		}
		return all
	}
	three, shared := make(Stack, 3), make(Stack, 3)
	shared[2].Shared = true
	tests := []struct {
		name   string
		stack  Stack
		deltas []Counts
		want   int
	}{
		{"all carry the same", three, packets(5000, 5000, 5000), 0},
		{"the lower ones a little more", three, packets(5000, 5010, 5100), 0},
		{"idle but for a provider's keep-alive", three, packets(0, 3, 30), 0},
		{"PPP is passed by", three, packets(12, 5000, 5010), 1},
		{"so is the VLAN", three, packets(12, 13, 5000), 2},
		{"some connections are offloaded", three, packets(4000, 4000, 5000), 2},
		{"the lowest is shared", shared, packets(12, 13, 5000), 0},
		{"the lowest is shared, the middle one is not", shared, packets(12, 5000, 50000), 1},
		{"one device", three[:1], packets(9), 0},
		{"nothing known", nil, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.stack.LayerOf(tt.deltas); got != tt.want {
				t.Errorf("reads layer %d, want %d", got, tt.want)
			}
		})
	}
}

func TestIPBytes(t *testing.T) {
	l := Layer{Tx: 22, Rx: 8, Slack: 4}
	ip, slack := l.packets(Counts{TxBytes: 1000, TxPackets: 10, RxBytes: 5000, RxPackets: 5})
	if want := (Counts{TxBytes: 780, TxPackets: 10, RxBytes: 4960, RxPackets: 5}); ip != want || slack != 60 {
		t.Errorf("got %+v, %d, want %+v, 60", ip, slack, want)
	}
	if ip, slack = l.packets(Counts{TxBytes: 10, TxPackets: 10}); ip.TxBytes != 0 || slack != 0 {
		t.Errorf("packets smaller than their headers: %+v, %d", ip, slack)
	}
}
