package rollup

import (
	"cmp"
	"errors"
	"fmt"
	"sort"
)

// AppendMerged appends to dst the block that sums two blocks, series by series.
// On an error dst is returned as it was.
func AppendMerged(dst, a, b []byte) ([]byte, error) {
	ia, ib := NewIter(a), NewIter(b)
	rows := make([]Row, 0, 64)
	moreA, moreB := ia.Next(), ib.Next()
	for (moreA || moreB) && len(rows) < MaxRows {
		order := 0
		switch {
		case !moreB:
			order = -1
		case !moreA:
			order = 1
		default:
			order = ia.row.Key.Compare(ib.row.Key)
		}
		row := ia.row
		if order > 0 {
			row = ib.row
		} else if order == 0 {
			row.Add(ib.row.Values)
		}
		rows = append(rows, row)
		if order <= 0 {
			moreA = ia.Next()
		}
		if order >= 0 {
			moreB = ib.Next()
		}
	}
	if err := errors.Join(ia.err, ib.err, tooMany(moreA || moreB)); err != nil {
		return dst, fmt.Errorf("merge: %w", err)
	}
	return AppendBlock(dst, rows), nil
}

func tooMany(more bool) error {
	if more {
		return fmt.Errorf("%w: more than %d rows", ErrCorrupt, MaxRows)
	}
	return nil
}

// rowsOf returns the rows of a block.
func rowsOf(block []byte) ([]Row, error) {
	var rows []Row
	it := NewIter(block)
	more := it.Next()
	for ; more && len(rows) < MaxRows; more = it.Next() {
		rows = append(rows, it.row)
	}
	return rows, errors.Join(it.err, tooMany(more))
}

// AppendFiltered appends to dst the block that has of a block the classes that
// keep wants. It allocates nothing but what dst grows by. On an error dst is
// returned as it was.
func AppendFiltered(dst, block []byte, keep func(Class) bool) ([]byte, error) {
	it := NewIter(block)
	out := append(dst, it.version)
	for len(it.rest) > 0 {
		before := it.rest
		class, _, ok := it.cut()
		if !ok {
			it.fail("section")
			break
		}
		if keep(class) {
			out = append(out, before[:len(before)-len(it.rest)]...)
		}
	}
	if it.err != nil {
		return dst, fmt.Errorf("filter: %w", it.err)
	}
	return appendSum(out, len(dst)), nil
}

// AppendMapped appends to dst the block whose members have the handles that to
// returns for theirs; members that get the same one are summed. to is called with
// the class that a handle is of: for a matrix with those of its rows and columns.
// Other stays. On an error dst is returned as it was.
func AppendMapped(dst, block []byte, to func(Class, uint32) uint32) ([]byte, error) {
	rows, err := rowsOf(block)
	if err != nil {
		return dst, fmt.Errorf("map: %w", err)
	}
	for i := range rows {
		k := &rows[i].Key
		ids, subs, matrix := k.Class.Matrix()
		if !matrix {
			ids = k.Class
		}
		if k.ID != Other {
			k.ID = to(ids, k.ID)
		}
		if matrix && k.Sub != Other {
			k.Sub = to(subs, k.Sub)
		}
	}
	return AppendBlock(dst, unite(sortRows(rows))), nil
}

// sortRows sorts rows by their keys, in place.
func sortRows(rows []Row) []Row {
	sort.Slice(rows, func(i, j int) bool { return rows[i].Key.Compare(rows[j].Key) < 0 })
	return rows
}

// unite adds up neighbours of one key, in place.
func unite(rows []Row) []Row {
	n := 0
	for i := range rows {
		if n > 0 && rows[n-1].Key == rows[i].Key {
			rows[n-1].Add(rows[i].Values)
			continue
		}
		rows[n] = rows[i]
		n++
	}
	return rows[:n]
}

// Bounds of a matrix's cells in one block: what a slot is trimmed to when it is
// over, and while more is added to it, so that a cell which was small at first can
// still become one of the largest.
const (
	MaxCells  = 200
	OpenCells = 600
)

// Trim appends to dst the block of whose matrices no more than cells cells are
// left each, those with the most bytes; the rest is in the cell of Other and
// Other, beyond that number. A block that needs no trimming is appended as it is.
// On an error dst is returned as it was.
func Trim(dst, block []byte, cells int) ([]byte, error) {
	var have [NumClasses]int
	large := false
	for it := NewIter(block); ; {
		if len(it.rest) == 0 || it.err != nil {
			if it.err != nil {
				return dst, fmt.Errorf("trim: %w", it.err)
			}
			break
		}
		class, s, ok := it.cut()
		if !ok {
			it.fail("section")
			continue
		}
		if _, _, matrix := class.Matrix(); matrix {
			have[class] = int(min(s.rows, MaxRows+1))
			large = large || have[class] > cells+1
		}
	}
	if !large {
		return append(dst, block...), nil
	}
	rows, err := rowsOf(block)
	if err != nil {
		return dst, fmt.Errorf("trim: %w", err)
	}
	return AppendBlock(dst, unite(sortRows(trim(rows, cells)))), nil
}

// trim gives all but the largest cells of each matrix to Other.
func trim(rows []Row, cells int) []Row {
	for class := range Class(NumClasses) {
		if _, _, matrix := class.Matrix(); !matrix {
			continue
		}
		from := sort.Search(len(rows), func(i int) bool { return rows[i].Class >= class })
		to := sort.Search(len(rows), func(i int) bool { return rows[i].Class > class })
		part := rows[from:to]
		if len(part) <= cells {
			continue
		}
		// The rest comes first already if it is there: the largest follow it.
		rest := Key{Class: class}
		sort.Slice(part, func(i, j int) bool {
			a, b := &part[i], &part[j]
			if (a.Key == rest) != (b.Key == rest) {
				return b.Key == rest
			}
			return cmp.Or(cmp.Compare(Bytes.Of(b.Values), Bytes.Of(a.Values)), a.Key.Compare(b.Key)) < 0
		})
		for i := max(cells, 0); i < len(part); i++ {
			part[i].ID, part[i].Sub = Other, Other
		}
	}
	return rows
}
