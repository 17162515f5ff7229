package usage

import (
	"strings"
	"testing"
	"time"
)

func TestCauses(t *testing.T) {
	seen := map[string]bool{}
	for c := range Cause(NumCauses) {
		w := words[c]
		if w.name == "" || seen[w.name] || w.name != strings.ToLower(w.name) {
			t.Errorf("cause %d: name %q", c, w.name)
		}
		seen[w.name] = true
		if c.State() != (w.many == "") || c.State() == strings.Contains(w.one, "%d") {
			t.Errorf("%s: a state has one text without a number, a counted cause two with it: %q, %q", c, w.one, w.many)
		}
	}
}

func TestReasonText(t *testing.T) {
	now := time.Date(2025, 6, 15, 15, 15, 0, 0, time.FixedZone("", 2*3600))
	at := func(hour, minute int) time.Time { return time.Date(2025, 6, 15, hour-2, minute, 0, 0, time.UTC) }
	tests := []struct {
		name string
		r    Reason
		want string
	}{
		{"a state", Reason{Cause: Standing, Active: true, Count: 3, Since: at(12, 3), Last: at(15, 15)}, "hardware offload without counters since 12:03"},
		{"one that is over", Reason{Cause: Standing, Count: 3, Since: at(12, 3), Last: at(13, 20)}, "hardware offload without counters from 12:03 to 13:20"},
		{"since yesterday", Reason{Cause: NoCounter, Active: true, Count: 1, Since: at(12, 3).AddDate(0, 0, -1)}, "flow offload without counters since 14 Jun 12:03"},
		{"a year ago", Reason{Cause: NoCounter, Active: true, Count: 1, Since: at(12, 3).AddDate(-1, 0, 0)}, "flow offload without counters since 15 Jun 12:03"},
		{"counted", Reason{Cause: RingDrops, Count: 312, Since: at(9, 0)}, "the ring dropped 312 packets since 09:00"},
		{"once", Reason{Cause: RingDrops, Count: 1, Since: at(9, 0)}, "the ring dropped 1 packet at 09:00"},
		{"a table", Reason{Cause: Evicted, Active: true, Count: 7, Since: at(9, 0)}, "flow table full: 7 flows left early since 09:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.Text(now); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
