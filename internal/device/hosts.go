package device

import (
	"hash/maphash"

	"weir/internal/packet"
)

// Host is an IP address that was seen. Times are microseconds since the Unix
// epoch.
type Host struct {
	Addr        packet.Addr
	First, Last int64
	Device      *Device // nil for none
	Scope       Scope
	Point       uint8  // where it was seen first, then where its own frames were seen last
	AsClient    uint32 // flows that it opened, since it was first seen
	AsServer    uint32 // flows that it answered
	TCP         [2]Faults
	Observed    bool // the packets of a flow of it were counted, so that TCP means something
	Traffic

	used   bool
	onLink bool   // local by evidence, whatever the networks say
	moved  uint32 // when it last went to another device, seconds since the Unix epoch
	home   uint32 // observation points that saw its own frames, modulo 32
	next   uint32 // the next slot of the chain; 0 ends it
}

// Faults counts TCP segments of ended flows, by who sent them: 0 the host itself,
// 1 its peers.
type Faults struct{ Retrans, OutOfOrder, Lost uint32 }

// Add adds the faults of one flow.
func (f *Faults) Add(retrans, ooo, lost uint32) {
	f.Retrans += retrans
	f.OutOfOrder += ooo
	f.Lost += lost
}

// Hosts is a bounded set of addresses. Make it with NewHosts.
type Hosts struct {
	max     int
	idle    int64
	slots   []Host   // slot 0 is unused, so that 0 can end a chain
	chains  []uint32 // first slots of chains by hash: a map would take 140 kB more of 4,096 hosts
	seed    maphash.Seed
	len     int
	free    []uint32
	hand    uint32 // where the next search for a victim begins
	Evicted uint64 // hosts given up for another one
}

// NewHosts returns an empty set of at most limit addresses; a remote one leaves
// idle microseconds after it was last seen. A limit of 0 keeps none.
func NewHosts(limit int, idle int64) *Hosts {
	h := &Hosts{max: limit, idle: idle, slots: make([]Host, 1), seed: maphash.MakeSeed(), hand: 1}
	n := 1
	for n < limit {
		n *= 2
	}
	h.chains = make([]uint32, n)
	return h
}

// Len returns the number of hosts.
func (h *Hosts) Len() int { return h.len }

// Max returns the most hosts that fit.
func (h *Hosts) Max() int { return h.max }

// Find returns the host with that address, or nil.
func (h *Hosts) Find(a *packet.Addr) *Host {
	for i := *h.chain(a); i != 0; i = h.slots[i].next {
		if h.slots[i].Addr == *a {
			return &h.slots[i]
		}
	}
	return nil
}

// chain returns where the first slot of the address's chain stands.
func (h *Hosts) chain(a *packet.Addr) *uint32 {
	return &h.chains[int(maphash.Bytes(h.seed, a[:]))&(len(h.chains)-1)]
}

// drop takes slot i out of its chain and empties it.
func (h *Hosts) drop(i uint32) {
	at := h.chain(&h.slots[i].Addr)
	for *at != i {
		at = &h.slots[*at].next
	}
	*at = h.slots[i].next
	h.slots[i] = Host{}
	h.len--
}

// All calls yield for each host until it returns false.
func (h *Hosts) All(yield func(*Host) bool) {
	for i := range h.slots {
		if h.slots[i].used && !yield(&h.slots[i]) {
			return
		}
	}
}

// Slots calls yield for each host with its slot until it returns false.
func (h *Hosts) Slots(yield func(slot uint32, h *Host) bool) {
	for i := range h.slots {
		if h.slots[i].used && !yield(uint32(i), &h.slots[i]) {
			return
		}
	}
}

// At returns the host in a slot that Slots told, valid until a host comes or goes.
func (h *Hosts) At(slot uint32) *Host { return &h.slots[slot] }

// Seen returns the host with that address, making it when it is new. It returns
// nil only when no host may be kept.
func (h *Hosts) Seen(a *packet.Addr, nets *Networks, point uint8, now int64) *Host {
	if s := h.Find(a); s != nil {
		s.Last = max(s.Last, now)
		return s
	}
	if h.max == 0 {
		return nil
	}
	i := h.slot()
	first := h.chain(a)
	h.slots[i] = Host{Addr: *a, First: now, Last: now, Scope: nets.Scope(a), Point: point, used: true, next: *first}
	*first = i
	h.len++
	return &h.slots[i]
}

