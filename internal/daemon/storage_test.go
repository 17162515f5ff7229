package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/internal/alert"
	"weir/internal/api"
	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/internal/intern"
	"weir/internal/rollup"
	"weir/store"
)

// volatileHouse is newHouse with the live database in memory, as on a router, and
// snapshots in the house. reboot empties that memory.
func volatileHouse(t *testing.T, extra string) (h *house, reboot func()) {
	t.Helper()
	const memory = "/dev/shm"
	if fs := store.FileSystem(memory); fs != "tmpfs" {
		t.Skipf("SKIPPED: %s is on %s, and a database in memory is what this is about", memory, fs)
	}
	dir, err := os.MkdirTemp(memory, "weir")
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h = newHouse(t, "config store 'store'\n\toption path '"+dir+"/db'\n"+extra)
	return h, func() {
		t.Helper()
		if err := os.RemoveAll(filepath.Join(dir, "db")); err != nil {
			t.Fatal(err)
		}
	}
}

// machine is a house whose clocks a test sets, with the daemon in it that runs
// nothing by itself.
type machine struct {
	*testing.T
	h    *house
	d    *Daemon
	now  clock.Reading
	tz   string // rules of the router's zone
	fed  uint64 // packets, in all runs
	runs int
	open uint64 // packets of the slots that were open, which tiers below an hour may lack
}

const phoneKey = "02:00:00:00:01:01"

func newMachine(t *testing.T, wall time.Time, extra string) (m *machine, reboot func()) {
	t.Helper()
	h, empty := volatileHouse(t, extra)
	m = &machine{T: t, h: h, now: clock.Reading{Wall: wall, Up: 20 * time.Second}}
	h.opt.Now = func() clock.Reading { return m.now }
	m.start()
	return m, empty
}

// start starts the daemon.
func (m *machine) start() {
	m.Helper()
	cfg := m.h.load(m.T)
	cfg.Router.TZ = m.tz
	m.runs++
	m.d = newDaemon(m.h.opt, cfg)
	if err := m.d.open(cfg); err != nil {
		m.Fatal(err)
	}
	d := m.d
	m.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		d.store.Close(ctx)
	})
	m.d.tick(m.now)
}

// stop stops it as close does.
func (m *machine) stop() {
	m.Helper()
	m.d.finish()
	ctx, cancel := context.WithTimeout(m.Context(), stopTimeout)
	defer cancel()
	m.d.lastSnapshot(ctx)
	if err := m.d.store.Close(ctx); err != nil {
		m.Error(err)
	}
}

// pass lets seconds pass, with a tick in each and some traffic in some.
func (m *machine) pass(seconds int) {
	m.Helper()
	for s := range seconds {
		m.now.Wall, m.now.Up = m.now.Wall.Add(time.Second), m.now.Up+time.Second
		if s%20 == 10 {
			feed(m.T, m.d, m.now.Wall, phoneMAC, "192.168.1.20", 53, 3)
			m.fed += 3
		}
		m.d.tick(m.now)
	}
}

// skip lets time pass in which nothing happens, with a tick a minute.
func (m *machine) skip(by time.Duration) {
	for ; by > 0; by -= time.Minute {
		step := min(by, time.Minute)
		m.now.Wall, m.now.Up = m.now.Wall.Add(step), m.now.Up+step
		m.d.tick(m.now)
	}
}

// set sets the wall clock. Like NTP it is heard a second later.
func (m *machine) set(wall time.Time, ntp bool) {
	m.now.Wall, m.now.NTP = wall, ntp
	m.d.tick(m.now)
}

func (m *machine) snapshot() {
	m.Helper()
	if _, err := m.d.Snapshot(m.Context()); err != nil {
		m.Fatal(err)
	}
}

