package flow

// Record is a change of one flow's counters since the last Record of the same
// flow: what record sources deliver, and what leaves the table when a flow ends
// or its accounting is split by the active timeout.
//
// Its Key is canonical; Client tells which end opened the flow.
type Record struct {
	Key      Key
	Client   End       // the end that opened the flow
	First    int64     // microseconds since the Unix epoch, of this record's first packet
	Last     int64     // and its last one
	Bytes    [2]uint64 // IP bytes sent by End A and End B
	Packets  [2]uint64
	Payload  [2]uint64 // transport payload bytes
	TCPFlags [2]uint8
	Why      Reason
}

// End names one of the two endpoints of a Key.
type End uint8

// The ends of a Key.
const (
	A End = iota
	B
)

// Other returns the opposite end.
func (e End) Other() End { return e ^ 1 }

// Reason says why a Record left the table.
type Reason uint8

// Why records leave the table.
const (
	Delta     Reason = iota // a record source's running delta
	Active                  // active timeout: the flow goes on
	Idle                    // idle timeout
	Completed               // closed by FIN or RST and quiet since
	Evicted                 // the table was full
	Flushed                 // the table was emptied, at the end of input
)
