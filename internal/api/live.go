package api

import (
	"context"
	"sort"

	"weir/internal/engine"
	"weir/internal/rollup"
)

// Bounds of live: what is kept second by second, and the members beside the total.
const (
	liveSeconds = 600
	liveMembers = 8
	liveBefore  = 60 // seconds that members are found in beside what is new
)

// liveClasses are what the members of live may be.
var liveClasses = []string{"device", "app"}

var liveMethod = Method{
	Name: "live",
	Doc:  "The last minutes second by second: in all, and of the busiest devices or applications.",
	Args: []Arg{
		{Name: "since", Type: Int, Doc: "only what comes from this second on, as start plus the values of an earlier answer; members are then those of the minute before and of what is new", Max: maxTime},
		{Name: "seconds", Type: Int, Doc: "how much time", Default: int64(liveSeconds), Min: 1, Max: liveSeconds},
		{Name: "by", Type: String, Doc: "what members are", Default: liveClasses[0], Values: liveClasses},
		{Name: "limit", Type: Int, Doc: "members at most", Default: int64(liveMembers), Max: liveMembers},
	},
	Example: `{"seconds":4,"limit":2}`,
	run: func(_ context.Context, b *Backend, a Args) (Reply, error) {
		now, class := b.now().Unix(), rollup.Device
		if arg[string](a, "by") == "app" {
			class = rollup.Application
		}
		from, since := now-arg[int64](a, "seconds"), arg[int64](a, "since")
		if since > 0 {
			from = max(from, min(since, now)-liveBefore) // it is asked again and again: a look at all of it would cost too much
		}
		l := newLive(b.Traffic.Seconds(from), class, int(arg[int64](a, "limit")))
		l.name(b.History)
		since = max(since, l.start)
		return func(e *Encoder) {
			e.Int("ts", now)
			l.encode(e, since)
		}, nil
	},
}

func liveAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"step", Integer, false, "seconds that a value covers: 1"},
		{"start", Integer, false, "the first second"},
		{"pace", Integer, false, "seconds between two readings of the counters, over which what they tell is spread: 1 where packets are counted"},
		{"total", Table, false, "what the house moves, in bits per second"},
		{"total.rx", List, false, "received, one for each second"},
		{"total.rx[]", Integer, true, "null where nothing was counted: a gap, not a zero"},
		{"total.tx", List, false, "sent"},
		{"total.tx[]", Integer, true, ""},
		{"members", List, false, "those that moved most, the busiest first"},
		{"members[]", Table, false, ""},
		{"members[].key", Text, false, "as series calls it"},
		{"members[].label", Text, true, "name that people know it by"},
		{"members[].rx", List, false, "received, one for each second"},
		{"members[].rx[]", Integer, true, "null also where so many were busy that it was not kept apart"},
		{"members[].tx", List, false, "sent"},
		{"members[].tx[]", Integer, true, ""},
	}
}

// live is a time second by second. What is kept of a second is bytes.
type live struct {
	start, step, pace int64
	n                 int
	class             rollup.Class
	total             track
	members           []track // the busiest first
}

// track is what one member moved, or all.
type track struct {
	name
	id     uint32
	tx, rx []uint64
	known  []bool
}

func newTrack(id uint32, n int) track {
	return track{id: id, tx: make([]uint64, n), rx: make([]uint64, n), known: make([]bool, n)}
}

// newLive joins slots to tracks: that of the total, and at most limit of members of
// a class.
func newLive(s engine.Seconds, class rollup.Class, limit int) *live {
	l := &live{start: s.End, step: max(s.Step, 1), pace: max(s.Pace, 1), class: class}
	for len(s.Slots) > 0 && s.Slots[len(s.Slots)-1].Start >= s.End {
		s.Slots = s.Slots[:len(s.Slots)-1] // not read yet
	}
	if len(s.Slots) > 0 {
		l.start = s.Slots[0].Start
		l.n = int((s.Slots[len(s.Slots)-1].Start-l.start)/l.step) + 1
	}
	l.total = newTrack(rollup.Other, l.n)
	l.members = busiest(s.Slots, class, limit, l.n)
	for i := range s.Slots {
		l.add(&s.Slots[i])
	}
	l.total.spread(int(l.pace))
	for i := range l.members {
		l.members[i].spread(int(l.pace))
	}
	return l
}

