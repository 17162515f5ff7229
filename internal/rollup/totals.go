package rollup

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
)

// Bounds of what Totals tells apart; the rest is Other.
const (
	maxTotals = 16384   // series beside Other
	maxID     = 1 << 17 // names are never forgotten, so there are larger IDs than members
)

// Amount is the sum of one series over a period.
type Amount struct {
	ID  uint32
	Sub uint32 // of a matrix
	Values
}

// Totals adds slots up to a sum per series of a class. Of a matrix it takes one row
// or one column alone if the query names an ID or a Sub that is not Other.
type Totals struct {
	q      Query
	period period
	matrix bool
	place  []uint16          // by ID: the index into sums plus 1, 0 for none
	cells  map[uint64]uint16 // the same by ID and Sub of a matrix
	sums   []Amount          // the first is Other's
	other  bool              // Other was met
}

// NewTotals returns empty totals for slots of one tier. The query must have passed
// Check.
func NewTotals(q Query, tier int64) *Totals {
	t := &Totals{q: q, period: periodOf(q, tier), place: []uint16{Other: 1}, sums: []Amount{{ID: Other}}}
	if _, _, t.matrix = q.Class.Matrix(); t.matrix {
		t.cells = make(map[uint64]uint16)
	}
	return t
}

// Add adds a slot; one of another tier or outside of the query is left out. A
// slot counts as a whole, so the ends are exact to one step of the tier.
func (t *Totals) Add(slot Slot) error {
	if _, ok := t.period.place(&slot); !ok {
		return nil
	}
	it := NewClassIter(slot.Block, t.q.Class)
	for it.Next() {
		k := it.row.Key
		k.ID = t.q.whole(k.ID)
		if t.matrix && (t.q.ID != Other && k.ID != t.q.ID || t.q.Sub != Other && k.Sub != t.q.Sub) {
			continue
		}
		t.sums[t.placeOf(k)].Add(it.row.Values)
	}
	if it.Err() != nil {
		return fmt.Errorf("slot %d: %w", slot.Start, it.Err())
	}
	return nil
}

// placeOf returns the index of a series' sum, making it when it is new.
func (t *Totals) placeOf(k Key) int {
	if k.ID == Other && k.Sub == Other {
		t.other = true
		return 0
	}
	if t.matrix {
		return t.placeOfCell(k)
	}
	if k.ID < uint32(len(t.place)) && t.place[k.ID] != 0 {
		return int(t.place[k.ID]) - 1
	}
	if k.ID >= maxID || len(t.sums) > maxTotals {
		t.other = true
		return 0
	}
	if missing := int(k.ID) + 1 - len(t.place); missing > 0 {
		t.place = append(t.place, make([]uint16, missing)...)
	}
	t.sums = append(t.sums, Amount{ID: k.ID})
	t.place[k.ID] = uint16(len(t.sums))
	return len(t.sums) - 1
}

func (t *Totals) placeOfCell(k Key) int {
	cell := uint64(k.ID)<<32 | uint64(k.Sub)
	if n := t.cells[cell]; n != 0 {
		return int(n) - 1
	}
	if len(t.sums) > maxTotals {
		t.other = true
		return 0
	}
	t.sums = append(t.sums, Amount{ID: k.ID, Sub: k.Sub})
	t.cells[cell] = uint16(len(t.sums))
	return len(t.sums) - 1
}

// Top returns the limit largest by the query's metric, largest first, and the
// number of series that there are. Equal ones stand in the order of their IDs.
func (t *Totals) Top(limit int) ([]Amount, int) {
	return top(slices.Clone(t.met()), t.q.Metric, limit)
}

// met returns the sums that were met.
func (t *Totals) met() []Amount {
	if !t.other {
		return t.sums[1:]
	}
	return t.sums
}

// top sorts amounts, the largest first, and returns limit of them and how many
// there are.
func top(all []Amount, m Metric, limit int) ([]Amount, int) {
	sort.Slice(all, func(i, j int) bool {
		a, b := &all[i], &all[j]
		return cmp.Or(cmp.Compare(m.Of(b.Values), m.Of(a.Values)), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Sub, b.Sub)) < 0
	})
	return all[:max(min(limit, len(all)), 0)], len(all)
}

// Cells are the largest rows and columns of a matrix over a period.
type Cells struct {
	Rows, Columns       []Amount // sums over all of their cells, largest first; ID alone names them
	NumRows, NumColumns int      // that there are
	Values              []Values // row by row, len(Rows) times len(Columns)
}

// Cells returns the rows and columns, so many at most, that are the largest by the
// query's metric, and what each of those rows has in each of those columns.
func (t *Totals) Cells(rows, columns int) Cells {
	var c Cells
	c.Rows, c.NumRows = t.side(rows, func(a *Amount) uint32 { return a.ID })
	c.Columns, c.NumColumns = t.side(columns, func(a *Amount) uint32 { return a.Sub })
	at := make(map[uint32]int, len(c.Columns))
	for i := range c.Columns {
		at[c.Columns[i].ID] = i
	}
	row := make(map[uint32]int, len(c.Rows))
	for i := range c.Rows {
		row[c.Rows[i].ID] = i * len(c.Columns)
	}
	c.Values = make([]Values, len(c.Rows)*len(c.Columns))
	for _, a := range t.met() {
		if r, ok := row[a.ID]; ok {
			if i, ok := at[a.Sub]; ok {
				c.Values[r+i].Add(a.Values)
			}
		}
	}
	return c
}

// side sums the cells by what of returns.
func (t *Totals) side(limit int, of func(*Amount) uint32) ([]Amount, int) {
	var all []Amount
	at := make(map[uint32]int)
	for i, a := range t.met() {
		id := of(&t.met()[i])
		n, ok := at[id]
		if !ok {
			n = len(all)
			at[id] = n
			all = append(all, Amount{ID: id})
		}
		all[n].Add(a.Values)
	}
	return top(all, t.q.Metric, limit)
}
