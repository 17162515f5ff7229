package rollup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"weir/internal/arith"
)

// A pack is blocks for where bytes count more than time, about 40 % smaller: what
// was said by one block, or by the rows before, makes the rest shorter.
//
//	columns  1 byte, how many columns of each row are coded
//	length   uvarint, of what follows
//	coded    block by block: which of the series before are there again, what
//	         series are new, which columns are not all zero, and the numbers of each
//	         row, see columnPack
//	plain    the bits of numbers of which nothing is known, in the same order
//
// It is read from its begin to its end. Everything that steers it is integers, so
// it is the same on every machine.

// Bounds of a pack. A block has less than half as many rows as maxPackRows, and
// the open one of a day, with its matrices, fits in.
const (
	maxPackRows = 1 << 12
	maxPackSeen = 1 << 11 // series that are remembered
)

// ErrPack is returned, wrapped, for a block that does not fit into a pack: one with
// more than 4,096 rows, or that AppendBlock would write differently.
var ErrPack = errors.New("rollup: block that cannot be packed")

var errPackRoom = fmt.Errorf("%w: too much in a pack", ErrCorrupt)

// packSeries is what is known of a series of the blocks before.
type packSeries struct {
	Key
	Values       // mean, the last blocks' more than the others'
	seen   uint8 // bit 0 is set if it was in the block before, bit 1 in the one before that
}

// packStream is what is coded, and the bits beside that nothing is known about.
type packStream struct {
	arith.Coder
	plain arith.Plain
}

// pack codes blocks, or reads them: both go the same way.
type pack struct {
	packStream
	columns []columnPack
	seen    []packSeries // sorted
	rows    []Row        // of the block at hand
	room    int          // reading: bytes that the block may still take
	fresh   []Key        // of them, those that are new

	there  [4]arith.Prob // is a series there again, by packSeries.seen
	more   arith.Prob    // is there another new one
	turn   arith.Prob    // is it of another class than the one before
	subbed [2]arith.Prob // has it a sub, by whether the one before had
	class  packSize
	id     packSize
	sub    packSize
}

func (p *pack) begin(columns int) {
	p.columns = make([]columnPack, columns)
	for c := range p.columns {
		p.columns[c].begin()
	}
	arith.Forget(p.there[:])
	arith.Forget(p.subbed[:])
	p.more, p.turn = arith.Even, arith.Even
	for _, n := range []*packSize{&p.class, &p.id, &p.sub} {
		n.begin()
	}
}

// AppendPack appends to dst the pack of some blocks. On an error dst is returned as
// it was.
func AppendPack(dst []byte, blocks [][]byte) ([]byte, error) {
	p := &pack{}
	p.begin(numColumns)
	p.Write()
	p.plain.Write()
	var again []byte
	for _, block := range blocks {
		p.rows = p.rows[:0]
		it := NewIter(block)
		for it.Next() {
			if len(p.rows) == maxPackRows {
				return dst, fmt.Errorf("%w: more than %d rows", ErrPack, maxPackRows)
			}
			p.rows = append(p.rows, it.row)
		}
		if it.err != nil {
			return dst, fmt.Errorf("pack: %w", it.err)
		}
		if again = AppendBlock(again[:0], p.rows); !bytes.Equal(again, block) {
			return dst, fmt.Errorf("%w: another version's", ErrPack)
		}
		if err := p.block(); err != nil {
			return dst, err
		}
	}
	coded := p.AppendTo(nil)
	dst = binary.AppendUvarint(append(dst, numColumns), uint64(len(coded)))
	return p.plain.AppendTo(append(dst, coded...)), nil
}

// Unpacker reads the blocks of a pack.
type Unpacker struct{ pack pack }

