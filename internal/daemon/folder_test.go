package daemon

import (
	"os"
	"strings"
	"testing"
	"time"

	"weir/internal/api"
	"weir/test/ask"
)

// A folder of snapshots that cannot be used, here because a file is in its place, is
// told by an alert, the status and db. weir goes on, and when the folder is there
// nothing is missing.
func TestNoFolderForSnapshots(t *testing.T) {
	fails := func(m *machine) {
		m.Helper()
		_, err := m.call("snapshot", nil)
		if err == nil || api.AsError(err).Code != api.Failed || !strings.Contains(err.Error(), m.h.path("flash")) {
			m.Errorf("snapshot: %v", err)
		}
		if text, _ := ask.At(m.ask("status", nil), "db.error").(string); !strings.Contains(text, m.h.path("flash")) {
			m.Errorf("status: %q", text)
		}
		if ask.At(m.ask("db", nil), "archive.error") == nil {
			m.Error("db shows no error")
		}
		if a := m.alertsOf(storageAlert); len(a) != 1 {
			m.Errorf("alerts: %+v", a)
		}
	}
	works := func(m *machine) {
		m.Helper()
		m.snapshot()
		if ask.At(m.ask("status", nil), "db.error") != nil || ask.At(m.ask("db", nil), "archive.error") != nil {
			m.Errorf("the error stays: %v", m.ask("db", nil))
		}
		if ask.At(m.ask("status", nil), "db.snapshot") != float64(m.now.Wall.Unix()) {
			m.Errorf("status: %v", ask.At(m.ask("status", nil), "db"))
		}
		m.logged("snapshots are taken again", 1)
	}
	t.Run("while it runs", func(t *testing.T) {
		m, reboot := newMachine(t, truth, "")
		m.now.NTP = true
		m.pass(600)
		m.snapshot()
		if err := os.Rename(m.h.path("flash"), m.h.path("away")); err != nil {
			t.Fatal(err)
		}
		write(t, m.h.path("flash"), "a file")
		m.pass(3600)
		fails(m)
		fails(m)
		os.Remove(m.h.path("flash"))
		if err := os.Rename(m.h.path("away"), m.h.path("flash")); err != nil {
			t.Fatal(err)
		}
		works(m)
		m.rebooted(reboot)
		m.has(truth, m.now.Wall)
	})
	t.Run("at the start", func(t *testing.T) {
		m, reboot := newMachine(t, truth, "")
		m.now.NTP = true
		m.pass(3600)
		m.stop()
		reboot()
		if err := os.Rename(m.h.path("flash"), m.h.path("away")); err != nil {
			t.Fatal(err)
		}
		write(t, m.h.path("flash"), "a file")
		m.start()
		m.pass(600)
		fails(m)
		os.Remove(m.h.path("flash"))
		if err := os.Rename(m.h.path("away"), m.h.path("flash")); err != nil {
			t.Fatal(err)
		}
		works(m) // and reads what it has
		// The fuller sum of an hour that both have is kept, never both.
		for _, tier := range tiers(m.d.config.Load()) {
			st := m.tier(tier.Step)
			if got := m.sum(st, 0, 0, 1<<33); got > m.fed || got < 3600/20*3 && tier.Step >= 3600 {
				t.Errorf("tier of %d s: %d of %d", tier.Step, got, m.fed)
			}
		}
	})
}

// How often snapshots are taken follows the configuration at once.
func TestReloadOfSnapshots(t *testing.T) {
	t.Parallel()
	h, _ := volatileHouse(t, "")
	h.run(t)
	due := func() time.Duration {
		next, _ := ask.At(h.call(t, "db", nil), "archive.next").(float64)
		return time.Until(time.Unix(int64(next), 0))
	}
	ask.Until(t, "a snapshot in six hours", func() bool { return due() > 5*time.Hour })
	text, err := os.ReadFile(h.path("config"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, h.path("config"), string(text)+"config store 'store'\n\toption snapshot_every '10m'\n\toption flow_days '3'\n\tlist tier '1m:48h'\n")
	h.reloaded(t)
	ask.Until(t, "a snapshot in ten minutes", func() bool { d := due(); return d < 11*time.Minute && d > 8*time.Minute })
	status := h.call(t, "status", nil)
	for _, option := range []string{"flow_days", "tier"} {
		found := false
		for _, e := range ask.At(status, "config.errors").([]any) {
			found = found || ask.At(e, "option") == option
		}
		if !found {
			t.Errorf("nothing says that %s waits for a restart: %v", option, ask.At(status, "config.errors"))
		}
	}
}
