package daemon

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/internal/rollup"
	"weir/test/ask"
)

// TestKilledAtRandom kills the daemon thirty times under traffic, whatever it does:
// while it starts, reads snapshots into a new database, counts, takes a snapshot or
// stops. Half of the time the machine is rebooted then, which empties its memory.
// Each time it starts again; what was saved before is there to the packet, and never
// twice; what is new is there as far as the last snapshot goes, and never twice.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	kills := 30
	if testing.Short() {
		kills = 6
	}
	m, reboot := newMachine(t, time.Now().Add(-76*time.Hour).Truncate(time.Hour), "")
	m.now.NTP = true
	past := m.now.Wall
	for range 24 {
		m.pass(60)
		m.skip(179 * time.Minute)
	}
	m.stop()
	saved := float64(m.fed)
	h, begin := m.h, time.Now().Truncate(time.Hour)
	old, recent := span(past, past.Add(74*time.Hour)), span(begin, begin.Add(2*time.Hour))
	recent.Set("points", "2") // hours: a snapshot has the open one, and no minute that is open
	rng := rand.New(rand.NewPCG(5, 30))
	wrote, least := 0.0, 0.0
	for i := range kills {
		if rng.IntN(3) == 0 { // while it starts
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), envConfig+"="+h.path("config"), envAhead+"=0")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
			cmd.Process.Kill()
			cmd.Wait()
		}
		cmd, log := h.start(t, 0)
		if got := sum(h.call(t, "series", old)); got != saved {
			t.Fatalf("start %d: %v packets that were saved long ago, want %v\n%s", i, got, saved, log)
		}
		now := sum(h.call(t, "series", recent))
		if now > wrote || now < least {
			t.Fatalf("start %d: %v packets, want %v to %v\n%s", i, now, least, wrote, log)
		}
		least = min(least, now)
		stop := h.pour(t, 0)
		time.Sleep(time.Duration(rng.IntN(150)) * time.Millisecond)
		there := sum(h.call(t, "series", recent))
		result := make(chan error, 1)
		switch rng.IntN(3) {
		case 0: // between snapshots
			result <- os.ErrNotExist
		case 1: // during one, or right after it
			go func() {
				_, err := ask.Get(h.path("sock"), "snapshot", nil)
				result <- err
			}()
		case 2: // while it stops
			result <- cmd.Process.Signal(syscall.SIGTERM)
			<-result
			result <- os.ErrNotExist
		}
		time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		wrote += float64(stop())
		if err := <-result; err == nil {
			least = there
		}
		if rng.IntN(2) == 0 {
			reboot()
		} else {
			least = 0 // what was open in memory may not be in the database yet
		}
		if strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("start %d: %s", i, log)
		}
	}
	cmd, log := h.start(t, 0)
	if got := sum(h.call(t, "series", old)); got != saved {
		t.Errorf("in the end: %v packets that were saved long ago, want %v\n%s", got, saved, log)
	}
	t.Logf("%v packets of %v are there after %d kills", sum(h.call(t, "series", recent)), wrote, kills)
	cmd.Process.Kill()
}