// slot returns an unused slot, giving up a host if it must.
func (h *Hosts) slot() uint32 {
	if n := len(h.free); n > 0 {
		i := h.free[n-1]
		h.free = h.free[:n-1]
		return i
	}
	n := len(h.slots)
	if n > h.max {
		return h.victim()
	}
	if n == cap(h.slots) { // append would make room for more than there ever are
		grown := make([]Host, n, min(2*n, h.max+1))
		copy(grown, h.slots)
		h.slots = grown
	}
	h.slots = h.slots[:n+1]
	return uint32(n)
}

// looks is how many hosts a search for a victim compares.
const looks = 16

// victim removes the host that was quiet longest of the next few, remote ones
// before local ones, and returns its slot.
func (h *Hosts) victim() uint32 {
	best := h.hand
	for range min(looks, len(h.slots)-1) {
		i := h.hand
		if h.hand++; int(h.hand) == len(h.slots) {
			h.hand = 1
		}
		a, b := &h.slots[i], &h.slots[best]
		if a.Scope.House() == b.Scope.House() && a.Last < b.Last || !a.Scope.House() && b.Scope.House() {
			best = i
		}
	}
	h.drop(best)
	h.Evicted++
	return best
}

// Rescope computes all scopes anew after the local networks changed.
func (h *Hosts) Rescope(nets *Networks) {
	for i := range h.slots {
		if s := &h.slots[i]; s.used {
			s.Scope = nets.Scope(&s.Addr)
			if s.onLink = s.onLink && nets.Guessed; s.onLink && s.Scope == Remote {
				s.Scope = Local
			}
		}
	}
}

// Home notes that the observation point saw a frame that nobody forwarded.
func (h *Host) Home(point uint8) {
	h.Point = point
	h.home |= 1 << (point % 32)
}

// At reports whether the host's own frames pass the observation point, as far as
// is known: before any was seen they may pass all of them.
func (h *Host) At(point uint8) bool { return h.home == 0 || h.home&(1<<(point%32)) != 0 }

// OnLink notes that the address was seen at home on the link.
func (h *Host) OnLink() {
	if h.Scope == Remote {
		h.Scope, h.onLink = Local, true
	}
}

// Bind gives the address to the device: what is counted from now on is the
// device's.
func (h *Host) Bind(d *Device) {
	if h.Device != d {
		h.Device = d
		d.learn(&h.Addr)
	}
}

// Move gives the address to the device because the kernel says so: another device
// that had it has it no more.
func (h *Host) Move(d *Device) {
	if old := h.Device; old != nil && old != d {
		old.forget(&h.Addr)
	}
	h.Bind(d)
}

// settled is how long, in seconds, an address must have been one device's for its
// going to another one to count: two that share one pass it to and fro.
const settled = 60

// Moves notes at the time now, in microseconds, that the address goes from its
// device to another one, and reports whether that counts.
func (h *Host) Moves(now int64) bool {
	at := uint32(max(now, 0) / second)
	counts := at-h.moved >= settled
	h.moved = at
	return counts
}

// Rebind gives the addresses of devices that became part of others to these.
func (h *Hosts) Rebind() {
	for i := range h.slots {
		h.slots[i].inherit()
	}
}

// inherit unbinds the address from a device that left, or binds it to what that one
// is a member of now.
func (h *Host) inherit() {
	for h.Device != nil && h.Device.ID == 0 {
		h.Device = h.Device.heir
	}
}

// Tick computes rates over elapsed microseconds, lets idle remote hosts go, and
// unbinds hosts from devices that left.
func (h *Hosts) Tick(now, elapsed int64) {
	for i := range h.slots {
		s := &h.slots[i]
		if !s.used {
			continue
		}
		s.Traffic.Tick(elapsed)
		s.inherit()
		if h.idle > 0 && !s.Scope.House() && now-s.Last > h.idle {
			h.drop(uint32(i))
			h.free = append(h.free, uint32(i))
		}
	}
}

// Shift moves times by delta microseconds because the wall clock was set; see
// Devices.Shift.
func (h *Hosts) Shift(delta, from, to int64) {
	for i := range h.slots {
		s := &h.slots[i]
		shift(&s.First, delta, from, to)
		shift(&s.Last, delta, from, to)
	}
}