// busiest returns empty tracks of the members of a class that moved most.
func busiest(slots []rollup.Slot, class rollup.Class, limit, n int) []track {
	if limit == 0 {
		return nil
	}
	sums := make(map[uint32]uint64)
	for i := range slots {
		it := rollup.NewClassIter(slots[i].Block, class)
		for it.Next() {
			if row := it.Row(); row.ID != rollup.Other {
				sums[row.ID] += row.TxBytes + row.RxBytes
			}
		}
	}
	ids := make([]uint32, 0, len(sums))
	for id := range sums {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool {
		a, b := sums[ids[i]], sums[ids[j]]
		return a > b || a == b && ids[i] < ids[j]
	})
	tracks := make([]track, min(limit, len(ids)))
	for i := range tracks {
		tracks[i] = newTrack(ids[i], n)
	}
	return tracks
}

// add adds a slot. A member that has no row moved nothing, unless the slot has more
// than was kept apart.
func (l *live) add(s *rollup.Slot) {
	at := int((s.Start - l.start) / l.step)
	it := rollup.NewClassIter(s.Block, rollup.Total)
	l.total.known[at] = true
	for it.Next() {
		l.total.set(at, it.Row())
	}
	if len(l.members) == 0 {
		return
	}
	whole := true
	it = rollup.NewClassIter(s.Block, l.class)
	for it.Next() {
		row := it.Row()
		whole = whole && row.ID != rollup.Other
		for i := range l.members {
			if m := &l.members[i]; m.id == row.ID {
				m.set(at, row)
			}
		}
	}
	for i := range l.members {
		l.members[i].known[at] = l.members[i].known[at] || whole
	}
}

func (t *track) set(at int, row rollup.Row) {
	t.known[at], t.tx[at], t.rx[at] = true, row.TxBytes, row.RxBytes
}

// spread lets what was read at once have passed since the reading before.
func (t *track) spread(pace int) {
	if pace <= 1 {
		return
	}
	for _, bytes := range [...][]uint64{t.tx, t.rx} {
		for i := range bytes { // what follows i is as it was read
			var sum uint64
			for _, v := range bytes[i:min(i+pace, len(bytes))] {
				sum += v
			}
			bytes[i] = sum / uint64(pace)
		}
	}
}

// name names the members.
func (l *live) name(h History) {
	for i := range l.members {
		l.members[i].name = nameOf(h, l.class, l.members[i].id)
	}
}

// encode writes what comes from the second since on.
func (l *live) encode(e *Encoder, since int64) {
	from := int(min((since-l.start)/l.step, int64(l.n)))
	e.Int("step", l.step)
	e.Int("start", l.start+int64(from)*l.step)
	e.Int("pace", l.pace)
	e.Table("total")
	l.total.encode(e, from, l.step)
	e.EndTable()
	e.Array("members")
	for i := range l.members {
		m := &l.members[i]
		e.Table("")
		m.name.encode(e)
		m.encode(e, from, l.step)
		e.EndTable()
	}
	e.EndArray()
}

func (t *track) encode(e *Encoder, from int, step int64) {
	t.encodeRates(e, "rx", t.rx, from, step)
	t.encodeRates(e, "tx", t.tx, from, step)
}

func (t *track) encodeRates(e *Encoder, name string, bytes []uint64, from int, step int64) {
	e.Array(name)
	for i := from; i < len(bytes); i++ {
		countOrNull(e, "", bytes[i]*8/uint64(step), t.known[i])
	}
	e.EndArray()
}
