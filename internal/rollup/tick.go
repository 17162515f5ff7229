package rollup

import "weir/internal/clock"

// Tick tells the time in seconds since the Unix epoch, about once a second. It
// closes the slots that have ended and returns those of the stored tiers, finest
// first, with the parts of matrices that are due.
func (r *Rollup) Tick(now int64) []Slot {
	r.tickRings(now)
	r.now = now
	switch stored := &r.levels[r.stored()]; {
	case !r.dated:
		r.settle(now)
	case now < stored.start:
		r.flushRings(now)
		r.setBack(now)
	}
	r.advance(now)
	return r.take()
}

// take returns what was closed. What waited while the clock was set back goes to the
// slot of now if its own lies in the future.
func (r *Rollup) take() []Slot {
	out := r.out
	for i := range out {
		if s := &out[i]; s.Start > r.now {
			s.Start = r.cal.Floor(r.now, s.Step)
		}
	}
	r.out = nil
	return out
}

// Flush ticks and then closes the open slots unfinished, for a stop. Slots that
// go on afterwards are returned again with the same start: the store adds them
// up.
func (r *Rollup) Flush(now int64) []Slot {
	r.out = r.Tick(now)
	r.flushRings(now)
	r.closeStored()
	r.beginStored(now)
	return r.take()
}

// SetCalendar says where days and months begin from now on. If that is elsewhere
// for an open slot, what the open slots hold stays in them, and they are closed.
func (r *Rollup) SetCalendar(cal clock.Calendar) {
	other := false
	for i := r.stored(); i < len(r.levels); i++ {
		l := &r.levels[i]
		start := cal.Floor(r.now, l.step)
		other = other || start != l.start || cal.Next(start, l.step) != l.end
	}
	if !r.dated || !other {
		r.cal = cal
		return
	}
	r.flushRings(r.now)
	r.closeStored()
	r.cal = cal
	r.beginStored(r.now)
}

// setBack lets the open slots that begin after now, for the clock was set back,
// begin at now with what they have.
func (r *Rollup) setBack(now int64) {
	for i := r.stored(); i < len(r.levels); i++ {
		if l := &r.levels[i]; l.start > now {
			l.begin(r.cal, now)
		}
	}
}

// slack is by how many seconds the clock may step back and the slots in memory
// go on as if it had not.
const slack = 10

// tickRings closes the slots in memory that have ended.
func (r *Rollup) tickRings(now int64) {
	switch {
	case len(r.rings) == 0:
		return
	case !r.begun:
		r.beginRings(now)
		r.begun = true
	case now < r.levels[0].start-slack:
		r.flushRings(now)
	}
	for i := range r.rings {
		l := &r.levels[i]
		if now < l.end {
			break
		}
		r.closeRing(i)
		// A tick that came late is no gap: what it brought is in the slot before.
		for missed := l.end; missed+l.step <= now && now < l.end+3*l.step; missed += l.step {
			r.drops += r.rings[i].push(missed, r.empty)
		}
		l.begin(r.cal, now)
	}
	for i := range r.rings {
		r.rings[i].expire(now, r.levels[i].step)
	}
}

// flushRings closes the open slots in memory, unfinished as they are, and opens
// those of now. What lies in the future then is forgotten.
func (r *Rollup) flushRings(now int64) {
	for i := range r.rings {
		r.closeRing(i)
	}
	for i := range r.rings {
		r.rings[i].forget(r.cal.Next(now, r.levels[i].step))
	}
	r.beginRings(now)
}

func (r *Rollup) beginRings(now int64) {
	for i := range r.rings {
		r.levels[i].begin(r.cal, now)
	}
}

// closeRing puts level i into its ring and adds it to the next coarser one.
func (r *Rollup) closeRing(i int) {
	l, g := &r.levels[i], &r.rings[i]
	block := r.packBusiest(i)
	if n := len(g.slots); n > 0 && g.slots[n-1].start == l.start { // flushed twice
		if sum, err := AppendMerged(nil, g.slots[n-1].block, block); err == nil {
			block = sum
		}
		g.forget(l.start)
	}
	r.drops += g.push(l.start, block)
	r.pass(i, i+1)
}

// beginStored opens the stored slots of now.
func (r *Rollup) beginStored(now int64) {
	for i := r.stored(); i < len(r.levels); i++ {
		r.levels[i].begin(r.cal, now)
	}
	r.dated = true
}

// earliest is how many seconds lie between two parts of matrices at least, however
// many cells there are.
const earliest = 60

// advance closes the stored slots that have ended at now, and hands the cells out
// when they are due.
func (r *Rollup) advance(now int64) {
	cells := &r.levels[r.cells()]
	if now >= cells.end || len(cells.refs) > cells.max*7/8 && now-cells.since >= earliest {
		r.closeCells()
		cells.begin(r.cal, now)
	}
	for i := r.stored(); i <= r.last(); i++ {
		l := &r.levels[i]
		if now < l.end {
			return // coarser slots end no earlier
		}
		r.closeLevel(i)
		l.begin(r.cal, now)
	}
}

// closeStored closes the open stored slots, unfinished as they are.
func (r *Rollup) closeStored() {
	r.closeCells()
	for i := r.stored(); i <= r.last(); i++ {
		r.closeLevel(i)
	}
}

// closeLevel hands level i out and adds it to the next coarser one.
func (r *Rollup) closeLevel(i int) {
	l := &r.levels[i]
	r.out = append(r.out, Slot{Step: l.step, Start: l.start, Block: r.pack(i)})
	if i < r.last() {
		r.pass(i, i+1)
		return
	}
	r.wipe(i)
}

// closeCells hands the cells out as a part of each tier that has matrices.
func (r *Rollup) closeCells() {
	if len(r.levels[r.cells()].refs) == 0 {
		return
	}
	block := r.pack(r.cells())
	for i := r.stored(); i <= r.last(); i++ {
		if l := &r.levels[i]; l.step >= clock.Day {
			r.out = append(r.out, Slot{Step: l.step, Start: l.start, Block: block})
		}
	}
	r.wipe(r.cells())
}
