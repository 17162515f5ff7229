package flow

import (
	"math/rand/v2"
	"time"

	"weir/internal/packet"
)

// Limits of Config.Max: an index entry holds a slot number in its low bits and a
// part of the hash above them.
const (
	slotBits = 22
	MaxFlows = 1<<slotBits - 2
	firstCap = 1 << 16 // slots made at once; more only when they are needed
	rollAt   = 3 << 30 // bytes after which a flow is rolled before the tick, since low words tell what is new
	leap     = 1 << 30 // bytes or packets that are not added to what waits for a roll, but rolled at once
	chances  = 16      // flows that an eviction passes over because they were used since the last tick
)

// Config bounds a Table. Timeouts of 0 never end a flow.
type Config struct {
	Max       int           // flows kept at once, 1 to MaxFlows
	Idle      time.Duration // a flow without packets ends after it
	Active    time.Duration // a flow's accounting is split this often
	Completed time.Duration // a closed connection ends after it, if Idle is not shorter
	Joined    bool          // a SYN on a closed connection continues it instead of beginning another flow
}

// Observer learns what happens to the flows of a Table, from within calls of its
// methods. It must not change the Table, nor keep what it is handed.
type Observer interface {
	// Rolled reports what a flow counted since it was rolled before, at least
	// once a tick for a busy flow and once more before it ends.
	Rolled(f *Flow, c *Change)
	// Ended reports a record: the flow leaves, or is split when r.Why is Active.
	// The record covers what no record before it did. A flow that frames only
	// named is Empty when it leaves.
	Ended(f *Flow, r *Record)
}

// Change is what a flow counted between two rolls, by End.
type Change struct {
	Packets [2]uint64
	Bytes   [2]uint64
	New     bool // the first that the flow counted
}

// Stats counts what a Table did. Flows that counted nothing are not in it, once
// they left.
type Stats struct {
	New, Idle, Completed, Evicted uint64
}

// Table is a bounded set of flows. The zero value is not usable; see New.
type Table struct {
	cfg    Config
	obs    Observer
	seed   hashSeed
	slots  []Flow   // slot 0 is unused, so that 0 can end a list
	conns  []Conn   // by slot; nil until connection tracking tells something
	labels []Label  // by slot
	index  []uint32 // open addressing: hash bits above slotBits, slot number below; 0 = empty
	free   []uint32 // slots given back
	used   uint32   // slots ever used
	live   int

	open, closing list     // flows by last use, oldest first
	dirty         []uint32 // slots to look at in the next roll
	splits        map[uint32]split
	early         map[uint32]uint64 // bytes rolled since the last Roll, by slot: only what moves GiBs is in it
	lastRoll      int64
	stats         Stats

	change Change // what is handed to obs, which would make it escape
	rec    Record
}

// split remembers what earlier records of a long flow covered.
type split struct {
	at                      int64
	packets, bytes, payload [2]uint64
}

// New returns an empty table that reports to obs.
func New(cfg Config, obs Observer) *Table {
	cfg.Max = min(max(cfg.Max, 1), MaxFlows)
	t := &Table{cfg: cfg, obs: obs, splits: make(map[uint32]split), early: make(map[uint32]uint64)}
	for i := range t.seed {
		t.seed[i] = rand.Uint64() | 1
	}
	n := min(cfg.Max, firstCap)
	t.slots = make([]Flow, n+1)
	t.labels = make([]Label, n+1)
	t.dirty = make([]uint32, 0, n)
	t.free = make([]uint32, 0, 256)
	t.index = make([]uint32, indexSize(n))
	return t
}

// indexSize returns the power of two that keeps the index at most a quarter
// full: 16 bytes a flow or more, for which nearly every key is found where it is
// looked for first and hardly any entry moves when another leaves.
func indexSize(n int) int {
	s := 16
	for s < 4*n {
		s *= 2
	}
	return s
}

// Len returns the number of flows.
func (t *Table) Len() int { return t.live }

// Max returns the most flows that fit.
func (t *Table) Max() int { return t.cfg.Max }

