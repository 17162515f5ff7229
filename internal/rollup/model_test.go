package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
)

// place names a slot.
type place struct{ Step, Start int64 }

// model is what a Rollup has to come to: every addition is put at once into the
// slot of each tier that its moment lies in.
type model struct {
	cal    clock.Calendar
	levels [NumClasses]Level
	now    int64 // of the tick before
	want   map[place]map[Key]Values
	got    map[place]map[Key]Values
}

func newModel(cal clock.Calendar) *model {
	return &model{cal: cal, levels: DefaultLevels(), want: map[place]map[Key]Values{}, got: map[place]map[Key]Values{}}
}

func addTo(sums map[place]map[Key]Values, p place, k Key, v Values) {
	if sums[p] == nil {
		sums[p] = map[Key]Values{}
	}
	sum := sums[p][k]
	sum.Add(v)
	sums[p][k] = sum
}

func (m *model) add(k Key, v Values) {
	for _, tier := range DefaultTiers() {
		least := int64(0)
		if _, _, matrix := k.Class.Matrix(); matrix {
			least = clock.Day
		} else if m.levels[k.Class] == Light {
			least = 3600
		}
		if m.levels[k.Class] != None && tier.Step >= least {
			addTo(m.want, place{tier.Step, m.cal.Floor(m.now, tier.Step)}, k, v)
		}
	}
}

// tick moves the clock. What is in no slot yet that was handed out, and would be in
// one that lies in the future now, goes to that of now.
func (m *model) tick(now int64) {
	m.now = now
	for p, rows := range m.want {
		for k, v := range rows {
			have := m.got[p][k]
			if p.Start <= now || have == v {
				continue
			}
			for c := range numColumns {
				*v.column(c) -= *have.column(c)
			}
			addTo(m.want, place{p.Step, m.cal.Floor(now, p.Step)}, k, v)
			if rows[k] = have; have == (Values{}) {
				delete(rows, k)
			}
		}
		if len(rows) == 0 {
			delete(m.want, p)
		}
	}
}

// take adds up what a Rollup handed out.
func (m *model) take(t *testing.T, slots []Slot) {
	t.Helper()
	for _, s := range slots {
		if s.Start > m.now {
			t.Fatalf("slot of %d s at %d, and it is %d", s.Step, s.Start, m.now)
		}
		for _, row := range collect(t, NewIter(s.Block)) {
			addTo(m.got, place{s.Step, s.Start}, row.Key, row.Values)
		}
	}
}

func (m *model) check(t *testing.T) {
	t.Helper()
	if diff := cmp.Diff(m.want, m.got); diff != "" {
		t.Fatalf("slots (-added +handed out):\n%.3000s", diff)
	}
}

func randomKey(rng *rand.Rand) Key {
	k := Key{Class: Class(rng.Uint64N(NumClasses)), ID: uint32(rng.Uint64N(6))}
	if _, _, matrix := k.Class.Matrix(); matrix {
		k.Sub = uint32(rng.Uint64N(5))
	}
	return k
}

func randomValues(rng *rand.Rand) Values {
	return Values{
		TxBytes: rng.Uint64N(1e6), RxBytes: rng.Uint64N(1e6), TxPackets: rng.Uint64N(100), RxPackets: rng.Uint64N(100),
		Flows: rng.Uint64N(2), Retrans: rng.Uint64N(2), RTTSum: rng.Uint64N(9e5), RTTCount: rng.Uint64N(3), Watched: rng.Uint64N(100),
	}
}

var zones = []string{
	"UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "IST-5:30", "<+0545>-5:45",
	"NST3:30NDT,M3.2.0,M11.1.0", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1",
}

func calendar(t testing.TB, zone string) clock.Calendar {
	t.Helper()
	loc, err := clock.ParseTZ(zone)
	if err != nil {
		t.Fatal(err)
	}
	return clock.Calendar{Zone: loc}
}

