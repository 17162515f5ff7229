package device

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"weir/internal/packet"
)

// Visit is a time that a device was there.
type Visit struct {
	Key      string // of the device, or of a member of it
	From, To int64  // seconds since the Unix epoch
}

// Bounds of what is kept of visits until they are a day old. Where a device comes
// and goes more often, the shortest absence is forgotten.
const (
	maxVisits   = 2048
	visitsOfOne = 24
	daysBack    = 8 // for as long a machine may sleep, and its visits wait
	secondsADay = 24 * 60 * 60
)

// visit is a Visit in memory: microseconds become seconds, keys IDs.
type visit struct{ id, from, to uint32 }

// visits are those that ended, in no order.
type visits struct {
	all     []visit
	Dropped uint64 // for which there was no room
}

func (v *visits) add(id uint32, from, to int64) {
	new := visit{id, uint32(max(from, 0) / second), uint32(max(to, from, 0) / second)}
	near, gap, n := -1, uint32(0), 0
	for i := range v.all {
		if o := &v.all[i]; o.id == id {
			n++
			if g := o.absence(&new); near < 0 || g < gap {
				near, gap = i, g
			}
		}
	}
	switch {
	case near >= 0 && (gap == 0 || n >= visitsOfOne || len(v.all) >= maxVisits):
		o := &v.all[near]
		o.from, o.to = min(o.from, new.from), max(o.to, new.to)
	case len(v.all) >= maxVisits:
		v.Dropped++
	default:
		v.all = append(v.all, new)
	}
}

// absence returns the seconds between two visits, 0 when they touch.
func (v *visit) absence(o *visit) uint32 {
	switch {
	case o.from > v.to:
		return o.from - v.to
	case v.from > o.to:
		return v.from - o.to
	}
	return 0
}

func (v *visits) shift(delta, from, to int64) {
	for i := range v.all {
		o := &v.all[i]
		for _, t := range [...]*uint32{&o.from, &o.to} {
			us := int64(*t) * second
			if shift(&us, delta, from, to); us >= 0 {
				*t = uint32(us / second)
			}
		}
	}
}

// PresenceKey returns the key of the row that holds the visits of the UTC day at a
// time in seconds since the Unix epoch: keys ascend with time.
func PresenceKey(at int64) string { return time.Unix(at, 0).UTC().Format("20060102") }

// PresenceRows returns the visits by day as they are to be stored, each row in
// place of the one before it: those of today, and what is new of days before, which
// is forgotten then. now is in microseconds since the Unix epoch.
func (s *Devices) PresenceRows(now int64) []Row {
	today := now / second / secondsADay * secondsADay
	all := s.visitsNow(now)
	var rows []Row
	for back := range int64(daysBack) {
		row := presence{day: today - back*secondsADay}
		for i := range all {
			row.add(&all[i])
		}
		if len(row.visits) > 0 {
			rows = append(rows, Row{PresenceKey(row.day), row.encode()})
		}
	}
	s.visits.endDay(uint32(today))
	for _, d := range s.list {
		if d.since != 0 && d.since < today*second {
			d.since = today * second // what came before is in its row
		}
	}
	return rows
}

// endDay forgets what was before the time day.
func (v *visits) endDay(day uint32) {
	kept := v.all[:0]
	for _, o := range v.all {
		if o.to > day {
			o.from = max(o.from, day)
			kept = append(kept, o)
		}
	}
	v.all = kept
}

// visitsNow returns all visits with those that go on, which end for now.
func (s *Devices) visitsNow(now int64) []Visit {
	keys := make(map[uint32]string, len(s.list))
	for _, d := range s.list {
		keys[d.ID] = d.Key
		for i := range d.Members {
			keys[d.Members[i].ID] = d.Members[i].Key
		}
	}
	var all []Visit
	for _, v := range s.visits.all {
		if key := keys[v.id]; key != "" {
			all = append(all, Visit{key, int64(v.from), int64(v.to)})
		}
	}
	for _, d := range s.list {
		if d.since != 0 {
			all = append(all, Visit{d.Key, d.since / second, max(min(d.Last, now), d.since) / second})
		}
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Key != all[j].Key {
			return all[i].Key < all[j].Key
		}
		return all[i].From < all[j].From
	})
	return all
}

// Visits returns when a device was there today, the oldest first; the last one may
// go on.
func (s *Devices) Visits(d *Device, now int64) []Visit {
	var all []Visit
	for _, v := range s.visitsNow(now) {
		if v.Key == d.Key || d.member(v.Key) >= 0 {
			all = append(all, v)
		}
	}
	return all
}

