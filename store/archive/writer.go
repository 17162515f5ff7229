package archive

import (
	"fmt"
	"io"
)

// A Mapper appends the block of a record of a kind to dst with each handle h of it
// replaced by id(h), where 0 stays 0 and handles that become equal are added up. It
// returns an error for a block that is damaged.
type Mapper func(dst []byte, kind Kind, block []byte, id func(h uint32) uint32) ([]byte, error)

// Writer packs records into chunks. It is what a backup is written with, and what
// segments are written with.
type Writer struct {
	out   io.Writer // gets whole chunks
	pack  *packer
	codec Codec

	ids    map[string]uint32
	names  names
	saved  uint32 // names that were written
	again  bool   // all names are to be written once more, see Flush
	chunks int    // with data

	raw      []byte
	block    []byte // scratch
	flags    byte
	from, to int64 // of what is in raw
	sums     bool  // blocks of sums are in raw
	begun    bool  // the magic was written
}

// NewWriter returns a Writer of a backup. Flush ends it.
func NewWriter(out io.Writer, c Codec) *Writer {
	return &Writer{out: out, pack: &packer{}, codec: c, ids: make(map[string]uint32)}
}

// id returns the segment's handle of a name, 0 for none and when there are too
// many.
func (w *Writer) id(name string) uint32 {
	if name == "" {
		return 0
	}
	if id, ok := w.ids[name]; ok {
		return id
	}
	id := uint32(len(w.names.list) + 1)
	if len(name) > maxName || !w.names.put(uint64(id), name) {
		return 0
	}
	w.ids[name] = id
	return id
}

// Add packs a record; name tells what the handles of its block stand for. It
// keeps nothing of the record's memory.
func (w *Writer) Add(r Record, name func(h uint32) string) error {
	if r.block() && !r.Gone {
		var err error
		w.block, err = w.codec.Map(w.block[:0], r.Kind, r.Data, func(h uint32) uint32 { return w.id(name(h)) })
		if err != nil {
			return fmt.Errorf("%w: block of %d s at %d: %w", ErrRecord, r.Step, r.Start, err)
		}
		r.Data = w.block
	}
	return w.put(&r)
}

// put packs a record as it is.
func (w *Writer) put(r *Record) error {
	if len(r.Key) > MaxKey || len(r.Data) > MaxData {
		return fmt.Errorf("%w: key of %d bytes, data of %d", ErrRecord, len(r.Key), len(r.Data))
	}
	if len(w.raw) > 0 && len(w.raw)+recordSize(r) > target {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if len(w.raw) == 0 {
		w.from, w.to, w.sums = r.Start, r.Start, false
	}
	w.from, w.to = min(w.from, r.Start), max(w.to, r.Start)
	w.sums = w.sums || r.sums()
	w.raw = appendRecord(w.raw, r)
	return nil
}

// Flush writes what was added as a chunk, the names that it needs before it. With
// the second chunk all names come once more: without them the whole segment says
// nothing.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	if w.chunks == 1 && len(w.raw) > 0 && !w.again {
		w.again, w.saved = true, 0
	}
	for int(w.saved) < len(w.names.list) {
		raw, next := w.names.appendNames(nil, w.saved+1)
		if err := w.chunk(raw, w.flags|flagNames); err != nil {
			return err
		}
		w.saved = next - 1
	}
	if len(w.raw) == 0 {
		return nil
	}
	flags := w.flags
	if w.sums {
		flags |= flagBlocks
	}
	err := w.chunk(w.raw, flags)
	w.raw = w.raw[:0]
	w.chunks++
	return err
}

func (w *Writer) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	_, err := io.WriteString(w.out, magic)
	return err
}

func (w *Writer) chunk(raw []byte, flags byte) error {
	_, err := w.out.Write(w.pack.chunk(&w.codec, raw, flags, w.from, w.to))
	return err
}
