package afpacket

import (
	"slices"

	"weir/internal/link"
	"weir/internal/packet"
)

// parties knows which frames connection tracking counts, as the programs of
// hybrid mode do. It is not changed once a reader has it.
type parties struct {
	own     []link.MAC
	bridged bool // it counts all but frames to groups
	all     bool // connection tracking counts whatever passes, as on the loopback
}

func (f filter) parties() *parties {
	return &parties{own: f.own,
		// What goes out on the bridge itself is the router's, whatever its address.
		bridged: f.bridged || f.direction == bridgeItself,
		all:     f.direction == receiveOnly || f.link != packet.LinkEthernet}
}

// classify marks the frames that connection tracking counts, and returns how many
// those are.
func (p *parties) classify(batch []packet.Raw) (n uint64) {
	for i := range batch {
		if batch[i].Classify = p.tracked(batch[i].Data); batch[i].Classify {
			n++
		}
	}
	return n
}

// tracked reports whether connection tracking counts the frame: one between a
// station and the router, or on a device without hardware addresses.
func (p *parties) tracked(frame []byte) bool {
	switch {
	case p.all:
		return true
	case len(frame) < 12 || frame[0]&groupBit != 0:
		return false
	}
	return p.bridged || slices.Contains(p.own, link.MAC(frame[:6])) || slices.Contains(p.own, link.MAC(frame[6:12]))
}
