package rollup

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
)

func TestNames(t *testing.T) {
	for c := range Class(NumClasses) {
		if got, ok := ParseClass(c.String()); !ok || got != c {
			t.Errorf("class %d: %q is %d", c, c, got)
		}
	}
	for m := range Metric(NumMetrics) {
		if got, ok := ParseMetric(m.String()); !ok || got != m {
			t.Errorf("metric %d: %q is %d", m, m, got)
		}
	}
	if _, ok := ParseClass("unknown"); ok || Class(200).String() != "unknown" {
		t.Error("a class that is none")
	}
	if _, ok := ParseMetric(""); ok || Metric(200).String() != "unknown" {
		t.Error("a metric that is none")
	}
}

func TestMetricOf(t *testing.T) {
	v := Values{TxBytes: 1, RxBytes: 20, TxPackets: 300, RxPackets: 4000, Flows: 50000, Retrans: 6, RTTSum: 70, RTTCount: 2, Watched: 9}
	want := map[Metric]uint64{TxBytes: 1, RxBytes: 20, TxPackets: 300, RxPackets: 4000, Flows: 50000, Bytes: 21, Packets: 4300, Retrans: 6, RTT: 35}
	for m, n := range want {
		if got := m.Of(v); got != n {
			t.Errorf("%s: %d, want %d", m, got, n)
		}
		if v := (Values{TxBytes: 1, Retrans: 1, RTTSum: 1}); m.Known(v) != (m != RTT && m != Retrans) {
			t.Errorf("%s of %v is known: %t", m, v, m.Known(v))
		}
	}
	if !RTT.Known(v) || !Retrans.Known(v) {
		t.Error("a round trip was measured, and packets were looked at, and it is not known")
	}
}

