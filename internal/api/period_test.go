package api

import (
	"testing"
	"time"

	"weir/internal/clock"
)

var berlin = time.FixedZone("CET", 3600)

func day(t *testing.T, text string, zone *time.Location) int64 {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

func TestSpanBefore(t *testing.T) {
	vienna, err := clock.ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, from, to, want string
		zone                 *time.Location
	}{
		{"an hour", "2025-06-15 14:10", "2025-06-15 15:10", "2025-06-15 13:10", time.UTC},
		{"a day", "2025-06-15 00:00", "2025-06-16 00:00", "2025-06-14 00:00", berlin},
		{"a day after summer time began", "2025-03-31 00:00", "2025-04-01 00:00", "2025-03-30 00:00", vienna},
		{"the day summer time began", "2025-03-30 00:00", "2025-03-31 00:00", "2025-03-29 00:00", vienna},
		{"a week with the end of summer time", "2025-10-20 00:00", "2025-10-27 00:00", "2025-10-13 00:00", vienna},
		{"a month", "2025-03-01 00:00", "2025-04-01 00:00", "2025-02-01 00:00", vienna},
		{"a year", "2025-01-01 00:00", "2026-01-01 00:00", "2024-01-01 00:00", time.UTC},
		{"a month by another day", "2025-05-15 00:00", "2025-06-15 00:00", "2025-04-14 00:00", time.UTC},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := span{day(t, tt.from, tt.zone), day(t, tt.to, tt.zone)}
			want := span{day(t, tt.want, tt.zone), s.from}
			if got := s.before(tt.zone); got != want {
				t.Errorf("from %s, want %s", time.Unix(got.from, 0).In(tt.zone), time.Unix(want.from, 0).In(tt.zone))
			}
		})
	}
	if got := (span{100, 1000}).before(time.UTC); got.from != 0 {
		t.Errorf("before 1970: %+v", got)
	}
}

func TestGrain(t *testing.T) {
	now := day(t, "2025-06-15 15:15", berlin)
	tests := []struct {
		name, from, to string
		want           int64
	}{
		{"whole days", "2025-06-01 00:00", "2025-06-08 00:00", clock.Day},
		{"whole months", "2025-01-01 00:00", "2025-06-01 00:00", clock.Month},
		{"a month until now", "2025-06-01 00:00", "2025-06-15 15:15", clock.Month},
		{"hours until now", "2025-06-15 10:00", "2025-06-15 15:15", 3600},
		{"hours", "2025-06-15 10:00", "2025-06-15 12:00", 3600},
		{"days of another zone", "2025-06-01 01:00", "2025-06-08 01:00", 3600},
		{"odd, short", "2025-06-15 10:01", "2025-06-15 10:31", 60},
		{"odd, long", "2024-06-15 10:01", "2025-06-15 10:31", clock.Day},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := span{day(t, tt.from, berlin), day(t, tt.to, berlin)}
			got := s.grain(clock.Calendar{Zone: berlin}, now)
			if got != tt.want {
				t.Errorf("grain %d, want %d", got, tt.want)
			}
			if n := s.points(got); n < 1 || int64(n)*got > s.to-s.from+got {
				t.Errorf("%d points", n)
			}
		})
	}
	if g := (span{1000, 1060}).fine(); g != 1 {
		t.Errorf("of a minute: %d", g)
	}
}

func TestForecast(t *testing.T) {
	cycle := span{0, 30 * clock.Day}
	tests := []struct {
		name  string
		now   int64
		want  uint64
		known bool
	}{
		{"half", 15 * clock.Day, 2000, true},
		{"the beginning", clock.Day, 0, false},
		{"the end", 30 * clock.Day, 0, false},
		{"past", 31 * clock.Day, 0, false},
	}
	for _, tt := range tests {
		if got, known := cycle.forecast(1000, tt.now); got != tt.want || known != tt.known {
			t.Errorf("%s: %d %v", tt.name, got, known)
		}
	}
}
