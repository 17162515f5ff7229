package dpi

// streamBytes is how much of one direction is put together at most: a ClientHello
// with post-quantum key shares and a header of HTTP fit.
const streamBytes = 4096

// maxSpans bounds the pieces with gaps between them that a stream remembers.
const maxSpans = 8

// stream puts the pieces of a message into order.
type stream struct {
	spans [maxSpans]span // what is there, in order, neither touching nor overlapping
	n     int
	data  [streamBytes]byte
}

// span is a range of bytes.
type span struct{ from, to uint16 }

func (b *stream) reset() { b.n = 0 }

// prefix returns what is there from the beginning, without gaps.
func (b *stream) prefix() []byte {
	if b.n == 0 || b.spans[0].from != 0 {
		return nil
	}
	return b.data[:b.spans[0].to]
}

// add puts piece at offset. What is there already stays as it was: the first
// copy of a byte counts. What lies beyond the stream's end, or would make too
// many gaps, is left out.
func (b *stream) add(offset int, piece []byte) {
	if offset < 0 || offset >= streamBytes || len(piece) == 0 {
		return
	}
	piece = piece[:min(len(piece), streamBytes-offset)]
	from, to := uint16(offset), uint16(offset+len(piece))
	// The spans that touch the piece become one with it.
	i := 0
	for i < b.n && b.spans[i].to < from {
		i++
	}
	j := i
	for j < b.n && b.spans[j].from <= to {
		j++
	}
	if i == j && b.n == maxSpans {
		return
	}
	merged, at := span{from, to}, from
	for _, s := range b.spans[i:j] {
		if at < s.from {
			copy(b.data[at:s.from], piece[at-from:])
		}
		at = max(at, s.to)
		merged.from, merged.to = min(merged.from, s.from), max(merged.to, s.to)
	}
	if at < to {
		copy(b.data[at:to], piece[at-from:])
	}
	if i == j {
		copy(b.spans[i+1:b.n+1], b.spans[i:b.n])
		b.n++
	} else {
		copy(b.spans[i+1:], b.spans[j:b.n])
		b.n -= j - i - 1
	}
	b.spans[i] = merged
}
