package device

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// midnight is the begin of a day, in microseconds.
const midnight = int64(1_760_054_400) * second

func TestEvents(t *testing.T) {
	s := NewDevices(4, 0, handles(8))
	s.Restore([]Kept{{Key: mac(1).String(), MACs: nil, First: minute, Last: minute}})
	now := midnight
	old := s.ByKey(mac(1).String())
	tick := func(at int64) []string {
		s.Tick(at, second)
		var all []string
		for _, e := range s.Events() {
			all = append(all, fmt.Sprintf("%s %s %d", e.What, e.Key, (e.At-midnight)/second))
		}
		return all
	}
	old.Heard(now)
	d := s.Seen(mac(2), 0, 0, now)
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("one comes, one is new", tick(now+second), "came "+old.Key+" 0")
	d.Tell(FromDHCP, []byte("phone"), now)
	check("the new one introduced itself", tick(now+10*second), "new "+d.Key+" 0")
	check("all is quiet", tick(now+2*minute))
	check("they left", tick(now+6*minute), "left "+d.Key+" 0", "left "+old.Key+" 0")
	d.Heard(now + 7*minute)
	check("one is back", tick(now+8*minute), "came "+d.Key+" 420")
	s.Moved(addr("10.0.0.1"), old, d, now)
	if e := s.Events(); len(e) != 1 || e[0].What != Moved || e[0].From != old.ID || e[0].Device != d.ID || e[0].Addr != *addr("10.0.0.1") || e[0].Name != "phone" {
		t.Errorf("%+v", e)
	}
	for range 2 * maxEvents {
		s.Moved(addr("10.0.0.1"), old, d, now)
	}
	if s.Unheard != maxEvents || len(s.Events()) != maxEvents || len(s.Events()) != 0 {
		t.Errorf("%d dropped", s.Unheard)
	}
}

