package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
)

// TestHold counts for an hour and a half under a clock of 1970. NTP then answers,
// and all of it is where it belongs, to the minute.
func TestHold(t *testing.T) {
	cal := calendar(t, "CET-1CEST,M3.5.0,M10.5.0/3")
	const by = 1_774_738_800 - 3600 - 400 // it is 2026-03-28 23:00 CET soon after the start
	r := newRollup(t, Config{Calendar: cal})
	m := newModel(cal)
	for now := int64(500); now < 500+5400; now++ {
		m.now = now + by
		r.Hold(now)
		k := Key{Class: Total}
		if now%7 == 0 {
			k = Key{Class: Country, ID: 3}
		} else if now%11 == 0 {
			k = Key{Class: DeviceCountry, ID: 3, Sub: 4}
		}
		r.AddCell(k.Class, k.ID, k.Sub, Values{TxBytes: 1})
		m.add(k, Values{TxBytes: 1})
	}
	if r.Open() != nil {
		t.Error("slots are open and the date is not known")
	}
	r.Move(by)
	m.now++
	m.take(t, r.Tick(m.now))
	m.take(t, r.Flush(m.now))
	fine := func(sums map[place]map[Key]Values) map[int64]map[Key]Values {
		all := map[int64]map[Key]Values{}
		for p, rows := range sums {
			for k, v := range rows {
				if all[p.Step] == nil {
					all[p.Step] = map[Key]Values{}
				}
				sum := all[p.Step][k]
				sum.Add(v)
				all[p.Step][k] = sum
			}
		}
		return all
	}
	if diff := cmp.Diff(fine(m.want), fine(m.got)); diff != "" {
		t.Errorf("all in all (-added +handed out):\n%s", diff)
	}
	// Parts are cut by their own minutes, so a slot may have a minute of its neighbour.
	for p, rows := range m.want {
		for k, v := range rows {
			got := m.got[p][k].TxBytes
			if got > v.TxBytes+60 || got+60 < v.TxBytes {
				t.Errorf("%v, %v: %d bytes, want %d", p, k, got, v.TxBytes)
			}
		}
	}
	for p := range m.got {
		if p.Start < 1.7e9 {
			t.Errorf("a slot at %d", p.Start)
		}
	}
}

