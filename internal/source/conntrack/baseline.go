package conntrack

import (
	"time"

	"weir/internal/flow"
)

// baseline is what is remembered of an entry: 48 bytes without a pointer.
type baseline struct {
	key     uint64    // see ledger.key
	bytes   [2]uint64 // the counters when they were last read
	packets [2]uint32 // and the lower half of these, since their differences are small
	first   tenths    // when it was made
	last    tenths    // when its counters last grew
	seen    uint8     // number of the dump that last showed it, or before which it ended
	skip    uint8     // number of the dump that it must not be read from, 0 for none
	still   uint8     // dumps in a row that showed it offloaded and no counter grown
	marks   uint8
	status  flow.ConnStatus // as told to the sink
	tcp     flow.TCPState   // as told to the sink
}

// Marks of a baseline.
const (
	markEnded = 1 << iota // remembered so that nothing about it is read twice
	markAged              // not shown by a dump; by the next that ages it, it is forgotten
	markGroup             // leads to multicast or broadcast: left out
	markFresh             // an event told its state since the dump under way began
)

// tenths is a time in tenths of a second since the boot; it wraps after 13 years.
type tenths uint32

const tenth = 100 * time.Millisecond

func tenthsOf(up time.Duration) tenths { return tenths(up / tenth) }

// delta is what was counted between two readings of an entry.
type delta struct {
	packets, bytes [2]uint64
	reset          bool // by somebody who zeroed the counters
}

func (d *delta) grown() bool {
	return d.bytes[0]|d.bytes[1]|d.packets[0]|d.packets[1] != 0
}

// count returns what e counted since the last reading, which e becomes. An entry
// without counters counted nothing.
func (b *baseline) count(e *entry) (d delta) {
	if !e.counted {
		return d
	}
	for i := range e.bytes {
		packets := uint32(e.packets[i]) - b.packets[i]
		d.packets[i], d.bytes[i] = uint64(packets), e.bytes[i]-b.bytes[i]
		// More than half of what fits is less than nothing: no dump is made that
		// seldom.
		d.reset = d.reset || e.bytes[i] < b.bytes[i] || packets > 1<<31
	}
	if d.reset {
		d.packets, d.bytes = e.packets, e.bytes
	}
	b.read(e)
	return d
}

// read remembers the counters of e.
func (b *baseline) read(e *entry) {
	b.bytes = e.bytes
	b.packets = [2]uint32{uint32(e.packets[0]), uint32(e.packets[1])}
}
