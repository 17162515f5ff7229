package names

import (
	"hash/maphash"

	"weir/internal/packet"
)

// How long an answer names the flows that follow it, in seconds. Programs keep
// addresses longer than the TTL allows: resolvers of operating systems and browsers
// for a minute at least, connection pools for minutes, so the TTL is taken for five
// minutes when it is less, and then there is grace.
const (
	leastLife = 5 * 60
	grace     = 10 * 60
	mostLife  = 24 * 60 * 60
	lifeStep  = 2 // the unit in which lives are kept
)

// sharers is for how many clients one address is remembered; the one that asked
// longest ago makes room for another.
const sharers = 16

// Trust is how far a name of an address can be relied upon.
type Trust uint8

// The levels, weakest first.
const (
	NoName    Trust = iota // nobody is known to have asked
	House                  // somebody else in the house asked for the name and got the address
	Announced              // the owner of the address announces the name on the link
	Asked                  // this client asked for the name and got the address
)

// Match is what Lookup found out about an address.
type Match struct {
	Name  uint32 // a handle of the Pool without a reference: Hold it to keep it; 0 for none
	Trust Trust
	// Shared says that the one who asked got the address under another name too,
	// while this one held: as with a CDN. The name is the newest.
	Shared bool
	// Stranger says that no answer of the last day, to anybody, gave the address.
	Stranger bool
}

// Answers remembers which address was given to whom under which name. It holds a
// reference of the Pool for each name. Use NewAnswers.
type Answers struct {
	pool  *Pool
	seed  maphash.Seed
	slots []answer // 0 is unused
	heads []uint32 // by hash of the address: first slot
	free  uint32
	max   int
	live  int
	named int    // answers with a name
	hand  uint32 // where the next search for a victim begins
	swept uint32 // where the next sweep begins

	Evicted uint64 // answers given up for others before their time
}

// answer is one address under one name. It takes 36 bytes.
type answer struct {
	addr   packet.Addr
	client uint32 // a clientKey; 0 for what is announced to all
	name   uint32 // 0 when it may not be kept, did not fit, or is too old
	asked  uint32 // when it came, in seconds
	next   uint32 // in the list of heads, or of free slots
	life   uint16 // in lifeSteps
	flags  uint16
}

const (
	answerUsed   = 1 << iota
	answerShared // see Match
)

// NewAnswers returns an empty memory of at most limit answers.
func NewAnswers(limit int, pool *Pool) *Answers {
	heads := 64
	for heads < limit {
		heads *= 2
	}
	return &Answers{pool: pool, seed: maphash.MakeSeed(), max: max(limit, 1), heads: make([]uint32, heads), slots: make([]answer, 1)}
}

// Len returns the number of answers, with those that only say that their address
// was asked for.
func (a *Answers) Len() int { return a.live }

// Size returns the bytes that the answers take at present, without their texts.
func (a *Answers) Size() int { return 36*cap(a.slots) + 4*cap(a.heads) }

// Learn remembers that the client was given addr under a name of the Pool, 0 when
// the name may not be kept. Client 0 stands for all.
func (a *Answers) Learn(client uint32, addr *packet.Addr, name, ttl uint32, now int64) {
	at := seconds(now)
	i := a.find(client, addr)
	if i == 0 {
		i = a.insert(addr)
		a.slots[i].client, a.slots[i].addr = client, *addr
	}
	s := &a.slots[i]
	if s.name != name {
		s.flags &^= answerShared
		if s.name != 0 && name != 0 && s.alive(at) {
			s.flags |= answerShared
		}
		a.pool.Hold(name)
		a.unname(s)
		if s.name = name; name != 0 {
			a.named++
		}
	}
	s.asked = at
	s.life = uint16(min(uint64(max(ttl, leastLife))+grace, mostLife) / lifeStep)
}

// Withdraw forgets the answer, as its sender wants.
func (a *Answers) Withdraw(client uint32, addr *packet.Addr) {
	if i := a.find(client, addr); i != 0 {
		a.remove(i)
	}
}

// Lookup returns the best name of addr for a client that has one of the keys.
func (a *Answers) Lookup(clients [2]uint32, addr *packet.Addr, now int64) Match {
	at := seconds(now)
	m := Match{Stranger: true}
	newest := uint32(0)
	for i := a.heads[a.home(addr)]; i != 0; i = a.slots[i].next {
		s := &a.slots[i]
		if s.addr != *addr {
			continue
		}
		if s.age(at) <= mostLife {
			m.Stranger = false
		}
		if s.name == 0 || !s.alive(at) {
			continue
		}
		t := House
		switch s.client {
		case 0:
			t = Announced
		case clients[0], clients[1]:
			t = Asked
		}
		if t > m.Trust || t == m.Trust && s.asked > newest {
			m.Name, m.Trust, m.Shared, newest = s.name, t, s.flags&answerShared != 0, s.asked
		}
	}
	return m
}

