package names

import (
	"time"

	"weir/internal/packet"
)

// logEntries is how many queries the log holds.
const logEntries = 512

// queries is the log: a ring of the newest queries.
type queries struct {
	pool *Pool
	ring []query
	next uint32 // the number of the next entry: entry n is at n modulo logEntries
}

// query is an entry of the log, 80 bytes.
type query struct {
	at       int64
	device   uint32
	key      uint32 // clientKey
	name     uint32
	took     uint32 // microseconds
	kind     uint16
	via      Via
	rcode    uint8
	state    uint8
	client   packet.Addr
	resolver packet.Addr
	first    packet.Addr
}

const (
	entryAnswered = 1 << iota
	entryTimed
	entryLost
)

// Query is an entry of the log. Name is valid until the next call of anything
// else.
type Query struct {
	At         int64
	Device     uint32 // 0 when it is not known
	Client     packet.Addr
	Name       []byte // nil when it may not be kept
	Type       uint16 // of record
	Via        Via
	Resolver   packet.Addr
	Answered   bool
	Unanswered bool // ten seconds went by; with neither, the answer may still come
	Rcode      uint8
	Timed      bool          // the query was seen too
	Took       time.Duration // until the answer
	First      packet.Addr   // the first address of the answer, zero for none
}

// add makes an entry for a message and returns its number.
func (q *queries) add(m *Message, key, name uint32) uint32 {
	if len(q.ring) < logEntries {
		if len(q.ring) == cap(q.ring) {
			grown := make([]query, len(q.ring), min(max(2*cap(q.ring), 32), logEntries))
			copy(grown, q.ring)
			q.ring = grown
		}
		q.ring = append(q.ring, query{})
	}
	n := q.next
	q.next++
	e := &q.ring[n%logEntries]
	q.pool.Hold(name)
	q.pool.Release(e.name)
	*e = query{
		at: m.At, device: m.Client.Device, key: key, name: name, kind: m.Type,
		via: m.Resolver.Via, client: m.Client.Addr, resolver: m.Resolver.Addr,
	}
	return n
}

// entry returns an entry that is still in the ring, or nil.
func (q *queries) entry(n uint32) *query {
	if q.next-n-1 >= uint32(len(q.ring)) {
		return nil
	}
	return &q.ring[n%logEntries]
}

// all calls yield for each entry, the newest first.
func (q *queries) all(yield func(*Query) bool) {
	for i := range uint32(len(q.ring)) {
		e := &q.ring[(q.next-1-i)%logEntries]
		row := Query{
			At: e.at, Device: e.device, Client: e.client, Name: q.pool.Text(e.name), Type: e.kind, Via: e.via,
			Resolver: e.resolver, Answered: e.state&entryAnswered != 0, Unanswered: e.state&entryLost != 0,
			Rcode: e.rcode, Timed: e.state&entryTimed != 0, Took: time.Duration(e.took) * time.Microsecond, First: e.first,
		}
		if !yield(&row) {
			return
		}
	}
}

// forget drops the names of a client, of all when it is 0.
func (q *queries) forget(key uint32) {
	for i := range q.ring {
		if e := &q.ring[i]; key == 0 || e.key == key {
			q.pool.Release(e.name)
			e.name = 0
		}
	}
}
