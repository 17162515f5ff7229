package clock

import (
	"sync"
	"testing"
	"time"
)

// machine is a machine with two clocks that a Keeper looks at each second.
type machine struct {
	t    *testing.T
	k    Keeper
	now  Reading
	last Trust
}

func boot(t *testing.T, wall time.Time) *machine {
	t.Helper()
	m := &machine{t: t, now: Reading{Wall: wall, Up: 20 * time.Second}}
	m.last, _, _ = m.k.Look(m.now)
	return m
}

// run lets seconds pass, in which the clock is not set.
func (m *machine) run(seconds int) {
	m.t.Helper()
	for range seconds {
		m.now.Wall, m.now.Up = m.now.Wall.Add(time.Second), m.now.Up+time.Second
		var step time.Duration
		var move bool
		if m.last, step, move = m.k.Look(m.now); step != 0 || move {
			m.t.Fatalf("at %v: step %v, move %v, but nobody set the clock", m.now.Wall, step, move)
		}
	}
}

// set sets the wall clock and has the Keeper look a second later.
func (m *machine) set(wall time.Time, move bool) {
	m.t.Helper()
	by := wall.Sub(m.now.Wall)
	m.now.Wall, m.now.Up = wall.Add(time.Second), m.now.Up+time.Second
	trust, gotStep, gotMove := m.k.Look(m.now)
	m.last = trust
	if gotStep != by || gotMove != move {
		m.t.Errorf("set by %v: step %v, move %v, want move %v", by, gotStep, gotMove, move)
	}
}

func (m *machine) trusted(want Trust) {
	m.t.Helper()
	if m.last != want {
		m.t.Errorf("at %v: trusted by %q, want %q", m.now.Wall, m.last, want)
	}
}

func (m *machine) wrong(from, to time.Time) {
	m.t.Helper()
	if gotFrom, gotTo := m.k.Wrong(); !gotFrom.Equal(from) || !gotTo.Equal(to) {
		m.t.Errorf("wrong are %v to %v, want %v to %v", gotFrom, gotTo, from, to)
	}
}

var (
	epoch = time.Date(1970, 1, 1, 0, 0, 20, 0, time.UTC)
	truth = time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)
	day   = 24 * time.Hour
)

