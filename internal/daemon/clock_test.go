package daemon

import (
	"testing"
	"time"

	"weir/internal/alert"
	"weir/internal/clock"
	"weir/internal/rollup"
)

var truth = time.Date(2026, time.November, 20, 16, 10, 30, 0, time.UTC)

// rebooted starts the daemon after a reboot: its database is made of snapshots.
func (m *machine) rebooted(reboot func()) {
	m.Helper()
	m.stop()
	reboot()
	m.now.Up = 15 * time.Second
	m.start()
}

// Where the clock is wrong, what is counted stands at the right time in the end, in
// every tier, in the flow log, in quotas and alerts; nothing is doubled, lost or in
// the future; and snapshots say the same.
func TestClockThatIsWrong(t *testing.T) {
	const quota = "config quota 'plan'\n\toption scope 'device:" + phoneKey + "'\n\toption bytes '1000000000'\n\toption cycle 'day'\n"
	future := time.Date(2033, time.March, 4, 5, 6, 7, 0, time.UTC)
	tests := []struct {
		name string
		boot time.Time
		run  func(m *machine, reboot func()) (from, to time.Time) // of the truth
	}{
		{"boot in 1970, then NTP", time.Unix(20, 0), func(m *machine, _ func()) (from, to time.Time) {
			m.pass(900)
			m.set(truth, true)
			m.pass(300)
			return truth.Add(-901 * time.Second), m.now.Wall
		}},
		{"boot in 2033, then NTP", future, func(m *machine, _ func()) (from, to time.Time) {
			m.pass(4000)
			m.snapshot()
			m.pass(100)
			m.set(truth, true)
			m.pass(300)
			return truth.Add(-4101 * time.Second), m.now.Wall
		}},
		{"boot in 2033, restarts, then NTP", future, func(m *machine, _ func()) (from, to time.Time) {
			for range 3 {
				m.pass(1500)
				m.stop()
				m.start()
			}
			m.pass(60)
			m.set(truth, true)
			m.pass(300)
			return truth.Add(-4561 * time.Second), m.now.Wall
		}},
		{"boot in 2033, NTP while weir does not run", future, func(m *machine, _ func()) (from, to time.Time) {
			m.pass(4000)
			m.stop()
			m.now.Wall, m.now.NTP = truth, true
			m.start()
			m.pass(300)
			return truth.Add(-4001 * time.Second), m.now.Wall
		}},
		{"back a day by hand, confirmed before", truth.Add(-time.Hour), func(m *machine, _ func()) (from, to time.Time) {
			m.now.NTP = true
			m.pass(3600)
			m.set(m.now.Wall.Add(-24*time.Hour), false)
			m.pass(600)
			return truth.Add(-25 * time.Hour), truth
		}},
		{"forward five years and back", truth.Add(-time.Hour), func(m *machine, _ func()) (from, to time.Time) {
			m.now.NTP = true
			m.pass(3600)
			m.set(m.now.Wall.AddDate(5, 0, 0), false)
			m.pass(1800)
			m.snapshot()
			m.set(truth.Add(1800*time.Second), true)
			m.pass(600)
			return truth.Add(-time.Hour), m.now.Wall
		}},
		{"a suspended machine", truth, func(m *machine, _ func()) (from, to time.Time) {
			m.now.NTP = true
			m.pass(600)
			m.now.Wall, m.now.Up = m.now.Wall.Add(9*time.Hour), m.now.Up+9*time.Hour
			m.pass(600)
			return truth, m.now.Wall
		}},
		{"stop before the date has proved itself", truth, func(m *machine, _ func()) (from, to time.Time) {
			m.pass(5)
			feed(m.T, m.d, m.now.Wall, phoneMAC, "192.168.1.20", 53, 7)
			m.fed += 7
			m.stop()
			m.start()
			m.pass(30)
			return truth, m.now.Wall
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, reboot := newMachine(t, tt.boot, quota)
			m.d.raise(alert.New{Type: "test", Text: "raised at the boot"})
			from, to := tt.run(m, reboot)
			m.d.account(m.now)
			oneRun := m.runs == 1 // alerts of earlier ones stay where they are
			check := func() {
				m.Helper()
				m.has(from, to)
				if n, all := m.flows(from.Add(-2*time.Minute), to.Add(time.Minute)), m.flows(time.Unix(0, 0), time.Unix(1<<33, 0)); n != all {
					m.Errorf("%d of %d flows stand where they belong", n, all)
				}
				for _, a := range m.alertsOf("test") {
					if oneRun && (a.At.Before(from.Add(-time.Minute)) || a.At.After(to)) {
						m.Errorf("the alert stands at %v", a.At.UTC())
					}
				}
				for _, u := range m.d.Uses() {
					if u.Used > m.fed*100 || u.From.After(m.now.Wall) {
						m.Errorf("quota: %d of %d bytes from %v", u.Used, m.fed*100, u.From)
					}
				}
			}
			check()
			m.snapshot()
			m.rebooted(reboot)
			if m.d.restored == nil || m.d.restored.Slots == 0 {
				t.Fatalf("nothing was rebuilt\n%s", m.h.log)
			}
			check()
		})
	}
}

