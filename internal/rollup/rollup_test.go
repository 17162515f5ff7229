package rollup

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func newRollup(t testing.TB, c Config) *Rollup {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// span is a slot without its block, and what one series has in it.
type span struct {
	Step, Start int64
	TxBytes     uint64
}

func spans(t testing.TB, slots []Slot, k Key) []span {
	t.Helper()
	var out []span
	for _, s := range slots {
		v, _, err := Find(s.Block, k)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, span{s.Step, s.Start, v.TxBytes})
	}
	return out
}

// TestTick drives a Rollup by a script of clock readings; each adds one byte
// before it ticks.
func TestTick(t *testing.T) {
	k := Key{Class: Device, ID: 5}
	tests := []struct {
		name   string
		clock  []int64
		closed []span // what the ticks returned
		ring   []span // Recent afterwards
	}{
		{"waits for the first tick", []int64{1000}, nil, []span{{10, 1000, 1}}},
		{"fine slots stay", []int64{1000, 1009, 1010, 1021}, nil, []span{{10, 1000, 3}, {10, 1010, 1}, {10, 1020, 0}}},
		{"5 min closes", []int64{890, 895, 900}, []span{{300, 600, 3}}, []span{{10, 890, 3}, {10, 900, 0}}},
		{"hour closes all", []int64{3599, 3600}, []span{{300, 3300, 2}, {3600, 0, 2}}, []span{{10, 3590, 2}, {10, 3600, 0}}},
		{"step back closes nothing", []int64{1000, 500, 3, 1009, 1010}, nil, []span{{10, 1000, 5}, {10, 1010, 0}}},
		{"set back by a year begins anew", []int64{4e7, 1e7, 1e7 + 10, 1e7 + 300},
			[]span{{300, 39999900, 2}, {3600, 39999600, 2}, {300, 9999900, 2}}, []span{{10, 1e7, 1}, {10, 1e7 + 10, 1}, {10, 1e7 + 300, 0}}},
		{"jump forward leaves a gap", []int64{1000, 1e6}, []span{{300, 900, 2}, {3600, 0, 2}}, []span{{10, 1e6, 0}}},
		{"before 1970", []int64{-5, 5}, []span{{300, -300, 2}, {3600, -3600, 2}}, []span{{10, -10, 2}, {10, 0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, Config{})
			var closed []Slot
			for _, now := range tt.clock {
				r.Add(k.Class, k.ID, Values{TxBytes: 1})
				closed = append(closed, r.Tick(now)...)
			}
			if diff := cmp.Diff(tt.closed, spans(t, closed, k)); diff != "" {
				t.Errorf("closed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.ring, spans(t, r.Recent(-1<<40), k)); diff != "" {
				t.Errorf("recent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFlushThenGoOn(t *testing.T) {
	k := Key{Class: Application, ID: 2}
	r := newRollup(t, Config{})
	r.Tick(3000)
	r.Add(k.Class, k.ID, Values{TxBytes: 1})
	first := r.Flush(3001)
	r.Add(k.Class, k.ID, Values{TxBytes: 10})
	second := r.Tick(3600)
	want := []span{{300, 3000, 1}, {3600, 0, 1}}
	if diff := cmp.Diff(want, spans(t, first, k)); diff != "" {
		t.Errorf("flushed (-want +got):\n%s", diff)
	}
	want = []span{{300, 3000, 10}, {3600, 0, 10}}
	if diff := cmp.Diff(want, spans(t, second, k)); diff != "" {
		t.Errorf("after it (-want +got):\n%s", diff)
	}
	want = []span{{10, 3000, 11}, {10, 3600, 0}}
	if diff := cmp.Diff(want, spans(t, r.Recent(0), k)); diff != "" {
		t.Errorf("recent (-want +got):\n%s", diff)
	}
}

// TestNothingIsLost runs random traffic under a random clock, with flushes and
// with too many series, and compares the sum of each tier with what was added.
func TestNothingIsLost(t *testing.T) {
	const members = 160 / NumClasses
	rng := rand.New(rand.NewPCG(1, 1))
	for round := range 30 {
		r := newRollup(t, Config{MaxSeries: 20 + 10*round})
		want := map[Class]Values{}
		got := map[int64]map[Class]Values{300: {}, 3600: {}}
		starts := map[int64]int64{300: -1, 3600: -1}
		take := func(slots []Slot) {
			for _, s := range slots {
				if s.Start%s.Step != 0 || s.Start < starts[s.Step] {
					t.Fatalf("slot of %d s at %d after %d", s.Step, s.Start, starts[s.Step])
				}
				starts[s.Step] = s.Start
				for _, row := range collect(t, NewIter(s.Block)) {
					v := got[s.Step][row.Class]
					v.Add(row.Values)
					got[s.Step][row.Class] = v
				}
			}
		}
		now := int64(1e9)
		for range 2000 {
			v := Values{rng.Uint64N(1e6), rng.Uint64N(1e6), rng.Uint64N(100), rng.Uint64N(100), rng.Uint64N(2)}
			c := Class(rng.Uint64N(NumClasses))
			r.Add(c, uint32(rng.Uint64N(members)), v)
			sum := want[c]
			sum.Add(v)
			want[c] = sum
			now += rng.Int64N(20) - 2
			take(r.Tick(now))
			if rng.Uint64N(500) == 0 {
				take(r.Flush(now))
			}
		}
		open := r.Open()
		flushed := r.Flush(now)
		if diff := cmp.Diff(open, flushed); diff != "" && r.Stats().Overflow == 0 {
			t.Fatalf("what is open is not what a flush returns (-open +flushed):\n%s", diff)
		}
		take(flushed)
		for step, sums := range got {
			if diff := cmp.Diff(want, sums); diff != "" {
				t.Fatalf("round %d, tier %d s (-added +stored):\n%s", round, step, diff)
			}
		}
		if over := r.Stats().Overflow; over == 0 && round < 10 || over > 0 && round >= 14 {
			t.Errorf("round %d: %d overflows", round, over)
		}
	}
}

// A clock that was set back makes the ring forget what is yet to come, for it is
// in the order of time.
func TestRingIsInOrder(t *testing.T) {
	r := newRollup(t, Config{})
	for now := int64(9000); now < 12000; now += 10 {
		r.Tick(now)
	}
	for now := int64(6000); now < 9100; now += 10 {
		r.Tick(now)
	}
	recent := r.Recent(0)
	for i := 1; i < len(recent); i++ {
		if recent[i-1].Start >= recent[i].Start {
			t.Fatalf("slot %d after slot %d", recent[i].Start, recent[i-1].Start)
		}
	}
	total := 0
	for _, s := range r.ring {
		total += len(s.Block)
	}
	if st := r.Stats(); len(recent) != 310 || total != st.Bytes {
		t.Errorf("%d slots, %d bytes in the ring, %d counted", len(recent), total, st.Bytes)
	}
}

func TestOverflowGoesToOther(t *testing.T) {
	r := newRollup(t, Config{MaxSeries: 2})
	r.Tick(0)
	for id := uint32(1); id <= 5; id++ {
		r.Add(Device, id, Values{TxBytes: 1})
		r.Add(Application, id, Values{TxBytes: 1})
	}
	got := collect(t, NewIter(r.Recent(0)[0].Block))
	want := []Row{
		row(Device, Other, 4), row(Device, 1, 1),
		row(Application, Other, 4), row(Application, 1, 1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if st := r.Stats(); st.Overflow != 8 || st.Series != 4 {
		t.Errorf("stats %+v", st)
	}
}

func TestRingIsBounded(t *testing.T) {
	tests := []struct {
		name   string
		series uint32
		full   bool // bounded by bytes, not by time
	}{
		{"by time", 1, false},
		{"by bytes", 1000, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, Config{MaxBytes: 64 << 10})
			for now := int64(0); now < 2*3600; now += 10 {
				r.Tick(now)
				for id := range tt.series {
					r.Add(Device, id, Values{TxBytes: 1500, Flows: 1})
				}
			}
			st := r.Stats()
			if st.Bytes > st.MaxBytes || (st.Dropped > 0) != tt.full || (st.Slots < 359) != tt.full || st.Slots > 361 {
				t.Errorf("stats %+v", st)
			}
			total := 0
			for _, s := range r.ring {
				total += len(s.Block)
			}
			if total != st.Bytes {
				t.Errorf("%d bytes in the ring, %d counted", total, st.Bytes)
			}
			recent := r.Recent(2*3600 - 35)
			if len(recent) != 4 || recent[0].Start != 2*3600-40 {
				t.Errorf("recent: %v", spans(t, recent, Key{}))
			}
		})
	}
}

func TestTiersMustNest(t *testing.T) {
	for _, tiers := range [][]Tier{{{Step: 15}}, {{Step: 300}, {Step: 450}}, {{Step: 0}}, {{Step: -10}}} {
		if _, err := New(Config{Tiers: tiers}); !errors.Is(err, ErrTiers) {
			t.Errorf("%v: %v", tiers, err)
		}
	}
	r := newRollup(t, Config{Tiers: []Tier{{60, 48 * 3600}, {300, 14 * day}, {3600, 90 * day}, {day, 3 * 365 * day}}})
	r.Add(Total, Other, Values{TxBytes: 1})
	r.Tick(0)
	if got := spans(t, r.Tick(day), Key{Class: Total, ID: Other}); len(got) != 4 || got[3] != (span{day, 0, 1}) {
		t.Errorf("closed %v", got)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	r := newRollup(t, Config{})
	now := int64(0)
	second := func() {
		for id := range uint32(300) {
			r.Add(Device, id, Values{TxBytes: 1500})
		}
		r.Tick(now)
	}
	for ; now < 4000; now += 10 { // warm up: all tiers have seen all series
		second()
	}
	now = 4000 - 10 // within the open slot
	if n := testing.AllocsPerRun(100, second); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

func BenchmarkAdd(b *testing.B) {
	r := newRollup(b, Config{})
	r.Tick(0)
	b.ReportAllocs()
	id := uint32(0)
	for b.Loop() {
		r.Add(Device, id%500, Values{TxBytes: 1500, TxPackets: 1})
		id++
	}
}

func BenchmarkTickHour(b *testing.B) {
	r := newRollup(b, Config{})
	now := int64(0)
	r.Tick(now)
	b.ReportAllocs()
	for b.Loop() {
		for id := range uint32(DefaultMaxSeries) {
			r.Add(Device, id, Values{TxBytes: 150000, RxBytes: 1500000, TxPackets: 300, RxPackets: 1000, Flows: 1})
		}
		now += 3600 // closes a slot of each tier
		r.Tick(now)
	}
}
