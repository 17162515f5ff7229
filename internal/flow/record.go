package flow

// Record is a change of one flow's counters: what record sources deliver, and
// what leaves the table when a flow ends or its accounting is split by the
// active timeout. Index 0 of its pairs is what End A sent, index 1 what End B sent.
type Record struct {
	Key      Key
	Client   End       // the end that opened the flow
	First    int64     // microseconds since the Unix epoch, start of this record
	Last     int64     // and its last packet
	Packets  [2]uint64 // wire packets
	Bytes    [2]uint64 // IP bytes
	Payload  [2]uint64 // transport payload bytes
	TCPFlags [2]uint8  // all flags seen since the flow began
	Why      Reason
}

// Reason says why a Record was made.
type Reason uint8

// The reasons of records.
const (
	Delta     Reason = iota // a record source's running delta
	Active                  // active timeout: the flow goes on
	Idle                    // idle timeout
	Completed               // closed by FIN or RST and quiet since, or its ports are used again
	Evicted                 // the table was full
	Flushed                 // the table was emptied, at the end of input
)

var reasonNames = [...]string{"delta", "active", "idle", "completed", "evicted", "flushed"}

// String returns the reason's name, as the API shows it.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Add accounts a record source's delta to its flow, making one when there is
// none. What only packets show (sequence numbers, gaps, latencies) stays unknown.
func (t *Table) Add(r *Record) *Flow {
	h := t.seed.sum(&r.Key)
	i := t.find(&r.Key, h)
	if i == 0 {
		i = t.insert(&r.Key, h)
		t.slots[i].start(r.First, r.Last)
	}
	f := &t.slots[i]
	f.setClient(r.Client, true)
	f.vlan |= recorded
	f.Last = max(f.Last, r.Last)
	for e := A; e <= B; e++ {
		s := &f.sides[e]
		addCount(&s.payloadLo, &s.payloadHi, r.Payload[e])
		s.tcpFlags |= r.TCPFlags[e]
	}
	t.count(i, f, &r.Packets, &r.Bytes)
	return f
}

// start sets up a flow that a record makes; first may be unknown.
func (f *Flow) start(first, last int64) {
	f.First, f.Last = first, last
	if first <= 0 || first > last {
		f.First = last
	}
	f.sides[A].gapMin, f.sides[B].gapMin = noGap, noGap
	f.flags |= opened
}

// count adds what a record counted, by End, however much that is.
func (t *Table) count(i uint32, f *Flow, packets, bytes *[2]uint64) {
	most := max(packets[A], packets[B], bytes[A], bytes[B])
	if most >= leap {
		t.rollEarly(i, f)
	}
	for e := A; e <= B; e++ {
		s := &f.sides[e]
		addCount(&s.packetsLo, &s.packetsHi, packets[e])
		addCount(&s.bytesLo, &s.bytesHi, bytes[e])
	}
	if most >= leap {
		t.rollWhole(i, f, *packets, *bytes)
	}
	t.mark(i, f)
	if f.unrolled() >= rollAt {
		t.rollEarly(i, f)
	}
}
