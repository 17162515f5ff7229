package link

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// orders are the byte orders a kernel may have.
var orders = []struct {
	name  string
	order binary.AppendByteOrder
}{
	{"little endian", binary.LittleEndian},
	{"big endian", binary.BigEndian},
}

// message builds the body of a message.
type message struct {
	order binary.AppendByteOrder
	b     []byte
}

func (m *message) u16(v uint16) *message { m.b = m.order.AppendUint16(m.b, v); return m }
func (m *message) u32(v uint32) *message { m.b = m.order.AppendUint32(m.b, v); return m }
func (m *message) raw(b ...byte) *message {
	m.b = append(m.b, b...)
	return m
}

// attr appends an attribute and pads it.
func (m *message) attr(typ uint16, val []byte) *message {
	m.u16(uint16(4 + len(val))).u16(typ).raw(val...)
	for len(m.b)%4 != 0 {
		m.raw(0)
	}
	return m
}

func (m *message) attr32(typ uint16, v uint32) *message {
	return m.attr(typ, m.order.AppendUint32(nil, v))
}

func (m *message) text(typ uint16, s string) *message {
	return m.attr(typ, append([]byte(s), 0))
}

func linkMessage(order binary.AppendByteOrder, family byte, typ uint16, index, flags uint32) *message {
	m := &message{order: order}
	return m.raw(family, 0).u16(typ).u32(index).u32(flags).u32(0)
}

func addressMessage(order binary.AppendByteOrder, family, bits, flags, scope byte, index uint32) *message {
	m := &message{order: order}
	return m.raw(family, bits, flags, scope).u32(index)
}

// byteOrder is what the parsers take; both orders are also this.
func byteOrder(o binary.AppendByteOrder) binary.ByteOrder { return o.(binary.ByteOrder) }

func TestParseLink(t *testing.T) {
	tests := []struct {
		name  string
		build func(o binary.AppendByteOrder) *message
		want  Link
		bad   bool
	}{
		{name: "port of a bridge", build: func(o binary.AppendByteOrder) *message {
			stats := make([]byte, 0, 64)
			for _, v := range []uint64{11, 22, 1 << 40, 44, 55} {
				stats = o.AppendUint64(stats, v)
			}
			info := (&message{order: o}).text(infoKind, "veth").text(infoSlaveKind, "bridge")
			return linkMessage(o, 0, TypeEthernet, 7, flagUp|flagLowerUp).
				text(iflaName, "lan1").attr(iflaAddress, []byte{2, 0, 0, 0, 0, 1}).
				attr32(iflaMTU, 1500).attr32(iflaMaster, 3).attr32(iflaPromiscuity, 1).
				attr(iflaStats64, stats).attr(iflaLinkInfo|0x8000, info.b)
		}, want: Link{Index: 7, Name: "lan1", Kind: "veth", Type: TypeEthernet, MAC: MAC{2, 0, 0, 0, 0, 1},
			MTU: 1500, Up: true, Carrier: true, Master: 3, PortOf: "bridge", Promisc: 1,
			Counters: Counters{RxPackets: 11, TxPackets: 22, RxBytes: 1 << 40, TxBytes: 44}}},
		{name: "VLAN on a bridge", build: func(o binary.AppendByteOrder) *message {
			data := (&message{order: o}).attr(vlanID, o.AppendUint16(nil, 20))
			// The data may come before the kind that explains it.
			info := (&message{order: o}).attr(infoData, data.b).text(infoKind, "vlan")
			return linkMessage(o, 0, TypeEthernet, 9, flagUp).text(iflaName, "br-lan.20").
				attr32(iflaLink, 3).attr(iflaLinkInfo, info.b)
		}, want: Link{Index: 9, Name: "br-lan.20", Kind: "vlan", Type: TypeEthernet, Up: true, Parent: 3, VLAN: 20}},
		{name: "PPPoE, down, hardware address of another length", build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypePPP, 12, 0).text(iflaName, "pppoe-wan").attr(iflaAddress, []byte{1, 2, 3, 4})
		}, want: Link{Index: 12, Name: "pppoe-wan", Type: TypePPP}},
		{name: "parent in another namespace", build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "eth0").attr32(iflaLink, 5).attr32(iflaLinkNetNSID, 0)
		}, want: Link{Index: 2, Name: "eth0", Type: TypeEthernet}},
		{name: "attributes too short for their values", build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "eth0").attr(iflaMTU, []byte{1}).attr(iflaStats64, []byte{1})
		}, want: Link{Index: 2, Name: "eth0", Type: TypeEthernet}},
		{name: "a bridge telling of its port", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 7, TypeEthernet, 2, 0).text(iflaName, "lan1")
		}},
		{name: "a radio's event", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "wlan0").attr(iflaWireless, make([]byte, 8))
		}},
		{name: "no name", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0)
		}},
		{name: "name of 16 bytes", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "0123456789abcdef")
		}},
		{name: "negative index", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 1<<31, 0).text(iflaName, "x")
		}},
		{name: "attribute longer than the message", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "x").u16(9).u16(1).u32(0)
		}},
		{name: "attribute shorter than its header", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "x").u16(3).u16(1)
		}},
		{name: "bytes after the last attribute", bad: true, build: func(o binary.AppendByteOrder) *message {
			return linkMessage(o, 0, TypeEthernet, 2, 0).text(iflaName, "x").raw(1)
		}},
		{name: "header cut", bad: true, build: func(o binary.AppendByteOrder) *message {
			return (&message{order: o}).raw(make([]byte, linkHeader-1)...)
		}},
	}
	for _, o := range orders {
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				got, ok := ParseLink(tt.build(o.order).b, byteOrder(o.order))
				if ok == tt.bad {
					t.Fatalf("ParseLink reports %v", ok)
				}
				if ok && got != tt.want {
					t.Error(cmp.Diff(tt.want, got))
				}
			})
		}
	}
}