// In 1970 there is no date to store by; a stop then loses what was counted, and says
// so.
func TestStopIn1970(t *testing.T) {
	m, _ := newMachine(t, time.Unix(20, 0), "")
	m.pass(300)
	m.stop()
	m.logged("the clock was never set: what was counted since the start has no date and is lost", 1)
	m.start()
	m.fed = 0
	m.set(truth, true)
	m.pass(60)
	m.has(truth, m.now.Wall)
}

// Days and months follow the router's zone: a day of 23 and one of 25 hours, the
// months around them, and a quota that begins on the last day of each month, whether
// it has 31 days or not.
func TestSummerTime(t *testing.T) {
	zone, err := clock.ParseTZ("CET-1CEST,M3.5.0,M10.5.0/3")
	if err != nil {
		t.Fatal(err)
	}
	for _, month := range []time.Month{time.March, time.October} {
		t.Run(month.String(), func(t *testing.T) {
			t.Parallel()
			m, reboot := newMachine(t, time.Date(2026, month, 28, 22, 0, 0, 0, zone),
				"config quota 'plan'\n\toption scope 'device:"+phoneKey+"'\n\toption bytes '1G'\n\toption cycle 'month'\n\toption start '31'\n")
			m.now.NTP = true
			m.tz = "CET-1CEST,M3.5.0,M10.5.0/3"
			m.stop()
			m.start()
			begin, sums := m.now.Wall, map[string]uint64{} // by day
			var cycle uint64
			for m.now.Wall.Before(time.Date(2026, month+1, 2, 12, 0, 0, 0, zone)) {
				fed := m.fed
				m.pass(30)
				m.d.account(m.now)
				sums[m.now.Wall.In(zone).Format(time.DateOnly)] += m.fed - fed
				if !m.now.Wall.Before(time.Date(2026, month, 31, 0, 0, 0, 0, zone)) {
					cycle += m.fed - fed
				}
				m.skip(20*time.Minute - 30*time.Second)
			}
			check := func() {
				m.Helper()
				m.has(begin, m.now.Wall)
				days := m.tier(clock.Day)
				for day, want := range sums {
					from, _ := time.ParseInLocation(time.DateOnly, day, zone)
					if got := m.sum(days, rollup.Total, from.Unix(), from.AddDate(0, 0, 1).Unix()); got != want {
						m.Errorf("%s has %d packets, want %d", day, got, want)
					}
				}
				u := m.d.Uses()[0]
				if u.Used != cycle*100 || !u.From.Equal(time.Date(2026, month, 31, 0, 0, 0, 0, zone)) {
					m.Errorf("quota: %d bytes from %v, want %d", u.Used, u.From, cycle*100)
				}
			}
			check()
			m.rebooted(reboot)
			check()
		})
	}
}
