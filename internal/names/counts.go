package names

import "time"

// Result is what came of a query.
type Result uint8

// The results, by response code (IANA, DNS RCODEs).
const (
	Found   Result = iota // NOERROR, with or without records
	NoSuch                // NXDOMAIN
	Failed                // SERVFAIL
	Refused               // REFUSED
	OtherRcode
	NumResults
)

// resultOf returns the Result of a response code.
func resultOf(rcode uint8) Result {
	switch rcode {
	case 0:
		return Found
	case 2:
		return Failed
	case 3:
		return NoSuch
	case 5:
		return Refused
	}
	return OtherRcode
}

// Counts is what was counted of DNS in the clear. Multicast DNS and LLMNR are not
// in it.
type Counts struct {
	Queries    uint32 // each counted once, however often it was sent
	Repeats    uint32 // the same query sent again while it waited
	Unanswered uint32 // queries without an answer after ten seconds
	Unasked    uint32 // answers to queries that were not seen
	Answers    [NumResults]uint32
	timed      uint32 // answers whose query was seen
	longest    uint32 // microseconds
	waited     uint64 // microseconds
}

// Mean returns how long an answer took on average, 0 when none was timed.
func (c *Counts) Mean() time.Duration {
	if c.timed == 0 {
		return 0
	}
	return time.Duration(c.waited/uint64(c.timed)) * time.Microsecond
}

// Longest returns how long the slowest answer took.
func (c *Counts) Longest() time.Duration { return time.Duration(c.longest) * time.Microsecond }

// took counts the time of an answer.
func (c *Counts) took(us int64) {
	us = min(max(us, 0), queryLife)
	c.timed++
	c.waited += uint64(us)
	c.longest = max(c.longest, uint32(us))
}

// clients keeps counts for each of a bounded number of clients. The one that was
// quiet longest makes room.
type clients struct {
	slots []client
	index map[uint32]uint16
	max   int

	evicted uint64
}

// client is what is counted of one client, 88 bytes.
type client struct {
	key    uint32 // clientKey, 0 for an unused slot
	last   uint32 // seconds
	counts Counts
	uses   uint64 // resolvers, by slot
	lone   struct {
		flows, last uint32
		bytes       uint64
	}
}

func newClients(limit int) *clients {
	return &clients{max: min(max(limit, 1), 1<<15), index: make(map[uint32]uint16)}
}

// seen returns the slot of a client, which is one less than its owner number in
// the tally. When another one had the slot, gone is called with it.
func (c *clients) seen(key uint32, now int64, gone func(slot uint16)) uint16 {
	i, ok := c.index[key]
	if !ok {
		i = c.slot(gone)
		c.slots[i] = client{key: key}
		c.index[key] = i
	}
	c.slots[i].last = seconds(now)
	return i
}

// find returns what was counted of a client, or nil.
func (c *clients) find(key uint32) *client {
	if i, ok := c.index[key]; ok {
		return &c.slots[i]
	}
	return nil
}

func (c *clients) slot(gone func(slot uint16)) uint16 {
	if len(c.slots) < c.max {
		if len(c.slots) == cap(c.slots) {
			grown := make([]client, len(c.slots), min(max(2*cap(c.slots), 16), c.max))
			copy(grown, c.slots)
			c.slots = grown
		}
		c.slots = append(c.slots, client{})
		return uint16(len(c.slots) - 1)
	}
	oldest := 0
	for i := range c.slots {
		if c.slots[i].last < c.slots[oldest].last {
			oldest = i
		}
	}
	delete(c.index, c.slots[oldest].key)
	c.evicted++
	gone(uint16(oldest))
	return uint16(oldest)
}