// A clock that is never confirmed does not fill the memory, and nothing is lost.
func TestPendingIsBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	r := newRollup(t, Config{})
	var want Values
	now := int64(0)
	for range 3000 {
		for range 20 {
			v := randomValues(rng)
			want.Add(v)
			r.Add(Device, uint32(rng.IntN(300)), v)
		}
		now += 61
		r.Hold(now)
		if r.wait.bytes > pendingBytes || len(r.wait.parts) > maxPending {
			t.Fatalf("%d bytes in %d parts", r.wait.bytes, len(r.wait.parts))
		}
	}
	if st := r.Stats(); st.Pending < 4 {
		t.Errorf("%d parts are left", st.Pending)
	}
	r.Move(1e9)
	var got Values
	for _, s := range append(r.Tick(1e9+now), r.Flush(1e9+now)...) {
		if s.Step == clock.Month {
			for _, row := range collect(t, NewIter(s.Block)) {
				got.Add(row.Values)
			}
		}
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The date may become unknown again.
func TestHoldAfterTick(t *testing.T) {
	m := newModel(clock.Calendar{})
	r := newRollup(t, Config{})
	count := func() {
		r.Add(Total, Other, Values{TxBytes: 1})
		m.add(Key{Class: Total}, Values{TxBytes: 1})
	}
	m.now = 1e9
	r.Tick(m.now)
	count()
	m.take(t, r.Hold(5)) // the clock is at 1970
	m.now += 60
	count()
	r.Move(1e9 + 55)
	m.take(t, r.Tick(m.now))
	count()
	m.take(t, r.Flush(m.now))
	m.check(t)
}

// TestMove sets a clock that was believed and wrong: what is open moves along, and
// what is in no slot yet of a tier is in the right one of it in the end.
func TestMove(t *testing.T) {
	k := Key{Class: Device, ID: 1}
	tests := []struct {
		name string
		by   int64
		want map[place]uint64 // what was handed out after the move
	}{
		{"not at all", 0, map[place]uint64{{300, 7500}: 1, {3600, 7200}: 11}},
		{"within the slots", 20, map[place]uint64{{300, 7500}: 1, {3600, 7200}: 11}},
		{"an hour on", 3600, map[place]uint64{{300, 11100}: 1, {3600, 10800}: 11}},
		{"into the next hour in part", 3300, map[place]uint64{{300, 10800}: 1, {3600, 7200}: 10, {3600, 10800}: 1}},
		{"a day back", -clock.Day, map[place]uint64{{300, -78900}: 1, {3600, -79200}: 11}},
		{"by years", 1e9, map[place]uint64{{300, 1000007400}: 1, {3600, 1000004400}: 11}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, plain())
			r.Tick(7210)
			r.Add(k.Class, k.ID, Values{TxBytes: 10})
			if got := spans(t, r.Tick(7500), k); cmp.Diff([]span{{300, 7200, 10}}, got) != "" {
				t.Errorf("before the move: %v", got)
			}
			r.Add(k.Class, k.ID, Values{TxBytes: 1})
			r.Tick(7510)
			r.Move(tt.by)
			got := map[place]uint64{}
			for _, s := range spans(t, append(r.Tick(7510+tt.by), r.Flush(7511+tt.by)...), k) {
				if s.TxBytes > 0 {
					got[place{s.Step, s.Start}] += s.TxBytes
				}
				if s.Start > 7511+tt.by {
					t.Errorf("a slot at %d, and it is %d", s.Start, 7511+tt.by)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("handed out (-want +got):\n%s", diff)
			}
			begin := 7210 + tt.by
			slots, step, ok := r.Recent(Query{Class: Device, From: begin, To: begin + 301, Points: 31})
			if !ok || slots[0].Start != floor(begin, step) {
				t.Errorf("in memory: %v, %t", spans(t, slots, k), ok)
			}
		})
	}
}

// TestMovesLoseNothing runs random traffic under a clock that is lost, found and set,
// all the time: each tier has all of it in the end, and no slot was in the future.
func TestMovesLoseNothing(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 3))
		r := newRollup(t, Config{Calendar: calendar(t, zones[seed])})
		want := map[Class]Values{}
		got := map[int64]map[Class]Values{}
		now := int64(1e9)
		take := func(slots []Slot) {
			for _, s := range slots {
				if s.Start > now || s.Start != r.cal.Floor(s.Start, s.Step) {
					t.Fatalf("slot of %d s at %d, and it is %d", s.Step, s.Start, now)
				}
				for _, row := range collect(t, NewIter(s.Block)) {
					if got[s.Step] == nil {
						got[s.Step] = map[Class]Values{}
					}
					v := got[s.Step][row.Class]
					v.Add(row.Values)
					got[s.Step][row.Class] = v
				}
			}
		}
		known := false
		for range 4000 {
			k, v := randomKey(rng), randomValues(rng)
			r.AddCell(k.Class, k.ID, k.Sub, v)
			sum := want[k.Class]
			sum.Add(v)
			want[k.Class] = sum
			now += rng.Int64N(40)
			switch rng.IntN(100) {
			case 0:
				known = !known
			case 1, 2:
				by := rng.Int64N(3*clock.Day) - clock.Day
				if rng.IntN(5) == 0 {
					by *= 400
				}
				now += by
				r.Move(by)
			}
			if known {
				take(r.Tick(now))
			} else {
				take(r.Hold(now))
			}
			if open := r.Open(); (open == nil) == known {
				t.Fatalf("the date is known: %t, %d slots are open", known, len(open))
			}
		}
		take(r.Flush(now))
		for class := range Class(NumClasses) {
			for step, sums := range got {
				if diff := cmp.Diff(want[class], sums[class]); diff != "" && step >= finestOf(class) {
					t.Errorf("seed %d, %s, tier of %d s (-added +handed out):\n%s", seed, class, step, diff)
				}
			}
		}
	}
}
