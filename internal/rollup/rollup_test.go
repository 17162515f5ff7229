package rollup

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
)

func newRollup(t testing.TB, c Config) *Rollup {
	t.Helper()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// plain has one ring and two tiers, with slots that are easy to write down.
func plain() Config {
	return Config{Fine: []Tier{{10, 3600}}, Tiers: []Tier{{Step: 300}, {Step: 3600}}}
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

// ringOf returns all slots of ring i and its open one.
func ringOf(t testing.TB, r *Rollup, i int) []Slot {
	t.Helper()
	if len(r.rings[i].slots) == 0 {
		return []Slot{{Step: r.levels[i].step, Start: r.levels[i].start, Block: r.pack(i)}}
	}
	from := r.rings[i].slots[0].start
	slots, step, ok := r.Recent(Query{Class: Total, From: from, To: from + r.levels[i].step, Points: 1})
	if !ok || step != r.levels[i].step {
		t.Fatalf("ring of %d s is not used from %d on: %d s", r.levels[i].step, from, step)
	}
	return slots
}

// TestTick drives a Rollup by a script of clock readings; each adds one byte
// before it ticks.
func TestTick(t *testing.T) {
	k := Key{Class: Device, ID: 5}
	tests := []struct {
		name   string
		clock  []int64
		closed []span // what the ticks returned
		ring   []span // in memory afterwards
	}{
		{"waits for the first tick", []int64{1000}, nil, []span{{10, 1000, 1}}},
		{"fine slots stay", []int64{1000, 1009, 1010, 1021}, nil, []span{{10, 1000, 3}, {10, 1010, 1}, {10, 1020, 0}}},
		{"5 min closes", []int64{890, 895, 900}, []span{{300, 600, 3}}, []span{{10, 890, 3}, {10, 900, 0}}},
		{"hour closes all", []int64{3599, 3600}, []span{{300, 3300, 2}, {3600, 0, 2}}, []span{{10, 3590, 2}, {10, 3600, 0}}},
		{"late ticks are no gap", []int64{1000, 1031}, nil, []span{{10, 1000, 2}, {10, 1010, 0}, {10, 1020, 0}, {10, 1030, 0}}},
		{"a little back closes nothing", []int64{1000, 995, 1009, 1010}, nil, []span{{10, 1000, 4}, {10, 1010, 0}}},
		{"back within the stored slot", []int64{1100, 1050, 1060}, nil, []span{{10, 1050, 1}, {10, 1060, 0}}},
		{"back before it", []int64{1000, 899, 3600}, []span{{300, 600, 3}, {3600, 0, 3}}, []span{{10, 890, 1}, {10, 3600, 0}}},
		{"set back by a year", []int64{4e7, 1e7, 1e7 + 10, 1e7 + 300},
			[]span{{300, 9999900, 4}}, []span{{10, 1e7, 1}, {10, 1e7 + 10, 1}, {10, 1e7 + 300, 0}}},
		{"jump forward leaves a gap", []int64{1000, 1e6}, []span{{300, 900, 2}, {3600, 0, 2}}, []span{{10, 1e6, 0}}},
		{"before 1970", []int64{-5, 5}, []span{{300, -300, 2}, {3600, -3600, 2}}, []span{{10, -10, 2}, {10, 0, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, plain())
			var closed []Slot
			for _, now := range tt.clock {
				r.Add(k.Class, k.ID, Values{TxBytes: 1})
				closed = append(closed, r.Tick(now)...)
			}
			if diff := cmp.Diff(tt.closed, spans(t, closed, k)); diff != "" {
				t.Errorf("closed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.ring, spans(t, ringOf(t, r, 0), k)); diff != "" {
				t.Errorf("recent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFlushThenGoOn(t *testing.T) {
	k := Key{Class: Application, ID: 2}
	r := newRollup(t, plain())
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
	if diff := cmp.Diff(want, spans(t, ringOf(t, r, 0), k)); diff != "" {
		t.Errorf("recent (-want +got):\n%s", diff)
	}
}

// A clock that was set back makes the ring forget what is yet to come, for it is
// in the order of time.
func TestRingIsInOrder(t *testing.T) {
	r := newRollup(t, plain())
	for now := int64(9000); now < 12000; now += 10 {
		r.Tick(now)
	}
	for now := int64(6000); now < 9100; now += 10 {
		r.Tick(now)
	}
	recent := ringOf(t, r, 0)
	for i := 1; i < len(recent); i++ {
		if recent[i-1].Start >= recent[i].Start {
			t.Fatalf("slot %d after slot %d", recent[i].Start, recent[i-1].Start)
		}
	}
	if len(recent) != 310 || ringBytes(r) != r.Stats().Bytes {
		t.Errorf("%d slots, %d bytes in the ring, %d counted", len(recent), ringBytes(r), r.Stats().Bytes)
	}
}

func ringBytes(r *Rollup) (n int) {
	for i := range r.rings {
		for _, s := range r.rings[i].slots {
			n += len(s.block) + slotBytes
		}
	}
	return n
}

func TestOverflowGoesToOther(t *testing.T) {
	r := newRollup(t, Config{MaxSeries: 2, MaxCells: 2})
	r.Tick(0)
	for id := uint32(1); id <= 5; id++ {
		r.Add(Device, id, Values{TxBytes: 1})
		r.Add(Application, id, Values{TxBytes: 1})
		r.AddCell(DeviceApplication, id, id, Values{TxBytes: 1})
	}
	if st := r.Stats(); st.Overflow != 11 || st.Series != 4 || st.Cells != 3 {
		t.Errorf("stats %+v", st)
	}
	open := r.Open()
	want := []Row{
		row(Device, Other, 4), row(Device, 1, 1),
		row(Application, Other, 4), row(Application, 1, 1),
	}
	if diff := cmp.Diff(want, collect(t, NewIter(open[0].Block))); diff != "" {
		t.Errorf("rows of the finest tier (-want +got):\n%s", diff)
	}
	want = append(want, cell(DeviceApplication, 0, 0, 3), cell(DeviceApplication, 1, 1, 1), cell(DeviceApplication, 2, 2, 1))
	if diff := cmp.Diff(want, collect(t, NewIter(open[3].Block))); diff != "" {
		t.Errorf("rows of the day (-want +got):\n%s", diff)
	}
}

// The members of classes outside of the house leave room for those inside.
func TestWorldLeavesRoom(t *testing.T) {
	r := newRollup(t, Config{MaxSeries: 100})
	r.Tick(0)
	for id := range uint32(200) {
		r.Add(ASN, id, Values{TxBytes: 1})
		r.Add(Country, id, Values{TxBytes: 1})
	}
	for id := range uint32(40) {
		r.Add(Device, id+1, Values{TxBytes: 1})
	}
	hour := r.Open()[2].Block
	for class, want := range map[Class]int{ASN: 25, Country: 25, Device: 40} {
		if got := len(collect(t, NewClassIter(hour, class))); got != want {
			t.Errorf("%s: %d series, want %d", class, got, want)
		}
	}
}

// When a series is gone from all slots its place is free again.
func TestPlacesAreGivenOutAgain(t *testing.T) {
	r := newRollup(t, Config{Tiers: []Tier{{Step: 60}}, MaxSeries: 100})
	now := int64(0)
	for id := range uint32(10_000) {
		r.Add(Device, id+1, Values{TxBytes: 1})
		now++
		r.Tick(now)
	}
	if st := r.Stats(); st.Overflow != 0 || len(r.index.entries) > 200 || len(r.index.slots) > 512 {
		t.Errorf("%d overflows, %d entries, %d slots", st.Overflow, len(r.index.entries), len(r.index.slots))
	}
}

// TestMemoryIsBounded fills the rings: they keep their time, first without the
// series of long ago, and only then lose slots.
func TestMemoryIsBounded(t *testing.T) {
	tests := []struct {
		name    string
		max     int
		series  uint32
		thinned bool
		dropped bool
	}{
		{"by time", 256 << 10, 1, false, false},
		{"by bytes", 64 << 10, 1000, true, false},
		{"by very few bytes", 8 << 10, 1000, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, Config{Fine: []Tier{{10, 3600}}, MaxBytes: tt.max})
			for now := int64(0); now < 2*3600; now += 10 {
				r.Tick(now)
				r.Add(Total, Other, Values{TxBytes: 1500 * uint64(tt.series), Flows: 1})
				for id := range tt.series {
					r.Add(Device, id+1, Values{TxBytes: 1500, Flows: 1})
				}
			}
			st := r.Stats()
			if st.Bytes > st.MaxBytes || st.MaxBytes != tt.max || (st.Dropped > 0) != tt.dropped || (st.Slots < 359) != tt.dropped || st.Slots > 361 {
				t.Errorf("stats %+v", st)
			}
			if ringBytes(r) != st.Bytes {
				t.Errorf("%d bytes in the ring, %d counted", ringBytes(r), st.Bytes)
			}
			if thin := r.rings[0].thin; (thin > 0) != tt.thinned || thin > st.Slots {
				t.Errorf("%d slots of %d are thin", thin, st.Slots)
			}
			for _, s := range ringOf(t, r, 0)[1:] {
				var devices, total uint64
				for _, row := range collect(t, NewIter(s.Block)) {
					if row.Class == Device {
						devices += row.TxBytes
					} else {
						total += row.TxBytes
					}
				}
				if devices != total || total != 1500*uint64(tt.series) {
					t.Fatalf("slot %d: devices moved %d bytes, all in all it was %d", s.Start, devices, total)
				}
			}
		})
	}
}

// Only the busiest series of a slot are kept in memory, the rest is in Other, while
// totals and uplinks are always there.
func TestBusiest(t *testing.T) {
	r := newRollup(t, Config{Fine: []Tier{{1, 600}}, Busiest: 2})
	r.Tick(99)
	r.Add(Total, Other, Values{TxBytes: 100})
	r.Add(Uplink, 7, Values{TxBytes: 1})
	r.Add(Interface, 1, Values{TxBytes: 50})
	for id := uint32(1); id <= 4; id++ {
		r.Add(Device, id, Values{TxBytes: uint64(10 * id)})
	}
	r.Tick(100)
	r.Tick(101)
	q := Query{Class: Device, ID: 4, Metric: TxBytes, From: 99, To: 101, Points: 2}
	slots, step, ok := r.Recent(q)
	if !ok || step != 1 || len(slots) != 3 || !slots[0].Cut {
		t.Fatalf("%v slots of %d s, %t", slots, step, ok)
	}
	want := []Row{row(Interface, 1, 50), row(Device, 0, 60), row(Device, 4, 40), row(Total, 0, 100), row(Uplink, 7, 1)}
	if diff := cmp.Diff(want, collect(t, NewIter(slots[0].Block))); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for id, want := range map[uint32]Series{
		4: {Start: 99, Step: 1, Values: []uint64{40, 0}, Known: []bool{true, true}},
		3: {Start: 99, Step: 1, Values: []uint64{0, 0}, Known: []bool{false, true}}, // not known: it is in Other
	} {
		q.ID = id
		sum := NewSum(q, step)
		for _, s := range slots {
			if err := sum.Add(s); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, sum.Series()); diff != "" {
			t.Errorf("device %d (-want +got):\n%s", id, diff)
		}
	}
}

func TestTiersMustNest(t *testing.T) {
	for _, c := range []Config{
		{Tiers: []Tier{{Step: 15}}}, {Tiers: []Tier{{Step: 300}, {Step: 450}}}, {Tiers: []Tier{{Step: 0}}}, {Tiers: []Tier{{Step: -10}}},
		{Tiers: []Tier{}}, {Tiers: make([]Tier, 8)}, {Fine: []Tier{{Step: 3600}}, Tiers: []Tier{{Step: 3600}}}, {Fine: []Tier{{Step: 7}}},
	} {
		if _, err := New(c); !errors.Is(err, ErrTiers) {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestCalendarDays closes days of 23 and 25 hours at local midnight.
func TestCalendarDays(t *testing.T) {
	zone, err := clock.ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
	if err != nil {
		t.Fatal(err)
	}
	const (
		march   = 1774738800 // 2026-03-29 00:00 CET, the day summer time begins
		october = 1792879200 // 2026-10-25 00:00 CEST, the day it ends
	)
	for _, tt := range []struct {
		name  string
		start int64
		hours int64
	}{{"23 hours", march, 23}, {"25 hours", october, 25}} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRollup(t, Config{Calendar: clock.Calendar{Zone: zone}})
			var days []span
			for now := tt.start - 60; now <= tt.start+tt.hours*3600; now += 60 {
				r.Add(Total, Other, Values{TxBytes: 1})
				for _, s := range spans(t, r.Tick(now), Key{Class: Total}) {
					if s.Step == clock.Day {
						days = append(days, s)
					}
				}
			}
			want := []span{{clock.Day, tt.start - clock.Day, 2}, {clock.Day, tt.start, uint64(tt.hours * 60)}}
			if diff := cmp.Diff(want, days); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLevels(t *testing.T) {
	var levels [NumClasses]Level
	levels[Device], levels[ASN], levels[DeviceCountry] = Full, Light, Full
	r := newRollup(t, Config{Levels: levels})
	count := func() {
		for c := range Class(NumClasses) {
			r.AddCell(c, 1, 1, Values{TxBytes: 1})
		}
	}
	tiers := func() map[int64][]Class {
		got := map[int64][]Class{}
		for _, s := range r.Open() {
			for _, row := range collect(t, NewIter(s.Block)) {
				got[s.Step] = append(got[s.Step], row.Class)
			}
		}
		return got
	}
	r.Tick(1e9)
	count()
	day := []Class{Device, ASN, DeviceCountry}
	want := map[int64][]Class{60: {Device}, 300: {Device}, 3600: {Device, ASN}, clock.Day: day, clock.Month: day}
	if diff := cmp.Diff(want, tiers()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	levels[Device], levels[ASN], levels[DeviceCountry] = Light, None, None
	r.SetLevels(levels)
	r.Flush(1e9)
	count()
	day = []Class{Device}
	want = map[int64][]Class{3600: day, clock.Day: day, clock.Month: day}
	if diff := cmp.Diff(want, tiers()); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	for class, want := range map[Class]int64{Device: 3600, DeviceCountry: NotKept, Total: NotKept} {
		if got := r.Finest(class); got != want {
			t.Errorf("finest of %s: %d, want %d", class, got, want)
		}
	}
	r.SetLevels(DefaultLevels())
	for class, want := range map[Class]int64{Device: 60, Country: 3600, DeviceCountry: clock.Day, NumClasses: NotKept} {
		if got := r.Finest(class); got != want {
			t.Errorf("finest of %s by default: %d, want %d", class, got, want)
		}
	}
}

// TestMatrixParts hands the cells out once an hour, and before that when there are
// many of them, for the day and the month.
func TestMatrixParts(t *testing.T) {
	r := newRollup(t, Config{MaxCells: 16})
	cellsOf := func(slots []Slot) (parts []span, n int) {
		for _, s := range slots {
			if rows := collect(t, NewClassIter(s.Block, DeviceApplication)); len(rows) > 0 {
				parts, n = append(parts, span{Step: s.Step, Start: s.Start}), len(rows)
			}
		}
		return parts, n
	}
	const month = 1772323200 // 2026-03-01
	day := int64(month + 3*clock.Day)
	want := []span{{Step: clock.Day, Start: day}, {Step: clock.Month, Start: month}}
	now := day + 600
	r.Tick(now)
	r.AddCell(DeviceApplication, 1, 1, Values{TxBytes: 1})
	if got, _ := cellsOf(r.Tick(day + 3599)); got != nil {
		t.Errorf("before the hour: %v", got)
	}
	if got, n := cellsOf(r.Tick(day + 3600)); n != 1 || cmp.Diff(want, got) != "" {
		t.Errorf("after the hour: %v with %d cells, want %v", got, n, want)
	}
	if got, _ := cellsOf(r.Tick(day + 7200)); got != nil {
		t.Errorf("nothing counted: %v", got)
	}
	for id := range uint32(15) {
		r.AddCell(DeviceApplication, id, id, Values{TxBytes: 1})
	}
	if got, _ := cellsOf(r.Tick(day + 7250)); got != nil {
		t.Errorf("many soon after: %v", got)
	}
	if got, n := cellsOf(r.Tick(day + 7800)); n != 15 || cmp.Diff(want, got) != "" {
		t.Errorf("many: %v with %d cells, want %v", got, n, want)
	}
	r.AddCell(DeviceApplication, 1, 1, Values{TxBytes: 1})
	if got, _ := cellsOf(r.Tick(day + clock.Day)); cmp.Diff(want, got) != "" {
		t.Errorf("at midnight: %v, want %v", got, want)
	}
	r.AddCell(DeviceApplication, 1, 1, Values{TxBytes: 1})
	want[0].Start += clock.Day
	if got, _ := cellsOf(r.Flush(day + clock.Day + 5)); cmp.Diff(want, got) != "" {
		t.Errorf("flushed: %v, want %v", got, want)
	}
}