// LoadPresence takes back the visits of today, so that the row of today has them
// again, when the devices have been restored. What is not sound is left out.
func (s *Devices) LoadPresence(value []byte) error {
	all, err := ParsePresence(value)
	for _, v := range all {
		id := uint32(0)
		if d := s.ByKey(v.Key); d != nil {
			id = d.ID
		} else {
			for _, d := range s.list {
				if i := d.member(v.Key); i >= 0 {
					id = d.Members[i].ID
				}
			}
		}
		if id != 0 {
			s.visits.add(id, v.From*second, v.To*second)
		}
	}
	return err
}

// ForgetPresence takes what there is of devices, by their keys, out of a row of
// visits, and returns the row without; it is false where there is nothing of them, or
// nothing sound at all.
func ForgetPresence(b []byte, keys []string) ([]byte, bool) {
	all, err := ParsePresence(b)
	r := rowReader{b: b}
	r.byte()
	row := presence{day: r.uvarint(1<<32/secondsADay) * secondsADay}
	for _, v := range all {
		if !slices.Contains(keys, v.Key) {
			row.visits = append(row.visits, v)
		}
	}
	if err != nil && len(all) == 0 || len(row.visits) == len(all) {
		return nil, false
	}
	return row.encode(), true
}

// presence is the visits of a day on their way into a row.
type presence struct {
	day    int64
	visits []Visit
}

// add adds the part of a visit that is in the day.
func (p *presence) add(v *Visit) {
	o := Visit{v.Key, max(v.From, p.day), min(v.To, p.day+secondsADay)}
	if o.From < o.To || v.From == v.To && v.From >= p.day && v.From < p.day+secondsADay {
		p.visits = append(p.visits, o)
	}
}

// A row of presence is a version, the day (uvarint: days since the Unix epoch), and
// for each device its key, the number of its visits, and of each the seconds since
// the end of the one before, or the day's begin, and its length. A key is 0 and six
// bytes of a hardware address, or its length and its text.
const (
	presenceVersion = 1
	maxPresence     = 32 << 10 // bytes of a row; further devices are left out
)

func (p *presence) encode() []byte {
	b := append([]byte{presenceVersion}, binary.AppendUvarint(nil, uint64(p.day/secondsADay))...)
	for i := 0; i < len(p.visits); {
		n := i
		for n < len(p.visits) && p.visits[n].Key == p.visits[i].Key {
			n++
		}
		whole := len(b)
		b = binary.AppendUvarint(appendKey(b, p.visits[i].Key), uint64(n-i))
		at := p.day
		for ; i < n; i++ {
			v := &p.visits[i]
			from := max(v.From, at)
			to := max(v.To, from)
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(from-at)), uint64(to-from))
			at = to
		}
		if len(b) > maxPresence {
			return b[:whole]
		}
	}
	return b
}

func appendKey(dst []byte, key string) []byte {
	if m, ok := parseMAC(key); ok {
		return append(append(dst, 0), m[:]...)
	}
	key = key[:min(len(key), 255)]
	return append(append(dst, byte(len(key))), key...)
}

// parseMAC reads a hardware address as String writes it.
func parseMAC(text string) (m packet.MAC, ok bool) {
	if len(text) != 17 {
		return m, false
	}
	for i := range m {
		hi, lo := strings.IndexByte(hexDigits, text[3*i]), strings.IndexByte(hexDigits, text[3*i+1])
		if hi < 0 || lo < 0 || i < 5 && text[3*i+2] != ':' {
			return m, false
		}
		m[i] = byte(hi<<4 | lo)
	}
	return m, m.String() == text
}

const hexDigits = "0123456789ABCDEF"

// ParsePresence reads a row of visits, whatever it holds. Those that could be read
// are returned with an error, too.
func ParsePresence(b []byte) (all []Visit, err error) {
	r := rowReader{b: b}
	if v := r.byte(); v != presenceVersion {
		return nil, fmt.Errorf("row of presence of version %d: %w", v, errRow)
	}
	day := r.uvarint(1<<32/secondsADay) * secondsADay
	for len(r.b) > 0 && !r.bad {
		key := r.key()
		at := day
		for n := r.uvarint(maxPresence); n > 0 && !r.bad; n-- {
			from := at + r.uvarint(secondsADay)
			at = from + r.uvarint(secondsADay)
			if at > day+secondsADay {
				r.bad = true
			}
			if !r.bad {
				all = append(all, Visit{key, from, at})
			}
		}
	}
	if r.bad {
		err = fmt.Errorf("row of presence: %w", errRow)
	}
	return all, err
}