// TestSeriesOfWhatNobodyLooksFor has a slot whose packets were seen and one whose
// were not, as when connection tracking counts: of that nobody knows whether any
// were sent again. That is a gap, and so is a slot of a class that is not kept.
func TestSeriesOfWhatNobodyLooksFor(t *testing.T) {
	seen := AppendBlock(nil, []Row{{Key{Class: Device, ID: 7}, Values{TxPackets: 8, RTTSum: 50, RTTCount: 2, Watched: 8}}})
	counted := AppendBlock(nil, []Row{{Key{Class: Device, ID: 7}, Values{TxPackets: 8}}})
	without := AppendBlock(nil, []Row{{Key{Class: Total}, Values{TxPackets: 8}}})
	tests := []struct {
		name   string
		metric Metric
		finest int64
		want   []uint64
		known  []bool
	}{
		{"sent again", Retrans, 60, []uint64{0, 0, 0}, []bool{true, false, false}},
		{"round trips", RTT, 60, []uint64{25, 0, 0}, []bool{true, false, false}},
		{"packets", Packets, 60, []uint64{8, 8, 0}, []bool{true, true, true}},
		{"of a class that is not kept now", Packets, NotKept, []uint64{8, 8, 0}, []bool{true, true, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSum(Query{Class: Device, ID: 7, Metric: tt.metric, From: 0, To: 180, Points: 3, Finest: tt.finest}, 60)
			for i, b := range [][]byte{seen, counted, without} {
				if err := s.Add(Slot{Step: 60, Start: int64(60 * i), Block: b}); err != nil {
					t.Fatal(err)
				}
			}
			got := s.Series()
			if diff := cmp.Diff(tt.want, got.Values); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.known, got.Known); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCellInTheRest has a matrix whose smaller cells went to the rest: a cell that has
// no row may have moved something, unless there is no rest.
func TestCellInTheRest(t *testing.T) {
	rows := []Row{
		{Key{DeviceApplication, 0, 0}, Values{TxBytes: 5}},
		{Key{DeviceApplication, 7, 9}, Values{TxBytes: 70}},
	}
	for _, tt := range []struct {
		name  string
		rows  []Row
		sub   uint32
		want  uint64
		known bool
	}{
		{"kept", rows, 9, 70, true},
		{"in the rest", rows, 8, 0, false},
		{"no rest", rows[1:], 8, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := NewSum(Query{Class: DeviceApplication, ID: 7, Sub: tt.sub, Metric: TxBytes, From: 0, To: clock.Day, Points: 1}, clock.Day)
			if err := s.Add(Slot{Step: clock.Day, Block: AppendBlock(nil, tt.rows)}); err != nil {
				t.Fatal(err)
			}
			if got := s.Series(); got.Values[0] != tt.want || got.Known[0] != tt.known {
				t.Errorf("%d, known %t", got.Values[0], got.Known[0])
			}
		})
	}
}

// TestFinestOfWhatIsNotKept checks that a class without a level has no tier.
func TestFinestOfWhatIsNotKept(t *testing.T) {
	levels := DefaultLevels()
	levels[Country], levels[DeviceCountry] = None, None
	r, err := New(Config{Levels: levels})
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[Class]int64{Country: NotKept, DeviceCountry: NotKept, NumClasses: NotKept, ASN: 3600, Device: 60, DeviceApplication: clock.Day} {
		if got := r.Finest(class); got != want {
			t.Errorf("%s: %d, want %d", class, got, want)
		}
	}
}

func TestQueryCheck(t *testing.T) {
	good := Query{Class: Device, Metric: Bytes, From: 0, To: 10, Points: 1}
	tests := []struct {
		name string
		edit func(*Query)
		ok   bool
	}{
		{"good", func(*Query) {}, true},
		{"most points", func(q *Query) { q.Points = MaxPoints }, true},
		{"class", func(q *Query) { q.Class = NumClasses }, false},
		{"metric", func(q *Query) { q.Metric = NumMetrics }, false},
		{"empty", func(q *Query) { q.To = q.From }, false},
		{"backwards", func(q *Query) { q.To = -5 }, false},
		{"before 1970", func(q *Query) { q.From = -1 }, false},
		{"end of time", func(q *Query) { q.To = 1<<63 - 1 }, false},
		{"no points", func(q *Query) { q.Points = 0 }, false},
		{"too many points", func(q *Query) { q.Points = MaxPoints + 1 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := good
			tt.edit(&q)
			if err := q.Check(); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrQuery) {
				t.Errorf("%v", err)
			}
		})
	}
}

func slotAt(step, start int64, rows ...Row) Slot {
	return Slot{Step: step, Start: start, Block: AppendBlock(nil, rows)}
}

func TestSeriesTellsGapsFromZero(t *testing.T) {
	q := Query{Class: Device, ID: 1, Metric: Bytes, From: 600, To: 2100, Points: 5}
	sum := NewSum(q, 300)
	for _, s := range []Slot{
		slotAt(300, 300, row(Device, 1, 99)),           // before
		slotAt(300, 600, row(Device, 1, 5, 6)),         // counted
		slotAt(300, 900, row(Device, 2, 7)),            // zero
		slotAt(300, 1500),                              // zero, nothing at all seen
		slotAt(300, 1800, row(Device, 1, 1)),           // twice: adds up
		slotAt(300, 1800, row(Device, 1, 1)),           //
		slotAt(300, 2100, row(Device, 1, 99)),          // after
		slotAt(3600, 0, row(Device, 1, 99)),            // another tier
		slotAt(300, 900, row(Application, 1, 99, 100)), // another class
	} {
		if err := sum.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	want := Series{Start: 600, Step: 300, Values: []uint64{11, 0, 0, 0, 2}, Known: []bool{true, true, false, true, true}}
	if diff := cmp.Diff(want, sum.Series()); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
	if err := sum.Add(Slot{Step: 300, Start: 600, Block: []byte("damaged")}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged slot: %v", err)
	}
}

// TestSeriesFits checks over many periods that an answer has the points that
// were asked for at most, covers the period, and loses nothing.
func TestSeriesFits(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for range 3000 {
		tier := []int64{10, 300, 3600}[rng.IntN(3)]
		q := Query{Class: Device, ID: 1, Metric: TxBytes, From: rng.Int64N(1e7), Points: 1 + rng.IntN(400)}
		q.To = q.From + 1 + rng.Int64N(tier*1500)
		sum := NewSum(q, tier)
		s := sum.Series()
		n := int64(len(s.Values))
		if n < 1 || n > int64(q.Points) || len(s.Known) != len(s.Values) || s.Step%tier != 0 || s.Start%tier != 0 ||
			s.Start > q.From || s.Start+n*s.Step < q.To || s.Start+s.Step <= q.From || s.Start+(n-1)*s.Step >= q.To {
			t.Fatalf("%+v of tier %d: start %d, step %d, %d points", q, tier, s.Start, s.Step, n)
		}
		want, total := uint64(0), uint64(0)
		for start := floor(q.From, tier) - tier; start < q.To+tier; start += tier {
			if start+tier > q.From && start < q.To {
				want++
			}
			if err := sum.Add(slotAt(tier, start, row(Device, 1, 1))); err != nil {
				t.Fatal(err)
			}
		}
		for _, v := range sum.Series().Values {
			total += v
		}
		if total != want {
			t.Fatalf("%+v of tier %d: %d slots, want %d", q, tier, total, want)
		}
	}
}

// TestSeriesOfAllTime asks for few points over the longest period: it must not
// take long to find the step.
func TestSeriesOfAllTime(t *testing.T) {
	for points := range 10 {
		q := Query{From: 1, To: maxTime, Points: points + 1}
		if s := NewSum(q, 10).Series(); len(s.Values) > q.Points || s.Start+int64(len(s.Values))*s.Step < q.To {
			t.Errorf("%d points: start %d, step %d, %d points", q.Points, s.Start, s.Step, len(s.Values))
		}
	}
}

func TestPick(t *testing.T) {
	tiers := []Tier{{Step: 300}, {Step: 3600}}
	const day, never = clock.Day, 1 << 60
	tests := []struct {
		name   string
		from   int64
		to     int64
		points int
		oldest [2]int64
		want   int
	}{
		{"day in 5 min", 1e6, 1e6 + day, 288, [2]int64{0, 0}, 0},
		{"finer than stored", 1e6, 1e6 + day, 2000, [2]int64{0, 0}, 0},
		{"60 days", 0, 60 * day, 300, [2]int64{0, 0}, 1},
		{"just an hour a point", 0, 100 * 3600, 100, [2]int64{0, 0}, 1},
		{"5 min does not reach back", 1e6, 1e6 + day, 288, [2]int64{1e6 + 7200, 0}, 1},
		{"neither does the hour", 1e6, 1e6 + day, 288, [2]int64{2e6, 2e6 - 600}, 0},
		{"nothing stored", 1e6, 1e6 + day, 288, [2]int64{never, never}, 0},
		{"only hours stored", 1e6, 1e6 + day, 288, [2]int64{never, 2e6}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{From: tt.from, To: tt.to, Points: tt.points}
			if got := q.Pick(tiers, func(i int) int64 { return tt.oldest[i] }); got != tt.want {
				t.Errorf("tier %d, want %d", got, tt.want)
			}
		})
	}
}

func TestRecent(t *testing.T) {
	r := newRollup(t, Config{})
	if _, _, ok := r.Recent(Query{Class: Total, From: 1000, To: 1600, Points: 60}); ok {
		t.Error("before the first tick")
	}
	for now := int64(1000); now < 3000; now++ {
		r.Add(Total, Other, Values{TxBytes: 1})
		r.Tick(now)
	}
	tests := []struct {
		name  string
		class Class
		from  int64
		to    int64
		n     int
		step  int64 // 0: the store's business
		first int64
	}{
		{"10 s", Total, 1000, 3000, 200, 10, 1000},
		{"10 s within a slot", Total, 1005, 3000, 200, 10, 1000},
		{"1 s", Total, 2900, 3000, 100, 1, 2900},
		{"2 s", Total, 2800, 3000, 100, 1, 2800},
		{"1 s does not reach back", Total, 1500, 1600, 100, 10, 1500},
		{"so coarse that 10 s do", Total, 2900, 3000, 10, 10, 2900},
		{"begins earlier", Total, 980, 1600, 60, 0, 0},
		{"so coarse that the store does", Total, 1000, 3000, 20, 0, 0},
		{"a class not kept so fine", Country, 2900, 3000, 100, 0, 0},
		{"a matrix", DeviceCountry, 2900, 3000, 100, 0, 0},
		{"no class", NumClasses, 2900, 3000, 100, 0, 0},
		{"open slot alone", Total, 2999, 3059, 60, 1, 2999},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{Class: tt.class, Metric: TxBytes, From: tt.from, To: tt.to, Points: tt.n}
			slots, step, ok := r.Recent(q)
			if ok != (tt.step > 0) || step != tt.step || ok && slots[0].Start != tt.first {
				t.Fatalf("%d slots of %d s, %t", len(slots), step, ok)
			}
			if !ok {
				return
			}
			sum, total := NewSum(q, step), uint64(0)
			for _, s := range slots {
				if err := sum.Add(s); err != nil {
					t.Fatal(err)
				}
			}
			for _, v := range sum.Series().Values {
				total += v
			}
			// The first byte was there before the first tick, that of a second after it.
			want := uint64(min(tt.to, 2999) - sum.Series().Start)
			if tt.from <= 1005 {
				want++
			}
			if total != want {
				t.Errorf("%d bytes, want %d", total, want)
			}
		})
	}
}