// NewUnpacker returns an Unpacker of a pack, which must not change meanwhile. How
// many blocks there are is for the caller to know; its checksum, too.
func NewUnpacker(b []byte) (*Unpacker, error) {
	if len(b) == 0 || b[0] == 0 {
		return nil, fmt.Errorf("%w: columns of a pack", ErrCorrupt)
	}
	if b[0] > numColumns {
		return nil, fmt.Errorf("%w: %d columns", ErrVersion, b[0])
	}
	length, n := binary.Uvarint(b[1:])
	if n <= 0 || length > uint64(len(b)-1-n) {
		return nil, fmt.Errorf("%w: length of a pack", ErrCorrupt)
	}
	coded := b[1+n:]
	u := &Unpacker{}
	u.pack.begin(int(b[0]))
	u.pack.Read(coded[:length])
	u.pack.plain.Read(coded[length:])
	return u, nil
}

// AppendNext appends the next block to dst, of at most so many bytes. What is larger
// is an error that costs no more than they do. Behind the last block comes nonsense,
// or an error. On an error dst is returned as it was.
func (u *Unpacker) AppendNext(dst []byte, most int) ([]byte, error) {
	u.pack.room = most
	if err := u.pack.block(); err != nil {
		return dst, err
	}
	return AppendBlock(dst, u.pack.rows), nil
}

// block codes the block that rows has, or fills rows.
func (p *pack) block() error {
	if err := p.keys(); err != nil {
		return err
	}
	for c := range p.columns {
		p.columns[c].next(&p.packStream, p.hasColumn(c))
	}
	at := 0
	for i := range p.rows {
		r := &p.rows[i]
		at = p.find(at, r.Key)
		own := &Values{}
		known := at < len(p.seen) && p.seen[at].Key == r.Key
		if known {
			own = &p.seen[at].Values
		}
		first := i == 0 || p.rows[i-1].Class != r.Class
		for c := range p.columns {
			p.number(inTurn(c), r, own, known, first)
		}
		if p.Reading() && p.room < 0 {
			return errPackRoom
		}
	}
	p.remember()
	return nil
}

// hasColumn tells whether the rows have something in a column.
func (p *pack) hasColumn(c int) bool {
	for i := range p.rows {
		if *p.rows[i].column(c) != 0 {
			return true
		}
	}
	return false
}

// find returns the first series from at on that is not before a key.
func (p *pack) find(at int, k Key) int {
	for at < len(p.seen) && p.seen[at].Key.Compare(k) < 0 {
		at++
	}
	return at
}

// number codes one number of a row.
func (p *pack) number(c int, r *Row, own *Values, known, first bool) {
	if c >= len(p.columns) || !p.columns[c].some {
		return
	}
	in := packInput{class: r.Class, known: known, own: *own.column(c), first: first}
	if b := packBase(c); b >= 0 && b < len(p.columns) {
		in.beside = *r.column(b)
	}
	v := r.column(c)
	*v = p.columns[c].code(&p.packStream, &in, *v)
	p.room -= uvarintLen(*v) - 1 // columns of nothing but zeros take no room
}

// inTurn returns the column that is coded as number i: what tells most about others
// comes before them.
func inTurn(i int) int {
	switch i {
	case 0, 1: // received bytes before sent ones
		return 1 - i
	case 6, 7: // the count of round trips before their sum
		return 13 - i
	}
	return i
}

// packBase returns the column, coded earlier, that tells most about a column; -1
// for none.
func packBase(c int) int {
	switch c {
	case 0: // bytes by those received
		return 1
	case 2, 3: // packets by bytes
		return c - 2
	case 4, 7, 8: // flows, round trips and packets looked at by packets received
		return 3
	case 5: // what was sent again by packets sent
		return 2
	case 6: // the sum of round trips by their count
		return 7
	}
	return -1
}

