package rollup

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/clock"
)

const berlin = "CET-1CEST,M3.5.0,M10.5.0/3"

// TestSeriesOfDates asks for days and months: points begin at local midnights and
// say where.
func TestSeriesOfDates(t *testing.T) {
	const (
		jan = 1767222000 // 2026-01-01 00:00 CET
		feb = jan + 31*clock.Day
		mar = feb + 28*clock.Day
		apr = mar + 31*clock.Day - 3600
		dst = mar + 28*clock.Day // a day of 23 hours
	)
	tests := []struct {
		name     string
		tier     int64
		from, to int64
		points   int
		step     int64
		starts   []int64
		known    []bool
	}{
		{"months", clock.Month, jan, apr, 3, clock.Month, []int64{jan, feb, mar}, []bool{true, true, true}},
		{"months in part", clock.Month, jan + 5, mar + 5, 100, clock.Month, []int64{jan, feb, mar}, []bool{true, true, true}},
		{"two months a point", clock.Month, jan, apr, 2, 2 * clock.Month, []int64{jan, mar}, []bool{true, true}},
		{"a quarter", clock.Month, jan, apr, 1, 3 * clock.Month, []int64{jan}, []bool{true}},
		{"days", clock.Day, dst - clock.Day, dst + 2*clock.Day, 4, clock.Day,
			[]int64{dst - clock.Day, dst, dst + clock.Day - 3600, dst + 2*clock.Day - 3600}, []bool{true, true, true, true}},
		{"a day of 23 hours", clock.Day, dst, dst + 23*3600, 1, clock.Day, []int64{dst}, []bool{true}},
	}
	cal := calendar(t, berlin)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{Class: Total, Metric: TxBytes, From: tt.from, To: tt.to, Points: tt.points, Calendar: cal}
			sum := NewSum(q, tt.tier)
			want := make([]uint64, len(tt.starts))
			for at := cal.Floor(jan-40*clock.Day, tt.tier); at < apr+40*clock.Day; at = cal.Next(at, tt.tier) {
				if err := sum.Add(slotAt(tt.tier, at, row(Total, 0, 1))); err != nil {
					t.Fatal(err)
				}
				for i := range want {
					end := tt.to
					if i+1 < len(tt.starts) {
						end = tt.starts[i+1]
					}
					if at >= tt.starts[i] && at < end {
						want[i]++
					}
				}
			}
			got := sum.Series()
			if diff := cmp.Diff(Series{Start: tt.starts[0], Step: tt.step, Starts: tt.starts, Values: want, Known: tt.known}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDatesFit checks over many periods and zones that an answer in days or months
// has the points asked for at most, covers the period, and loses nothing.
func TestDatesFit(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	for _, zone := range zones {
		cal := calendar(t, zone)
		for range 300 {
			tier := []int64{clock.Day, clock.Month}[rng.IntN(2)]
			q := Query{Class: Device, ID: 1, Metric: TxBytes, From: rng.Int64N(2e9), Points: 1 + rng.IntN(100), Calendar: cal}
			q.To = q.From + 1 + rng.Int64N(tier*200)
			sum := NewSum(q, tier)
			s := sum.Series()
			if n := len(s.Values); n < 1 || n > q.Points || n != len(s.Starts) || s.Step%tier != 0 || s.Starts[0] > q.From || s.Starts[n-1] >= q.To {
				t.Fatalf("%s: %+v of tier %d: step %d, %d starts, %d points", zone, q, tier, s.Step, len(s.Starts), n)
			}
			want, total := uint64(0), uint64(0)
			for at := cal.Floor(q.From-2*tier, tier); at < q.To+2*tier; at = cal.Next(at, tier) {
				if at >= cal.Floor(q.From, tier) && at < q.To {
					want++
				}
				if err := sum.Add(slotAt(tier, at, row(Device, 1, 1))); err != nil {
					t.Fatal(err)
				}
			}
			for _, v := range sum.Series().Values {
				total += v
			}
			if total != want {
				t.Fatalf("%s: %+v of tier %d: %d slots, want %d", zone, q, tier, total, want)
			}
		}
	}
}

// TestSeriesOfAllMonths asks for few points over the longest period.
func TestSeriesOfAllMonths(t *testing.T) {
	for _, points := range []int{1, 2, 3, 10, 300, MaxPoints} {
		for _, tier := range []int64{clock.Day, clock.Month} {
			q := Query{From: 1, To: maxTime, Points: points, Calendar: calendar(t, berlin)}
			s := NewSum(q, tier).Series()
			if n := len(s.Values); n > points || n < points*7/10 {
				t.Errorf("%d points of %d s: %d points, step %d", points, tier, n, s.Step)
			}
		}
	}
}

// TestOtherZone reads days that were stored while another zone was set: each belongs
// to the day that has most of it.
func TestOtherZone(t *testing.T) {
	const jan = 1767225600 // 2026-01-01 00:00 UTC
	q := Query{Class: Total, Metric: TxBytes, From: jan, To: jan + 3*clock.Day, Points: 3}
	for _, ahead := range []int64{-5 * 3600, -3600, 0, 3600, 11 * 3600} {
		sum, totals := NewSum(q, clock.Day), NewTotals(q, clock.Day)
		for day := range int64(5) {
			slot := slotAt(clock.Day, jan+(day-1)*clock.Day-ahead, row(Total, 0, 1<<day))
			if err := sum.Add(slot); err != nil {
				t.Fatal(err)
			}
			if err := totals.Add(slot); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]uint64{2, 4, 8}, sum.Series().Values); diff != "" {
			t.Errorf("%d hours ahead (-want +got):\n%s", ahead/3600, diff)
		}
		if top, _ := totals.Top(1); top[0].TxBytes != 14 {
			t.Errorf("%d hours ahead: %d in all", ahead/3600, top[0].TxBytes)
		}
	}
}

// TestSeriesOfHours has hours that begin at half past in UTC.
func TestSeriesOfHours(t *testing.T) {
	q := Query{Class: Total, Metric: TxBytes, From: 5400, To: 5400 + 4*3600, Points: 2, Calendar: calendar(t, "IST-5:30")}
	sum := NewSum(q, 3600)
	for at := int64(1800 - 3600); at < 12*3600; at += 3600 {
		if err := sum.Add(slotAt(3600, at, row(Total, 0, 1))); err != nil {
			t.Fatal(err)
		}
	}
	want := Series{Start: 5400, Step: 7200, Values: []uint64{2, 2}, Known: []bool{true, true}}
	if diff := cmp.Diff(want, sum.Series()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPickByClass(t *testing.T) {
	tiers := DefaultTiers()
	tests := []struct {
		name   string
		class  Class
		finest int64
		span   int64
		points int
		want   int64
	}{
		{"an hour", Device, 0, 3600, 60, 60},
		{"a day", Device, 0, clock.Day, 300, 60},
		{"a week", Device, 0, 7 * clock.Day, 300, 300},
		{"a day of days", Device, 0, clock.Day, 1, clock.Day},
		{"a year of months", Device, 0, 365 * clock.Day, 12, clock.Month},
		{"a light class", Country, 0, 3600, 60, 3600},
		{"a light class for long", Country, 0, 90 * clock.Day, 90, clock.Day},
		{"a light class that is kept full", Country, 60, 3600, 60, 60},
		{"a full class that is kept light", Device, 3600, 3600, 60, 3600},
		{"a matrix", DeviceCountry, 0, 3600, 60, clock.Day},
		{"a matrix for long", DeviceCountry, 60, 400 * clock.Day, 10, clock.Month},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := Query{Class: tt.class, From: 1e9, To: 1e9 + tt.span, Points: tt.points, Finest: tt.finest}
			if got := tiers[q.Pick(tiers, func(int) int64 { return 0 })].Step; got != tt.want {
				t.Errorf("%d s, want %d s", got, tt.want)
			}
		})
	}
}

// A mean is over the round trips of all slots of a point, and unknown without any.
func TestMeanOfSeries(t *testing.T) {
	q := Query{Class: Total, Metric: RTT, From: 0, To: 1800, Points: 3}
	sum := NewSum(q, 300)
	for _, s := range []Slot{
		slotAt(300, 0, row(Total, 0, 0, 0, 0, 0, 0, 0, 100, 1)),
		slotAt(300, 300, row(Total, 0, 0, 0, 0, 0, 0, 0, 900, 9)),
		slotAt(300, 600, row(Total, 0, 5)),
	} {
		if err := sum.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	want := Series{Step: 600, Values: []uint64{100, 0, 0}, Known: []bool{true, false, false}}
	for range 2 {
		if diff := cmp.Diff(want, sum.Series()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestCells(t *testing.T) {
	q := Query{Class: DeviceApplication, Metric: TxBytes, From: 0, To: clock.Day, Points: 1}
	block := AppendBlock(nil, []Row{
		row(Device, 9, 1000),
		cell(DeviceApplication, 0, 0, 3), cell(DeviceApplication, 1, 7, 10), cell(DeviceApplication, 1, 8, 20),
		cell(DeviceApplication, 2, 7, 5), cell(DeviceApplication, 2, 9, 1), cell(DeviceApplication, 200_000, 7, 6),
	})
	totals := NewTotals(q, clock.Day)
	for range 2 {
		if err := totals.Add(Slot{Step: clock.Day, Block: block}); err != nil {
			t.Fatal(err)
		}
	}
	v := func(n uint64) Values { return Values{TxBytes: 2 * n} }
	want := Cells{
		Rows:    []Amount{{ID: 1, Values: v(30)}, {ID: 2, Values: v(6)}, {ID: 200_000, Values: v(6)}},
		Columns: []Amount{{ID: 7, Values: v(21)}, {ID: 8, Values: v(20)}},
		NumRows: 4, NumColumns: 4,
		Values: []Values{v(10), v(20), v(5), {}, v(6), {}},
	}
	if diff := cmp.Diff(want, totals.Cells(3, 2)); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if c := totals.Cells(100, 100); len(c.Values) != 16 || c.NumRows != 4 || c.NumColumns != 4 {
		t.Errorf("all cells: %+v", c)
	}
	all, n := totals.Top(2)
	if diff := cmp.Diff([]Amount{{ID: 1, Sub: 8, Values: v(20)}, {ID: 1, Sub: 7, Values: v(10)}}, all); diff != "" || n != 6 {
		t.Errorf("%d cells (-want +got):\n%s", n, diff)
	}
	for _, tt := range []struct {
		name    string
		id, sub uint32
		want    []Amount
	}{
		{"of a row", 2, 0, []Amount{{ID: 2, Sub: 7, Values: v(5)}, {ID: 2, Sub: 9, Values: v(1)}}},
		{"of a column", 0, 8, []Amount{{ID: 1, Sub: 8, Values: v(20)}}},
		{"of none", 5, 0, []Amount{}},
	} {
		q.ID, q.Sub = tt.id, tt.sub
		totals := NewTotals(q, clock.Day)
		for range 2 {
			if err := totals.Add(Slot{Step: clock.Day, Block: block}); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := totals.Top(5); cmp.Diff(tt.want, got) != "" {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestCellsAreBounded has more cells than are told apart: the rest is Other, and
// nothing is lost.
func TestCellsAreBounded(t *testing.T) {
	totals := NewTotals(Query{Class: DeviceCountry, To: clock.Day, Points: 1}, clock.Day)
	var rows []Row
	for i := range uint32(maxTotals + 100) {
		rows = append(rows, cell(DeviceCountry, i/100+1, i%100+1, 1))
	}
	if err := totals.Add(Slot{Step: clock.Day, Block: AppendBlock(nil, rows)}); err != nil {
		t.Fatal(err)
	}
	if top, n := totals.Top(1); n != maxTotals+1 || top[0].ID != Other || top[0].TxBytes != 100 {
		t.Errorf("%d cells, first %+v", n, top[0])
	}
}
