package journal

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"time"
)

// Row is an event as it is stored.
type Row struct {
	Key   string
	Value []byte
}

// A row's key is the place of its event in a circle of MaxEvents: a new one takes
// that of the oldest, and none is ever to be deleted. Its value is a version, the
// kind, be64 ID, be64 microseconds since the Unix epoch, be32 held, and the subject
// and the text, each with a byte for its length before it.
const (
	rowVersion = 1
	rowHead    = 1 + 1 + 8 + 8 + 4
)

// Rows returns the rows of what changed since it was last called.
func (j *Journal) Rows() []Row {
	j.mu.Lock()
	defer j.mu.Unlock()
	var rows []Row
	for i := range j.events {
		if e := &j.events[i]; slices.Contains(j.changed, e.ID) {
			rows = append(rows, Row{fmt.Sprintf("%03d", e.ID%MaxEvents), e.encode()})
		}
	}
	j.changed = nil
	return rows
}

func (e *Event) encode() []byte {
	b := append(make([]byte, 0, rowHead+2+len(e.Subject)+len(e.Text)), rowVersion, byte(e.Kind))
	b = binary.BigEndian.AppendUint64(b, e.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b = binary.BigEndian.AppendUint32(b, e.Held)
	b = append(append(b, byte(len(e.Subject))), e.Subject...)
	return append(append(b, byte(len(e.Text))), e.Text...)
}

// decode is false for bytes that are no event.
func decode(b []byte) (e Event, ok bool) {
	if len(b) < rowHead || b[0] != rowVersion || Kind(b[1]) >= numKinds {
		return e, false
	}
	e = Event{
		Kind: Kind(b[1]), ID: binary.BigEndian.Uint64(b[2:]),
		At: time.UnixMicro(int64(binary.BigEndian.Uint64(b[10:]))), Held: binary.BigEndian.Uint32(b[18:]),
	}
	b = b[rowHead:]
	for _, text := range [...]*string{&e.Subject, &e.Text} {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return e, false
		}
		end := 1 + int(b[0])
		*text, b = string(b[1:end]), b[end:]
	}
	return e, e.ID > 0 && len(b) == 0 && len(e.Subject) <= MaxSubject && len(e.Text) <= MaxText
}

// Load takes over the rows of earlier runs, before the first Note, and returns how
// many were damaged.
func (j *Journal) Load(rows []Row) (damaged int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range rows {
		e, ok := decode(r.Value)
		if !ok {
			damaged++
			continue
		}
		j.events = append(j.events, e)
	}
	sort.Slice(j.events, func(a, b int) bool { return j.events[a].ID < j.events[b].ID })
	if over := len(j.events) - MaxEvents; over > 0 {
		j.events = slices.Delete(j.events, 0, over)
	}
	if n := len(j.events); n > 0 {
		j.last = j.events[n-1].ID
		j.loaded = j.last
	}
	return damaged
}
