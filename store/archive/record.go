package archive

import (
	"encoding/binary"
	"fmt"
)

// Kind tells what a record is. Its number is stored: new kinds are added at the
// end, and readers step over those they do not know.
type Kind uint8

// The kinds of records that callers see.
const (
	KindSlot   Kind = 1 // the block of a closed slot: Step, Start
	KindOpen   Kind = 2 // the block of a slot still open: Step, Start; one a step
	KindDevice Kind = 3 // a device row: Key
	KindNote   Kind = 4 // any other row: Key
	KindFlow   Kind = 5 // a block of ended flows: Start, Key

	kindNames  Kind = 16 // names of a segment's handles: Start is the first one's
	kindLedger Kind = 17 // bytes written a day
)

// Bounds of a record. MaxData holds a block of 2,048 series many times over.
const (
	MaxData = 256 << 10
	MaxKey  = 1024
)

// Record is one thing that is kept. Two records of one kind with the same Step,
// Start and Key are the same thing (of open slots: the same Step), and the later
// one replaces the earlier.
type Record struct {
	Band  Band // of the segment it was read from, NumBands for a backup; not stored
	Kind  Kind
	Step  int64 // seconds
	Start int64 // seconds since the Unix epoch
	Key   string
	Data  []byte // while reading: valid until the next record is read
	Gone  bool   // the thing was deleted; Data is empty

	names *names // of the segment, for blocks
}

// block reports whether the record's data has handles in it.
func (r *Record) block() bool { return r.Kind == KindSlot || r.Kind == KindOpen || r.Kind == KindFlow }

// A record is its kind, bit 7 set if it is gone, step and start as varints, the
// key and the data, each with its length as a uvarint before it.
const goneBit = 0x80

func appendRecord(dst []byte, r *Record) []byte {
	kind := byte(r.Kind)
	if r.Gone {
		kind |= goneBit
	}
	dst = append(dst, kind)
	dst = binary.AppendVarint(dst, r.Step)
	dst = binary.AppendVarint(dst, r.Start)
	dst = binary.AppendUvarint(dst, uint64(len(r.Key)))
	dst = append(dst, r.Key...)
	dst = binary.AppendUvarint(dst, uint64(len(r.Data)))
	return append(dst, r.Data...)
}

// recordSize is at least as large as what appendRecord appends.
func recordSize(r *Record) int { return 1 + 4*binary.MaxVarintLen64 + len(r.Key) + len(r.Data) }

// maxRecord is the largest one.
const maxRecord = 1 + 4*binary.MaxVarintLen64 + MaxKey + MaxData

// sums reports whether the record's data is a block of sums, for the Codec to pack.
func (r *Record) sums() bool {
	return (r.Kind == KindSlot || r.Kind == KindOpen) && !r.Gone && len(r.Data) > 0
}

// cutHead returns the record at the front of b, without its data if that is a block
// of sums, and how long that is.
func cutHead(b []byte) (head []byte, block int, err error) {
	kind := Kind(b[0])
	if kind != KindSlot && kind != KindOpen {
		_, rest, err := cutRecord(b)
		return b[:len(b)-len(rest)], 0, err
	}
	at := 1
	for range 2 { // step and start
		_, n := binary.Varint(b[at:])
		if at += max(n, 0); n <= 0 {
			return nil, 0, fmt.Errorf("%w: time of a record", errDamaged)
		}
	}
	_, rest, ok := cutBytes(b[at:], MaxKey)
	length, n := binary.Uvarint(rest)
	if !ok || n <= 0 || length > MaxData {
		return nil, 0, fmt.Errorf("%w: length of a record", errDamaged)
	}
	return b[:len(b)-len(rest)+n], int(length), nil
}

// cutRecord reads the record at the front of b and returns what follows it. Its
// data stays in b.
func cutRecord(b []byte) (r Record, rest []byte, err error) {
	r.Kind, r.Gone = Kind(b[0]&^goneBit), b[0]&goneBit != 0
	b = b[1:]
	for _, v := range []*int64{&r.Step, &r.Start} {
		n := 0
		if *v, n = binary.Varint(b); n <= 0 {
			return r, nil, fmt.Errorf("%w: time of a record", errDamaged)
		}
		b = b[n:]
	}
	key, b, ok := cutBytes(b, MaxKey)
	if ok {
		r.Key = string(key)
		r.Data, b, ok = cutBytes(b, MaxData)
	}
	if !ok {
		return r, nil, fmt.Errorf("%w: length of a record", errDamaged)
	}
	return r, b, nil
}

// cutBytes reads a length, up to max, and so many bytes.
func cutBytes(b []byte, max uint64) (part, rest []byte, ok bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > max || length > uint64(len(b)-n) {
		return nil, nil, false
	}
	b = b[n:]
	return b[:length], b[length:], true
}
