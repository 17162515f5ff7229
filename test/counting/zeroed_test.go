//go:build integration

package counting

import (
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// TestZeroed has another program zero the kernel's counters every two seconds. No
// flow ever goes back or counts more than passed; what the other program took
// away is missing, as coverage says with the reason. Packets do not mind.
func TestZeroed(t *testing.T) {
	needConntrack(t)
	home := tracked(t, netns.Options{})
	clients := clientsOf(t, home)
	serve(t, home.Server)
	daemons := start(t, home, modes...)
	stop := zero(t, home.Router)
	crowd(t, clients, 80, 15*time.Second, daemons)
	times := stop()
	rest(t, daemons)
	for _, d := range daemons {
		if d.mode == "packets" {
			compare(t, d, clients, 80)
			covered(t, d)
			continue
		}
		missing := lacks(t, d, clients)
		blamed(t, d, missing)
	}
	t.Logf("zeroed %d times", times)
}

// needConntrack skips a test without the program conntrack(8).
func needConntrack(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("conntrack"); err != nil {
		t.Skip("SKIPPED: conntrack (Debian package conntrack) is missing")
	}
}

// zero zeroes the counters of all entries every two seconds until stop is called,
// which returns how often that was.
func zero(t *testing.T, router *netns.Namespace) (stop func() int) {
	done := make(chan struct{})
	var zeroing sync.WaitGroup
	times := 0
	zeroing.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Second):
			}
			if out, err := router.Command("conntrack", "-L", "-z").CombinedOutput(); err != nil {
				t.Errorf("conntrack -L -z: %v: %s", err, out)
			}
			times++
		}
	})
	return func() int {
		close(done)
		zeroing.Wait()
		return times
	}
}

// lacks returns how many bytes a daemon's flows lack. None has more than passed.
func lacks(t *testing.T, d *daemon, clients []client) uint64 {
	t.Helper()
	got := d.flows()
	var sum, all netns.Passed
	for _, c := range clients {
		for flow, want := range c.meter.Passed() {
			if !got[flow].Within(want) {
				t.Errorf("%s: %v: %+v, passed %+v", d.mode, flow, got[flow], want)
			}
			sum, all = sum.Plus(got[flow]), all.Plus(want)
		}
	}
	for _, c := range clients {
		passed, _ := c.sum()
		const noise = 2000 // what its kernel tells groups and neighbours
		if got := d.device(t, c); got.TxBytes > passed.TxBytes+noise || got.RxBytes > passed.RxBytes+noise {
			t.Errorf("%s: device %v: %+v, passed %+v", d.mode, c.ip, got, passed)
		}
	}
	t.Logf("%-9s %d of %d bytes are left", d.mode, sum.Bytes(), all.Bytes())
	if sum.Bytes() == all.Bytes() {
		t.Errorf("%s: nothing is missing: this tests nothing", d.mode)
	}
	return all.Bytes() - sum.Bytes()
}

// blamed waits until coverage tells of the missing bytes, and whose fault it is.
func blamed(t *testing.T, d *daemon, missing uint64) {
	t.Helper()
	d.until(t, "coverage tells what is missing", func(t *testing.T) bool {
		c := ask.At(d.status(t), "coverage.0")
		// The interface's own share of link headers is what makes the difference.
		unattributed := ask.Number(c, "unattributed")
		reasons, _ := ask.At(c, "reasons").([]any)
		for _, r := range reasons {
			text, _ := ask.At(r, "text").(string)
			if ask.At(r, "cause") == "resets" && strings.Contains(text, "zeroed") && unattributed >= missing {
				t.Logf("%-9s %d bytes are missing, %d unattributed, coverage %v %%: %s", d.mode, missing, unattributed, ask.At(c, "pct"), text)
				return unattributed-missing <= missing/100+20_000
			}
		}
		return false
	})
}
