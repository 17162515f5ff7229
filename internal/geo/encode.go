package geo

import (
	"encoding/binary"
	"fmt"
)

// boundary is where a range begins; it ends where the next one does.
type boundary struct {
	from  key
	value uint32
}

// spaceEncoder writes the ranges of one space as pages.
type spaceEncoder struct {
	space  space
	ranges []boundary // begin at 0, in order; neighbours have other values

	// How often each symbol is used.
	lengths [lengthSymbols]int
	odds    [oddSymbols]int
	values  [valueSymbols]int
}

// encodedSpace is a space as it stands in the file.
type encodedSpace struct {
	codes  []byte // lengths of words
	fences []byte
	pages  [][]byte // content of the pages
}

func encodeSpace(s space, ranges []boundary) (*encodedSpace, error) {
	e := &spaceEncoder{space: s, ranges: ranges}
	e.walk(func(symbol int, _ uint32, _ int) { e.values[symbol]++ },
		func(length, odd int, _ key) { e.lengths[length]++; e.odds[odd]++ }, nil)
	out := &encodedSpace{}
	out.codes = append(out.codes, codeLengths(e.lengths[:])...)
	out.codes = append(out.codes, codeLengths(e.odds[:])...)
	out.codes = append(out.codes, codeLengths(e.values[:])...)
	return out, e.fill(out)
}

// walk calls value for each range, distance between two of a group, and group
// before each group.
func (e *spaceEncoder) walk(value func(symbol int, raw uint32, bits int), distance func(length, odd int, raw key), group func(first int)) {
	var last recent
	for i, r := range e.ranges {
		if i%groupSize == 0 {
			last = recent{}
			if group != nil {
				group(i)
			}
		}
		at := last.index(r.value)
		if at >= 0 {
			value(lengthValues+at, 0, 0)
		} else {
			n := lengthOf(r.value)
			value(n, r.value&^(1<<max(n-1, 0)), max(n-1, 0))
		}
		last.met(r.value, at)
		if (i+1)%groupSize != 0 && i+1 < len(e.ranges) {
			d := e.ranges[i+1].from.minus(r.from)
			odd := d.shiftRight(d.zeros())
			distance(d.length(), odd.length(), odd.shiftRight(1))
		}
	}
}

// fill packs the groups into pages.
func (e *spaceEncoder) fill(out *encodedSpace) error {
	var words [3][]uint16
	var err error
	lengths := [3][]byte{out.codes[:lengthSymbols], out.codes[lengthSymbols : lengthSymbols+oddSymbols], out.codes[lengthSymbols+oddSymbols:]}
	for i := range words {
		if words[i], err = canonical(lengths[i]); err != nil {
			return fmt.Errorf("code %d: %w", i, err)
		}
	}
	p := &pageFiller{space: e.space, out: out}
	put := func(code, symbol int) { p.bits.put(uint32(words[code][symbol]), int(lengths[code][symbol])) }
	e.walk(func(symbol int, raw uint32, bits int) {
		put(2, symbol)
		p.bits.put(raw, bits)
		p.ranges++
	}, func(length, odd int, raw key) {
		put(0, length)
		put(1, odd)
		if odd > 2 {
			p.bits.putLong(raw, odd-2)
		}
	}, func(first int) {
		p.endGroup()
		p.first = e.ranges[first].from
	})
	p.endGroup()
	p.endPage()
	return nil
}

// pageFiller collects groups until a page is full.
type pageFiller struct {
	space space
	out   *encodedSpace

	first  key       // of the group being written
	bits   bitWriter // of that group
	ranges int       // of that group

	starts []key    // of the groups of the page
	packed [][]byte // their bits, each from a byte on
	held   int      // ranges of the page
	size   int      // bytes of the page
}

// endGroup puts the group that was written on the page, or on the next one.
func (p *pageFiller) endGroup() {
	if p.ranges == 0 {
		return
	}
	size := p.space.bytes() + 2 + len(p.bits.data)
	if len(p.starts) > 0 && 2+p.size+size > payloadSize {
		p.endPage()
	}
	p.starts, p.packed = append(p.starts, p.first), append(p.packed, p.bits.data)
	p.held += p.ranges
	p.size += size
	p.bits, p.ranges = bitWriter{}, 0
}

// endPage writes the page.
func (p *pageFiller) endPage() {
	if len(p.starts) == 0 {
		return
	}
	page := binary.LittleEndian.AppendUint16(make([]byte, 0, payloadSize), uint16(p.held))
	at := 0
	for i, k := range p.starts {
		page = p.space.appendKey(page, k)
		page = binary.LittleEndian.AppendUint16(page, uint16(at*8))
		at += len(p.packed[i])
	}
	for _, b := range p.packed {
		page = append(page, b...)
	}
	p.out.fences = p.space.appendKey(p.out.fences, p.starts[0])
	p.out.pages = append(p.out.pages, page[:payloadSize])
	p.starts, p.packed, p.held, p.size = nil, nil, 0, 0
}
