package clock

import (
	"testing"
	"time"
)

func zone(t *testing.T, text string) *time.Location {
	t.Helper()
	loc, err := ParseTZ(text)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestFloorAndNext(t *testing.T) {
	tests := []struct {
		name, tz         string
		step             int64
		at, floor, after string
	}{
		{"five minutes", "CET-1CEST,M3.5.0,M10.5.0/3", 300, "2026-11-20T16:07:03+01:00", "2026-11-20T16:05:00+01:00", "2026-11-20T16:10:00+01:00"},
		{"an hour", "CET-1CEST,M3.5.0,M10.5.0/3", 3600, "2026-11-20T16:07:03+01:00", "2026-11-20T16:00:00+01:00", "2026-11-20T17:00:00+01:00"},
		{"an hour in India", "IST-5:30", 3600, "2026-11-20T16:07:03+05:30", "2026-11-20T16:00:00+05:30", "2026-11-20T17:00:00+05:30"},
		{"a day", "CET-1CEST,M3.5.0,M10.5.0/3", Day, "2026-11-20T00:07:03+01:00", "2026-11-20T00:00:00+01:00", "2026-11-21T00:00:00+01:00"},
		{"a day of 23 hours", "CET-1CEST,M3.5.0,M10.5.0/3", Day, "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
		{"a day of 25 hours", "CET-1CEST,M3.5.0,M10.5.0/3", Day, "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
		{"a month", "EST5EDT,M3.2.0,M11.1.0", Month, "2026-11-20T16:07:03-05:00", "2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00"},
		{"February of a leap year", "UTC", Month, "2028-02-29T23:59:59Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"a year", "CET-1CEST,M3.5.0,M10.5.0/3", 12 * Month, "2026-11-20T16:07:03+01:00", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00"},
		{"midnight skipped", "AAA4BBB,M10.1.0/0,M3.4.0/0", Day, "2026-10-04T12:00:00-03:00", "2026-10-04T01:00:00-03:00", "2026-10-05T00:00:00-03:00"},
		{"midnight taken back", "AAA4BBB,M10.1.0/0,M3.4.0/0", Day, "2026-03-21T23:30:00-04:00", "2026-03-21T00:00:00-03:00", "2026-03-22T00:00:00-04:00"},
		{"midnight twice", "CST5CDT,M3.2.0/0,M11.1.0/1", Day, "2026-11-01T00:30:00-05:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"},
		{"half an hour forward", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 3600, "2026-10-04T02:45:00+11:00", "2026-10-04T02:30:00+11:00", "2026-10-04T03:00:00+11:00"},
		{"before half an hour back", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 3600, "2026-04-05T01:45:00+11:00", "2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30"},
		{"half an hour back", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 3600, "2026-04-05T01:45:00+10:30", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Calendar{Zone: zone(t, tt.tz)}
			text := func(sec int64) string { return time.Unix(sec, 0).In(c.Zone).Format(time.RFC3339) }
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Floor(at.Unix(), tt.step); text(got) != tt.floor {
				t.Errorf("Floor: %s, want %s", text(got), tt.floor)
			}
			if got := c.Next(at.Unix(), tt.step); text(got) != tt.after {
				t.Errorf("Next: %s, want %s", text(got), tt.after)
			}
		})
	}
}
