package rollup

import (
	"slices"

	"weir/internal/clock"
)

// Recent returns the slots in memory that answer q, oldest first, and their step:
// those of a tier that reaches back to q.From and is finer than what is stored, if
// that is asked for. To is not needed: Sum and Totals leave out what lies outside
// of their query.
func (r *Rollup) Recent(q Query) (slots []Slot, step int64, ok bool) {
	if !r.begun || q.Class >= NumClasses || r.base[q.Class] != 0 || q.want() >= r.levels[r.stored()].step {
		return nil, 0, false
	}
	best := -1
	for i := range r.rings {
		if r.reaches(i, q.From) && (best < 0 || r.levels[i].step <= q.want()) {
			best = i
		}
	}
	if best < 0 {
		return nil, 0, false
	}
	l, g := &r.levels[best], &r.rings[best]
	first, _ := slices.BinarySearchFunc(g.slots, q.From, func(s fineSlot, t int64) int {
		if s.start+l.step > t {
			return 1
		}
		return -1
	})
	slots = make([]Slot, 0, len(g.slots)-first+1)
	for _, s := range g.slots[first:] {
		slots = append(slots, Slot{Step: l.step, Start: s.start, Block: s.block, Cut: true})
	}
	open := make([]int, best+1)
	for i := range open {
		open[i] = i
	}
	return append(slots, Slot{Step: l.step, Start: l.start, Block: r.pack(open...)}), l.step, true
}

// reaches reports whether ring i has all since from.
func (r *Rollup) reaches(i int, from int64) bool {
	oldest := r.levels[i].start
	if g := &r.rings[i]; len(g.slots) > 0 {
		oldest = g.slots[0].start
	}
	return from >= oldest
}

// Open returns the open slots of the stored tiers as they stand: the newest part
// of what the store is asked for.
func (r *Rollup) Open() []Slot {
	if !r.dated {
		return nil
	}
	var slots []Slot
	var sum, more []Row // of the levels so far, and scratch
	own := r.rows
	for i := range r.levels[:r.cells()] {
		own = r.rowsOf(own[:0], i)
		sum, more = addRows(more[:0], sum, own), sum
		if i < r.stored() {
			continue
		}
		all := sum
		if r.levels[i].step >= clock.Day && len(r.levels[r.cells()].refs) > 0 {
			own = r.rowsOf(own[:0], r.cells())
			more = addRows(more[:0], sum, own)
			all = more
		}
		slots = append(slots, Slot{Step: r.levels[i].step, Start: r.levels[i].start, Block: r.blockOf(all)})
	}
	r.keep(own)
	return slots
}

// addRows appends to dst the sum of two sorted lists of rows.
func addRows(dst, a, b []Row) []Row {
	dst = slices.Grow(dst, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch order := a[0].Key.Compare(b[0].Key); {
		case order < 0:
			dst, a = append(dst, a[0]), a[1:]
		case order > 0:
			dst, b = append(dst, b[0]), b[1:]
		default:
			dst = append(dst, a[0])
			dst[len(dst)-1].Add(b[0].Values)
			a, b = a[1:], b[1:]
		}
	}
	return append(append(dst, a...), b...)
}
