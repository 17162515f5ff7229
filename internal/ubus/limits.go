package ubus

import "sync/atomic"

// Limits bound what peers may make a Client hold. Zero fields take the default.
type Limits struct {
	Handlers     int // calls of our objects that run at once; 8
	Waiting      int // calls that wait for one of them to end; 64
	WaitingBytes int // what the waiting ones hold; 256 KiB
	Args         int // bytes of a call's arguments; 64 KiB, which is what uhttpd lets through
	Feed         int // events that wait in a feed; 64
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, to int) {
		if *n <= 0 {
			*n = to
		}
	}
	set(&l.Handlers, 8)
	set(&l.Waiting, 64)
	set(&l.WaitingBytes, 256<<10)
	set(&l.Args, 64<<10)
	set(&l.Feed, 64)
	return l
}

// Stats counts what happened on a connection, or on all of a Bus.
type Stats struct {
	Calls      uint64 // calls of other objects
	Served     uint64 // calls of our objects that were handed to their methods
	Refused    uint64 // calls of our objects beyond the limits, with arguments that are not theirs or to methods they lack
	Malformed  uint64 // messages whose data is none
	Unexpected uint64 // messages that belong to nothing, such as answers that came too late
}

type counters struct {
	calls, served, refused, malformed, unexpected atomic.Uint64
}

func (n *counters) read() Stats {
	return Stats{
		Calls: n.calls.Load(), Served: n.served.Load(), Refused: n.refused.Load(),
		Malformed: n.malformed.Load(), Unexpected: n.unexpected.Load(),
	}
}
