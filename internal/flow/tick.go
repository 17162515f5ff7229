package flow

import "time"

// Tick is Roll and Expire: what a Table needs once a second that packets fill.
func (t *Table) Tick(now int64) {
	t.Roll(now)
	t.Expire(now)
}

// Roll reports what flows counted since the Roll before, which gives their rates,
// and splits the accounting of long ones. now is microseconds since the Unix
// epoch.
func (t *Table) Roll(now int64) {
	before := t.lastRoll
	elapsed := now - before
	if before == 0 || elapsed < 0 {
		elapsed = int64(time.Second / time.Microsecond)
	}
	t.lastRoll = now
	busy := t.dirty[:0]
	for _, i := range t.dirty {
		f := &t.slots[i]
		if f.flags&opened == 0 {
			f.flags = 0 // ended since it was marked
			continue
		}
		bytes := t.roll(f)
		if len(t.early) > 0 {
			bytes += t.early[i]
			delete(t.early, i)
		}
		f.now = rate(bytes, elapsed)
		f.peak = max(f.peak, f.now)
		if bytes > 0 || f.Last > before || f.done() != (f.flags&closing != 0) {
			t.requeue(i, f)
		}
		if bytes == 0 {
			f.flags &^= dirty
			continue
		}
		t.splitLong(i, f, now)
		busy = append(busy, i)
	}
	t.dirty = busy
}

// Expire ends the flows that are idle or closed for long enough.
func (t *Table) Expire(now int64) {
	t.expire(&t.closing, now, min(nonzero(t.cfg.Completed), nonzero(t.cfg.Idle)), Completed)
	t.expire(&t.open, now, nonzero(t.cfg.Idle), Idle)
}

// nonzero turns a timeout of 0 into one that never comes.
func nonzero(d time.Duration) time.Duration {
	if d <= 0 {
		return 1<<63 - 1
	}
	return d
}

// rate returns bytes a second, bounded to 32 bits (34 Gbit/s).
func rate(bytes uint64, elapsed int64) uint32 {
	if elapsed <= 0 {
		elapsed = 1
	}
	return uint32(min(bytes*1e6/uint64(elapsed), 1<<32-1))
}

// requeue moves a flow that was used to the young end of the list it belongs in.
func (t *Table) requeue(i uint32, f *Flow) {
	t.unlink(t.listOf(f), i)
	f.flags &^= closing
	if t.cfg.Completed > 0 && f.done() {
		f.flags |= closing
	}
	t.pushBack(t.listOf(f), i)
}

// done reports whether nothing more is expected of a flow. Of a tracked one its
// connection has the last word: packets show that it closes before the last of
// what it counted is told.
func (f *Flow) done() bool {
	if f.vlan&tracked != 0 {
		return f.vlan&ended != 0
	}
	return f.closed()
}

// roll reports what f counted since the roll before and returns its bytes. The
// low words suffice; see rollAt and leap.
func (t *Table) roll(f *Flow) uint64 {
	c := &t.change
	for e := range f.sides {
		s := &f.sides[e]
		c.Packets[e] = uint64(s.packetsLo - s.rolledPackets)
		c.Bytes[e] = uint64(s.bytesLo - s.rolledBytes)
		s.rolledPackets, s.rolledBytes = s.packetsLo, s.bytesLo
	}
	return t.report(f)
}

// report hands t.change to the observer and returns its bytes. The first one that
// is not empty tells of the flow itself.
func (t *Table) report(f *Flow) uint64 {
	c := &t.change
	if c.Packets[A]|c.Packets[B]|c.Bytes[A]|c.Bytes[B] == 0 {
		return 0
	}
	c.New = f.flags&counted == 0
	f.flags |= counted
	t.obs.Rolled(f, c)
	return c.Bytes[A] + c.Bytes[B]
}

// rollEarly rolls f between two calls of Roll, which the rate at the next takes
// into account.
func (t *Table) rollEarly(i uint32, f *Flow) {
	if bytes := t.roll(f); bytes > 0 {
		t.early[i] += bytes
	}
}

// unrolled returns the most bytes of either end that wait for a roll.
func (f *Flow) unrolled() uint32 {
	a, b := &f.sides[A], &f.sides[B]
	return max(a.bytesLo-a.rolledBytes, b.bytesLo-b.rolledBytes)
}

