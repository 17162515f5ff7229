package rollup

import "cmp"

// Other is the ID that takes what found no series of its own: the handle of a
// name the intern table refused, and the overflow of a full slot. Every class
// has one, so the sum over a class stays exact.
const Other uint32 = 0

// Key names one series: a class and the intern handle of the member's name. Of a
// matrix ID is the row's handle and Sub the column's; else Sub is 0.
type Key struct {
	Class Class
	ID    uint32
	Sub   uint32
}

// Compare orders keys as they stand in a block: by class, by ID, by Sub.
func (k Key) Compare(o Key) int {
	if k.Class != o.Class {
		return int(k.Class) - int(o.Class)
	}
	if k.ID != o.ID {
		return cmp.Compare(k.ID, o.ID)
	}
	return cmp.Compare(k.Sub, o.Sub)
}

// Values are the sums of one series over one slot. Tx is what the local side
// sent, Rx what it received; bytes are IP bytes. A flow counts in the slot in
// which it began. What the packets of TCP show is known of those only that were
// looked at: Watched tells whether there were any.
type Values struct {
	TxBytes, RxBytes     uint64
	TxPackets, RxPackets uint64
	Flows                uint64
	Retrans              uint64 // TCP segments sent again, both directions
	RTTSum               uint64 // microseconds, over the round trips measured
	RTTCount             uint64 // how many were
	Watched              uint64 // TCP packets that Retrans is about, both directions
}

// Add adds o to v.
func (v *Values) Add(o Values) {
	v.TxBytes += o.TxBytes
	v.RxBytes += o.RxBytes
	v.TxPackets += o.TxPackets
	v.RxPackets += o.RxPackets
	v.Flows += o.Flows
	v.Retrans += o.Retrans
	v.RTTSum += o.RTTSum
	v.RTTCount += o.RTTCount
	v.Watched += o.Watched
}

// numColumns is how many columns a block has at most that this program knows,
// one per field of Values, in the order of column.
const numColumns = 9

// column returns the field of column c, 0 to numColumns-1.
func (v *Values) column(c int) *uint64 {
	switch c {
	case 0:
		return &v.TxBytes
	case 1:
		return &v.RxBytes
	case 2:
		return &v.TxPackets
	case 3:
		return &v.RxPackets
	case 4:
		return &v.Flows
	case 5:
		return &v.Retrans
	case 6:
		return &v.RTTSum
	case 7:
		return &v.RTTCount
	default:
		return &v.Watched
	}
}

// Row is one series of a slot.
type Row struct {
	Key
	Values
}
