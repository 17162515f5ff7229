package usage

import (
	"testing"
	"time"

	"weir/internal/clock"
)

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := clock.ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestCycleSpan(t *testing.T) {
	date := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name     string
		c        Cycle
		now      string
		from, to string
	}{
		{"a month", Cycle{}, "2026-11-20 12:00", "2026-11-01", "2026-12-01"},
		{"from the 15th, before it", Cycle{Monthly, Start{Day: 15}, 0}, "2026-01-14 23:59", "2025-12-15", "2026-01-15"},
		{"from the 15th, on it", Cycle{Monthly, Start{Day: 15}, 0}, "2026-01-15 00:00", "2026-01-15", "2026-02-15"},
		{"from the 31st in February", Cycle{Monthly, Start{Day: 31}, 0}, "2026-02-28 12:00", "2026-02-28", "2026-03-31"},
		{"from the 31st in a leap year", Cycle{Monthly, Start{Day: 31}, 0}, "2028-02-28 12:00", "2028-01-31", "2028-02-29"},
		{"from the last", Cycle{Monthly, Start{Day: -1}, 0}, "2026-04-30 00:00", "2026-04-30", "2026-05-31"},
		{"from the day of a date", Cycle{Monthly, Start{Date: date}, 0}, "2026-04-29 23:00", "2026-03-31", "2026-04-30"},
		{"a day", Cycle{Kind: Daily}, "2026-03-29 23:59", "2026-03-29", "2026-03-30"},
		{"a week", Cycle{Kind: Weekly, Start: Start{Day: 1}}, "2026-11-20 12:00", "2026-11-16", "2026-11-23"},
		{"a week on its first day", Cycle{Kind: Weekly, Start: Start{Day: 5}}, "2026-11-20 00:00", "2026-11-20", "2026-11-27"},
		{"a week from Sunday", Cycle{Kind: Weekly, Start: Start{Day: -1}}, "2026-11-20 00:00", "2026-11-15", "2026-11-22"},
		{"a week from a Saturday's date", Cycle{Kind: Weekly, Start: Start{Date: date}}, "2026-11-20 00:00", "2026-11-14", "2026-11-21"},
		{"a year", Cycle{Kind: Yearly}, "2026-11-20 00:00", "2026-01-01", "2027-01-01"},
		{"a year from a date", Cycle{Kind: Yearly, Start: Start{Date: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}}, "2027-02-28 00:00", "2027-02-28", "2028-02-29"},
		{"28 days over a change of the clock", Cycle{EveryN, Start{Date: date}, 28}, "2026-04-10 00:00", "2026-03-28", "2026-04-25"},
		{"28 days, the last minute", Cycle{EveryN, Start{Date: date}, 28}, "2026-03-27 23:59", "2026-02-28", "2026-03-28"},
		{"30 days before the date", Cycle{EveryN, Start{Date: date}, 30}, "2026-01-30 23:59", "2026-01-01", "2026-01-31"},
		{"no days at all", Cycle{Kind: EveryN}, "2026-01-30 23:59", "2026-01-30", "2026-01-31"},
	}
	zone := berlin(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now, err := time.ParseInLocation("2006-01-02 15:04", tt.now, zone)
			if err != nil {
				t.Fatal(err)
			}
			from, to := tt.c.Span(now, zone)
			if f, e := from.Format("2006-01-02 15:04"), to.Format("2006-01-02 15:04"); f != tt.from+" 00:00" || e != tt.to+" 00:00" {
				t.Errorf("%s to %s, want %s to %s", f, e, tt.from, tt.to)
			}
		})
	}
}

// TestCyclesCoverTime goes through eight years hour by hour with every start day.
func TestCyclesCoverTime(t *testing.T) {
	zone := berlin(t)
	begin := time.Date(2023, 12, 20, 0, 0, 0, 0, zone)
	check := func(c Cycle, longest int) {
		t.Helper()
		from, to := c.Span(begin, zone)
		for at := begin; at.Year() < 2032; at = at.Add(7 * time.Hour) {
			f, e := c.Span(at, zone)
			if f.After(at) || !at.Before(e) {
				t.Fatalf("%+v: %v does not lie in %v to %v", c, at, f, e)
			}
			if !f.Equal(from) {
				if back, end := c.Back(at, zone, 1); !f.Equal(to) || !back.Equal(from) || !end.Equal(to) {
					t.Fatalf("%+v: %v to %v does not follow %v to %v", c, f, e, from, to)
				}
				from, to = f, e
			}
			if f.Hour() != 0 || e.Sub(f) > time.Duration(longest)*25*time.Hour {
				t.Fatalf("%+v: %v to %v", c, f, e)
			}
			if last := f.AddDate(0, 0, 1).Day() == 1; c.Kind == Monthly && f.Day() != c.Start.Day && !(last && (c.Start.Day > f.Day() || c.Start.Day == -1)) {
				t.Fatalf("%+v begins on %v", c, f)
			}
		}
	}
	for day := -1; day <= 31; day++ {
		if day != 0 {
			check(Cycle{Monthly, Start{Day: day}, 0}, 31)
		}
	}
	for _, n := range []int{1, 7, 28, 30, 90} {
		check(Cycle{EveryN, Start{Date: begin}, n}, n)
	}
	check(Cycle{Kind: Weekly, Start: Start{Day: 3}}, 7)
	check(Cycle{Kind: Daily}, 1)
}
