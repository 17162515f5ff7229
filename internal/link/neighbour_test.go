package link

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The states of a neighbour, NUD_ of linux/neighbour.h.
const (
	nudNone       = 0x00
	nudIncomplete = 0x01
	nudReachable  = 0x02
	nudStale      = 0x04
	nudDelay      = 0x08
	nudProbe      = 0x10
	nudFailed     = 0x20
	nudNoARP      = 0x40
	nudPermanent  = 0x80
)

func neighbourMessage(order binary.AppendByteOrder, family byte, index uint32, state uint16, flags byte) *message {
	m := &message{order: order}
	return m.raw(family, 0, 0, 0).u32(index).u16(state).raw(flags, 1)
}

func TestParseNeighbour(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("fe80::20")
	mac := MAC{2, 0, 0, 0, 1, 1}
	tests := []struct {
		name   string
		family byte
		index  uint32
		state  uint16
		flags  byte
		addr   netip.Addr
		mac    []byte
		want   Neighbour
		bad    bool
	}{
		{name: "reachable", family: familyIPv4, index: 3, state: nudReachable, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4, MAC: mac}},
		{name: "stale, a router", family: familyIPv6, index: 3, state: nudStale, flags: neighbourRouter, addr: v6, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v6, MAC: mac, Router: true}},
		{name: "delayed", family: familyIPv4, index: 3, state: nudDelay, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4, MAC: mac}},
		{name: "probed", family: familyIPv4, index: 3, state: nudProbe, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4, MAC: mac}},
		{name: "permanent, learned elsewhere", family: familyIPv6, index: 3, state: nudPermanent, flags: 0x10, addr: v6, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v6, MAC: mac}},
		{name: "failed", family: familyIPv4, index: 3, state: nudFailed, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "incomplete", family: familyIPv4, index: 3, state: nudIncomplete, addr: v4,
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "none", family: familyIPv4, index: 3, state: nudNone, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "no ARP", family: familyIPv4, index: 3, state: nudNoARP, addr: v4, mac: mac[:],
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "hardware address of another length", family: familyIPv4, index: 3, state: nudReachable, addr: v4, mac: []byte{10, 0, 0, 1},
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "hardware address of a group", family: familyIPv4, index: 3, state: nudPermanent, addr: v4, mac: []byte{1, 0, 0x5e, 0, 0, 1},
			want: Neighbour{Index: 3, Addr: v4}},
		{name: "multicast", family: familyIPv6, index: 3, state: nudReachable, addr: netip.MustParseAddr("ff02::16"), mac: mac[:], bad: true},
		{name: "unspecified", family: familyIPv4, index: 3, state: nudReachable, addr: netip.IPv4Unspecified(), mac: mac[:], bad: true},
		{name: "loopback", family: familyIPv4, index: 3, state: nudReachable, addr: netip.MustParseAddr("127.0.0.1"), mac: mac[:], bad: true},
		{name: "proxy", family: familyIPv4, index: 3, state: nudPermanent, flags: neighbourProxy, addr: v4, mac: mac[:], bad: true},
		{name: "a bridge's forwarding table", family: familyBridge, index: 3, state: nudReachable, mac: mac[:], bad: true},
		{name: "address of another family", family: familyIPv6, index: 3, state: nudReachable, addr: v4, mac: mac[:], bad: true},
		{name: "no interface", family: familyIPv4, state: nudReachable, addr: v4, mac: mac[:], bad: true},
	}
	for _, o := range orders {
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				m := neighbourMessage(o.order, tt.family, tt.index, tt.state, tt.flags)
				if tt.addr.IsValid() {
					m.attr(neighbourAddress, tt.addr.AsSlice())
				}
				m.attr(neighbourMAC, tt.mac)
				got, ok := ParseNeighbour(m.b, byteOrder(o.order))
				if ok == tt.bad {
					t.Fatalf("ParseNeighbour reports %v", ok)
				}
				if ok && got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
				if _, ok := ParseNeighbour(m.raw(1).b, byteOrder(o.order)); ok {
					t.Error("accepts bytes after the last attribute")
				}
				if _, ok := ParseNeighbour(m.b[:neighbourHeader-1], byteOrder(o.order)); ok {
					t.Error("accepts half a header")
				}
			})
		}
	}
}

func TestParseRecordedNeighbours(t *testing.T) {
	tests := []struct {
		name, bytes string
		want        Neighbour
		bad         bool
	}{
		{"IPv4", recordedNeighbour, Neighbour{Index: 9, Addr: netip.MustParseAddr("192.168.1.101"), MAC: MAC{2, 0, 0, 0, 1, 1}}, false},
		{"IPv6", recordedNeighbour6, Neighbour{Index: 9, Addr: netip.MustParseAddr("fe80::ff:fe00:102"), MAC: MAC{2, 0, 0, 0, 1, 2}}, false},
		{"multicast", recordedGroup, Neighbour{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ParseNeighbour(unhex(t, tt.bytes), binary.LittleEndian)
			if ok == tt.bad {
				t.Fatalf("ParseNeighbour reports %v", ok)
			}
			if ok && got != tt.want {
				t.Error(cmp.Diff(tt.want.Addr.String(), got.Addr.String()), cmp.Diff(tt.want.MAC, got.MAC))
			}
		})
	}
}
