package names

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"slices"

	"weir/internal/packet"
)

// Bounds of what addresses are called by reverse lookup: addresses, how many of
// them share a place in the table, bytes of their names, and how long an answer is
// waited for, in seconds.
const (
	reverseAddrs = 1536
	reverseWays  = 8
	reverseText  = 32 << 10
	reverseWait  = 60
)

// Reverse is what addresses are called by whoever owns them, for want of a better
// name. What nobody wanted to know for longest gives way to what is new.
type Reverse struct {
	n     *Names
	slots []called // nil until something was asked
	text  int      // bytes of the names that are held

	Evicted uint64 // addresses given up for others
}

// called is one address.
type called struct {
	addr   packet.Addr // zero: the slot is empty
	name   uint32      // handle with a reference, 0 for none
	asked  uint32      // when it was asked for last, in seconds
	until  uint32      // and when it may be asked for again
	wanted uint32      // when somebody wanted to know last
}

func (c *called) empty() bool { return c.addr == packet.Addr{} }

// set returns the slots in which an address may be.
func (r *Reverse) set(a *packet.Addr) []called {
	if r.slots == nil {
		return nil
	}
	i := int(maphash.Bytes(r.n.seed, a[:])%(reverseAddrs/reverseWays)) * reverseWays
	return r.slots[i : i+reverseWays]
}

func (r *Reverse) find(a *packet.Addr) *called {
	set := r.set(a)
	for i := range set {
		if set[i].addr == *a {
			return &set[i]
		}
	}
	return nil
}

// Name returns the handle of what an address is called, without a reference, 0 for
// nothing. A name that is due to be asked for again holds until there is another.
func (r *Reverse) Name(a *packet.Addr) uint32 {
	if c := r.find(a); c != nil {
		return c.name
	}
	return 0
}

// Due reports whether an address is to be asked for: it is not known what it is
// called, no answer is awaited, and the name may be kept. What is in the house names
// a device, and those have names at every level of privacy.
func (r *Reverse) Due(a *packet.Addr, house bool, now int64) bool {
	if !r.n.cfg.Decode || r.n.reduce.Level >= KeepNothing && !house {
		return false
	}
	c := r.find(a)
	if c == nil {
		return true
	}
	c.wanted = seconds(now)
	return c.wanted >= c.until
}

// Asked notes that an address was asked for.
func (r *Reverse) Asked(a *packet.Addr, now int64) {
	c := r.find(a)
	if c == nil {
		c = r.make(a, now)
	}
	c.asked = seconds(now)
	c.until = c.asked + reverseWait
}

// Own reports whether a question for that PTR record is one that Asked told of:
// the router's resolver passes it on as its own.
func (r *Reverse) Own(question []byte, now int64) bool {
	a, ok := reversedAddr(question)
	if !ok {
		return false
	}
	c := r.find(&a)
	return c != nil && max(c.asked, seconds(now))-min(c.asked, seconds(now)) <= reverseWait
}

// reversedAddr returns the address that a name of in-addr.arpa or ip6.arpa stands
// for (RFC 1035 section 3.5, RFC 3596 section 2.5), in whatever case.
func reversedAddr(name []byte) (a packet.Addr, ok bool) {
	var room [MaxText]byte
	name, ok = Clean(room[:0], name)
	if !ok {
		return a, false
	}
	if digits, ok := bytes.CutSuffix(name, []byte(".ip6.arpa")); ok {
		return a, len(digits) == 63 && nibbles(&a, digits)
	}
	digits, ok := bytes.CutSuffix(name, []byte(".in-addr.arpa"))
	ip, err := netip.ParseAddr(string(digits))
	if !ok || err != nil || !ip.Is4() {
		return a, false
	}
	b := ip.As4()
	slices.Reverse(b[:])
	return packet.AddrOf(netip.AddrFrom4(b)), true
}

// nibbles reads the digits of an IPv6 address, the last one first, with dots
// between them.
func nibbles(a *packet.Addr, digits []byte) bool {
	for i, c := range digits {
		n := bytes.IndexByte([]byte("0123456789abcdef"), c)
		switch {
		case i%2 == 1 && c == '.':
			continue
		case i%2 == 1, n < 0:
			return false
		}
		a[15-i/4] |= byte(n) << (i / 2 % 2 * 4)
	}
	return true
}

// make takes a slot for an address: an empty one of those where it may be, or that
// which nobody wanted for longest.
func (r *Reverse) make(a *packet.Addr, now int64) *called {
	if r.slots == nil {
		r.slots = make([]called, reverseAddrs)
	}
	set := r.set(a)
	best := &set[0]
	for i := range set {
		if c := &set[i]; c.empty() {
			best = c
			break
		} else if c.wanted < best.wanted {
			best = c
		}
	}
	if !best.empty() {
		r.Evicted++
		r.unname(best)
	}
	*best = called{addr: *a, wanted: seconds(now)}
	return best
}

// Learn takes what an address is called, nil for nothing, which holds for some
// seconds. It returns what is kept of it, as Name does: nothing that privacy
// forbids, and no more than there is room for beside the names that clients ask
// for.
func (r *Reverse) Learn(a *packet.Addr, name []byte, hold uint32, now int64) uint32 {
	c := r.find(a)
	if c == nil {
		return 0 // forgotten meanwhile
	}
	r.unname(c)
	c.until = seconds(now) + hold
	var room [MaxText]byte
	text, ok := Clean(room[:0], name)
	if !ok || !r.n.cfg.Decode || r.text+len(text) > reverseText {
		return 0
	}
	c.name = r.n.name(text, false, r.n.Pool.Spare())
	r.text += len(r.n.Pool.Text(c.name))
	return c.name
}

// unname gives a name back.
func (r *Reverse) unname(c *called) {
	r.text -= len(r.n.Pool.Text(c.name))
	r.n.Pool.Release(c.name)
	c.name = 0
}

// Forget drops all that is known. An answer that is still awaited is not taken.
func (r *Reverse) Forget() {
	for i := range r.slots {
		r.unname(&r.slots[i])
	}
	r.slots = nil
}

// Len returns how many addresses are known or asked for.
func (r *Reverse) Len() (n int) {
	for i := range r.slots {
		if !r.slots[i].empty() {
			n++
		}
	}
	return n
}

// shift moves times by delta seconds.
func (r *Reverse) shift(delta int64, from, to uint32) {
	for i := range r.slots {
		c := &r.slots[i]
		shiftSeconds(&c.asked, delta, from, to)
		shiftSeconds(&c.until, delta, from, to+mostLife)
		shiftSeconds(&c.wanted, delta, from, to)
	}
}