// A router that loses power between two snapshots loses what came since the last
// one, and says what it has and has not.
func TestReboot(t *testing.T) {
	m, reboot := newMachine(t, truth, "config quota 'plan'\n\toption scope 'device:"+phoneKey+"'\n\toption bytes '200k'\n\toption warn '50'\n")
	m.now.NTP = true
	m.pass(7200)
	m.d.account(m.now)
	m.snapshot()
	snapshot, fed := m.now.Wall, m.fed
	uses, alerts := m.d.Uses(), m.alertsOf("quota")
	flows := m.flows(time.Unix(0, 0), m.now.Wall.Add(time.Hour))
	m.pass(600) // is lost
	m.d.store.Close(m.Context())
	reboot()
	m.now.Up = 9 * time.Second
	m.fed, m.open = fed, 300/20*3
	m.start()
	m.has(truth, snapshot)
	if u := m.d.Uses(); len(u) != 1 || u[0].Used != uses[0].Used || u[0].Used != fed*100 || u[0].Warned != 50 {
		t.Errorf("quotas: %+v, were %+v", u, uses)
	}
	if a := m.alertsOf("quota"); len(a) != 1 || len(alerts) != 1 || a[0].Text != alerts[0].Text || a[0].ID != alerts[0].ID {
		t.Errorf("alerts: %+v, were %+v", a, alerts)
	}
	if n := m.flows(time.Unix(0, 0), m.now.Wall.Add(time.Hour)); n != flows {
		t.Errorf("%d flows in the log, were %d", n, flows)
	}
	phone := m.d.engine.Kept()
	if len(phone) != 1 || phone[0].Packets.Tx != fed || time.UnixMicro(phone[0].First).Before(truth) {
		t.Errorf("devices: %+v", phone)
	}
	m.logged("lost: what came after the last snapshot", 1)
	st := m.d.Storage()
	if st.Restored == nil || st.Restored.Devices != 1 || st.Restored.To.Before(snapshot.Add(-24*time.Hour)) {
		t.Errorf("restored: %+v", st.Restored)
	}
	db := m.ask("db", nil)
	if ask.At(db, "restored.devices") != 1.0 || ask.At(db, "live.durable") != false || ask.At(db, "archive.bytes") == 0.0 || ask.At(db, "archive.fs") == nil {
		t.Errorf("db: %v", db)
	}
	m.pass(60)
	m.has(truth, m.now.Wall)
	m.d.account(m.now)
	if a := m.alertsOf("quota"); len(a) != 1 {
		t.Errorf("warned again: %+v", a)
	}
}

// A database that is damaged is moved aside and made anew from snapshots, at the
// start and while weir runs: one alert tells, and nothing that was saved is missing.
func TestDamagedDatabase(t *testing.T) {
	spoil := func(t *testing.T, path string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, _ := f.Stat()
		noise := make([]byte, info.Size())
		for i := range noise {
			noise[i] = byte(i * 7)
		}
		if _, err := f.WriteAt(noise, 0); err != nil {
			t.Fatal(err)
		}
	}
	check := func(m *machine) {
		m.Helper()
		m.has(truth, m.now.Wall)
		if a := m.alertsOf(storageAlert); len(a) != 1 || !strings.Contains(a[0].Text, ".bad-") {
			m.Errorf("alerts: %+v", a)
		}
		m.logged("level=ERROR", 1)
		if bad, _ := filepath.Glob(m.d.store.Status().Path + ".bad-*"); len(bad) != 1 {
			m.Errorf("moved aside: %v", bad)
		}
	}
	t.Run("at the start", func(t *testing.T) {
		m, _ := newMachine(t, truth, "")
		m.now.NTP = true
		m.pass(3700)
		m.stop()
		spoil(t, m.d.store.Status().Path)
		m.start()
		check(m)
		m.stop()
		m.start()
		check(m)
	})
	t.Run("while it runs", func(t *testing.T) {
		m, _ := newMachine(t, truth, "")
		m.now.NTP = true
		m.pass(3700)
		m.snapshot()
		var disk diskWatch
		disk.look(m.d)
		path := m.d.store.Status().Path
		write(t, path+".junk", strings.Repeat("no database ", 4096))
		if err := os.Rename(path+".junk", path); err != nil { // somebody else's file is in its place
			t.Fatal(err)
		}
		m.pass(130)
		for range 2 {
			m.d.store.Commit()
		}
		disk.look(m.d)
		if !m.d.snapshots.behind.Load() {
			t.Fatalf("the new database is not to be filled\n%s", m.h.log)
		}
		m.snapshot()
		m.pass(60)
		if bad, _ := filepath.Glob(path + ".bad-*"); len(bad) != 1 {
			t.Errorf("moved aside: %v", bad)
		}
		// What came in the minutes between the snapshot and the damage is lost.
		fed := m.fed
		for _, tier := range tiers(m.d.config.Load()) {
			if got := m.sum(m.tier(tier.Step), rollup.Device, 0, 1<<33); got > fed || got+30 < fed {
				t.Errorf("tier of %d s: %d of %d packets", tier.Step, got, fed)
			}
		}
		if a := m.alertsOf(storageAlert); len(a) != 1 {
			t.Errorf("alerts: %+v", a)
		}
	})
}