func TestKeeper(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T)
	}{
		{"boot in 1970", func(t *testing.T) {
			m := boot(t, epoch)
			m.run(300)
			m.trusted(Untrusted)
			m.set(truth, true)
			m.wrong(epoch, epoch.Add(301*time.Second))
			m.trusted(Untrusted) // until it has settled or is confirmed
			m.now.NTP = true
			m.run(1)
			m.trusted(ByNTP)
		}},
		{"boot in 1970, nobody confirms", func(t *testing.T) {
			m := boot(t, epoch)
			m.set(truth, true)
			m.run(9)
			m.trusted(Untrusted)
			m.run(1)
			m.trusted(ByDate)
		}},
		{"boot in 2033", func(t *testing.T) {
			future := time.Date(2033, 3, 4, 5, 6, 7, 0, time.UTC)
			m := boot(t, future)
			m.run(9)
			m.trusted(Untrusted)
			m.run(591)
			m.trusted(ByDate) // nothing tells that it is wrong
			m.now.NTP = true
			m.set(truth, true)
			m.wrong(future, future.Add(601*time.Second))
			m.trusted(ByNTP)
		}},
		{"boot at yesterday's time", func(t *testing.T) {
			m := boot(t, truth.Add(-day))
			m.run(60)
			m.trusted(ByDate)
			m.set(truth, true)
			m.trusted(Untrusted)
			m.wrong(truth.Add(-day), truth.Add(-day+61*time.Second))
			m.now.NTP = true
			m.run(1)
			m.set(truth.Add(day), false) // NTP says so, too: what was counted stands right
			m.trusted(ByNTP)
		}},
		{"set twice before it is right", func(t *testing.T) {
			m := boot(t, epoch)
			m.run(9)
			first := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			m.set(first, true)
			m.run(9)
			m.set(truth, true)
			m.wrong(first.Add(-9*time.Second), first.Add(11*time.Second)) // all since the boot
		}},
		{"back a day by hand and forth by NTP", func(t *testing.T) {
			m := boot(t, truth)
			m.now.NTP = true
			m.run(100)
			m.trusted(ByNTP)
			m.now.NTP = false // setting the clock takes the kernel's word back
			back := truth.Add(-day)
			m.set(back, false)
			m.trusted(Untrusted)
			m.run(100)
			m.trusted(ByDate)
			m.now.NTP = true
			m.set(truth.Add(201*time.Second), true)
			m.wrong(back.Add(time.Second), back.Add(102*time.Second)) // not what was counted before
			m.trusted(ByNTP)
		}},
		{"forward by years", func(t *testing.T) {
			m := boot(t, truth)
			m.now.NTP = true
			m.run(2)
			m.now.NTP = false
			m.set(time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC), false)
			m.run(60)
			m.trusted(Untrusted) // cannot be true, however long
		}},
		{"NTP in 1970 is no NTP", func(t *testing.T) {
			m := boot(t, epoch)
			m.now.NTP = true
			m.run(60)
			m.trusted(Untrusted)
			m.set(truth, true)
		}},
		{"NTP comes and goes", func(t *testing.T) {
			m := boot(t, truth)
			for i := range 50 {
				m.now.NTP = i%3 == 0
				m.run(3)
				m.trusted(ByNTP) // nothing set the clock
			}
			m.now.NTP = false
			m.set(m.now.Wall.Add(2*time.Second), false) // what it drifted by
			m.trusted(ByNTP)
		}},
		{"summer time both ways", func(t *testing.T) {
			zone := zone(t, "CET-1CEST,M3.5.0,M10.5.0/3")
			for _, at := range []time.Time{time.Date(2026, 3, 29, 0, 59, 30, 0, time.UTC), time.Date(2026, 10, 25, 0, 59, 30, 0, time.UTC)} {
				m := boot(t, at.In(zone))
				m.now.NTP = true
				m.run(60)
				m.trusted(ByNTP)
			}
		}},
		{"suspended machine", func(t *testing.T) {
			m := boot(t, truth)
			m.run(20)
			m.now.Wall, m.now.Up = m.now.Wall.Add(9*time.Hour), m.now.Up+9*time.Hour
			m.run(1)
			m.trusted(ByDate)
		}},
		{"leap second", func(t *testing.T) {
			m := boot(t, time.Date(2026, 12, 31, 23, 59, 55, 0, time.UTC))
			m.now.NTP = true
			m.run(5)
			m.set(m.now.Wall.Add(-time.Second), false)
			m.trusted(ByNTP)
			m.run(5)
		}},
		{"leap second unconfirmed", func(t *testing.T) {
			m := boot(t, time.Date(2026, 12, 31, 23, 59, 30, 0, time.UTC))
			m.run(30)
			m.set(m.now.Wall.Add(-time.Second), false)
			m.trusted(ByDate)
		}},
		{"drift and slewing", func(t *testing.T) {
			m := boot(t, truth)
			for range 2 * 3600 {
				m.now.Wall = m.now.Wall.Add(500 * time.Microsecond)
				m.run(1)
			}
			for range 3600 {
				m.now.Wall = m.now.Wall.Add(-80 * time.Millisecond) // as fast as chrony ever slews
				m.run(1)
			}
			m.trusted(ByDate)
		}},
		{"its own time to settle", func(t *testing.T) {
			m := boot(t, truth)
			m.k.Settle = 3 * time.Second
			m.run(2)
			m.trusted(Untrusted)
			m.run(1)
			m.trusted(ByDate)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.do)
	}
}

func TestConfirm(t *testing.T) {
	t.Run("date is right", func(t *testing.T) {
		m := boot(t, truth)
		m.k.Confirm()
		m.run(1)
		m.trusted(Untrusted)
		m.run(1)
		m.trusted(ByNTP)
		m.set(truth.Add(day), false)
		m.run(2)
		m.trusted(Untrusted) // it was for the clock before
	})
	t.Run("right after the step", func(t *testing.T) {
		m := boot(t, epoch)
		m.k.Confirm()
		m.set(truth, true)
		m.run(1)
		m.trusted(ByNTP)
	})
	t.Run("between reading the clock and looking", func(t *testing.T) {
		m := boot(t, truth.Add(-day))
		m.run(2)
		m.k.Confirm() // the clock was set, and what run(1) has read is older
		m.run(1)
		m.set(truth, true)
		m.trusted(ByNTP)
	})
	t.Run("from any goroutine", func(t *testing.T) {
		m := boot(t, truth)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(m.k.Confirm)
		}
		m.run(3)
		wait.Wait()
		m.run(2)
		m.trusted(ByNTP)
	})
}

func TestKeeperOnThisMachine(t *testing.T) {
	var k Keeper
	k.Look(Now())
	time.Sleep(time.Millisecond)
	if _, step, move := k.Look(Now()); step != 0 || move {
		t.Errorf("step %v, move %v between two real readings", step, move)
	}
	if allocs := testing.AllocsPerRun(100, func() { k.Look(Now()) }); allocs != 0 {
		t.Errorf("%v allocations a look", allocs)
	}
}
