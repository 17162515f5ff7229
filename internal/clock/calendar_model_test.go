package clock

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// zones are the ones that have done something strange: changes at midnight, a
// day that never was, half an hour of summer time, Ramadan.
var zones = []string{
	"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
	"Africa/Casablanca", "America/St_Johns", "America/Havana", "America/Asuncion", "America/Sao_Paulo",
	"Asia/Kathmandu", "Pacific/Chatham", "Antarctica/Troll", "America/Nuuk",
}

// texts are POSIX texts of the zones that have one.
var texts = map[string]string{
	"UTC":                 "UTC",
	"Europe/Berlin":       "CET-1CEST,M3.5.0,M10.5.0/3",
	"Europe/Dublin":       "IST-1GMT0,M10.5.0,M3.5.0/1",
	"America/New_York":    "EST5EDT,M3.2.0,M11.1.0",
	"Asia/Kolkata":        "IST-5:30",
	"Asia/Kathmandu":      "<+0545>-5:45",
	"Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
	"Australia/Sydney":    "AEST-10AEDT,M10.1.0,M4.1.0/3",
	"Pacific/Apia":        "<+13>-13",
	"America/St_Johns":    "NST3:30NDT,M3.2.0,M11.1.0",
	"America/Havana":      "CST5CDT,M3.2.0/0,M11.1.0/1",
	"America/Santiago":    "<-04>4<-03>,M9.1.6/24,M4.1.6/24",
	"America/Nuuk":        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
	"Antarctica/Troll":    "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3",
	"Pacific/Chatham":     "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
}

// eachCalendar runs a test in all zones: those of texts, and the installed ones.
func eachCalendar(t *testing.T, do func(t *testing.T, c Calendar)) {
	t.Helper()
	t.Run("none", func(t *testing.T) { do(t, Calendar{}) })
	for name, text := range texts {
		t.Run("text "+name, func(t *testing.T) { do(t, Calendar{Zone: zone(t, text)}) })
	}
	for _, name := range zones {
		t.Run(name, func(t *testing.T) { do(t, Calendar{Zone: installed(t, name)}) })
	}
}

// installed returns a zone of zoneinfo, which comes with the system or with Go.
func installed(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("SKIPPED, zoneinfo is not installed: %v", err)
	}
	return loc
}

var (
	first = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last  = time.Date(2100, 12, 31, 0, 0, 0, 0, time.UTC).Unix()
)

// steps nest, each one in those after it.
var steps = []int64{1, 60, 300, hour, Day, Month, 12 * Month}

// TestSlots looks at random moments and at those around the ends of months.
func TestSlots(t *testing.T) {
	eachCalendar(t, func(t *testing.T, c Calendar) {
		random := rand.New(rand.NewPCG(1, 2))
		for range 200 {
			checkSlots(t, c, first+random.Int64N(last-first))
		}
		for month := first; month < last; month = c.Next(month+7*Month, Month) {
			for _, by := range []int64{-1, 0, 1} {
				checkSlots(t, c, month+by)
			}
			if t.Failed() {
				return
			}
		}
	})
}

// checkSlots checks what must be so of the slots around a moment in any zone.
func checkSlots(t *testing.T, c Calendar, at int64) {
	t.Helper()
	for i, step := range append(slices.Clone(steps), 7*Day, 3*Month, 6*hour) {
		start, end := c.Floor(at, step), c.Next(at, step)
		fail := func(what string) {
			t.Helper()
			t.Errorf("step %d at %v: slot %v to %v: %s", step, c.text(at), c.text(start), c.text(end), what)
		}
		if start > at || at >= end {
			fail("it does not hold the moment")
		}
		if c.Floor(start, step) != start || c.Floor(end-1, step) != start || c.Floor(end, step) != end {
			fail("Floor does not agree within it")
		}
		if c.Next(start, step) != end || c.Next(end-1, step) != end {
			fail("Next does not agree within it")
		}
		if c.Floor(start-1, step) == start || c.Next(start-1, step) != start {
			fail("it does not begin where the one before ends")
		}
		for j := 0; i < len(steps) && j < i; j++ {
			if finer := steps[j]; c.Floor(c.Floor(at, finer), step) != start || c.Next(at, finer) > end {
				fail(fmt.Sprintf("that of step %d does not nest in it", finer))
			}
		}
	}
}

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

func (c Calendar) text(t int64) string {
	return time.Unix(t, 0).In(c.zone()).Format(time.RFC3339)
}

