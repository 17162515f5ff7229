package rollup

import (
	"slices"
	"sort"

	"weir/internal/clock"
)

// level is the open slot of one tier. What is counted is added to the finest that
// has its class, and a closing slot to the next coarser one, which contains it
// because the steps nest and all levels follow one clock.
type level struct {
	step       int64
	start, end int64 // of the open slot
	since      int64 // when it was opened: nothing in it is older
	max        int   // series, beside the Other of each class
	refs       []ref
	sums       []Values // of refs
	classes    [NumClasses]uint16
}

// begin opens the slot of now.
func (l *level) begin(cal clock.Calendar, now int64) {
	l.start, l.since = cal.Floor(now, l.step), now
	l.end = cal.Next(l.start, l.step)
}

// count adds v to a series in level i.
func (r *Rollup) count(i int, k Key, v *Values) {
	n, ok := r.index.find(k)
	if ok {
		r.countRef(i, n, v)
		return
	}
	if !r.fits(i, k) {
		r.over++
		r.countOther(i, k.Class, v)
		return
	}
	r.enter(i, r.index.insert(k), v)
}

// countRef is count for a series that has an entry. When the level has no room for
// another series it goes to the Other of its class.
func (r *Rollup) countRef(i int, n ref, v *Values) {
	e := &r.index.entries[n]
	switch {
	case e.at[i] != 0:
		r.levels[i].sums[e.at[i]-1].Add(*v)
	case r.fits(i, e.key):
		r.enter(i, n, v)
	default:
		r.over++
		r.countOther(i, e.key.Class, v)
	}
}

// countOther is count for the Other of a class.
func (r *Rollup) countOther(i int, c Class, v *Values) {
	n, ok := r.index.find(Key{Class: c})
	if !ok {
		n = r.index.insert(Key{Class: c})
	}
	r.countRef(i, n, v)
}

// fits reports whether level i may have one more series. Other always fits.
func (r *Rollup) fits(i int, k Key) bool {
	l := &r.levels[i]
	return k.ID == Other && k.Sub == Other ||
		len(l.refs) < l.max && int(l.classes[k.Class]) < r.limit(k.Class) && r.index.used() < r.maxEntries
}

// limit bounds the members of a class in one slot: those of the world outside must
// not take all the room.
func (r *Rollup) limit(c Class) int {
	if c == ASN || c == Country {
		return r.maxSeries / 4
	}
	return r.maxSeries
}

// enter gives a series sums in level i.
func (r *Rollup) enter(i int, n ref, v *Values) {
	l := &r.levels[i]
	l.refs = appendRoom(l.refs, n)
	l.sums = appendRoom(l.sums, *v)
	e := &r.index.entries[n]
	e.at[i] = uint16(len(l.refs))
	l.classes[e.key.Class]++
}

// pass adds all of level i to another one and empties it.
func (r *Rollup) pass(i, to int) {
	for j, n := range r.levels[i].refs {
		r.countRef(to, n, &r.levels[i].sums[j])
	}
	r.wipe(i)
}

// wipe empties level i and keeps the memory.
func (r *Rollup) wipe(i int) {
	l := &r.levels[i]
	for _, n := range l.refs {
		r.index.release(n, i)
	}
	l.refs, l.sums = l.refs[:0], l.sums[:0]
	clear(l.classes[:])
}

// keepRows bounds the scratch that is kept between two blocks.
const keepRows = 512

// pack returns a block of the levels' sums.
func (r *Rollup) pack(levels ...int) []byte {
	rows := r.rows[:0]
	for _, i := range levels {
		rows = r.rowsOf(rows, i)
	}
	return r.packRows(unite(sortRows(rows)))
}

// rowsOf appends the rows of level i, sorted by their keys.
func (r *Rollup) rowsOf(rows []Row, i int) []Row {
	l, s := &r.levels[i], &r.sorter
	s.order = slices.Grow(s.order[:0], len(l.refs))[:len(l.refs)]
	for j := range s.order {
		s.order[j] = uint16(j)
	}
	s.refs, s.entries = l.refs, r.index.entries
	sort.Sort(s)
	rows = slices.Grow(rows, len(l.refs))
	for _, j := range s.order {
		rows = append(rows, Row{Key: s.entries[l.refs[j]].key, Values: l.sums[j]})
	}
	return rows
}

// keySorter sorts numbers of rows by the rows' keys: they are swapped in place of
// rows, which are forty times as large. As a part of the Rollup it allocates
// nothing.
type keySorter struct {
	order   []uint16
	refs    []ref   // of the level
	entries []entry // of the index
}

func (s *keySorter) Len() int      { return len(s.order) }
func (s *keySorter) Swap(i, j int) { s.order[i], s.order[j] = s.order[j], s.order[i] }
func (s *keySorter) Less(i, j int) bool {
	return s.entries[s.refs[s.order[i]]].key.Compare(s.entries[s.refs[s.order[j]]].key) < 0
}

// packRows returns a block of rows, which may be the scratch of r.
func (r *Rollup) packRows(rows []Row) []byte {
	if len(rows) == 0 {
		return r.empty
	}
	block := r.blockOf(rows)
	r.keep(rows)
	return block
}

// blockOf returns a block of rows that is no larger than it has to be.
func (r *Rollup) blockOf(rows []Row) []byte {
	r.buf = AppendBlock(r.buf[:0], rows)
	return slices.Clone(r.buf)
}

// keep takes rows for the scratch of r, unless there are many.
func (r *Rollup) keep(rows []Row) {
	if r.rows = rows[:0]; cap(rows) > keepRows {
		r.rows, r.buf, r.sorter = nil, nil, keySorter{}
	}
}
