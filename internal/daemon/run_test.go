package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/internal/clock"
	"weir/internal/logfmt"
	"weir/test/ask"
)

// A process of the test binary that is given a configuration runs the daemon on
// it, so that it can be killed. Its clock is ahead by so many nanoseconds.
const (
	envConfig = "WEIR_TEST_CONFIG"
	envAhead  = "WEIR_TEST_AHEAD"
)

func TestMain(m *testing.M) {
	path := os.Getenv(envConfig)
	if path == "" {
		os.Exit(m.Run())
	}
	ahead, err := strconv.ParseInt(os.Getenv(envAhead), 10, 64)
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		err = Run(ctx, Options{ConfigPath: path, Log: logfmt.New(os.Stderr, nil), Now: runningAhead(time.Duration(ahead)), Resolvers: func() []netip.AddrPort { return nil }})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runningAhead returns clocks that are ahead of the machine's.
func runningAhead(by time.Duration) func() clock.Reading {
	return func() clock.Reading {
		now := clock.Now()
		now.Wall, now.NTP = now.Wall.Add(by), true
		return now
	}
}

// pour writes datagrams of 100 IP bytes into the house's pipe until stop is
// called, which returns how many it wrote.
func (h *house) pour(t *testing.T, ahead time.Duration) (stop func() uint64) {
	t.Helper()
	frame := datagram(t, phoneMAC, routerMAC, "192.168.1.20", "203.0.113.7", 50000, 53, 72)
	return h.pourFrames(t, ahead, [][]byte{frame})
}

// pourFrames is pour for frames in turn.
func (h *house) pourFrames(t *testing.T, ahead time.Duration, frames [][]byte) (stop func() uint64) {
	t.Helper()
	f, err := os.OpenFile(h.path("pipe"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	done, wrote := make(chan struct{}), make(chan uint64)
	go func() {
		defer f.Close()
		n := uint64(0)
		b := captureHeader()
		for {
			for i := range 100 {
				b = appendRecord(b, time.Now().Add(ahead), frames[(int(n)+i)%len(frames)])
			}
			if _, err := f.Write(b); err != nil { // the reader was killed
				break
			}
			n += 100
			b = b[:0]
			select {
			case <-done:
				wrote <- n
				return
			case <-time.After(time.Millisecond):
			}
		}
		<-done
		wrote <- n
	}()
	return func() uint64 { close(done); return <-wrote }
}

func span(from, to time.Time) url.Values {
	return url.Values{"class": {"total"}, "metric": {"packets"}, "points": {"12"},
		"from": {strconv.FormatInt(from.Unix(), 10)}, "to": {strconv.FormatInt(to.Unix(), 10)}}
}

// What was counted and who was seen is there again after a clean stop.
func TestHistorySurvives(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "config device\n\toption name 'Anna'\n\tlist mac '02:00:00:00:01:01'\n")
	from, to := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	h.run(t)
	stop := h.pour(t, 0)
	ask.Until(t, "packets", func() bool { n, _ := ask.At(h.call(t, "status", nil), "traffic.pkts").(float64); return n > 1000 })
	wrote := float64(stop())
	ask.Until(t, "all of them", func() bool { return ask.At(h.call(t, "status", nil), "traffic.pkts") == wrote })
	phone := ask.At(h.call(t, "devices", nil), "devices.0").(map[string]any)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}

	h.run(t)
	if got := sum(h.call(t, "series", span(from, to))); got != wrote {
		t.Errorf("series: %v packets of %v", got, wrote)
	}
	again := ask.At(h.call(t, "devices", nil), "devices.0").(map[string]any)
	for _, field := range []string{"id", "name", "first"} {
		if again[field] != phone[field] || phone[field] == nil {
			t.Errorf("the phone's %s is %v, was %v", field, again[field], phone[field])
		}
	}
	// It was asked before the last tick, which tells devices of what came since.
	was, _ := phone["last"].(float64)
	if last, _ := again["last"].(float64); was == 0 || last < was || last > was+2 {
		t.Errorf("the phone was last seen at %v, was %v", again["last"], phone["last"])
	}
	list := h.call(t, "series_list", url.Values{"class": {"device"}})
	if ask.At(list, "series.0.label") != "Anna" {
		t.Errorf("series of devices: %v", list)
	}

	stop = h.pour(t, 0)
	ask.Until(t, "packets", func() bool { n, _ := ask.At(h.call(t, "status", nil), "traffic.pkts").(float64); return n > 100 })
	wrote += float64(stop())
	ask.Until(t, "the sum of both runs", func() bool { return sum(h.call(t, "series", span(from, to))) == wrote })
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("log: %s", h.log)
	}
}