// TestAgainstModel walks minute by minute over every fifth change of a zone, which
// are changes of both kinds, and cuts time in the simplest way that follows from
// what a slot is.
func TestAgainstModel(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it takes seconds")
	}
	eachCalendar(t, func(t *testing.T, c Calendar) {
		before := c.offset(first)
		changes := 0
		for at := first; at < last && !t.Failed(); at += Day {
			if after := c.offset(at + Day); after != before {
				if changes++; changes%5 == 1 {
					walk(t, c, at-Day, at+2*Day)
				}
				before = after
			}
		}
		walk(t, c, last-3*Day, last)
		t.Logf("%d changes", changes)
	})
}

func (c Calendar) offset(t int64) int64 {
	_, offset := time.Unix(t, 0).In(c.zone()).Zone()
	return int64(offset)
}

// walk compares the slots of a few days with the model's.
func walk(t *testing.T, c Calendar, from, to int64) {
	t.Helper()
	const grain = 60
	n := int((to - from) / grain)
	parts := make([]int64, n+1)
	for i := range parts {
		parts[i] = part(c.offset(from + int64(i)*grain))
	}
	date := make([]int64, n+1) // the earliest that is still to come, as 20261120
	date[n] = 1 << 40
	for i := n - 1; i >= 0; i-- {
		year, month, day := time.Unix(from+int64(i)*grain, 0).In(c.zone()).Date()
		date[i] = min(date[i+1], int64(year*10000+int(month)*100+day))
	}
	var start [3]int64 // of the hour, day and month; 0: it began before
	for i := 1; i < n; i++ {
		at := from + int64(i)*grain
		if parts[i] != parts[i-1] || (at+parts[i])%hour == 0 {
			start[0] = at
		}
		if date[i] != date[i-1] {
			start[1] = at
		}
		if date[i]/100 != date[i-1]/100 {
			start[2] = at
		}
		for j, step := range []int64{hour, Day, Month} {
			if start[j] == 0 {
				continue
			}
			if got := c.Floor(at, step); got != start[j] {
				t.Fatalf("step %d at %s: begins %s, the model says %s", step, c.text(at), c.text(got), c.text(start[j]))
			}
		}
	}
}

func TestApiaSkipsADay(t *testing.T) {
	c := Calendar{Zone: installed(t, "Pacific/Apia")}
	start := c.Floor(time.Date(2011, 12, 29, 12, 0, 0, 0, c.Zone).Unix(), Day)
	var days []string
	for range 3 {
		days = append(days, time.Unix(start, 0).In(c.Zone).Format(time.DateOnly))
		start = c.Next(start, Day)
	}
	if got := fmt.Sprint(days); got != "[2011-12-29 2011-12-31 2012-01-01]" {
		t.Error(got)
	}
}

func TestMonthsOfACentury(t *testing.T) {
	var c Calendar
	at := first
	for year := 1970; year <= 2100; year++ {
		for month := time.January; month <= time.December; month++ {
			if want := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix(); at != want {
				t.Fatalf("%d-%02d begins %s", year, month, c.text(at))
			}
			at = c.Next(at, Month)
		}
	}
}

// FuzzCalendar tries any zone, time and step for what must be so of any slot.
func FuzzCalendar(f *testing.F) {
	for _, text := range texts {
		f.Add(text, int64(1795190400), Day)
	}
	f.Add("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", int64(-1)<<63, int64(1)<<62)
	f.Add("EST5EDT,0/0,J365/25", int64(1798779600), Month)
	f.Add("EST5EDT,J366,J0", int64(1)<<36, int64(-1))
	f.Fuzz(func(t *testing.T, text string, at, step int64) {
		loc, err := ParseTZ(text)
		if err != nil {
			t.Skip()
		}
		c := Calendar{Zone: loc}
		start, end := c.Floor(at, step), c.Next(at, step)
		if at < -far+2*max(step, Month) || at > far-2*max(step, Month) || step > far {
			return // it ended, and that is all
		}
		if start > at || at >= end || c.Floor(start, step) != start || c.Floor(end-1, step) != start || c.Next(start, step) != end || c.Floor(end, step) != end {
			t.Errorf("%q, step %d: %d lies in %d to %d", text, step, at, start, end)
		}
	})
}

func BenchmarkFloor(b *testing.B) {
	for _, step := range []int64{60, hour, Day, Month} {
		b.Run(fmt.Sprint(step), func(b *testing.B) {
			loc, err := ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
			if err != nil {
				b.Fatal(err)
			}
			c := Calendar{Zone: loc}
			b.ReportAllocs()
			for i := range b.N {
				c.Floor(1795190400+int64(i)*60, step)
			}
		})
	}
}