func TestParseAddress(t *testing.T) {
	v4, peer := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.9")
	v6 := netip.MustParseAddr("2001:db8::1")
	tests := []struct {
		name  string
		build func(o binary.AppendByteOrder) *message
		want  Address
		bad   bool
	}{
		{name: "IPv4", build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 24, 0, 0, 3).attr(ifaAddress, v4.AsSlice()).attr(ifaLocal, v4.AsSlice())
		}, want: Address{Index: 3, Prefix: netip.PrefixFrom(v4, 24)}},
		{name: "point to point", build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 32, 0, 0, 3).attr(ifaAddress, peer.AsSlice()).attr(ifaLocal, v4.AsSlice())
		}, want: Address{Index: 3, Prefix: netip.PrefixFrom(v4, 32), Peer: peer}},
		{name: "secondary IPv4 is not temporary", build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 24, ifaTemporary, 0, 3).attr(ifaLocal, v4.AsSlice()).attr(ifaAddress, v4.AsSlice())
		}, want: Address{Index: 3, Prefix: netip.PrefixFrom(v4, 24)}},
		{name: "temporary IPv6, long flags", build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv6, 64, 0, 253, 4).attr(ifaAddress, v6.AsSlice()).attr32(ifaFlags, ifaTemporary|0x100)
		}, want: Address{Index: 4, Prefix: netip.PrefixFrom(v6, 64), Scope: 253, Temporary: true}},
		{name: "tentative", build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv6, 64, ifaTentative, 0, 4).attr(ifaAddress, v6.AsSlice())
		}, want: Address{Index: 4, Prefix: netip.PrefixFrom(v6, 64), Tentative: true}},
		{name: "no address", bad: true, build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 24, 0, 0, 3)
		}},
		{name: "address of another family", bad: true, build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 24, 0, 0, 3).attr(ifaAddress, v6.AsSlice())
		}},
		{name: "prefix longer than the address", bad: true, build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 33, 0, 0, 3).attr(ifaAddress, v4.AsSlice())
		}},
		{name: "no interface", bad: true, build: func(o binary.AppendByteOrder) *message {
			return addressMessage(o, familyIPv4, 24, 0, 0, 0).attr(ifaAddress, v4.AsSlice())
		}},
		{name: "header cut", bad: true, build: func(o binary.AppendByteOrder) *message {
			return (&message{order: o}).raw(2, 24, 0)
		}},
	}
	for _, o := range orders {
		for _, tt := range tests {
			t.Run(o.name+"/"+tt.name, func(t *testing.T) {
				got, ok := ParseAddress(tt.build(o.order).b, byteOrder(o.order))
				if ok == tt.bad {
					t.Fatalf("ParseAddress reports %v", ok)
				}
				if ok && got != tt.want {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}