// TestModel runs random traffic of all classes under random clocks in zones of all
// kinds, some of it around the changes to and from summer time, with flushes, and
// compares each slot of each tier with the naive sum.
func TestModel(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	for _, zone := range zones {
		for round := range rounds {
			rng := rand.New(rand.NewPCG(uint64(round), uint64(len(zone))))
			cal := calendar(t, zone)
			r := newRollup(t, Config{Calendar: cal})
			m := newModel(cal)
			m.now = []int64{1774738800, 1792800000, 1e9, 1775300000}[round] // about changes, else
			r.Tick(m.now)
			for range 3000 {
				for range rng.IntN(4) {
					k, v := randomKey(rng), randomValues(rng)
					r.AddCell(k.Class, k.ID, k.Sub, v)
					m.add(k, v)
				}
				now := m.now + rng.Int64N(20)
				switch rng.IntN(400) {
				case 0:
					now = m.now - rng.Int64N(2*clock.Day)
				case 1:
					now = m.now + rng.Int64N(40*clock.Day)
				case 2:
					now = m.now - rng.Int64N(90)
				case 3:
					m.take(t, r.Flush(m.now))
				case 4:
					now = m.now + rng.Int64N(2*clock.Day)
				}
				if now < m.now {
					m.tick(now)
				}
				m.now = now
				m.take(t, r.Tick(now))
			}
			open := r.Open()
			last := r.Flush(m.now)
			whole, parts := newModel(cal), newModel(cal)
			whole.now, parts.now = m.now, m.now
			whole.take(t, open)
			parts.take(t, last)
			if diff := cmp.Diff(whole.got, parts.got); diff != "" {
				t.Fatalf("%s: what is open is not what a flush returns (-open +flushed):\n%s", zone, diff)
			}
			m.take(t, last)
			m.check(t)
			if st := r.Stats(); st.Overflow != 0 || st.Series != 0 || st.Cells != 0 || r.index.used() != 0 {
				t.Errorf("%s: %+v, %d places in use after a flush", zone, st, r.index.used())
			}
		}
	}
}

// TestZoneChanges sets another zone while it counts: what was counted stays in the
// slots of the zone that was valid.
func TestZoneChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	m := newModel(calendar(t, zones[0]))
	r := newRollup(t, Config{Calendar: m.cal})
	m.now = 1e9
	r.Tick(m.now)
	for i := range 5000 {
		k, v := randomKey(rng), randomValues(rng)
		r.AddCell(k.Class, k.ID, k.Sub, v)
		m.add(k, v)
		m.now += rng.Int64N(300)
		m.take(t, r.Tick(m.now))
		if i%300 == 0 {
			m.cal = calendar(t, zones[rng.IntN(len(zones))])
			r.SetCalendar(m.cal)
		}
		if i%500 == 0 {
			for c := range m.levels {
				m.levels[c] = Level(rng.IntN(3))
			}
			r.SetLevels(m.levels)
		}
	}
	m.take(t, r.Flush(m.now))
	m.check(t)
	r.Add(Total, Other, Values{TxBytes: 1})
	r.SetCalendar(calendar(t, "EST5")) // the same slots but for the day and the month
	r.SetCalendar(calendar(t, "EST5"))
	if got := r.Tick(m.now); len(got) != len(DefaultTiers()) {
		t.Errorf("a zone that is set twice closes %d slots", len(got))
	}
}

// TestOverflowIsExact has more series than fit: each tier still sums to what was
// added, class by class.
func TestOverflowIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 8 {
		r := newRollup(t, Config{MaxSeries: 10 + 40*round, MaxCells: 4 + 8*round, Levels: DefaultLevels()})
		want := map[Class]Values{}
		got := map[int64]map[Class]Values{}
		for _, tier := range DefaultTiers() {
			got[tier.Step] = map[Class]Values{}
		}
		take := func(slots []Slot) {
			for _, s := range slots {
				for _, row := range collect(t, NewIter(s.Block)) {
					v := got[s.Step][row.Class]
					v.Add(row.Values)
					got[s.Step][row.Class] = v
				}
			}
		}
		now := int64(1e9)
		for range 3000 {
			k, v := randomKey(rng), randomValues(rng)
			k.ID *= 7
			k.ID += uint32(rng.IntN(7))
			r.AddCell(k.Class, k.ID, k.Sub, v)
			sum := want[k.Class]
			sum.Add(v)
			want[k.Class] = sum
			now += rng.Int64N(60)
			take(r.Tick(now))
		}
		take(r.Flush(now))
		for class := range Class(NumClasses) {
			for step, sums := range got {
				if step < finestOf(class) {
					continue
				}
				if diff := cmp.Diff(want[class], sums[class]); diff != "" {
					t.Fatalf("round %d, %s, tier of %d s (-added +handed out):\n%s", round, class, step, diff)
				}
			}
		}
		if over := r.Stats().Overflow; over == 0 && round == 0 {
			t.Error("nothing went to Other")
		}
	}
}

func finestOf(c Class) int64 {
	if _, _, matrix := c.Matrix(); matrix {
		return clock.Day
	}
	if DefaultLevels()[c] == Light {
		return 3600
	}
	return 0
}
