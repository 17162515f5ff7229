package link

import (
	"encoding/binary"
	"net/netip"
)

// Attributes, states and flags of linux/neighbour.h.
const (
	neighbourAddress = 1 // NDA_DST
	neighbourMAC     = 2 // NDA_LLADDR

	// The states in which an entry's hardware address is one that answered or
	// that somebody wrote down: REACHABLE, STALE, DELAY, PROBE, PERMANENT.
	neighbourKnown = 0x02 | 0x04 | 0x08 | 0x10 | 0x80
	// NOARP entries are made up without asking: broadcast, multicast, tunnels.
	neighbourNoARP = 0x40

	neighbourProxy  = 0x08 // NTF_PROXY: an address answered for, not a host
	neighbourRouter = 0x80 // NTF_ROUTER

	neighbourHeader = 12 // struct ndmsg
)

// ParseNeighbour reads the body of an RTM_NEWNEIGH or RTM_DELNEIGH message. A
// neighbour whose hardware address the kernel does not know (any more) has a zero
// MAC. It reports false for malformed bytes and for entries that are no host's:
// a bridge's forwarding table, proxies, multicast.
func ParseNeighbour(b []byte, order binary.ByteOrder) (Neighbour, bool) {
	if len(b) < neighbourHeader {
		return Neighbour{}, false
	}
	family, state, flags := b[0], order.Uint16(b[8:]), b[10]
	n := Neighbour{
		Index:  int(int32(order.Uint32(b[4:]))),
		Router: family == familyIPv6 && flags&neighbourRouter != 0,
	}
	c := cursor{rest: b[neighbourHeader:], order: order}
	for c.next() {
		switch c.typ {
		case neighbourAddress:
			n.Addr = parseIP(c.val, family)
		case neighbourMAC:
			if len(c.val) == len(n.MAC) {
				copy(n.MAC[:], c.val)
			}
		}
	}
	if state&neighbourKnown == 0 || state&neighbourNoARP != 0 || n.MAC[0]&1 != 0 {
		n.MAC = MAC{}
	}
	return n, !c.bad && flags&neighbourProxy == 0 && n.Index > 0 && isHost(n.Addr)
}

// isHost reports whether a is an address that one host has.
func isHost(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback()
}
