//go:build integration && (mips || mipsle)

package mips

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
	prog "weir/test/program"
)

// program is the built weir.
var program string

func TestMain(m *testing.M) { os.Exit(prog.Run(m, &program)) }

// The home: so many devices, each with so many flows, which is 2,000 at once.
const (
	devices = 20
	each    = 100
)

// Budgets of the daemon with that home, on a router with 128 MB.
const (
	maxResident  = 14e6
	maxAnonymous = 7e6
)

// patience is for a board whose instructions are emulated.
const patience = 90 * time.Second

// configuration is the router's; $MODE and $DIR are filled in.
var configuration = map[string]string{
	"network": "config device\n\toption name 'br-lan'\n\toption type 'bridge'\n\tlist ports 'lan1'\n\tlist ports 'lan2'\n" +
		"config interface 'lan'\n\toption device 'br-lan'\n\toption proto 'static'\n" +
		"config interface 'wan'\n\toption device 'wan'\n\toption proto 'static'\n",
	"weir": "config weir 'main'\n\toption source '$MODE'\n\tlist interface 'lan'\n\tlist wan 'wan'\n\toption idle_timeout '600'\n" +
		"config store 'store'\n\toption path '$DIR/db'\n\toption snapshot_path '$DIR/flash'\n" +
		"config api 'api'\n\toption socket '$DIR/sock'\n\toption token_file '$DIR/token'\n",
}

// daemon is a running weir.
type daemon struct {
	dir string
	cmd *exec.Cmd
	log *ask.Lines
}

// start runs weir in the router and returns how long it took to its first answer.
func start(t *testing.T, home *netns.Home, mode string) (*daemon, time.Duration) {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{dir: dir, log: &ask.Lines{}}
	for name, text := range configuration {
		text = strings.NewReplacer("$MODE", mode, "$DIR", dir).Replace(text)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d.cmd = home.Router.Command(program, "run", dir)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	begin := time.Now()
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log:\n%s", d.log)
		}
	})
	d.until(t, "it answers", func() bool { _, err := d.get("status", nil); return err == nil })
	took := time.Since(begin)
	d.until(t, "its sources run", func() bool {
		reply, err := d.get("sources", nil)
		list, _ := ask.At(reply, "sources").([]any)
		for _, s := range list {
			if ask.At(s, "state") != "running" {
				return false
			}
		}
		return err == nil && len(list) > 0
	})
	return d, took
}

func (d *daemon) get(method string, args url.Values) (map[string]any, error) {
	return ask.Get(filepath.Join(d.dir, "sock"), method, args)
}

func (d *daemon) call(t *testing.T, method string, args url.Values) map[string]any {
	t.Helper()
	reply, err := d.get(method, args)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return reply
}

func (d *daemon) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// stop ends the daemon as procd does, and returns how long its last snapshot took.
func (d *daemon) stop(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	return time.Since(begin)
}

// memory returns a line of the daemon's /proc/PID/status, in bytes.
func (d *daemon) memory(t *testing.T, name string) float64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes(t, string(text), name)
}

func kilobytes(t *testing.T, text, name string) float64 {
	t.Helper()
	var kb float64
	_, rest, _ := strings.Cut("\n"+text, "\n"+name+":")
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return kb * 1024
}

// board returns how much memory the board has.
func board(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes(t, string(text), "MemTotal")
}

// flows are datagrams of all devices to the server beyond the router.
func flows() []netns.Flow {
	var all []netns.Flow
	for i := range devices * each {
		device := byte(i % devices)
		all = append(all, netns.Flow{
			Proto: 17, Payload: 200, DstMAC: netns.RouterMAC, SrcMAC: [6]byte{2, 0, 0, 0, 9, device},
			Src: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 168, 1, 120 + device}), uint16(20000+i)),
			Dst: netip.AddrPortFrom(netns.ServerIP, uint16(5000+i/devices)),
		})
	}
	return all
}

// questions keeps asking what pages ask, from two clients, until it is stopped.
func (d *daemon) questions() (stop func() (answers int)) {
	done := make(chan struct{})
	var mu sync.Mutex
	var all sync.WaitGroup
	answers := 0
	for range 2 {
		all.Go(func() {
			for {
				for _, method := range []string{"devices", "flows", "summary", "top"} {
					args := url.Values{"limit": {"50"}}
					switch method {
					case "summary":
						args = nil
					case "top":
						args = url.Values{"class": {"application"}}
					}
					if _, err := d.get(method, args); err == nil {
						mu.Lock()
						answers++
						mu.Unlock()
					}
					select {
					case <-done:
						return
					case <-time.After(500 * time.Millisecond):
					}
				}
			}
		})
	}
	return func() int { close(done); all.Wait(); return answers }
}

