package alert

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"
)

// Row is a piece of a Log as it outlives the process.
type Row struct {
	Key   string
	Value []byte // nil: the row is to be deleted
}

// The key of an alert is its ID in 16 hexadecimal digits, so that keys go up with
// time. One more row holds an ID that no run has gone beyond: ahead of those that
// were given, as rows that were not stored yet may be lost.
const (
	reservedKey = "reserved"
	reserve     = 1000
)

func rowKey(id uint64) string { return fmt.Sprintf("%016x", id) }

// note notes that an alert's row has to be stored, or to go.
func (l *Log) note(id uint64, there bool) {
	if l.changed == nil {
		l.changed = make(map[uint64]bool)
	}
	if !there && id > l.stored {
		delete(l.changed, id) // it never had one
		return
	}
	l.changed[id] = there
}

// Rows returns the rows that changed since the last call, in the order of keys.
func (l *Log) Rows() []Row {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.changed) == 0 {
		return nil
	}
	rows := make([]Row, 0, len(l.changed)+1)
	for id, there := range l.changed {
		row := Row{Key: rowKey(id)}
		if i, ok := slices.BinarySearchFunc(l.alerts, id, byID); ok && there {
			row.Value = AppendRow(nil, &l.alerts[i])
		}
		rows = append(rows, row)
	}
	sort.Slice(rows, func(i, j int) bool { return rows[i].Key < rows[j].Key })
	if l.last+reserve/2 > l.reserved {
		l.reserved = l.last + reserve
		rows = append(rows, Row{reservedKey, binary.BigEndian.AppendUint64([]byte{rowVersion}, l.reserved)})
	}
	l.changed, l.stored = nil, l.last
	return rows
}

// Load takes the rows of earlier runs, before the first Raise or when a backup came
// back, and returns how many were damaged. Those are left where they are, and so are
// those beyond MaxAlerts until the next one is raised. What Rows has not told yet
// stays, and no ID that was given is given again.
func (l *Log) Load(rows []Row) (damaged int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.alerts = slices.DeleteFunc(l.alerts, func(a Alert) bool { return !l.changed[a.ID] })
	for _, r := range rows {
		if r.Key == reservedKey {
			if len(r.Value) != 9 || r.Value[0] != rowVersion {
				damaged++
				continue
			}
			l.reserved = max(l.reserved, binary.BigEndian.Uint64(r.Value[1:]))
			continue
		}
		id, err := strconv.ParseUint(r.Key, 16, 64)
		a, ok := DecodeRow(r.Value)
		if err != nil || r.Key != rowKey(id) || id == 0 || !ok {
			damaged++
			continue
		}
		if l.changed[id] {
			continue // what is here is newer
		}
		a.ID = id
		l.alerts = append(l.alerts, a)
	}
	sort.Slice(l.alerts, func(i, j int) bool { return l.alerts[i].ID < l.alerts[j].ID })
	l.alerts = slices.CompactFunc(l.alerts, func(a, b Alert) bool { return a.ID == b.ID })
	l.begin()
	return damaged
}

// begin starts from what was loaded: with IDs above any that was given, unless
// that leaves none.
func (l *Log) begin() {
	const highest = 1 << 62
	l.last = max(l.last, l.reserved)
	if n := len(l.alerts); n > 0 {
		l.last = max(l.last, l.alerts[n-1].ID)
	}
	if l.last > highest {
		l.last, l.reserved = 0, 0 // damage that no checksum saw
		l.alerts = nil
	}
	l.loaded, l.stored = l.last, l.last
	for len(l.alerts) > MaxAlerts {
		l.drop()
	}
}

// A row's value is a version byte, and big endian: the time in microseconds (8
// bytes), severity, flags, held (4), and each with its length before it: type (1),
// device (1), text (2).
const (
	rowVersion = 1
	rowHeader  = 1 + 8 + 1 + 1 + 4
	flagAcked  = 1 << 0
)

// AppendRow appends the value of an alert's row, which does not hold its ID.
func AppendRow(dst []byte, a *Alert) []byte {
	dst = append(dst, rowVersion)
	dst = binary.BigEndian.AppendUint64(dst, uint64(a.At.UnixMicro()))
	var flags byte
	if a.Acked {
		flags |= flagAcked
	}
	dst = append(dst, byte(a.Severity), flags)
	dst = binary.BigEndian.AppendUint32(dst, a.Held)
	dst = append(append(dst, byte(len(a.Type))), a.Type...)
	dst = append(append(dst, byte(len(a.Device))), a.Device...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(a.Text)))
	return append(dst, a.Text...)
}

// DecodeRow takes apart what AppendRow wrote; anything else is refused.
func DecodeRow(b []byte) (a Alert, ok bool) {
	if len(b) < rowHeader || b[0] != rowVersion || Severity(b[9]) > Critical || b[10]&^flagAcked != 0 {
		return a, false
	}
	a = Alert{
		At:       time.UnixMicro(int64(binary.BigEndian.Uint64(b[1:]))),
		Severity: Severity(b[9]), Acked: b[10]&flagAcked != 0, Held: binary.BigEndian.Uint32(b[11:]),
	}
	b = b[rowHeader:]
	if a.Type, b, ok = text(b, 1, MaxType); !ok {
		return Alert{}, false
	}
	if a.Device, b, ok = text(b, 1, MaxDevice); !ok {
		return Alert{}, false
	}
	if a.Text, b, ok = text(b, 2, MaxText); !ok || len(b) != 0 {
		return Alert{}, false
	}
	return a, true
}

// text takes a text of at most so many bytes with its length, which has size
// bytes, off the beginning of b.
func text(b []byte, size, most int) (s string, rest []byte, ok bool) {
	if len(b) < size {
		return "", nil, false
	}
	n := int(b[0])
	if size == 2 {
		n = n<<8 | int(b[1])
	}
	b = b[size:]
	if n > most || n > len(b) || !plain(string(b[:n]), most) {
		return "", nil, false
	}
	return string(b[:n]), b[n:], true
}
