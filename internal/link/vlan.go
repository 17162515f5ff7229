package link

import "encoding/binary"

// Attributes and flags of linux/if_link.h and linux/if_bridge.h.
const (
	iflaAFSpec  = 26
	iflaExtMask = 29

	extBridgeVLANs = 1 << 2 // RTEXT_FILTER_BRVLAN_COMPRESSED: ranges, as in events

	bridgeFlags    = 0 // IFLA_BRIDGE_FLAGS, IFLA_BRIDGE_MODE: a network card speaks
	bridgeMode     = 1
	bridgeVLANInfo = 2

	vlanPVID       = 1 << 1
	vlanUntagged   = 1 << 2
	vlanRangeBegin = 1 << 3
	vlanRangeEnd   = 1 << 4

	maxVID = 4094
)

// ParsePortVLANs reads the body of an RTM_NEWLINK message of the family AF_BRIDGE,
// in which a bridge tells of one of its ports, or of itself: the port's index and
// all of its VLANs in ascending order. It reports false for malformed bytes and
// for other messages, also those of network cards that bridge in hardware.
func ParsePortVLANs(b []byte, order binary.ByteOrder) (port int, vlans []PortVLAN, ok bool) {
	if len(b) < linkHeader || b[0] != familyBridge {
		return 0, nil, false
	}
	port = int(int32(order.Uint32(b[4:])))
	c := cursor{rest: b[linkHeader:], order: order}
	var spec cursor
	for c.next() {
		if c.typ == iflaAFSpec {
			spec = c.nested()
		}
	}
	if c.bad || port <= 0 {
		return 0, nil, false
	}
	// The kernel counts upwards. Who does not is refused, so that no message,
	// however long, becomes more than maxVID entries.
	next, inRange := uint16(1), false
	for spec.next() {
		switch spec.typ {
		case bridgeFlags, bridgeMode:
			return 0, nil, false
		case bridgeVLANInfo:
			if len(spec.val) < 4 {
				return 0, nil, false
			}
			flags, vid := order.Uint16(spec.val), order.Uint16(spec.val[2:])
			isEnd := flags&vlanRangeEnd != 0
			if vid < next || vid > maxVID || inRange != isEnd {
				return 0, nil, false
			}
			first := vid
			if isEnd {
				first = next
			}
			for v := first; v <= vid; v++ {
				vlans = append(vlans, PortVLAN{Port: port, VID: v,
					PVID: flags&vlanPVID != 0, Untagged: flags&vlanUntagged != 0})
			}
			next, inRange = vid+1, flags&vlanRangeBegin != 0
		}
	}
	return port, vlans, !spec.bad && !inRange
}