func TestPresence(t *testing.T) {
	s := NewDevices(4, 0, handles(8))
	d := s.Seen(mac(1), 0, 0, midnight-2*60*minute)
	there := func(from, to int64) {
		for at := from; at <= to; at += minute {
			d.Heard(at)
			s.Tick(at, minute)
		}
	}
	there(midnight-120*minute, midnight-90*minute)
	s.Tick(midnight-60*minute, minute)
	there(midnight-30*minute, midnight+30*minute)
	day := midnight / second
	want := []Visit{
		{d.Key, day - 7200, day - 5400}, {d.Key, day - 1800, day + 1800},
	}
	if diff := cmp.Diff(want, s.Visits(d, midnight+31*minute)); diff != "" {
		t.Errorf("today (-want +got):\n%s", diff)
	}
	rows := s.PresenceRows(midnight + 31*minute)
	if len(rows) != 2 || rows[0].Key != PresenceKey(day) || rows[1].Key != PresenceKey(day-1) || rows[0].Key <= rows[1].Key {
		t.Fatalf("rows %v", rows)
	}
	var got []Visit
	for _, row := range []Row{rows[1], rows[0]} {
		all, err := ParsePresence(row.Value)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, all...)
	}
	want = []Visit{{d.Key, day - 7200, day - 5400}, {d.Key, day - 1800, day}, {d.Key, day, day + 1800}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	rows = s.PresenceRows(midnight + 32*minute)
	if len(rows) != 1 || len(s.visits.all) != 0 {
		t.Errorf("yesterday is stored again: %d rows, %d visits", len(rows), len(s.visits.all))
	}

	// After a restart the row of today goes on.
	next := NewDevices(4, 0, handles(8))
	e := next.Seen(mac(1), 0, 0, midnight+40*minute)
	if err := next.LoadPresence(rows[0].Value); err != nil {
		t.Fatal(err)
	}
	next.Tick(midnight+40*minute, minute)
	want = []Visit{{e.Key, day, day + 1800}, {e.Key, day + 2400, day + 2400}}
	if diff := cmp.Diff(want, next.Visits(e, midnight+40*minute)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// TestPresenceOfMembers keeps the visits of what became a member under its own key.
func TestPresenceOfMembers(t *testing.T) {
	s, a, b := two(t)
	s.Tick(3*minute, minute)
	if err := s.Merge(a, b); err != nil {
		t.Fatal(err)
	}
	got := s.Visits(a, 4*minute)
	want := []Visit{{mac(1).String(), 60, 120}, {mac(2).String(), 120, 120}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPresenceIsBounded(t *testing.T) {
	s := NewDevices(512, 0, handles(1000))
	for i := range 512 {
		s.Seen(mac(i), 0, 0, midnight)
		for k := range int64(100) {
			s.visits.add(uint32(i+1), midnight+k*10*minute, midnight+k*10*minute+minute)
		}
	}
	if len(s.visits.all) > maxVisits {
		t.Errorf("%d visits", len(s.visits.all))
	}
	counts := make(map[uint32]int)
	for _, v := range s.visits.all {
		counts[v.id]++
	}
	if counts[1] != visitsOfOne || s.visits.Dropped == 0 {
		t.Errorf("%d visits of the first, %d dropped", counts[1], s.visits.Dropped)
	}
	for _, row := range s.PresenceRows(midnight + 24*60*minute - second) {
		all, err := ParsePresence(row.Value)
		if err != nil || len(row.Value) > maxPresence {
			t.Errorf("%d bytes, %v", len(row.Value), err)
		}
		t.Logf("%s: %d visits of %d devices in %d bytes", row.Key, len(all), len(counts), len(row.Value))
	}
}

func TestPresenceAndTheClock(t *testing.T) {
	s := NewDevices(4, 0, handles(8))
	d := s.Seen(mac(1), 0, 0, 100*second)
	s.Tick(101*second, second)
	s.visits.add(d.ID, 10*second, 20*second)
	s.Shift(midnight, 0, 200*second)
	day := midnight / second
	want := []Visit{{d.Key, day + 10, day + 20}, {d.Key, day + 100, day + 100}}
	if diff := cmp.Diff(want, s.Visits(d, midnight+101*second)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows := s.PresenceRows(midnight + 102*second); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
}

// TestForgetPresence takes a device's visits out of a row, and leaves the others'.
func TestForgetPresence(t *testing.T) {
	a, b := mac(1).String(), "10.8.0.2"
	p := presence{day: midnight / second}
	for _, v := range []Visit{{a, p.day, p.day + 100}, {a, p.day + 200, p.day + 300}, {b, p.day + 50, p.day + 60}} {
		p.add(&v)
	}
	row := p.encode()
	for _, tt := range []struct {
		keys []string
		want int // visits that are left, -1 for no change
	}{{[]string{a}, 1}, {[]string{b, "nobody"}, 2}, {[]string{a, b}, 0}, {[]string{"nobody"}, -1}, {nil, -1}} {
		got, ok := ForgetPresence(row, tt.keys)
		left, err := ParsePresence(got)
		if ok != (tt.want >= 0) || ok && (err != nil || len(left) != tt.want) {
			t.Errorf("without %v: %v, %v, %v", tt.keys, left, ok, err)
		}
		for _, v := range left {
			if slices.Contains(tt.keys, v.Key) {
				t.Errorf("without %v: %+v", tt.keys, v)
			}
		}
	}
	if _, ok := ForgetPresence([]byte{9, 9}, []string{a}); ok {
		t.Error("a row that is none was changed")
	}
}

func FuzzPresence(f *testing.F) {
	p := presence{day: midnight / second}
	p.add(&Visit{mac(1).String(), p.day, p.day + 100})
	p.add(&Visit{mac(1).String(), p.day + 200, p.day + 300})
	p.add(&Visit{"10.8.0.2", p.day + 200, p.day + secondsADay})
	f.Add(p.encode())
	f.Add([]byte{presenceVersion, 0x80})
	f.Add([]byte{presenceVersion, 1, 0, 1, 2, 3, 4, 5, 6, 0xff, 0xff, 3, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := ParsePresence(b)
		if len(all) > len(b) {
			t.Fatalf("%d visits of %d bytes", len(all), len(b))
		}
		for _, v := range all {
			if v.From > v.To || v.To-v.From > secondsADay {
				t.Fatalf("%+v", v)
			}
		}
		if row, ok := ForgetPresence(b, []string{mac(1).String()}); ok {
			left, err := ParsePresence(row)
			if err != nil || slices.ContainsFunc(left, func(v Visit) bool { return v.Key == mac(1).String() }) {
				t.Fatalf("%v, %v is left of %v", left, err, all)
			}
		}
		s := NewDevices(4, 0, handles(8))
		s.Seen(mac(1), 0, 0, minute)
		s.LoadPresence(b)
		if err != nil || len(all) == 0 {
			return
		}
		again := presence{day: all[0].From / secondsADay * secondsADay}
		for i := range all {
			again.add(&all[i])
		}
		if _, err := ParsePresence(again.encode()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestParsePresenceTellsDamage(t *testing.T) {
	p := presence{day: midnight / second}
	p.add(&Visit{mac(1).String(), p.day + 5, p.day + 100})
	p.add(&Visit{"10.8.0.2", p.day + 200, p.day + secondsADay})
	whole := p.encode()
	for n := range whole {
		all, err := ParsePresence(whole[:n])
		if len(all) == 2 || err == nil && n > 4 && n != bytes.Index(whole, []byte("\x0810.8")) {
			t.Errorf("%d of %d bytes: %v, %v", n, len(whole), all, err)
		}
	}
	if PresenceKey(time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC).Unix()) != "20260301" {
		t.Error("the key is not the day")
	}
}
