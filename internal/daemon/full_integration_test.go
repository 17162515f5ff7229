//go:build integration

package daemon

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/internal/packet"
	"weir/test/ask"
)

// The disk of the database is a small tmpfs in a mount namespace of the daemon.
// While it is full history waits in memory and status says so; when there is room
// again everything is saved, without a slot lost.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "--mount", "true").CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("mount namespaces are needed: %s", out)
		}
		t.Skipf("SKIPPED: mount namespaces are needed: %s", out)
	}
	h := newHouse(t, "")
	if err := os.Mkdir(h.path("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	end := now.Truncate(5 * time.Minute).Add(5 * time.Minute)
	ahead := end.Sub(now) - 3*time.Second
	cmd, log := h.start(t, ahead, "unshare", "--mount", "sh", "-c",
		"mount -t tmpfs -o size=2m tmpfs "+h.path("db")+` && exec "$0" "$@"`)
	// The namespace is seen through the process in it.
	filler := fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, h.path("db/filler"))
	if err := os.WriteFile(filler, make([]byte, 4<<20), 0o600); err == nil {
		t.Fatal("the tmpfs has room for more than its size")
	}

	var frames [][]byte // of many devices, so that a slot takes many pages
	for i := range 400 {
		mac := packet.MAC{2, 0, 0, 7, byte(i >> 8), byte(i)}
		frames = append(frames, datagram(t, mac, routerMAC, fmt.Sprintf("192.168.%d.%d", i/200, i%200+1), "203.0.113.7", 50000, 53, 72))
	}
	stop := h.pourFrames(t, ahead, frames)
	slot := span(end.Add(-5*time.Minute), end)
	var told string
	ask.Until(t, "status tells that the disk is full", func() bool {
		told, _ = ask.At(h.call(t, "status", nil), "db.error").(string)
		return told != ""
	})
	t.Log(told)
	for _, word := range []string{h.path("db/weir.db"), "tmpfs", "is full", "history waits in memory", "free space"} {
		if !strings.Contains(told, word) {
			t.Errorf("%q is not in it", word)
		}
	}
	ask.Until(t, "the log tells that", func() bool {
		return strings.Contains(log.String(), `level=ERROR msg="history waits in memory: database `)
	})
	want := sum(h.call(t, "series", slot))
	if want < 100 {
		t.Errorf("the slot that waits in memory has %v packets", want)
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	ask.Until(t, "it recovers", func() bool { return ask.At(h.call(t, "status", nil), "db.error") == nil })
	t.Logf("saved %v after there was room again", time.Since(begin).Round(10*time.Millisecond))
	ask.Until(t, "the log tells", func() bool { return strings.Contains(log.String(), `msg="history is saved again"`) })
	wrote := float64(stop())
	ask.Until(t, "all is counted", func() bool { return ask.At(h.call(t, "status", nil), "traffic.pkts") == wrote })
	ask.Until(t, "all is in series", func() bool {
		return sum(h.call(t, "series", span(end.Add(-time.Hour), end.Add(time.Hour)))) == wrote
	})
	if got := sum(h.call(t, "series", slot)); got != want {
		t.Errorf("the slot has %v packets, %v when it waited", got, want)
	}
	if n := ask.At(h.call(t, "series_list", url.Values{"class": {"device"}}), "total"); n != 400.0 {
		t.Errorf("series of %v devices", n)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stop: %v\n%s", err, log)
	}
	if strings.Contains(log.String(), "history is lost") {
		t.Errorf("log: %s", log)
	}
}
