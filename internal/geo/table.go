package geo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// table reads the compact form. All of it but codes and fences stays in the file.
// It is safe for concurrent use.
type table struct {
	head   *head
	codes  [numSpaces]*codes
	fences [numSpaces][]key // the first number of each page of entries

	mu    sync.Mutex
	pages pages // guarded by mu
}

// codes are the prefix codes of a space.
type codes struct {
	length, odd, value *prefixCode
}

// openTable reads head, codes and fences of the size bytes of f.
func openTable(f io.ReaderAt, size int64) (*table, error) {
	t := &table{pages: pages{file: f, size: size, summed: true}}
	b := make([]byte, headSize)
	if n, err := f.ReadAt(b, 0); n < headSize {
		return nil, fmt.Errorf("read its head: %w", err)
	}
	// Whose file it is decides before its checksums do.
	h, err := parseHead(b, size)
	if err != nil {
		return nil, err
	}
	if !t.pages.copy(b, 0) {
		return nil, errDamaged
	}
	t.head = h
	if err := t.readCodes(); err != nil {
		return nil, err
	}
	return t, nil
}

var errDamaged = errors.New("is damaged: a checksum is wrong; fetch it again")

// readCodes reads what follows the head.
func (t *table) readCodes() error {
	at := int64(headSize)
	for s := range numSpaces {
		if t.head.count[s] == 0 {
			continue
		}
		b := make([]byte, codeBytes)
		if !t.pages.copy(b, at) {
			return errDamaged
		}
		c, err := newCodes(b)
		if err != nil {
			return fmt.Errorf("has a bad code: %w", err)
		}
		t.codes[s] = c
		at += codeBytes
	}
	for s := range numSpaces {
		b := make([]byte, int(t.head.count[s])*s.bytes())
		if !t.pages.copy(b, at) {
			return errDamaged
		}
		at += int64(len(b))
		t.fences[s] = make([]key, 0, t.head.count[s])
		for ; len(b) > 0; b = b[s.bytes():] {
			k := s.keyAt(b)
			if n := len(t.fences[s]); n > 0 && !t.fences[s][n-1].less(k) || n == 0 && k != (key{}) {
				return errors.New("has entries out of order; fetch it again")
			}
			t.fences[s] = append(t.fences[s], k)
		}
	}
	return nil
}

func newCodes(b []byte) (*codes, error) {
	length, err := newPrefixCode(b[:lengthSymbols])
	if err != nil {
		return nil, err
	}
	odd, err := newPrefixCode(b[lengthSymbols : lengthSymbols+oddSymbols])
	if err != nil {
		return nil, err
	}
	value, err := newPrefixCode(b[lengthSymbols+oddSymbols : codeBytes])
	if err != nil {
		return nil, err
	}
	return &codes{length, odd, value}, nil
}

// find returns the value of the range that k is in; 0 when there is none and
// where the file is damaged. It does not allocate once the cache is full.
func (t *table) find(s space, k key) uint32 {
	fences := t.fences[s]
	if len(fences) == 0 {
		return 0
	}
	lo, hi := 0, len(fences) // the last fence not above k is in [lo, hi)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) >> 1); k.less(fences[mid]) {
			hi = mid
		} else {
			lo = mid
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	page := t.pages.page(t.head.first[s] + uint32(lo))
	if page == nil {
		return 0
	}
	value, ok := entryPage(page).find(s, t.codes[s], k)
	if !ok || value >= t.head.values {
		t.pages.damaged.Add(1)
		return 0
	}
	return value
}

// record returns the record of a value, valid until the next call with the same
// scratch; nil where the file is damaged.
func (t *table) record(value uint32, scratch *[4]byte) []byte {
	n := t.head.kind.valueSize()
	t.mu.Lock()
	defer t.mu.Unlock()
	if value >= t.head.values || !t.pages.copy(scratch[:n], int64(t.head.valueAt)+int64(value)*int64(n)) {
		return nil
	}
	return scratch[:n]
}

