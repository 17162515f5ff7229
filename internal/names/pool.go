package names

import (
	"encoding/binary"
	"hash/maphash"
)

// Pool holds texts for those who have references to them: one copy of each,
// without pointers, within a budget of bytes. A text leaves with its last
// reference, and its bytes are overwritten then. Handle 0 is no text. Use NewPool.
type Pool struct {
	seed  maphash.Seed
	texts []byte   // records one after another: header, then the text
	most  int      // bytes that texts may have
	dead  int      // bytes of records that nobody refers to
	slots []pooled // by handle; 0 is unused
	free  uint32   // first of the unused slots, linked by at
	index []uint32 // open addressing: handles, 0 = empty
	limit int      // slots there may be
	live  int

	Refused uint64 // texts that did not fit
}

// pooled is a text's place in the Pool.
type pooled struct {
	at   uint32 // of its record in texts
	hash uint32
	refs uint32 // 0: unused
}

// A record begins with its length and handle; handle 0 means that it is dead.
const recordHeader = 5

// Sizes of a Pool: bytes that one entry of a full index costs with its slot (of
// which there are three to four entries), and the smallest index.
const (
	indexCost  = 4 + 12*3/4
	firstIndex = 64
)

// NewPool returns an empty pool that takes at most budget bytes in all, but at
// least 4 KiB. A third of it and less goes into finding texts.
func NewPool(budget int) *Pool {
	budget = max(budget, 4<<10)
	size := firstIndex
	for size*2 <= budget/32 {
		size *= 2
	}
	return &Pool{
		seed:  maphash.MakeSeed(),
		most:  budget - size*indexCost,
		limit: size * 3 / 4,
		slots: make([]pooled, 1, firstIndex*3/4+1),
		index: make([]uint32, firstIndex),
	}
}

// Put returns the handle of text with one more reference to it. It returns 0 for
// an empty text, one longer than MaxText, and a new one that does not fit.
func (p *Pool) Put(text []byte) uint32 {
	h := p.try(text)
	if h == 0 && len(text) > 0 {
		p.Refused++
	}
	return h
}

// try is Put without counting what does not fit.
func (p *Pool) try(text []byte) uint32 {
	if len(text) == 0 {
		return 0
	}
	hash := p.hash(text)
	h := p.find(text, hash)
	if h == 0 {
		if h = p.add(text, hash); h == 0 {
			return 0
		}
	}
	p.slots[h].refs++
	return h
}

// Find returns the handle of text, or 0, and takes no reference.
func (p *Pool) Find(text []byte) uint32 { return p.find(text, p.hash(text)) }

// Hold takes one more reference and returns the handle.
func (p *Pool) Hold(h uint32) uint32 {
	if p.valid(h) {
		p.slots[h].refs++
		return h
	}
	return 0
}

// Release gives one reference back. The text leaves with the last one.
func (p *Pool) Release(h uint32) {
	if !p.valid(h) {
		return
	}
	s := &p.slots[h]
	if s.refs--; s.refs > 0 {
		return
	}
	p.unindex(h)
	r := p.record(s.at)
	p.dead += len(r)
	clear(r[1:]) // the handle and the text; the length leads to the next record
	s.at, p.free = p.free, h
	p.live--
}

// Text returns the text of a handle, nil for none. It is valid until the next Put
// or Release and must not be written.
func (p *Pool) Text(h uint32) []byte {
	if !p.valid(h) {
		return nil
	}
	return p.record(p.slots[h].at)[recordHeader:]
}

// Len returns the number of texts.
func (p *Pool) Len() int { return p.live }

// Size returns the bytes that the pool takes at present.
func (p *Pool) Size() int { return cap(p.texts) + 12*cap(p.slots) + 4*cap(p.index) }

// Spare reports whether half of the room is left: names of flows come first, so
// what only counts and lists takes no new ones beyond that.
func (p *Pool) Spare() bool {
	return len(p.texts)-p.dead <= p.most/2 && p.live <= p.limit/2
}

func (p *Pool) valid(h uint32) bool {
	return h != 0 && int64(h) < int64(len(p.slots)) && p.slots[h].refs > 0
}

