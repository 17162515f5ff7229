package archive

import "io"

// Reader reads the records of a backup or segment. What is damaged is stepped
// over and told by Lost. It takes less than 1 MB beside the names, whatever it
// reads.
type Reader struct {
	scan    *scanner
	band    Band
	want    func(flags byte) bool // which chunks are unpacked; nil is all
	codec   Codec
	pack    packer
	raw     []byte
	rest    []byte // records of the chunk at hand
	names   *names
	head    header // of the chunk at hand
	at      int64  // its end
	unnamed uint64
}

// NewReader returns a Reader of a backup.
func NewReader(r io.Reader, c Codec) *Reader {
	return &Reader{scan: newScanner(r), codec: c, band: NumBands, names: &names{}}
}

// Next returns the next record. At the end it returns io.EOF, for a stream in
// which nothing is weir's ErrForeign, and otherwise the error of reading it.
func (r *Reader) Next() (Record, error) {
	for {
		rec, err := r.next()
		if err != nil || rec.Kind < kindNames {
			return rec, err
		}
	}
}

// next is Next, with the records that are not for callers.
func (r *Reader) next() (Record, error) {
	for {
		if len(r.rest) == 0 {
			if err := r.chunk(); err != nil {
				return Record{}, err
			}
			continue
		}
		rec, rest, err := cutRecord(r.rest)
		if err == nil && rec.Kind == kindNames && !r.names.read(&rec) {
			err = errDamaged
		}
		if err != nil {
			r.lose()
			continue
		}
		r.rest = rest
		rec.Band, rec.names = r.band, r.names
		if rec.Kind != kindNames {
			return rec, nil
		}
	}
}

// chunk unpacks the next chunk.
func (r *Reader) chunk() error {
	for {
		h, payload, err := r.scan.next()
		if err != nil {
			return err
		}
		if r.want != nil && !r.want(h.flags) {
			continue
		}
		r.head, r.at = h, r.scan.pos
		if h.flags&flagStored != 0 {
			r.rest = payload
			return nil
		}
		if err := r.unpack(h, payload); err == nil {
			return nil
		}
		r.lose()
	}
}

// unpack takes a payload apart.
func (r *Reader) unpack(h header, payload []byte) error {
	if cap(r.raw) < int(h.raw) {
		r.raw = make([]byte, 0, h.raw)
	}
	raw, err := r.pack.unpack(&r.codec, r.raw[:0], h, payload)
	if err == nil {
		r.rest = raw
	}
	return err
}

// lose gives up what is left of the chunk at hand.
func (r *Reader) lose() {
	r.rest = nil
	size := int64(headerLen+trailerLen) + int64(r.head.packed)
	r.scan.lose(Loss{pos: r.at - size, Bytes: size, From: r.head.from, To: r.head.to})
}

// Lost returns how many stretches could not be read so far, and the first of
// them.
func (r *Reader) Lost() (int, []Loss) {
	for i := range r.scan.losses {
		r.scan.losses[i].Band = r.band
	}
	return r.scan.lost, r.scan.losses
}

// Unnamed counts the handles of blocks whose names were lost, so that they became
// 0, that is the rest of their class.
func (r *Reader) Unnamed() uint64 { return r.unnamed }

// Names returns a function for a Mapper: it gives the handle, by give, of what a
// handle in the record's block stands for.
func (r *Reader) Names(rec Record, give func(name string) uint32) func(h uint32) uint32 {
	return func(h uint32) uint32 {
		name, ok := rec.names.name(h)
		if !ok {
			if h != 0 {
				r.unnamed++
			}
			return 0
		}
		return give(name)
	}
}