// country returns the country of an address, zero when unknown.
func (t *table) country(s space, k key) (c [2]byte) {
	var scratch [4]byte
	if v := t.find(s, k); v != 0 {
		copy(c[:], t.record(v, &scratch))
	}
	return c
}

// asn returns the AS of an address, 0 when unknown.
func (t *table) asn(s space, k key) uint32 {
	if v := t.find(s, k); v != 0 {
		return t.asnOf(v)
	}
	return 0
}

func (t *table) asnOf(value uint32) uint32 {
	var scratch [4]byte
	if b := t.record(value, &scratch); len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// valueOf returns the value that stands for an AS, 0 for none. Values whose
// numbers are of one length are in the order of their AS.
func (t *table) valueOf(asn uint32) uint32 {
	if t.head.kind != ASN || asn == 0 {
		return 0
	}
	for lo := uint32(1); lo < t.head.values; lo <<= 1 {
		from, to := lo, min(lo<<1, t.head.values)
		for from < to {
			mid := (from + to) / 2
			switch got := t.asnOf(mid); {
			case got == asn:
				return mid
			case got < asn:
				from = mid + 1
			default:
				to = mid
			}
		}
	}
	return 0
}

// An entryPage holds ranges in groups of groupSize, the last group of a space
// fewer:
//
//	u16      how many ranges
//	groups   the first number of a group, and where its bits begin, in bits from
//	         the end of this list (u16)
//	bits     of each group: value, distance, value, distance … value
//
// A value is a symbol of the value code and the bits that its length wants. A
// distance to the next range is 2^z × an odd number: the length of all of it, that
// of the odd number, and the odd number without its first and last bit.
type entryPage []byte

// find returns the value of the range that k is in, and whether all that was read
// made sense.
func (p entryPage) find(s space, c *codes, k key) (uint32, bool) {
	ranges := int(binary.LittleEndian.Uint16(p))
	groups := (ranges + groupSize - 1) / groupSize
	size := s.bytes() + 2
	if groups == 0 || 2+groups*size > payloadSize {
		return 0, false
	}
	lo, hi := 0, groups // the last group not above k is in [lo, hi)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) >> 1); k.less(s.keyAt(p[2+mid*size:])) {
			hi = mid
		} else {
			lo = mid
		}
	}
	at := 2 + lo*size
	r := bitReader{data: p[2+groups*size:], end: (payloadSize - 2 - groups*size) * 8}
	r.skip(int(binary.LittleEndian.Uint16(p[at+size-2:])))
	value := c.walk(&r, s.keyAt(p[at:]), k, min(groupSize, ranges-lo*groupSize))
	return value, !r.bad
}

// walk decodes n ranges, the first of which begins at from, up to the one that
// holds k.
func (c *codes) walk(r *bitReader, from, k key, n int) uint32 {
	var last recent
	for {
		value := c.readValue(r, &last)
		if n--; n == 0 || r.bad {
			return value
		}
		if from = from.plus(c.readDistance(r)); k.less(from) || r.bad {
			return value
		}
	}
}

func (c *codes) readValue(r *bitReader, last *recent) uint32 {
	symbol := c.value.read(r)
	i := symbol - lengthValues
	var value uint32
	switch {
	case i >= last.n: // also symbols that are none: i stays below recentValues
		r.bad = true
		return 0
	case i >= 0:
		value = last.values[i]
	case symbol > 0:
		i = -1
		value = 1<<(symbol-1) | r.take(symbol-1)
	default:
		i = -1
	}
	last.met(value, i)
	return value
}

func (c *codes) readDistance(r *bitReader) key {
	length, odd := c.length.read(r), c.odd.read(r)
	if length == 0 || odd == 0 || odd > length {
		r.bad = true
		return key{}
	}
	d := key{0, 1}
	if odd > 1 {
		d = r.takeLong(odd - 2)
		d = d.shiftLeft(1)
		d.lo |= 1
		d = d.plus(key{0, 1}.shiftLeft(odd - 1))
	}
	return d.shiftLeft(length - odd)
}
