package clock

import (
	"testing"
	"time"
)

func TestTrusted(t *testing.T) {
	tests := []struct {
		name string
		now  time.Time
		want bool
	}{
		{"boot without a clock", time.Unix(0, 0), false},
		{"time of an old file", time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC), false},
		{"now", time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), true},
		{"broken clock", time.Date(2133, 1, 1, 0, 0, 0, 0, time.UTC), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Trusted(tt.now); (got != Untrusted) != tt.want {
				t.Errorf("Trusted(%v) = %q", tt.now, got)
			}
		})
	}
}

func TestStep(t *testing.T) {
	base := time.Date(1970, 1, 1, 0, 0, 10, 0, time.UTC)
	const year = 365 * 24 * time.Hour
	tests := []struct {
		name     string
		wall, up time.Duration // after the first reading
		want     time.Duration
	}{
		{"one second", time.Second, time.Second, 0},
		{"a suspended night", 9 * time.Hour, 9 * time.Hour, 0},
		{"slewed by NTP", 10*time.Second + 5*time.Millisecond, 10 * time.Second, 0},
		{"slewed for an hour", time.Hour + 1800*time.Millisecond, time.Hour, 0},
		{"set by two seconds", 3 * time.Second, time.Second, 2 * time.Second},
		{"NTP answers after boot", 56*year + time.Second, time.Second, 56 * year},
		{"set back a day", -24*time.Hour + time.Second, time.Second, -24 * time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w Watch
			if got := w.Step(Reading{Wall: base, Up: time.Minute}); got != 0 {
				t.Errorf("first reading: step %v", got)
			}
			if got := w.Step(Reading{Wall: base.Add(tt.wall), Up: time.Minute + tt.up}); got != tt.want {
				t.Errorf("step %v, want %v", got, tt.want)
			}
		})
	}
}

func TestNow(t *testing.T) {
	var w Watch
	w.Step(Now())
	time.Sleep(time.Millisecond)
	if got := w.Step(Now()); got != 0 {
		t.Errorf("step %v between two real readings", got)
	}
}
