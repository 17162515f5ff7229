package device

import (
	"net/netip"
	"testing"

	"weir/internal/packet"
)

func addr(s string) *packet.Addr {
	a := packet.AddrOf(netip.MustParseAddr(s))
	return &a
}

func TestScope(t *testing.T) {
	n := NewNetworks(
		[]netip.Prefix{netip.MustParsePrefix("192.168.1.7/24"), netip.MustParsePrefix("10.9.0.0/31"),
			netip.MustParsePrefix("2001:db8:1::/60"), netip.MustParsePrefix("172.16.5.0/27"), {}},
		[]netip.Addr{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("203.0.113.77")})
	tests := []struct {
		addr string
		want Scope
	}{
		{"192.168.1.20", Local},
		{"192.168.1.1", Router},
		{"203.0.113.77", Router},
		{"192.168.1.255", Broadcast},
		{"192.168.2.1", Remote},
		{"172.16.5.30", Local},
		{"172.16.5.31", Broadcast},
		{"172.16.5.32", Remote},
		{"10.9.0.1", Local}, // a point-to-point prefix has no broadcast address (RFC 3021)
		{"10.9.0.2", Remote},
		{"8.8.8.8", Remote},
		{"224.0.0.251", Multicast},
		{"239.255.255.250", Multicast},
		{"255.255.255.255", Broadcast},
		{"0.0.0.0", Local},
		{"127.0.0.1", Local},
		{"169.254.3.4", Local},
		{"::", Local},
		{"::1", Local},
		{"fe80::1", Local},
		{"ff02::fb", Multicast},
		{"2001:db8:1::5", Local},
		{"2001:db8:1:f:ffff:ffff:ffff:ffff", Local}, // IPv6 has no broadcast
		{"2001:db8:1:10::", Remote},
		{"2001:4860:4860::8888", Remote},
	}
	for _, tt := range tests {
		t.Run(tt.addr, func(t *testing.T) {
			if got := n.Scope(addr(tt.addr)); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestScopeNames(t *testing.T) {
	for s := Remote; s <= Broadcast; s++ {
		if got, ok := ParseScope(s.String()); !ok || got != s {
			t.Errorf("%v reads back as %v, %v", s, got, ok)
		}
	}
	if _, ok := ParseScope("galactic"); ok {
		t.Error("an unknown scope was found")
	}
	if Remote.House() || Multicast.House() || !Local.House() || !Router.House() {
		t.Error("who is in the house?")
	}
}

func TestScopeAllocatesNothing(t *testing.T) {
	n := NewNetworks(Private, nil)
	a := addr("2001:db8::1")
	if allocs := testing.AllocsPerRun(100, func() { n.Scope(a) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestPoint(t *testing.T) {
	n := NewNetworks(nil, nil)
	for prefix, point := range map[string]uint8{
		"10.0.0.0/8": 1, "10.1.0.0/16": 2, "10.1.2.0/24": 3, "192.168.1.7/24": 4,
		"fd00:1::/48": 5, "fd00:1:0:7::/64": 6,
	} {
		n.Place(netip.MustParsePrefix(prefix), point)
	}
	n.Place(netip.Prefix{}, 9)
	for a, want := range map[string]uint8{
		"10.9.9.9": 1, "10.1.9.9": 2, "10.1.2.9": 3, "192.168.1.200": 4, "fd00:1::1": 5, "fd00:1:0:7::1": 6,
		"192.168.2.1": 0, "8.8.8.8": 0, "fe80::1": 0, "::": 0,
	} {
		if got, ok := n.Point(addr(a)); got != want || ok != (want != 0) {
			t.Errorf("%s is at %d, %v; want %d", a, got, ok, want)
		}
	}
	a := addr("fd00:1::1")
	if allocs := testing.AllocsPerRun(100, func() { n.Point(a) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