// Stats returns what the table did so far.
func (t *Table) Stats() Stats { return t.stats }

// SetTimeouts changes the timeouts of a running table.
func (t *Table) SetTimeouts(idle, active time.Duration) {
	t.cfg.Idle, t.cfg.Active = idle, active
}

// Event says what a packet meant for its flow.
type Event uint8

// The events of Packet.
const (
	Known   Event = iota // one more packet
	Created              // the flow's first packet
	Replied              // the first packet of the other direction
)

// Packet accounts p to its flow, making one when there is none, and returns it
// with the end that sent p. Ports of later fragments must have been resolved.
func (t *Table) Packet(p *packet.Packet) (*Flow, End, Event) {
	now := p.Time / 1000
	var k Key
	e := k.set(&p.Src, &p.Dst, p.SrcPort, p.DstPort, p.Proto, p.Iface)
	h := t.seed.sum(&k)
	i := t.find(&k, h)
	if i != 0 && !t.cfg.Joined && t.reopens(&t.slots[i], p) {
		t.end(i, Completed)
		i = 0
	}
	if i == 0 {
		i = t.insert(&k, h)
		f := &t.slots[i]
		f.begin(p, e, now)
		if p.Bytes >= heavyFrame && p.Bytes*uint64(max(p.Weight, 1)) >= leap {
			t.packetLeap(i, f, p, e, now)
		} else {
			f.update(p, e, now)
		}
		t.mark(i, f)
		return f, e, Created
	}
	f := &t.slots[i]
	ev := Known
	if p.Bytes >= heavyFrame && p.Bytes*uint64(max(p.Weight, 1)) >= leap {
		if t.packetLeap(i, f, p, e, now) {
			ev = Replied
		}
	} else if f.update(p, e, now) {
		ev = Replied
	}
	t.mark(i, f)
	if s := &f.sides[e]; s.bytesLo-s.rolledBytes >= rollAt {
		t.rollEarly(i, f)
	}
	return f, e, ev
}

// heavyFrame is the least a frame carries that stands for leap bytes: its weight
// has 16 bits.
const heavyFrame = leap >> 16

// packetLeap accounts a frame that stands for so much that low words would not
// tell how much that was.
func (t *Table) packetLeap(i uint32, f *Flow, p *packet.Packet, e End, now int64) (firstReply bool) {
	t.rollEarly(i, f)
	packets, bytes := f.Packets(e), f.Bytes(e)
	firstReply = f.update(p, e, now)
	var dp, db [2]uint64
	dp[e], db[e] = f.Packets(e)-packets, f.Bytes(e)-bytes
	t.rollWhole(i, f, dp, db)
	return firstReply
}

// reopens reports whether p begins another connection between the same ports.
func (t *Table) reopens(f *Flow, p *packet.Packet) bool {
	return p.Proto == packet.ProtoTCP && p.TCPFlags&(packet.SYN|packet.ACK) == packet.SYN && (f.closed() || f.vlan&ended != 0)
}

// begin sets up a flow whose first packet is p, sent by e.
func (f *Flow) begin(p *packet.Packet, e End, now int64) {
	f.First, f.Last, f.vlan = now, now, p.VLAN&vlanID
	f.sides[A].gapMin, f.sides[B].gapMin = noGap, noGap
	if e == B {
		f.flags |= startB | lastB
	}
	client := e
	if wellKnown(p.SrcPort) && !wellKnown(p.DstPort) && !multicast(&p.Dst) {
		client = e.Other()
	}
	f.setClient(client, false)
}

// wellKnown reports whether a port belongs to a service rather than to a client
// (RFC 6335 section 6, system ports).
func wellKnown(port uint16) bool { return port != 0 && port < 1024 }

// multicast reports whether a is a group or the broadcast address.
func multicast(a *packet.Addr) bool {
	if a.Is4() {
		return a[12] >= 224
	}
	return a[0] == 0xff
}

// mark puts a slot on the list that the next tick rolls, once.
func (t *Table) mark(i uint32, f *Flow) {
	if f.flags&dirty == 0 {
		f.flags |= dirty
		t.dirty = append(t.dirty, i)
	}
}

