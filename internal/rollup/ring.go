package rollup

import (
	"slices"
	"sort"
)

// ring keeps the closed slots of a tier in memory, oldest first.
type ring struct {
	keep  int64 // seconds
	slots []fineSlot
	bytes int // of their blocks and of the slots themselves
	max   int // bound of bytes
	thin  int // that many of the oldest slots have no more than totals
}

// fineSlot is a Slot of a ring, which knows the step.
type fineSlot struct {
	start int64
	block []byte
}

// slotBytes is about what a slot takes beside its block's bytes.
const slotBytes = 48

// push appends a slot. Over its bound the ring first forgets all but totals of its
// oldest slots, then drops them; it returns how many it dropped.
func (g *ring) push(start int64, block []byte) (dropped uint64) {
	g.slots = append(g.slots, fineSlot{start, block})
	g.bytes += len(block) + slotBytes
	for g.bytes > g.max && g.thin < len(g.slots)-1 {
		s := &g.slots[g.thin]
		g.bytes -= len(s.block)
		s.block = thinned(s.block)
		g.bytes += len(s.block)
		g.thin++
	}
	for g.bytes > g.max && len(g.slots) > 0 {
		g.drop(1)
		dropped++
	}
	return dropped
}

// drop drops the n oldest slots.
func (g *ring) drop(n int) {
	for _, s := range g.slots[:n] {
		g.bytes -= len(s.block) + slotBytes
	}
	g.slots = slices.Delete(g.slots, 0, n)
	g.thin = max(g.thin-n, 0)
}

// expire drops what ended keep seconds before now.
func (g *ring) expire(now, step int64) {
	n := 0
	for n < len(g.slots) && g.slots[n].start+step <= now-g.keep {
		n++
	}
	if n > 0 {
		g.drop(n)
	}
}

// forget drops what begins at from or later: the clock was set back.
func (g *ring) forget(from int64) {
	n := len(g.slots)
	for n > 0 && g.slots[n-1].start >= from {
		n--
		g.bytes -= len(g.slots[n].block) + slotBytes
	}
	g.slots = slices.Delete(g.slots, n, len(g.slots))
	g.thin = min(g.thin, n)
}

// move moves all slots in time. Their starts stay apart, for they all move alike.
func (g *ring) move(by, step int64) {
	for i := range g.slots {
		g.slots[i].start = floor(g.slots[i].start+by, step)
	}
}

// always reports whether a class is kept whole in memory.
func always(c Class) bool { return c == Total || c >= Uplink && c <= RouterOwn }

// thinned returns the block of whose classes, but for those always kept, Other
// alone is left, with the sum of all.
func thinned(block []byte) []byte {
	var rows []Row // one a class, and the uplinks'
	it := NewIter(block)
	for it.Next() {
		row := it.Row()
		if !always(row.Class) {
			row.ID, row.Sub = Other, Other
		}
		if n := len(rows); n > 0 && rows[n-1].Key == row.Key {
			rows[n-1].Add(row.Values)
			continue
		}
		rows = append(rows, row)
	}
	return AppendBlock(nil, rows)
}

// packBusiest returns a block of level i with no more than r.busiest series beside
// those that are always kept; the Other of each class takes the rest.
func (r *Rollup) packBusiest(i int) []byte {
	rows := r.rowsOf(r.rows[:0], i)
	if len(rows) <= r.busiest {
		return r.packRows(rows)
	}
	// The bytes of the last one that is kept.
	busy := make([]uint64, 0, len(rows))
	for j := range rows {
		if rows[j].spare() {
			busy = append(busy, Bytes.Of(rows[j].Values))
		}
	}
	sort.Slice(busy, func(i, j int) bool { return busy[i] < busy[j] })
	from := len(busy) - r.busiest
	if from <= 0 {
		return r.packRows(rows)
	}
	least, equal := busy[from], 0 // so many of that size are kept
	for _, n := range busy[from:] {
		if n == least {
			equal++
		}
	}
	for j := range rows {
		if !rows[j].spare() {
			continue
		}
		if n := Bytes.Of(rows[j].Values); n > least {
			continue
		} else if n == least && equal > 0 {
			equal--
			continue
		}
		rows[j].ID = Other
	}
	return r.packRows(unite(sortRows(rows)))
}

// spare reports whether a row may be in Other in place of its own.
func (r *Row) spare() bool { return !always(r.Class) && r.ID != Other }
