package link

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
)

// Attributes and states of linux/neighbour.h for entries of bridges.
const (
	neighbourVLAN   = 5 // NDA_VLAN
	neighbourMaster = 9 // NDA_MASTER

	neighbourPermanent = 0x80 // of an entry for the bridge or port itself
)

// MaxStationsBehind is how many entries of all bridges are told at most.
const MaxStationsBehind = 8192

// Behind is an entry of a bridge's forwarding table: who was seen behind which of
// its ports.
type Behind struct {
	MAC    MAC    // unicast, never zero
	Port   int    // index of the port
	Bridge int    // index of the bridge
	VLAN   uint16 // 0 where the bridge does not tell VLANs apart
}

// ForwardingTables returns who is behind the ports of the bridges in the calling
// thread's network namespace, none where the kernel has no bridges.
func ForwardingTables() ([]Behind, error) {
	c, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	defer c.Close()
	var all []Behind
	err = settle(func() (whole bool, err error) {
		all, whole, err = dumpForwarding(c)
		return whole, err
	})
	return all, err
}

// dumpForwarding reports false when the tables changed under the dump.
func dumpForwarding(c *netlink.Conn) (all []Behind, whole bool, err error) {
	request := make([]byte, neighbourHeader)
	request[0] = familyBridge
	replies, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: rtmGetNeighbour, Flags: netlink.Request | netlink.Dump},
		Data:   request,
	})
	if err != nil {
		return nil, false, fmt.Errorf("list forwarding tables of bridges: %w", err)
	}
	for _, m := range replies {
		if b, ok := ParseBehind(m.Data, binary.NativeEndian); ok && len(all) < MaxStationsBehind {
			all = append(all, b)
		}
	}
	return all, !interrupted(replies), nil
}

// ParseBehind reads the body of an RTM_NEWNEIGH message of a bridge's forwarding
// table. It reports false for malformed bytes and for entries that are no station's:
// the bridge's own addresses, groups, filters of a port.
func ParseBehind(b []byte, order binary.ByteOrder) (Behind, bool) {
	if len(b) < neighbourHeader || b[0] != familyBridge {
		return Behind{}, false
	}
	e := Behind{Port: int(int32(order.Uint32(b[4:])))}
	c := cursor{rest: b[neighbourHeader:], order: order}
	for c.next() {
		switch {
		case c.typ == neighbourMAC && len(c.val) == len(e.MAC):
			e.MAC = MAC(c.val)
		case c.typ == neighbourMaster && len(c.val) == 4:
			e.Bridge = int(int32(order.Uint32(c.val)))
		case c.typ == neighbourVLAN && len(c.val) == 2:
			e.VLAN = order.Uint16(c.val)
		}
	}
	own := order.Uint16(b[8:])&neighbourPermanent != 0
	return e, !c.bad && !own && e.Port > 0 && e.Bridge > 0 && e.Port != e.Bridge && e.MAC != MAC{} && e.MAC[0]&1 == 0
}