// Sweep looks at a part of the answers, all of them in 64 calls: names whose time
// is over are released, and after a day the addresses too.
func (a *Answers) Sweep(now int64) {
	at := seconds(now)
	for range len(a.slots)/64 + 1 {
		if a.swept++; int(a.swept) >= len(a.slots) {
			a.swept = 0
			return
		}
		s := &a.slots[a.swept]
		switch {
		case s.flags&answerUsed == 0 || s.alive(at):
		case s.age(at) > mostLife:
			a.remove(a.swept)
		default:
			a.unname(s)
		}
	}
}

// Forget drops the names that a client was told; all when it is 0.
func (a *Answers) Forget(client uint32) {
	for i := range a.slots {
		if s := &a.slots[i]; s.flags&answerUsed != 0 && (client == 0 || s.client == client) {
			a.unname(s)
		}
	}
}

// shed gives up the names of a sixteenth of the answers, old ones first. It reports false, and does nothing, when fewer than a quarter have names:
// then the room is taken by others.
func (a *Answers) shed() bool {
	if a.named <= a.max/4 {
		return false
	}
	for range a.max/16 + 1 {
		best := uint32(0)
		for range looks {
			if a.hand++; int(a.hand) >= len(a.slots) {
				a.hand = 1
			}
			if s := &a.slots[a.hand]; s.name != 0 && (best == 0 || s.asked < a.slots[best].asked) {
				best = a.hand
			}
		}
		if best != 0 {
			a.unname(&a.slots[best])
			a.Evicted++
		}
	}
	return true
}

func (a *Answers) unname(s *answer) {
	if s.name != 0 {
		a.pool.Release(s.name)
		s.name = 0
		a.named--
	}
}

// shift moves times by delta seconds, see Names.Shift.
func (a *Answers) shift(delta int64, from, to uint32) {
	for i := range a.slots {
		shiftSeconds(&a.slots[i].asked, delta, from, to)
	}
}

// age is how many seconds ago the answer came, as far as the clock can tell.
func (s *answer) age(at uint32) int64 { return int64(at) - int64(s.asked) }

func (s *answer) alive(at uint32) bool { return s.age(at) < int64(s.life)*lifeStep }

func (a *Answers) home(addr *packet.Addr) uint32 {
	return uint32(maphash.Bytes(a.seed, addr[:])) & uint32(len(a.heads)-1)
}

func (a *Answers) find(client uint32, addr *packet.Addr) uint32 {
	for i := a.heads[a.home(addr)]; i != 0; i = a.slots[i].next {
		if s := &a.slots[i]; s.client == client && s.addr == *addr {
			return i
		}
	}
	return 0
}

// insert returns a cleared slot in the list where addr belongs.
func (a *Answers) insert(addr *packet.Addr) uint32 {
	if i := a.crowd(addr); i != 0 {
		a.remove(i)
		a.Evicted++
	} else if a.live == a.max {
		a.remove(a.victim())
		a.Evicted++
	}
	i := a.free
	if i != 0 {
		a.free = a.slots[i].next
	} else {
		if len(a.slots) == cap(a.slots) {
			grown := make([]answer, len(a.slots), min(max(2*cap(a.slots), 64), a.max+1))
			copy(grown, a.slots)
			a.slots = grown
		}
		a.slots = append(a.slots, answer{})
		i = uint32(len(a.slots) - 1)
	}
	head := &a.heads[a.home(addr)]
	a.slots[i] = answer{flags: answerUsed, next: *head}
	*head = i
	a.live++
	return i
}

// crowd returns the oldest answer for addr when there are sharers of them.
func (a *Answers) crowd(addr *packet.Addr) uint32 {
	n, oldest := 0, uint32(0)
	for i := a.heads[a.home(addr)]; i != 0; i = a.slots[i].next {
		if s := &a.slots[i]; s.addr == *addr {
			if n++; oldest == 0 || s.asked < a.slots[oldest].asked {
				oldest = i
			}
		}
	}
	if n < sharers {
		return 0
	}
	return oldest
}

// looks is how many answers a search for a victim compares.
const looks = 16

// victim returns, of the next few answers, one without a name before one with,
// and then the one that came longest ago. Names go when their time is over. All
// slots are used when it is called.
func (a *Answers) victim() uint32 {
	best := uint32(0)
	for range min(looks, len(a.slots)-1) {
		if a.hand++; int(a.hand) >= len(a.slots) {
			a.hand = 1
		}
		s, b := &a.slots[a.hand], &a.slots[best]
		if best == 0 || (s.name == 0) != (b.name == 0) && s.name == 0 || (s.name == 0) == (b.name == 0) && s.asked < b.asked {
			best = a.hand
		}
	}
	return best
}

// remove frees slot i.
func (a *Answers) remove(i uint32) {
	s := &a.slots[i]
	link := &a.heads[a.home(&s.addr)]
	for *link != i {
		link = &a.slots[*link].next
	}
	*link = s.next
	a.unname(s)
	*s = answer{next: a.free}
	a.free = i
	a.live--
}
