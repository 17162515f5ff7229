package names

import (
	"math/bits"
	"sort"

	"weir/internal/packet"
)

// Via is how a resolver is asked.
type Via uint8

// The ways.
const (
	DNS   Via = iota // in the clear, over UDP or TCP
	DoT              // DNS over TLS (RFC 7858)
	DoH              // DNS over HTTPS (RFC 8484)
	DoQ              // DNS over QUIC (RFC 9250)
	MDNS             // multicast DNS (RFC 6762): everybody is asked
	LLMNR            // RFC 4795
)

// String returns how the API calls it.
func (v Via) String() string {
	return [...]string{"dns", "dot", "doh", "doq", "mdns", "llmnr"}[min(v, LLMNR)]
}

// Resolver is who is asked.
type Resolver struct {
	Addr  packet.Addr
	Via   Via
	House bool // the router, or another resolver that the house has of its own
}

// Bounds of what is kept of resolvers: a client has one bit for each.
const (
	resolverSlots = 64
	bypassRows    = 256
)

// Used is a resolver that clients use.
type Used struct {
	Resolver
	Clients     int    // of those that are counted
	Asked       uint32 // queries in the clear, or flows to it
	First, Last int64
}

// Bypass is a client that asks a resolver outside of the house.
type Bypass struct {
	Device      uint32 // 0 when it is not known
	Client      packet.Addr
	Resolver    packet.Addr
	Via         Via
	Count       uint32 // queries in the clear, or flows to it
	First, Last int64
}

// resolvers is what is known of who is asked by whom. What was used longest ago
// makes room.
type resolvers struct {
	slots  []resolver
	bypass []bypass

	evicted uint64 // resolvers and rows given up
}

type resolver struct {
	who                Resolver
	asked, first, last uint32
}

type bypass struct {
	key, device        uint32
	client, resolver   packet.Addr
	via                Via
	count, first, last uint32
}

// use counts one use and returns the resolver's slot. When another one had the
// slot, gone is called with it.
func (r *resolvers) use(who *Resolver, now int64, gone func(slot int)) int {
	at, oldest := seconds(now), 0
	for i := range r.slots {
		s := &r.slots[i]
		if s.who.Addr == who.Addr && s.who.Via == who.Via {
			s.asked++
			s.last, s.who.House = at, who.House
			return i
		}
		if s.last < r.slots[oldest].last {
			oldest = i
		}
	}
	fresh := resolver{who: *who, asked: 1, first: at, last: at}
	if len(r.slots) < resolverSlots {
		r.slots = append(r.slots, fresh)
		return len(r.slots) - 1
	}
	r.slots[oldest] = fresh
	r.evicted++
	gone(oldest)
	return oldest
}

// find returns the slot of a resolver, -1 for none.
func (r *resolvers) find(who *Resolver) int {
	for i := range r.slots {
		if s := &r.slots[i]; s.who.Addr == who.Addr && s.who.Via == who.Via {
			return i
		}
	}
	return -1
}

// outside counts that a client asked a resolver that is not the house's.
func (r *resolvers) outside(c *Client, key uint32, who *Resolver, now int64) {
	at, oldest := seconds(now), 0
	for i := range r.bypass {
		b := &r.bypass[i]
		if b.key == key && b.via == who.Via && b.resolver == who.Addr {
			b.count++
			b.last, b.client = at, c.Addr
			return
		}
		if b.last < r.bypass[oldest].last {
			oldest = i
		}
	}
	if len(r.bypass) < bypassRows {
		r.bypass = append(r.bypass, bypass{})
		oldest = len(r.bypass) - 1
	} else {
		r.evicted++
	}
	r.bypass[oldest] = bypass{key: key, device: c.Device, client: c.Addr, resolver: who.Addr, via: who.Via, count: 1, first: at, last: at}
}

// used returns the resolvers, the one asked most first.
func (r *resolvers) used(of *clients) []Used {
	out := make([]Used, 0, len(r.slots))
	for i := range r.slots {
		s := &r.slots[i]
		u := Used{Resolver: s.who, Asked: s.asked, First: micros(s.first), Last: micros(s.last)}
		for j := range of.slots {
			u.Clients += bits.OnesCount64(of.slots[j].uses >> i & 1)
		}
		out = append(out, u)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Asked > out[j].Asked })
	return out
}

// bypasses returns who asks outside, the newest first.
func (r *resolvers) bypasses() []Bypass {
	out := make([]Bypass, 0, len(r.bypass))
	for i := range r.bypass {
		b := &r.bypass[i]
		out = append(out, Bypass{Device: b.device, Client: b.client, Resolver: b.resolver, Via: b.via, Count: b.count, First: micros(b.first), Last: micros(b.last)})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Last > out[j].Last })
	return out
}

func (r *resolvers) size() int { return 36*cap(r.slots) + 56*cap(r.bypass) }

// shift moves times by delta seconds, see Names.Shift.
func (r *resolvers) shift(delta int64, from, to uint32) {
	for i := range r.slots {
		shiftSeconds(&r.slots[i].first, delta, from, to)
		shiftSeconds(&r.slots[i].last, delta, from, to)
	}
	for i := range r.bypass {
		shiftSeconds(&r.bypass[i].first, delta, from, to)
		shiftSeconds(&r.bypass[i].last, delta, from, to)
	}
}
