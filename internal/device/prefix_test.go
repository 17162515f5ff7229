package device

import (
	"net/netip"
	"testing"

	"weir/internal/packet"
)

func TestPrefix(t *testing.T) {
	n := NewNetworks(nil, nil)
	for _, p := range []string{"192.168.0.0/16", "192.168.1.7/24", "2001:db8:1::/64", "10.0.0.0/8"} {
		n.Place(netip.MustParsePrefix(p), 0)
	}
	for ip, want := range map[string]string{
		"192.168.1.20": "192.168.1.0/24", "192.168.9.20": "192.168.0.0/16", "10.1.2.3": "10.0.0.0/8",
		"2001:db8:1::20": "2001:db8:1::/64", "2001:db8:2::20": "", "203.0.113.5": "",
	} {
		a := packet.AddrOf(netip.MustParseAddr(ip))
		got, ok := n.Prefix(&a)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s is in %v, want %s", ip, got, want)
		}
	}
}
