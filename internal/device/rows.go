package device

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"

	"weir/internal/packet"
)

// Row is something of devices that outlives the process, in a form of its own.
type Row struct {
	Key   string
	Value []byte // nil deletes
}

// A row of a merge is a version, what it says, the key of the device that the other
// one belongs to, and its length before it. The row's key is that of the member, or
// of two that are to stay apart both, with "|" between them.
const (
	mergeVersion = 1
	rowMerged    = 1
	rowApart     = 2
)

// MergeRows returns the rows of what the user decided since it was last called.
func (s *Devices) MergeRows() []Row {
	var rows []Row
	for key := range s.merges.changed {
		row := Row{Key: key}
		if into, ok := s.merges.into[key]; ok {
			row.Value = append([]byte{mergeVersion, rowMerged, byte(len(into))}, into...)
		}
		for p := range s.merges.apart {
			if p[0]+"|"+p[1] == key {
				row.Value = append([]byte{mergeVersion, rowApart, byte(len(p[0]))}, p[0]...)
			}
		}
		rows = append(rows, row)
	}
	clear(s.merges.changed)
	sort.Slice(rows, func(i, j int) bool { return rows[i].Key < rows[j].Key })
	return rows
}

// LoadMerges takes back rows of MergeRows, and joins what they join as soon as both
// devices are there: it is called before Restore. It tells of rows that are damaged.
func (s *Devices) LoadMerges(rows []Row) error {
	var err error
	for _, row := range rows {
		r := rowReader{b: row.Value}
		version, kind, into := r.byte(), r.byte(), r.text()
		switch {
		case r.bad || version != mergeVersion || len(r.b) != 0 || into == "" || len(row.Key) > 255:
		case kind == rowMerged && row.Key != into:
			s.merges.set(into, row.Key, false)
			continue
		case kind == rowApart && len(row.Key) > len(into)+1 && row.Key[:len(into)+1] == into+"|":
			s.merges.set(into, row.Key[len(into)+1:], true)
			continue
		}
		err = errors.Join(err, fmt.Errorf("row of a merge %q: %w", row.Key, errRow))
	}
	clear(s.merges.changed)
	s.rejoin()
	return err
}

// rejoin joins devices that the user joined.
func (s *Devices) rejoin() {
	for from := range s.merges.into {
		f, into := s.ByKey(from), s.ByKey(s.merges.root(from))
		if f != nil && into != nil && f != into {
			s.join(into, f, byUser)
		}
	}
}

// rowReader takes a row apart. After the first thing that is wrong all is zero.
type rowReader struct {
	b   []byte
	bad bool
}

var errRow = errors.New("is damaged")

func (r *rowReader) bytes(n int) []byte {
	if r.bad = r.bad || n > len(r.b); r.bad {
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *rowReader) byte() byte {
	if v := r.bytes(1); v != nil {
		return v[0]
	}
	return 0
}

// uvarint reads a number of at most limit.
func (r *rowReader) uvarint(limit int64) int64 {
	v, n := binary.Uvarint(r.b)
	if r.bad = r.bad || n <= 0 || v > uint64(limit); r.bad {
		return 0
	}
	r.b = r.b[n:]
	return int64(v)
}

func (r *rowReader) text() string { return string(r.bytes(int(r.byte()))) }

// key reads what appendKey wrote.
func (r *rowReader) key() string {
	if n := r.byte(); n != 0 {
		return string(r.bytes(int(n)))
	}
	if m := r.bytes(6); m != nil {
		return packet.MAC(m).String()
	}
	return ""
}

// Kept is a device as the store kept it.
type Kept struct {
	Key         string
	MACs        []packet.MAC
	Addrs       []packet.Addr
	First, Last int64
	Flows       uint64
	Traffic
}

// Restore puts devices back that the store kept, as far as there is room and none
// of their hardware addresses belongs to another one by now.
func (s *Devices) Restore(all []Kept) {
	for i := range all {
		s.restore(&all[i])
	}
	s.rejoin()
}

func (s *Devices) restore(k *Kept) {
	for _, m := range k.MACs {
		if d := s.byMAC[m]; d != nil {
			if d.Key == s.merges.root(k.Key) && d.Key != k.Key {
				s.adoptStored(d, k)
			}
			return
		}
	}
	if d := s.ByKey(k.Key); d != nil {
		s.own(d, k.MACs)
		return
	}
	if len(s.list) >= s.max {
		return
	}
	s.pace.left++ // it has its name already
	if d := s.make(k.Key, k.Last); d != nil {
		s.own(d, k.MACs)
		d.First, d.Last, d.Flows, d.Traffic = k.First, k.Last, k.Flows, k.Traffic
		d.Addrs = slices.Clone(k.Addrs[:min(len(k.Addrs), maxAddrs)])
		d.fresh = false
	}
}

// adoptStored gives a member back what it had moved.
func (s *Devices) adoptStored(d *Device, k *Kept) {
	i := d.member(k.Key)
	if i < 0 {
		s.adopt(d, k)
		return
	}
	if m := &d.Members[i]; m.First == 0 {
		m.First, m.Last, m.Flows, m.Traffic = k.First, k.Last, k.Flows, k.Traffic
	}
}

// Rows of notes hold a version and the notes as they are in memory.
const notesVersion = 1

// EvidenceRows returns what is new of the evidence about devices since it was last
// called, a row for each device: a type that was found out outlives a restart.
func (s *Devices) EvidenceRows() []Row {
	var rows []Row
	for _, d := range s.list {
		if d.noted && d.First != 0 {
			rows = append(rows, Row{d.Key, append([]byte{notesVersion}, d.notes...)})
			d.noted = false
		}
	}
	return rows
}

// LoadEvidence takes back a row of EvidenceRows. What is not sound is left out.
func (s *Devices) LoadEvidence(row Row) {
	if d := s.ByKey(s.merges.root(row.Key)); d != nil && len(row.Value) > 0 && row.Value[0] == notesVersion {
		d.setNotes(row.Value[1:])
	}
}

// Note is what the user wrote about a device.
type Note struct {
	Text string // at most maxNote bytes
	At   int64  // when, microseconds since the Unix epoch
}

const (
	noteVersion = 1
	maxNote     = 2048
)

// Encode returns the note's stored form.
func (n Note) Encode() []byte {
	b := binary.AppendUvarint([]byte{noteVersion}, uint64(max(n.At, 0)))
	return append(b, n.Text[:min(len(n.Text), maxNote)]...)
}

// ParseNote reads the stored form of a note.
func ParseNote(b []byte) (Note, error) {
	r := rowReader{b: b}
	version, at := r.byte(), r.uvarint(1<<62)
	if r.bad || version != noteVersion || len(r.b) > maxNote {
		return Note{}, fmt.Errorf("note: %w", errRow)
	}
	return Note{string(r.b), at}, nil
}