func (p *Pool) record(at uint32) []byte {
	end := int(at) + recordHeader + int(p.texts[at])
	return p.texts[at:end:end]
}

func (p *Pool) hash(text []byte) uint32 { return uint32(maphash.Bytes(p.seed, text)) }

func (p *Pool) find(text []byte, hash uint32) uint32 {
	mask := uint32(len(p.index) - 1)
	for j := hash & mask; ; j = (j + 1) & mask {
		h := p.index[j]
		if h == 0 {
			return 0
		}
		if s := &p.slots[h]; s.hash == hash && string(p.record(s.at)[recordHeader:]) == string(text) {
			return h
		}
	}
}

// add stores a new text without a reference, or returns 0.
func (p *Pool) add(text []byte, hash uint32) uint32 {
	if len(text) > MaxText || p.live >= p.limit || !p.room(recordHeader+len(text)) {
		return 0
	}
	if p.live >= len(p.index)*3/4 {
		p.reindex(2 * len(p.index))
	}
	h := p.slot()
	at := len(p.texts)
	p.texts = append(p.texts, byte(len(text)), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(p.texts[at+1:], h)
	p.texts = append(p.texts, text...)
	p.slots[h] = pooled{at: uint32(at), hash: hash}
	p.place(h)
	p.live++
	return h
}

// room makes room for n bytes at the end of texts. Moving texts together must
// gain an eighth, so that the cost of moving all is shared by many new ones.
func (p *Pool) room(n int) bool {
	if len(p.texts)+n <= cap(p.texts) {
		return true
	}
	if used := len(p.texts) - p.dead; used+n > p.most-p.most/8 && len(p.texts)+n > p.most {
		return false
	}
	if len(p.texts)+n > p.most || p.dead > len(p.texts)/4 {
		p.compact()
	}
	if need := len(p.texts) + n; need > cap(p.texts) {
		grown := make([]byte, len(p.texts), min(max(2*cap(p.texts), need, 1<<10), p.most))
		copy(grown, p.texts)
		p.texts = grown
	}
	return true
}

// compact moves the records together, in their order.
func (p *Pool) compact() {
	to := uint32(0)
	for from := 0; from < len(p.texts); {
		r := p.record(uint32(from))
		from += len(r)
		if h := binary.LittleEndian.Uint32(r[1:]); h != 0 {
			p.slots[h].at = to
			to += uint32(copy(p.texts[to:], r))
		}
	}
	clear(p.texts[to:])
	p.texts, p.dead = p.texts[:to], 0
}

// slot returns an unused slot.
func (p *Pool) slot() uint32 {
	if h := p.free; h != 0 {
		p.free = p.slots[h].at
		return h
	}
	if len(p.slots) == cap(p.slots) {
		grown := make([]pooled, len(p.slots), min(2*cap(p.slots), p.limit+1))
		copy(grown, p.slots)
		p.slots = grown
	}
	p.slots = append(p.slots, pooled{})
	return uint32(len(p.slots) - 1)
}

func (p *Pool) reindex(size int) {
	p.index = make([]uint32, size)
	for h := range p.slots {
		if p.slots[h].refs > 0 {
			p.place(uint32(h))
		}
	}
}

// place puts h into the first empty entry from its home on.
func (p *Pool) place(h uint32) {
	mask := uint32(len(p.index) - 1)
	j := p.slots[h].hash & mask
	for p.index[j] != 0 {
		j = (j + 1) & mask
	}
	p.index[j] = h
}

// unindex takes h out of the index and moves back what it kept from its home.
func (p *Pool) unindex(h uint32) {
	mask := uint32(len(p.index) - 1)
	j := p.slots[h].hash & mask
	for p.index[j] != h {
		j = (j + 1) & mask
	}
	for hole := j; ; {
		j = (j + 1) & mask
		v := p.index[j]
		if v == 0 {
			p.index[hole] = 0
			return
		}
		if home := p.slots[v].hash & mask; (j-home)&mask >= (j-hole)&mask {
			p.index[hole] = v
			hole = j
		}
	}
}