// Find returns the flow of k, or nil.
func (t *Table) Find(k *Key) *Flow {
	if i := t.find(k, t.seed.sum(k)); i != 0 {
		return &t.slots[i]
	}
	return nil
}

// All calls yield for each flow, in no particular order, until it returns false.
// Flows that frames named, but nothing that counts told of yet, are left out:
// there is nothing right to be said about them.
func (t *Table) All(yield func(slot uint32, f *Flow) bool) {
	for i := uint32(1); i <= t.used; i++ {
		f := &t.slots[i]
		if f.flags&opened != 0 && !f.awaited() && !yield(i, f) {
			return
		}
	}
}

// At returns the flow in a slot that All named, or nil when it is gone.
func (t *Table) At(slot uint32) *Flow {
	if slot == 0 || slot > t.used || t.slots[slot].flags&opened == 0 {
		return nil
	}
	return &t.slots[slot]
}

// find returns the slot of k, whose hash is h, or 0.
func (t *Table) find(k *Key, h uint64) uint32 {
	mask := uint32(len(t.index) - 1)
	tag := uint32(h>>32) &^ (1<<slotBits - 1)
	for j := uint32(h) & mask; ; j = (j + 1) & mask {
		v := t.index[j]
		if v == 0 {
			return 0
		}
		if v&^(1<<slotBits-1) == tag {
			if i := v & (1<<slotBits - 1); t.slots[i].Key.equal(k) {
				return i
			}
		}
	}
}

// insert gives k a cleared slot, growing or evicting when none is free.
func (t *Table) insert(k *Key, h uint64) uint32 {
	if t.live == t.cfg.Max {
		t.evict()
	} else if len(t.free) == 0 && int(t.used)+1 == len(t.slots) {
		t.grow()
	}
	i := t.used + 1
	if n := len(t.free); n > 0 {
		i = t.free[n-1]
		t.free = t.free[:n-1]
		t.slots[i] = Flow{flags: t.slots[i].flags & dirty} // still listed
	} else {
		t.used++
	}
	t.slots[i].Key = *k
	t.labels[i] = Label{}
	t.place(i, h)
	t.live++
	t.stats.New++
	t.pushBack(&t.open, i)
	return i
}

// place writes slot i into the first empty place of the index after its home.
func (t *Table) place(i uint32, h uint64) {
	mask := uint32(len(t.index) - 1)
	j := uint32(h) & mask
	for t.index[j] != 0 {
		j = (j + 1) & mask
	}
	t.index[j] = uint32(h>>32)&^(1<<slotBits-1) | i
}

// grow doubles the room, up to Max.
func (t *Table) grow() {
	n := min(2*(len(t.slots)-1), t.cfg.Max)
	slots := make([]Flow, n+1)
	copy(slots, t.slots)
	t.slots = slots
	labels := make([]Label, n+1)
	copy(labels, t.labels)
	t.labels = labels
	if t.conns != nil {
		conns := make([]Conn, n+1)
		copy(conns, t.conns)
		t.conns = conns
	}
	t.index = make([]uint32, indexSize(n))
	for i := uint32(1); i <= t.used; i++ {
		t.place(i, t.seed.sum(&t.slots[i].Key))
	}
}

// remove takes slot i out of the index, moving back the entries that it kept
// from their homes.
func (t *Table) remove(i uint32) {
	mask := uint32(len(t.index) - 1)
	j := uint32(t.seed.sum(&t.slots[i].Key)) & mask
	for t.index[j]&(1<<slotBits-1) != i {
		j = (j + 1) & mask
	}
	for hole := j; ; {
		j = (j + 1) & mask
		v := t.index[j]
		if v == 0 {
			t.index[hole] = 0
			return
		}
		home := uint32(t.seed.sum(&t.slots[v&(1<<slotBits-1)].Key)) & mask
		if (j-home)&mask >= (j-hole)&mask {
			t.index[hole] = v
			hole = j
		}
	}
}