// rollWhole rolls f, whose counters were rolled and grew since by packets and
// bytes, which 32 bits need not hold.
func (t *Table) rollWhole(i uint32, f *Flow, packets, bytes [2]uint64) {
	for e := range f.sides {
		s := &f.sides[e]
		s.rolledPackets, s.rolledBytes = s.packetsLo, s.bytesLo
	}
	t.change.Packets, t.change.Bytes = packets, bytes
	if n := t.report(f); n > 0 {
		t.early[i] += n
	}
}

// expire ends the flows of l whose last packet is older than after.
func (t *Table) expire(l *list, now int64, after time.Duration, why Reason) {
	limit := int64(after / time.Microsecond)
	for n := t.live; l.head != 0 && n > 0; n-- {
		i := l.head
		switch f := &t.slots[i]; {
		case now-f.Last >= limit:
			t.end(i, why)
		case f.Last <= now:
			return
		default: // ahead of the clock, which says nothing of those behind it
			t.unlink(l, i)
			t.pushBack(l, i)
		}
	}
}

// evict makes room by ending the flow that was quiet longest, closed ones first.
// The order is as of the last roll: a flow used since gets another chance at the
// young end, but only a few do in one eviction, so that its cost stays bounded
// when a flood makes every flow a young one.
func (t *Table) evict() {
	l := &t.closing
	if l.head == 0 {
		l = &t.open
	}
	for n := 0; n < chances && t.slots[l.head].Last > t.lastRoll; n++ {
		i := l.head
		t.unlink(l, i)
		t.pushBack(l, i)
	}
	t.end(l.head, Evicted)
}

// splitLong makes a record of a flow that lives longer than the active timeout.
func (t *Table) splitLong(i uint32, f *Flow, now int64) {
	every := int64(t.cfg.Active / time.Microsecond)
	if every <= 0 || now-f.First < every {
		return
	}
	s, ok := t.splits[i]
	if ok && now-s.at < every {
		return
	}
	t.record(i, f, Active)
	s.at = now
	for e := A; e <= B; e++ {
		s.packets[e], s.bytes[e], s.payload[e] = f.Packets(e), f.Bytes(e), f.Payload(e)
	}
	t.splits[i] = s
}

// record reports what no record of f covered yet.
func (t *Table) record(i uint32, f *Flow, why Reason) {
	r := &t.rec
	*r = Record{Key: f.Key, Client: f.Client(), First: f.First, Last: f.Last, Why: why}
	s, split := t.splits[i]
	if split {
		r.First = min(s.at, f.Last) // nothing may have come since
	}
	for e := A; e <= B; e++ {
		r.Packets[e] = f.Packets(e) - s.packets[e]
		r.Bytes[e] = f.Bytes(e) - s.bytes[e]
		r.Payload[e] = f.Payload(e) - s.payload[e]
		r.TCPFlags[e] = f.TCPFlags(e)
	}
	t.obs.Ended(f, r)
}

// end rolls, reports and removes the flow in slot i.
func (t *Table) end(i uint32, why Reason) {
	f := &t.slots[i]
	t.roll(f)
	t.record(i, f, why)
	delete(t.splits, i)
	if len(t.early) > 0 {
		delete(t.early, i)
	}
	empty := f.Empty()
	t.unlink(t.listOf(f), i)
	t.remove(i)
	f.flags &= dirty // its slot may still be listed
	t.free = append(t.free, i)
	t.live--
	if empty {
		t.stats.New--
		return
	}
	switch why {
	case Idle:
		t.stats.Idle++
	case Completed:
		t.stats.Completed++
	case Evicted:
		t.stats.Evicted++
	}
}

// Shift moves times by d microseconds because the wall clock was set, but only
// those from the time from to the time to, which the wrong clock gave: packets
// that came since are stamped right already.
func (t *Table) Shift(d, from, to int64) {
	for i := uint32(1); i <= t.used; i++ {
		f := &t.slots[i]
		for _, at := range []*int64{&f.First, &f.Last} {
			if *at >= from && *at <= to {
				*at += d
			}
		}
	}
	for i, s := range t.splits {
		s.at += d
		t.splits[i] = s
	}
	t.lastRoll += d
}

// Flush ends all flows, in the order of their slots.
func (t *Table) Flush() {
	for i := uint32(1); i <= t.used; i++ {
		if t.slots[i].flags&opened != 0 {
			t.end(i, Flushed)
		}
	}
}
