package rollup

import "sort"

// Fine returns the closed slots of the finest tier in memory that begin at from or
// later, oldest first, its step, and where the open slot begins, all in seconds. A
// Rollup that keeps nothing in memory has none, and a step of 0.
func (r *Rollup) Fine(from int64) (slots []Slot, step, end int64) {
	if !r.begun {
		return nil, 0, 0
	}
	l, g := &r.levels[0], &r.rings[0]
	first := sort.Search(len(g.slots), func(i int) bool { return g.slots[i].start >= from })
	slots = make([]Slot, 0, len(g.slots)-first)
	for _, s := range g.slots[first:] {
		slots = append(slots, Slot{Step: l.step, Start: s.start, Block: s.block, Cut: true})
	}
	return slots, l.step, l.start
}
