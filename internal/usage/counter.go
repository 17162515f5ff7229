package usage

import "weir/internal/link"

// wrapAt is where the counters of 32-bit drivers begin again.
const wrapAt = 1 << 32

// The bytes of a frame, at least and at most: a merged one counts as a single
// packet.
const (
	leastFrame = 14
	mostFrame  = 1 << 16
)

// counted returns what an interface counted from before to now. It is false when
// its counters began anew in between: the device was made again or its driver
// reset. A reset takes all of them; a counter that went back alone, and by what
// the frames explain, is one of a 32-bit driver that wrapped.
func counted(before, now link.Counters) (Counts, bool) {
	rx, rxp, ok := way(before.RxBytes, now.RxBytes, before.RxPackets, now.RxPackets)
	if !ok {
		return Counts{}, false
	}
	tx, txp, ok := way(before.TxBytes, now.TxBytes, before.TxPackets, now.TxPackets)
	return Counts{TxBytes: tx, RxBytes: rx, TxPackets: txp, RxPackets: rxp}, ok
}

// way is counted for one direction.
func way(bytes0, bytes1, packets0, packets1 uint64) (bytes, packets uint64, ok bool) {
	switch backBytes, backPackets := bytes1 < bytes0, packets1 < packets0; {
	case !backBytes && !backPackets:
		return bytes1 - bytes0, packets1 - packets0, true
	case backBytes && backPackets, backBytes && bytes0 >= wrapAt, backPackets && packets0 >= wrapAt:
		return 0, 0, false
	case backBytes:
		bytes, packets = bytes1+wrapAt-bytes0, packets1-packets0
		return bytes, packets, bytes >= leastFrame*packets && bytes <= mostFrame*packets
	default:
		bytes, packets = bytes1-bytes0, packets1+wrapAt-packets0
		return bytes, packets, bytes >= leastFrame*packets && bytes <= mostFrame*packets
	}
}