// TestRouter counts 2,000 flows of 20 devices through NAT in both modes, while it is
// asked.
func TestRouter(t *testing.T) {
	t.Logf("a board with %.0f MB for programs, %.0f MB of it free at first", board(t)/1e6, free(t)/1e6)
	for _, tt := range []struct{ mode, unit string }{{"packets", "packet"}, {"hybrid", "flow"}} {
		t.Run(tt.mode, func(t *testing.T) {
			home := netns.New(t, netns.Options{NAT: true, Silent: true})
			home.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct=1", "net.netfilter.nf_conntrack_udp_timeout=300")
			d, took := start(t, home, tt.mode)
			count(t, home, d, tt.mode, tt.unit, took)
		})
	}
}

func free(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes(t, string(text), "MemAvailable")
}

func count(t *testing.T, home *netns.Home, d *daemon, mode, unit string, began time.Duration) {
	t.Helper()
	const perFlow, rate = 2, 250
	cpu, _ := ask.At(d.call(t, "status", nil), "cpu").(float64)
	stop := d.questions()
	sent, err := home.Client1.Send(netns.Eth, flows(), perFlow, rate)
	if err != nil {
		t.Fatal(err)
	}
	var packets, bytes uint64
	for _, s := range sent.Sent {
		packets += s.Packets
		bytes += s.Bytes
	}
	// What a busy host keeps the board from reading in time is dropped, and counted;
	// connection tracking misses nothing.
	var known, got, before uint64
	steady := 0
	d.until(t, "all is counted", func() bool {
		known = max(known, ask.Number(d.call(t, "flows", url.Values{"limit": {"1"}}), "total"))
		if got = counted(d); got != before {
			before, steady = got, 0
		} else {
			steady++
		}
		return got >= bytes || mode == "packets" && steady > 20 && ask.Number(d.call(t, "status", nil), "drops.packets") > 0
	})
	answers := stop()
	if lost := ask.Number(d.call(t, "status", nil), "drops.packets"); got != bytes && (mode == "hybrid" || lost == 0) {
		t.Errorf("%d bytes are counted, %d were sent, %d packets dropped", got, bytes, lost)
	}
	status := d.call(t, "status", nil)
	after, _ := ask.At(status, "cpu").(float64)
	units := float64(packets)
	if unit == "flow" {
		units = devices * each
	}
	resident, anonymous := d.memory(t, "VmRSS"), d.memory(t, "RssAnon")
	stopped := d.stop(t)
	t.Logf("%s: %.1f s to the first answer; %d packets of %d flows in %.1f s, %d known at the end, %.0f dropped; %.0f µs of the board's processor for each %s with %d answers; "+
		"%.2f MB resident, %.2f anonymous, at most %.2f; %.1f s to stop", mode, began.Seconds(), packets, devices*each, sent.Took.Seconds(), known,
		ask.At(status, "drops.packets"), (after-cpu)*1e6/units, unit, answers, resident/1e6, anonymous/1e6, peak(status)/1e6, stopped.Seconds())
	if known < devices*each && mode == "hybrid" {
		t.Errorf("only %d flows are known", known)
	}
	if board(t) > 100e6 && (resident > maxResident || anonymous > maxAnonymous) {
		t.Errorf("the budgets are %.0f MB resident and %.0f anonymous", maxResident/1e6, maxAnonymous/1e6)
	}
	if !strings.Contains(d.log.String(), "snapshot") {
		t.Error("nothing was saved at the end")
	}
}

// counted returns the bytes that the devices of this test sent, as weir has them.
func counted(d *daemon) (bytes uint64) {
	reply, err := d.get("devices", url.Values{"limit": {"200"}})
	if err != nil {
		return 0
	}
	list, _ := reply["devices"].([]any)
	for _, one := range list {
		macs, _ := ask.At(one, "macs").([]any)
		for _, m := range macs {
			if mac, _ := m.(string); strings.HasPrefix(mac, "02:00:00:00:09:") {
				bytes += ask.Number(one, "bytes.tx")
			}
		}
	}
	return bytes
}

func peak(status map[string]any) float64 {
	n, _ := ask.At(status, "memory.rss").(float64)
	return n
}
