package geo

import (
	"encoding/binary"

	"weir/internal/packet"
)

// Special is what an address is for when it is not one of the internet's hosts, by
// the IANA registries of special-purpose addresses (RFC 6890) and of multicast.
// Zero is none of these.
type Special uint8

// The purposes. Those up to ORCHID belong to no place, see Local.
const (
	Unspecified   Special = 1 + iota // 0.0.0.0/8, ::
	Loopback                         // 127.0.0.0/8, ::1
	LinkLocal                        // 169.254.0.0/16, fe80::/10
	Private                          // RFC 1918
	UniqueLocal                      // fc00::/7
	SharedCGNAT                      // 100.64.0.0/10, between a provider and its customers
	SiteLocal                        // fec0::/10, deprecated
	Multicast                        // 224.0.0.0/4, ff00::/8
	Broadcast                        // 255.255.255.255
	Protocol                         // 192.0.0.0/24, 2001::/23: assigned to protocols
	Benchmark                        // 198.18.0.0/15, 2001:2::/48
	Documentation                    // 192.0.2.0/24, 2001:db8::/32 and their kin
	Discard                          // 100::/64
	Reserved                         // 240.0.0.0/4, 5f00::/16, 100:0:0:1::/64
	LocalNAT64                       // 64:ff9b:1::/48
	ORCHID                           // 2001:20::/28 and its kin: identifiers, not places
	Relay6to4                        // 192.88.99.0/24, deprecated
	AS112                            // 192.31.196.0/24 and its kin: answers for private names
	AMT                              // 192.52.193.0/24, 2001:3::/32: multicast through tunnels
	NAT64                            // 64:ff9b::/96: carries an IPv4 address
	SixToFour                        // 2002::/16: carries an IPv4 address
	Teredo                           // 2001::/32
	numSpecial
)

// specialNames are the labels, in the order of the constants.
var specialNames = [numSpecial]string{
	"", "unspecified", "loopback", "link-local", "private", "unique local", "CGNAT", "site-local", "multicast", "broadcast",
	"protocol", "benchmark", "documentation", "discard", "reserved", "local NAT64", "ORCHID",
	"6to4 relay", "AS112", "AMT", "NAT64", "6to4", "Teredo",
}

// String returns a label such as "CGNAT", "" for none.
func (s Special) String() string {
	if s >= numSpecial {
		return ""
	}
	return specialNames[s]
}

// Local reports whether such addresses belong to no country and no network of the
// internet.
func (s Special) Local() bool { return s != 0 && s <= ORCHID }

// special4 are the ranges of IPv4, the smaller of two that overlap first.
var special4 = []struct {
	prefix uint32
	bits   uint8
	what   Special
}{
	{0x00000000, 8, Unspecified},
	{0x0a000000, 8, Private},
	{0x64400000, 10, SharedCGNAT},
	{0x7f000000, 8, Loopback},
	{0xa9fe0000, 16, LinkLocal},
	{0xac100000, 12, Private},
	{0xc0000000, 24, Protocol},
	{0xc0000200, 24, Documentation},
	{0xc01fc400, 24, AS112},
	{0xc034c100, 24, AMT},
	{0xc0586300, 24, Relay6to4},
	{0xc0a80000, 16, Private},
	{0xc0af3000, 24, AS112},
	{0xc6120000, 15, Benchmark},
	{0xc6336400, 24, Documentation},
	{0xcb007100, 24, Documentation},
	{0xe0000000, 4, Multicast},
	{0xffffffff, 32, Broadcast},
	{0xf0000000, 4, Reserved},
}

// special6 are those of IPv6, by the upper half of the address, the smaller first;
// what needs more of it is in specialOf6.
var special6 = []struct {
	prefix uint64
	bits   uint8
	what   Special
}{
	{0x0064ff9b00010000, 48, LocalNAT64},
	{0x0100000000000000, 64, Discard},
	{0x0100000000000001, 64, Reserved}, // dummy prefix, RFC 9780
	{0x2001000000000000, 32, Teredo},
	{0x2001000200000000, 48, Benchmark},
	{0x2001000300000000, 32, AMT},
	{0x2001000401120000, 48, AS112},
	{0x2001001000000000, 28, ORCHID}, // deprecated
	{0x2001002000000000, 28, ORCHID},
	{0x2001003000000000, 28, ORCHID}, // drone identifiers
	{0x2001000000000000, 23, Protocol},
	{0x20010db800000000, 32, Documentation},
	{0x2002000000000000, 16, SixToFour},
	{0x2620004f80000000, 48, AS112},
	{0x3fff000000000000, 20, Documentation},
	{0x5f00000000000000, 16, Reserved}, // segment routing
	{0xfc00000000000000, 7, UniqueLocal},
	{0xfe80000000000000, 10, LinkLocal},
	{0xfec0000000000000, 10, SiteLocal},
	{0xff00000000000000, 8, Multicast},
}

// SpecialOf returns what an address is for, 0 for an ordinary one. It needs no
// database and does not allocate.
func SpecialOf(a packet.Addr) Special {
	if !a.Is4() {
		return specialOf6(&a)
	}
	v := binary.BigEndian.Uint32(a[12:])
	for _, r := range special4 {
		if (v^r.prefix)>>(32-r.bits) == 0 {
			return r.what
		}
	}
	return 0
}

func specialOf6(a *packet.Addr) Special {
	hi, lo := binary.BigEndian.Uint64(a[:]), binary.BigEndian.Uint64(a[8:])
	switch {
	case hi == 0 && lo == 0:
		return Unspecified
	case hi == 0 && lo == 1:
		return Loopback
	case hi == nat64 && lo>>32 == 0:
		return NAT64
	}
	for _, r := range special6 {
		if (hi^r.prefix)>>(64-r.bits) == 0 {
			return r.what
		}
	}
	return 0
}

const nat64 = 0x0064ff9b00000000 // upper half of 64:ff9b::/96 (RFC 6052)

// carried returns the IPv4 address that an address of NAT64 or 6to4 carries, and
// any other as it is.
func carried(a packet.Addr) packet.Addr {
	at := 0
	switch specialOf6(&a) {
	case NAT64:
		at = 12
	case SixToFour:
		at = 2
	default:
		return a
	}
	v4 := packet.Addr{10: 0xff, 11: 0xff}
	copy(v4[12:], a[at:at+4])
	return v4
}
