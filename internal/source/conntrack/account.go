package conntrack

import (
	"math"
	"time"

	"weir/internal/flow"
	"weir/internal/packet"
)

// listed accounts an entry that a dump shows.
func (l *ledger) listed(e *entry) {
	l.current.entries++
	key := l.key(e)
	b := l.table.find(key)
	if b == nil {
		l.discovered(key, e)
		return
	}
	if b.marks&markEnded != 0 || b.skip == l.dump {
		return
	}
	again := b.seen == l.dump // as happens when an entry leaves the kernel's table beside this one
	b.seen = l.dump
	b.marks &^= markAged
	if b.marks&markGroup != 0 {
		return
	}
	if b.marks&markFresh != 0 {
		// What the dump shows may be older: were it newer, another event would follow.
		e.tcp = b.tcp
	}
	d := l.count(b, e)
	if !again {
		l.observe(b, e, &d)
	}
	status := l.status(b, e)
	if d.grown() || status != b.status || e.tcp != b.tcp {
		l.tell(b, e, status, &d)
	}
}

// discovered accounts an entry of a dump that nothing was known of: one from
// before the start, or one whose beginning was missed.
func (l *ledger) discovered(key uint64, e *entry) {
	b := l.begin(key, e)
	if b == nil {
		l.blind = l.blind || !l.primed
		return
	}
	if b.marks&markGroup != 0 {
		return
	}
	if !l.primed || l.blind {
		b.read(e)
	}
	d := l.count(b, e)
	l.observe(b, e, &d)
	b.still = 0 // one look tells nothing about movement
	l.tell(b, e, l.status(b, e), &d)
}

// status returns the status of an entry from a message that would have counters
// if the entry had, and counts those that have none.
func (l *ledger) status(b *baseline, e *entry) flow.ConnStatus {
	if e.counted {
		return e.status
	}
	if b.status&flow.ConnUncounted == 0 {
		l.counts.Uncounted++
	}
	return e.status | flow.ConnUncounted
}

// observe takes the census of one entry.
func (l *ledger) observe(b *baseline, e *entry, d *delta) {
	offloaded, hardware := e.status&flow.ConnOffloaded != 0, e.status&flow.ConnHardware != 0
	if !offloaded || !e.counted || d.grown() {
		b.still = 0
	} else if b.still < math.MaxUint8 {
		b.still++
	}
	if offloaded {
		l.current.offloaded++
	}
	if hardware {
		l.current.hardware++
	}
	if b.still >= standing {
		l.current.standing++
		if hardware {
			l.current.standingHardware++
		}
	}
}

// made accounts the event of a new entry.
func (l *ledger) made(e *entry) {
	key := l.key(e)
	b := l.table.find(key)
	switch {
	case b == nil:
		if b = l.begin(key, e); b == nil {
			return
		}
	case b.marks&markEnded != 0: // the kernel made the same entry again
		skip := b.skip
		*b = baseline{key: key, seen: l.dump, skip: skip}
		l.describe(b, e)
	default:
		// A dump was faster, or the kernel repeats what it could not deliver: the
		// baseline knows better.
		return
	}
	if b.marks&markGroup == 0 {
		l.tell(b, e, e.status, new(delta))
	}
}

// changed accounts the event of an entry that changed its state. It is caused by
// a packet and has no counters.
func (l *ledger) changed(e *entry) {
	b := l.table.find(l.key(e))
	if b == nil || b.marks&(markEnded|markGroup) != 0 {
		return
	}
	b.last = tenthsOf(l.now.Up)
	if l.dumping {
		b.marks |= markFresh
	}
	status := e.status | b.status&flow.ConnUncounted
	if status != b.status || e.tcp != b.tcp {
		l.tell(b, e, status, new(delta))
	}
}

// ended accounts the event of an entry that is no more.
func (l *ledger) ended(e *entry) {
	key := l.key(e)
	b := l.table.find(key)
	if b == nil {
		if b = l.begin(key, e); b == nil {
			// Not even room to remember that it ended.
			var lost baseline
			b = &lost
			l.describe(b, e)
		}
		if !l.primed || l.blind {
			b.read(e)
		}
	}
	again := b.marks&markEnded != 0
	b.marks = b.marks&^markAged | markEnded
	b.seen = l.dump
	if l.dumping {
		b.skip = l.dump
	}
	if again || b.marks&markGroup != 0 {
		return
	}
	d := l.count(b, e)
	l.tell(b, e, l.status(b, e)|flow.ConnEnded, &d)
}

// begin adds the baseline of an entry with counters of zero. It returns nil, and
// counts that, when there is no room.
func (l *ledger) begin(key uint64, e *entry) *baseline {
	b := l.table.insert(key)
	if b == nil && !l.purged {
		// What ended before the dump is remembered for caution only.
		l.purged = true
		l.table.removeIf(func(b *baseline) bool { return b.marks&markEnded != 0 && b.skip == 0 })
		b = l.table.insert(key)
	}
	if b == nil {
		l.counts.Forgotten++
		return nil
	}
	b.seen = l.dump
	l.describe(b, e)
	return b
}

// describe fills in what does not change in the life of an entry.
func (l *ledger) describe(b *baseline, e *entry) {
	b.first = tenthsOf(l.now.Up)
	b.last = b.first
	if start, ok := l.believe(e.start); ok {
		b.first = tenthsOf(time.Duration(start - l.booted))
	}
	if l.group(&e.orig.Dst) {
		b.marks |= markGroup
		l.counts.Multicast++
	}
}

// group reports whether packets to a go to more than one host.
func (l *ledger) group(a *packet.Addr) bool {
	if !a.Is4() {
		return a[0] == 0xff
	}
	return a[12] >= 224 && a[12] < 240 || a[12]&a[13]&a[14]&a[15] == 0xff || l.broadcast(a)
}

// believe returns a time of the kernel in ns since the Unix epoch, and false when
// it is none: not told, in the future, or before the boot, as it is when the
// clock was set since.
func (l *ledger) believe(ns uint64) (int64, bool) {
	if ns == 0 || ns > math.MaxInt64 {
		return 0, false
	}
	t := int64(ns)
	return t, t >= l.booted && t <= l.now.Wall.UnixNano()
}

// count is baseline.count with the number of resets kept.
func (l *ledger) count(b *baseline, e *entry) delta {
	d := b.count(e)
	if d.reset {
		l.counts.Resets++
	}
	return d
}

// tell hands an entry and what it counted to the sink.
func (l *ledger) tell(b *baseline, e *entry, status flow.ConnStatus, d *delta) {
	b.status, b.tcp = status, e.tcp
	if d.grown() {
		b.last = tenthsOf(l.now.Up)
	}
	last := l.wall(b.last)
	if stop, ok := l.believe(e.stop); ok && d.grown() {
		last = stop / 1000
	}
	if len(l.batch) == cap(l.batch) {
		l.flush()
	}
	l.batch = append(l.batch, flow.Connection{
		Orig: e.orig, Reply: e.reply, Proto: e.proto, TCP: e.tcp, Zone: e.zone, Mark: e.mark,
		Status: status, First: l.wall(b.first), Last: last, Packets: d.packets, Bytes: d.bytes,
	})
}

// wall returns t in microseconds since the Unix epoch, by the clock as it is now.
func (l *ledger) wall(t tenths) int64 {
	return (l.booted + int64(t)*int64(tenth)) / 1000
}

// flush hands the batch to the sink.
func (l *ledger) flush() {
	if len(l.batch) > 0 {
		l.sink.Connections(l.batch)
		l.batch = l.batch[:0]
	}
}