func TestTop(t *testing.T) {
	q := Query{Class: Device, Metric: RxBytes, From: 300, To: 900, Points: 2}
	totals := NewTotals(q, 300)
	for _, s := range []Slot{
		slotAt(300, 0, row(Device, 1, 0, 1000)),
		slotAt(300, 300, row(Device, 1, 9, 10), row(Device, 2, 0, 30), row(Device, 4, 0, 10), row(Application, 9, 0, 99)),
		slotAt(300, 600, row(Device, 1, 1, 5), row(Device, 3, 50, 2)),
		slotAt(300, 900, row(Device, 3, 0, 1000)),
	} {
		if err := totals.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	got, n := totals.Top(3)
	want := []Amount{{ID: 2, Values: Values{RxBytes: 30}}, {ID: 1, Values: Values{TxBytes: 10, RxBytes: 15}}, {ID: 4, Values: Values{RxBytes: 10}}}
	if diff := cmp.Diff(want, got); diff != "" || n != 4 {
		t.Errorf("%d series (-want +got):\n%s", n, diff)
	}
	for _, limit := range []int{-1, 0, 100} {
		if got, _ := totals.Top(limit); len(got) != max(min(limit, 4), 0) {
			t.Errorf("limit %d: %d", limit, len(got))
		}
	}
	if err := totals.Add(Slot{Step: 300, Start: 300}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged slot: %v", err)
	}
}

// TestTotalsTellHighIDsApart has series whose handles came after tens of
// thousands of others: names are never forgotten, so those of new devices are
// high.
func TestTotalsTellHighIDsApart(t *testing.T) {
	totals := NewTotals(Query{Class: Device, To: 300, Points: 1}, 300)
	block := AppendBlock(nil, []Row{row(Device, 3, 1), row(Device, 40_000, 7), row(Device, 60_000, 2)})
	for range 2 {
		if err := totals.Add(Slot{Step: 300, Block: block}); err != nil {
			t.Fatal(err)
		}
	}
	top, n := totals.Top(10)
	var ids []uint32
	for _, a := range top {
		ids = append(ids, a.ID)
	}
	if diff := cmp.Diff([]uint32{40_000, 60_000, 3}, ids); diff != "" || n != 3 || top[0].TxBytes != 14 {
		t.Errorf("%d series, the largest with %d bytes (-want +got):\n%s", n, top[0].TxBytes, diff)
	}
}

// TestTotalsAreBounded has more series than are told apart: the rest is Other, and
// nothing is lost.
func TestTotalsAreBounded(t *testing.T) {
	totals := NewTotals(Query{Class: Device, To: 300, Points: 1}, 300)
	var rows []Row
	for id := range uint32(maxTotals + 100) {
		rows = append(rows, row(Device, id+1, 1))
	}
	rows = append(rows, row(Device, 1<<32-1, 1))
	if err := totals.Add(Slot{Step: 300, Block: AppendBlock(nil, rows)}); err != nil {
		t.Fatal(err)
	}
	top, n := totals.Top(1)
	if n != maxTotals+1 || top[0].ID != Other || top[0].TxBytes != 101 {
		t.Errorf("%d series, first %+v", n, top[0])
	}
}
