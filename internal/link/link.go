// Package link is the kernel's view of the network over netlink: interfaces, how
// they are stacked and bridged, their addresses and VLANs, and the neighbours on
// them; as a list, and as a stream of changes that survives an overrun. On
// request it tells counters, flowtables, who is behind which port of a bridge, and
// the port of a WireGuard interface.
//
// The parsers are plain functions over bytes in a given byte order (netlink
// speaks the host's), apart from the sockets. A State is bounded and not safe for
// concurrent use; events and states hold copies and no memory of a socket.
package link

import (
	"fmt"
	"net/netip"
)

// MaxName is the length of the longest interface name, IFNAMSIZ - 1 of
// linux/if.h.
const MaxName = 15

// The hardware types of interfaces that weir knows, ARPHRD_ of linux/if_arp.h.
const (
	TypeEthernet = 1
	TypePPP      = 512
	TypeRawIP    = 519
	TypeTunnel   = 768
	TypeTunnel6  = 769
	TypeLoopback = 772
	TypeSIT      = 776
	TypeNone     = 65534 // tun, WireGuard
)

// MAC is a hardware address of Ethernet length.
type MAC [6]byte

// Link is one interface. It is comparable, apart from Counters everything that
// differs is a change worth an event.
type Link struct {
	Index         int
	Name          string
	Kind          string // "bridge", "vlan", "veth", "wireguard" …; empty for hardware
	Type          uint16 // ARPHRD_ number
	MAC           MAC    // zero where the hardware address has another length
	MTU           uint32
	Up            bool // administratively up
	Carrier       bool // the lower layer is up (IFF_LOWER_UP)
	Master        int  // index of the bridge or bond it is a port of, 0 for none
	Parent        int  // index of the interface it is stacked on, 0 for none or one of another namespace
	VLAN          uint16
	PortOf        string // kind of its master: "bridge", "bond" …
	VLANFiltering bool   // a bridge that keeps VLANs apart by what PortVLANs tells
	Promisc       uint32 // how many users ask for promiscuous mode
	Counters      Counters
}

// Counters are an interface's 64-bit statistics.
type Counters struct {
	RxPackets, TxPackets uint64
	RxBytes, TxBytes     uint64
}

// same reports whether l and o differ in counters alone.
func (l Link) same(o Link) bool {
	l.Counters, o.Counters = Counters{}, Counters{}
	return l == o
}

// Address is one address of an interface.
type Address struct {
	Index     int          // of the interface
	Prefix    netip.Prefix // the interface's own address and its network's length
	Peer      netip.Addr   // the other end of a point-to-point link, else the zero Addr
	Scope     uint8        // RT_SCOPE_ of linux/rtnetlink.h; 0 is global
	Tentative bool         // duplicate address detection is not done or has failed
	Temporary bool         // privacy address of RFC 8981
}

// Neighbour is an address on the link of an interface whose hardware address the
// kernel knows. How sure it is of that, it does not tell.
type Neighbour struct {
	Index  int        // of the interface
	Addr   netip.Addr // unicast, without a zone
	MAC    MAC        // never zero
	Router bool       // it said so itself, in neighbour discovery of IPv6
}

// PortVLAN is a VLAN that a port of a bridge carries, or the bridge itself. It
// says what happens to frames only while the bridge filters VLANs (Link.VLANFiltering).
type PortVLAN struct {
	Port     int    // index of the port, or of the bridge
	VID      uint16 // 1 to 4094
	PVID     bool   // frames that arrive without a tag are of this VLAN
	Untagged bool   // frames of this VLAN leave without a tag
}

// Op says what an Event tells.
type Op uint8

// The operations of events.
const (
	LinkSet       Op = iota + 1 // Link is there, new or changed
	LinkGone                    // Link is no more; its addresses, neighbours and VLANs went with it
	AddressSet                  // Address is there, new or changed
	AddressGone                 // Address is no more
	NeighbourSet                // Neighbour is there, new or changed
	NeighbourGone               // Neighbour is no more, or does not answer
	PortVLANSet                 // PortVLAN is there, new or changed
	PortVLANGone                // PortVLAN is no more
	Synced                      // everything that is there has been told
)

var opNames = [...]string{LinkSet: "link set", LinkGone: "link gone",
	AddressSet: "address set", AddressGone: "address gone",
	NeighbourSet: "neighbour set", NeighbourGone: "neighbour gone",
	PortVLANSet: "port VLAN set", PortVLANGone: "port VLAN gone", Synced: "synced"}

// String names o.
func (o Op) String() string {
	if int(o) < len(opNames) && opNames[o] != "" {
		return opNames[o]
	}
	return fmt.Sprintf("op %d", uint8(o))
}

// Event is one change. Only the field that Op names is set.
type Event struct {
	Op        Op
	Link      Link
	Address   Address
	Neighbour Neighbour
	PortVLAN  PortVLAN
}