// keys codes which rows there are. When it reads it makes them.
func (p *pack) keys() error {
	reading := p.Reading()
	p.fresh = p.fresh[:0]
	i := 0
	if reading {
		p.rows = p.rows[:0]
	}
	for k := range p.seen {
		s := &p.seen[k]
		for !reading && i < len(p.rows) && p.rows[i].Key.Compare(s.Key) < 0 {
			p.fresh = append(p.fresh, p.rows[i].Key)
			i++
		}
		there := uint32(0)
		if !reading && i < len(p.rows) && p.rows[i].Key == s.Key {
			there = 1
			i++
		}
		if p.Bit(&p.there[s.seen&3], there) != 0 && reading {
			p.rows = append(p.rows, Row{Key: s.Key})
		}
	}
	if !reading {
		for ; i < len(p.rows); i++ {
			p.fresh = append(p.fresh, p.rows[i].Key)
		}
	}
	return p.freshKeys()
}

// freshKeys codes the new series. When it reads it puts them among the rows.
func (p *pack) freshKeys() error {
	var prev Key
	subbed := uint32(0)
	for i := 0; ; i++ {
		more := uint32(0)
		k := prev
		if i < len(p.fresh) {
			more, k = 1, p.fresh[i]
		}
		if p.Bit(&p.more, more) == 0 {
			break
		}
		if p.Reading() && len(p.rows) >= min(maxPackRows, p.room) {
			return errPackRoom
		}
		subbed = p.key(&k, prev, subbed)
		if prev = k; p.Reading() {
			p.rows = append(p.rows, Row{Key: k})
		}
	}
	if !p.Reading() || prev == (Key{}) && len(p.rows) == 0 {
		return nil
	}
	sortRows(p.rows)
	for i := 1; i < len(p.rows); i++ {
		if p.rows[i].Key == p.rows[i-1].Key {
			return fmt.Errorf("%w: a series twice in a pack", ErrCorrupt)
		}
	}
	return nil
}

// key codes the key of a new series that follows prev, and returns whether it has a
// sub. What a damaged one says is cut to what fits.
func (p *pack) key(k *Key, prev Key, subbed uint32) uint32 {
	s := &p.packStream
	if s.Bit(&p.turn, uint32(min(k.Class-prev.Class, 1))) != 0 {
		k.Class = prev.Class + Class(p.class.number(s, uint64(k.Class-prev.Class)))
		prev = Key{Class: k.Class}
	}
	k.ID = prev.ID + uint32(p.id.number(s, uint64(k.ID-prev.ID)))
	if k.ID != prev.ID {
		prev.Sub = 0
	}
	if subbed = s.Bit(&p.subbed[subbed], min(k.Sub, 1)); subbed != 0 {
		k.Sub = prev.Sub + uint32(p.sub.number(s, uint64(k.Sub-prev.Sub)))
	} else {
		k.Sub = 0
	}
	return subbed
}

// remember takes the rows of the block at hand into account.
func (p *pack) remember() {
	fresh, at := 0, 0
	for i := range p.rows {
		r := &p.rows[i]
		for ; at < len(p.seen) && p.seen[at].Key.Compare(r.Key) < 0; at++ {
			p.seen[at].seen <<= 1
		}
		if at == len(p.seen) || p.seen[at].Key != r.Key {
			fresh++
			continue
		}
		s := &p.seen[at]
		for c := range numColumns {
			v := s.column(c)
			*v = *v - *v/2 + *r.column(c)/2
		}
		s.seen = s.seen<<1 | 1
		at++
	}
	for ; at < len(p.seen); at++ {
		p.seen[at].seen <<= 1
	}
	if fresh > 0 && len(p.seen)+fresh <= maxPackSeen {
		p.insert(fresh)
	}
}

// insert puts the rows that are new among the series, from the last one on.
func (p *pack) insert(fresh int) {
	at := len(p.seen) - 1
	p.seen = append(p.seen, make([]packSeries, fresh)...)
	for i, to := len(p.rows)-1, len(p.seen)-1; i >= 0 && to > at; i-- {
		r := &p.rows[i]
		for ; at >= 0 && p.seen[at].Key.Compare(r.Key) > 0; at, to = at-1, to-1 {
			p.seen[to] = p.seen[at]
		}
		if at >= 0 && p.seen[at].Key == r.Key {
			continue
		}
		p.seen[to] = packSeries{r.Key, r.Values, 3}
		to--
	}
}
