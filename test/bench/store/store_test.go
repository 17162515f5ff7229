package main

import (
	"math/bits"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"weir/internal/clock"
	"weir/internal/rollup"
)

// testDir is a directory in memory, where there is one.
func testDir(t *testing.T) string {
	t.Helper()
	dir, err := temporary()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// simulated lets days pass, the last one with flows, and measures what is left in
// this process.
func simulated(t *testing.T, o options) *report {
	t.Helper()
	dir := testDir(t)
	r, err := live(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	f, err := measure(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	r.figures = append(r.figures, f)
	return r
}

// TestMonth is the small form of the year: all sums are exact, in the database and
// in what is rebuilt, and all bytes within their budgets. Times are not judged here.
func TestMonth(t *testing.T) {
	o := options{days: 30, flowDays: 1, maxSize: 8 << 20, limit: 2 << 20}
	switch {
	case testing.Short(): // as on an emulated processor
		o.days, o.flowDays = 2, 0
	case bits.UintSize == 32: // half as fast
		o.days = 10
	}
	r := simulated(t, o)
	var out strings.Builder
	_ = r.print(&out)
	t.Log("\n" + out.String())
	for _, list := range [][]budget{r.sums(), r.sizes(), r.restored()} {
		for _, b := range list {
			if !b.ok {
				t.Errorf("%s: %s, the budget is %s", b.name, b.figure, b.limit)
			}
		}
	}
	tiers := len(rollup.DefaultTiers())
	if n := len(r.proof); n != tiers || r.proof[clock.Month][matrices].Exact == 0 || r.proof[minute][mainClasses].Exact < 60 {
		t.Errorf("%d tiers of %d were compared: %v", n, tiers, r.proof)
	}
	for _, want := range []string{`a month +\d+ .* exact .* exact`, `months +\d+ +\d`, `60 days of a device`, `to flash a day, mean +\d`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the tables have nothing like %q", want)
		}
	}
	t.Run("spoilt", func(t *testing.T) { testBudgetsFail(t, r) })
}

// TestProverNoticesMoreAndLess adds to one slot a byte that nobody sent, and takes
// another slot away: both are noticed, where they are and nowhere else.
func TestProverNoticesMoreAndLess(t *testing.T) {
	o := options{days: 1, maxSize: 8 << 20, limit: 2 << 20}
	dir := testDir(t)
	y, err := simulate(t.Context(), dir, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer y.store.Close(t.Context())
	row := rollup.Row{Key: rollup.Key{Class: rollup.Device, ID: y.house.ids[rollup.Device][3]}, Values: rollup.Values{RxBytes: 1}}
	from := begin + 5*hour
	y.store.Append([]rollup.Slot{
		{Step: hour, Start: from, Block: rollup.AppendBlock(nil, []rollup.Row{row})},
		{Step: minute, Start: y.end() + hour, Block: rollup.AppendBlock(nil, nil)}, // nothing that was counted
	})
	if err := y.store.Commit(); err != nil {
		t.Fatal(err)
	}
	p, err := prove(t.Context(), y.store, y.rollup.Open, y.house, y.end()+2*hour)
	if err != nil {
		t.Fatal(err)
	}
	hours := p[hour]
	if k := hours[mainClasses]; k.Wrong != 1 || k.Exact != 23 || k.Absent != 2 || !strings.Contains(k.First, timeText(from)) || k.Since != 0 {
		t.Errorf("hours of main classes: %+v", k)
	}
	if k := hours[otherClasses]; k.Wrong != 0 || k.Exact != 24 || k.Absent != 2 {
		t.Errorf("hours of other classes: %+v", k)
	}
	if k := p[minute][mainClasses]; k.Wrong != 0 || k.Exact != 1440 || k.Absent != 120 {
		t.Errorf("minutes: %+v", k)
	}
	if k := p[clock.Day][mainClasses]; k.Wrong == 0 { // two more hours passed in the house
		t.Errorf("days: %+v", k)
	}
}

// testBudgetsFail goes beyond each budget alone.
func testBudgetsFail(t *testing.T, base *report) {
	tests := []struct {
		name  string
		spoil func(r *report, y *year, f *figures)
	}{
		{"slots that do not", func(r *report, _ *year, _ *figures) { r.proof[hour][matrices].Wrong++ }},
		{"slots that do not", func(r *report, _ *year, _ *figures) { r.proof[hour][mainClasses].Absent++ }},
		{"flows missing", func(r *report, y *year, _ *figures) {
			y.flowDays = 1
			r.flows = flowsKept{oldest: 3, newest: y.flows.made, n: 7}
		}},
		{"flows missing", func(r *report, y *year, _ *figures) {
			y.flowDays = 1
			r.flows = flowsKept{oldest: y.flows.made + 1, newest: y.flows.made + 1, n: 1}
		}},
		{"dropped", func(r *report, _ *year, _ *figures) { r.status.Dropped++ }},
		{"database file", func(_ *report, y *year, _ *figures) { y.largestFile = y.maxSize + 1 }},
		{"commit every 1 minutes", func(_ *report, y *year, _ *figures) { y.commits[2].bytes *= 3 }},
		{"to flash a day", func(_ *report, y *year, _ *figures) { y.daily = []int64{1, 2_000_000, 1} }},
		{"archive, at most", func(r *report, _ *year, _ *figures) { r.files = 3 << 20 }},
		{"heap", func(_ *report, y *year, _ *figures) { y.liveHeap = maxHeap + 1 }},
		{"wrong slots", func(_ *report, _ *year, f *figures) { f.RebuiltOK[clock.Day][matrices].Wrong++ }},
		{"hours of main classes", func(_ *report, y *year, f *figures) { f.RebuiltOK[hour][mainClasses].Since = y.end() - hour }},
		{"days of main classes", func(_ *report, _ *year, f *figures) { f.RebuiltOK[clock.Day][mainClasses].Since = 0 }},
		{"60 days of a device", func(_ *report, _ *year, f *figures) { f.Queries[0].Median = maxSeries + 1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, y, f := *base, *base.year, *base.figures[0]
			f.Queries = append([]query(nil), f.Queries...)
			f.Queries[0].Median = 0 // whatever this machine takes
			r.year, r.figures, r.proof, f.RebuiltOK = &y, []*figures{&f}, clone(base.proof), clone(f.RebuiltOK)
			var out strings.Builder
			if err := r.print(&out); err != nil {
				t.Fatalf("unspoilt: %v", err)
			}
			tt.spoil(&r, &y, &f)
			err := r.print(&out)
			if err == nil || !strings.Contains(err.Error(), tt.name) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v", err)
			}
		})
	}
}

func clone(p proof) proof {
	c := proof{}
	for step, groups := range p {
		g := *groups
		c[step] = &g
	}
	return c
}

// TestHouseIsTheSameAgain is what the prover relies on.
func TestHouseIsTheSameAgain(t *testing.T) {
	o := options{days: 1, maxSize: 1 << 20}
	var sums [2]rollup.Values
	for i := range sums {
		s, h, err := openStore(testDir(t), o.maxSize, o.end)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close(t.Context())
		for m := range int64(90) {
			h.minute(begin + m*minute)
			sums[i].Add(h.sums[h.first[rollup.Total]])
		}
	}
	if sums[0] != sums[1] || sums[0].Flows == 0 {
		t.Errorf("%+v, then %+v", sums[0], sums[1])
	}
}

// TestProgressIsForTerminals writes nothing into a file.
func TestProgressIsForTerminals(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := newProgress(f)
	p.day(1, 2)
	p.end()
	if info, err := f.Stat(); err != nil || info.Size() > 0 {
		t.Errorf("%v, %v", info, err)
	}
}