// tier returns a database that has one tier of the daemon's, by way of a backup.
func (m *machine) tier(step int64) *store.Store {
	m.Helper()
	var backup bytes.Buffer
	if err := m.d.Backup(m.Context(), &backup); err != nil {
		m.Fatal(err)
	}
	st, err := store.Open(filepath.Join(m.TempDir(), "tier.db"), store.Options{
		Names: intern.New(1 << 12), Tiers: []rollup.Tier{{Step: step}}, Calendar: m.d.calendar(),
	})
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(func() { st.Close(context.Background()) })
	if _, err := st.Restore(m.Context(), &backup); err != nil {
		m.Fatal(err)
	}
	return st
}

// sum returns the packets of all members of a class in the slots of a database that
// has one tier, between two times.
func (m *machine) sum(st *store.Store, class rollup.Class, from, to int64) (n uint64) {
	m.Helper()
	q := rollup.Query{Class: class, Metric: rollup.Packets, From: from, To: to, Points: 1}
	all, _, err := st.Top(m.Context(), q, 1000, func() []rollup.Slot { return nil })
	if err != nil {
		m.Fatal(err)
	}
	for _, a := range all {
		n += a.TxPackets + a.RxPackets
	}
	return n
}

// flows returns how many flows the log has between two times.
func (m *machine) flows(from, to time.Time) (n int) {
	m.Helper()
	_, err := m.d.store.EachFlow(m.Context(), flowlog.Filter{From: from.UnixMicro(), To: to.UnixMicro()}, func(*flowlog.Flow) error {
		n++
		return nil
	})
	if err != nil {
		m.Fatal(err)
	}
	return n
}

// has checks that each tier has all packets that were fed and no more, all of them
// in slots between two times.
func (m *machine) has(from, to time.Time) {
	m.Helper()
	cal := m.d.calendar()
	for _, t := range tiers(m.d.config.Load()) {
		if t.Keep > 0 && m.now.Wall.Unix()-from.Unix() > t.Keep {
			continue
		}
		st := m.tier(t.Step)
		begin, end := cal.Floor(from.Unix(), t.Step), cal.Next(to.Unix(), t.Step)
		for _, class := range []rollup.Class{rollup.Total, rollup.Device} {
			all, there := m.sum(st, class, 0, 1<<33), m.sum(st, class, begin, end)
			lost := m.fed - min(all, m.fed)
			if all > m.fed || there != all || lost > 0 && (t.Step >= 3600 || lost > m.open) {
				m.Errorf("%s: tier of %d s has %d packets, %d of them from %s to %s, want %d",
					class, t.Step, all, there, from.UTC().Format(time.DateTime), to.UTC().Format(time.DateTime), m.fed)
			}
		}
		if newest := st.Status().Tiers[0].Newest; newest > max(to.Unix(), m.now.Wall.Unix()) {
			m.Errorf("tier of %d s has a slot in the future: %v", t.Step, time.Unix(newest, 0).UTC())
		}
	}
}

func (m *machine) logged(text string, times int) {
	m.Helper()
	if n := strings.Count(m.h.log.String(), text); n != times {
		m.Errorf("%q is %d times in the log, want %d:\n%s", text, n, times, m.h.log)
	}
}

// alertsOf returns the alerts of a type, newest first.
func (m *machine) alertsOf(kind string) []alert.Alert {
	return m.d.alerts.List(alert.Filter{Type: kind})
}

// call calls a method of the API.
func (m *machine) call(name string, args map[string]any) (map[string]any, error) {
	m.Helper()
	method, err := api.Lookup(name)
	if err != nil {
		m.Fatal(err)
	}
	reply, err := method.Call(m.Context(), m.d.backend, args)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := api.NewEncoder(&out)
	e.Table("")
	reply(e)
	e.EndTable()
	var fields map[string]any
	if err := errors.Join(e.Flush(), json.Unmarshal(out.Bytes(), &fields)); err != nil {
		m.Fatalf("%s: %v", name, err)
	}
	return fields, nil
}

// ask is call for one that has an answer.
func (m *machine) ask(name string, args map[string]any) map[string]any {
	m.Helper()
	reply, err := m.call(name, args)
	if err != nil {
		m.Fatalf("%s: %v", name, err)
	}
	return reply
}
