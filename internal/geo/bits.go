package geo

import "encoding/binary"

// bitReader takes bits out of a page, the highest of a byte first. data has at
// least 4 bytes behind its last bit, so that a load never has to look where the
// page ends. Beyond the end it reads zeros and says so.
type bitReader struct {
	data []byte
	at   int // in bits
	end  int // in bits
	bad  bool
}

// peek returns the next n bits, at most 25, without taking them.
func (r *bitReader) peek(n int) uint32 {
	if r.at >= r.end {
		return 0
	}
	v := binary.BigEndian.Uint32(r.data[r.at>>3:])
	return v << (r.at & 7) >> (32 - n)
}

func (r *bitReader) skip(n int) {
	r.at += n
	if r.at > r.end {
		r.at, r.bad = r.end, true
	}
}

// take returns the next n bits, at most 25: what one load is good for.
func (r *bitReader) take(n int) uint32 {
	if n == 0 {
		return 0
	}
	v := r.peek(n)
	r.skip(n)
	return v
}

// takeLong returns the next n bits, 128 at most.
func (r *bitReader) takeLong(n int) key {
	var k key
	for n > 0 {
		step := min(n, 16)
		k = k.shiftLeft(step)
		k.lo |= uint64(r.take(step))
		n -= step
	}
	return k
}

// bitWriter is the other end of a bitReader.
type bitWriter struct {
	data []byte
	bits int
}

// put appends the low n bits of v.
func (w *bitWriter) put(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.bits&7 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.bits>>3] |= byte(v>>i&1) << (7 - w.bits&7)
		w.bits++
	}
}

// putLong appends the low n bits of k in the pieces that takeLong takes.
func (w *bitWriter) putLong(k key, n int) {
	for n > 0 {
		step := min(n, 16)
		n -= step
		w.put(uint32(k.shiftRight(n).lo)&(1<<step-1), step)
	}
}