// Clients that do not finish what they ask for hold up neither the stop, which
// procd gives five seconds, nor what is stored.
func TestStopWithStuckClients(t *testing.T) {
	t.Parallel()
	h := newHouse(t, fileSource("home", "home.pcap"))
	writeCapture(t, h.path("home.pcap"), 5)
	h.run(t)
	for _, text := range []string{"", "GET /api/v1/status HTTP/1.1\r\n", "POST /ubus HTTP/1.1\r\nHost: weir\r\nContent-Length: 100\r\n\r\n{"} {
		c, err := net.Dial("unix", h.path("sock"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	ask.Until(t, "the file is read", func() bool { return ask.At(h.call(t, "status", nil), "traffic.pkts") == 5.0 })
	begin := time.Now()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 4500*time.Millisecond {
		t.Errorf("the stop took %v", took)
	}
	h.run(t)
	list := h.call(t, "series_list", url.Values{"class": {"device"}})
	if ask.At(list, "total") != 1.0 {
		t.Errorf("history: %v", list)
	}
}

// start starts the daemon as a process, by the command before it if there is
// any, and returns it with what it logs.
func (h *house) start(t *testing.T, ahead time.Duration, by ...string) (*exec.Cmd, *ask.Lines) {
	t.Helper()
	by = append(by, os.Args[0])
	cmd := exec.Command(by[0], by[1:]...)
	cmd.Env = append(os.Environ(), envConfig+"="+h.path("config"), fmt.Sprintf("%s=%d", envAhead, ahead))
	var log ask.Lines
	cmd.Stderr = &log
	err := cmd.Start()
	if errors.Is(err, syscall.ENOEXEC) {
		t.Skip("SKIPPED: emulated programs cannot start others here")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	ask.Until(t, "the process answers", func() bool { _, err := ask.Get(h.path("sock"), "status", nil); return err == nil })
	return cmd, &log
}

// A daemon that is killed under load keeps every slot that had ended, to the
// packet, and starts again.
func TestKilled(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	// Its clock is one that reaches the end of a slot in two seconds.
	now := time.Now()
	end := now.Truncate(5 * time.Minute).Add(5 * time.Minute)
	ahead := end.Sub(now) - 2*time.Second
	cmd, _ := h.start(t, ahead)
	stop := h.pour(t, ahead)
	ask.Until(t, "the slot is saved", func() bool {
		n, _ := ask.At(h.call(t, "status", nil), "db.written_today").(float64)
		return n > 0 && time.Now().Add(ahead).After(end.Add(time.Second))
	})
	slot := span(end.Add(-5*time.Minute), end)
	want := sum(h.call(t, "series", slot))
	device := ask.At(h.call(t, "devices", nil), "devices.0").(map[string]any)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	wrote := stop()
	if want < 100 || want > float64(wrote) {
		t.Fatalf("%v of %d packets in the slot that ended", want, wrote)
	}

	cmd, log := h.start(t, ahead)
	if got := sum(h.call(t, "series", slot)); got != want {
		t.Errorf("%v packets, %v before the kill", got, want)
	}
	again, _ := ask.At(h.call(t, "devices", nil), "devices.0").(map[string]any)
	if again["id"] != device["id"] || again["first"] != device["first"] {
		t.Errorf("device %v, was %v", again, device)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("stop: %v\n%s", err, log)
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log: %s", log)
	}
	t.Logf("killed with %v packets in the saved slot and %v after it, which are lost", want, float64(wrote)-want)
}
