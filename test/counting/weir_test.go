//go:build integration

package counting

import (
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/ask"
	"weir/test/netns"
)

// modes are all ways of counting.
var modes = []string{"packets", "conntrack", "hybrid"}

// protocols are those that meters count, by their names in the API.
var protocols = map[string]uint8{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP}

// files are the router's configuration as OpenWrt writes it.
var files = map[string]string{
	"network": `
config interface 'lan'
	option device 'br-lan'
	option proto 'static'
config interface 'wan'
	option device 'wan'
	option proto 'static'
`,
	"firewall": `
config zone
	option name 'lan'
	list network 'lan'
config zone
	option name 'wan'
	list network 'wan'
	option masq '1'
`,
}

// daemon is a running weir.
type daemon struct {
	mode string
	dir  string
	cmd  *exec.Cmd
	log  *ask.Lines
	// rows are all flows that were seen, as they were last.
	rows map[flowID]netns.Passed
}

// flowID tells apart two flows with the same ends, one after the other.
type flowID struct {
	netns.Metered
	id uint64
}

// start runs weir in the router in each of the modes, until the test ends.
func start(t *testing.T, home *netns.Home, modes ...string) (all []*daemon) {
	t.Helper()
	netns.Favour(t)
	for _, mode := range modes {
		all = append(all, startOne(t, home, mode))
	}
	for _, d := range all {
		d.until(t, "its sources run", d.running)
		if chosen, _ := ask.At(d.status(t), "mode.chosen").(string); chosen != d.mode {
			t.Fatalf("mode %s instead of %s", chosen, d.mode)
		}
	}
	return all
}

func startOne(t *testing.T, home *netns.Home, mode string) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir") // short, as paths of sockets have to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &daemon{mode: mode, dir: dir, log: &ask.Lines{}, rows: make(map[flowID]netns.Passed)}
	own := strings.ReplaceAll(`
config weir 'main'
	list interface 'lan'
	list wan 'wan'
	option source '$MODE'
	option max_flows '32768'
	option idle_timeout '600'
	option ring_size '16M'
config store 'store'
	option path '$DIR/db'
	option snapshot_path ''
config api 'api'
	option socket '$DIR/sock'
	option token_file '$DIR/token'
`, "$DIR", dir)
	etc := filepath.Join(dir, "etc")
	err = errors.Join(
		os.Mkdir(etc, 0o755),
		os.WriteFile(filepath.Join(etc, "weir"), []byte(strings.ReplaceAll(own, "$MODE", mode)), 0o644),
		os.WriteFile(filepath.Join(etc, "network"), []byte(files["network"]), 0o644),
		os.WriteFile(filepath.Join(etc, "firewall"), []byte(files["firewall"]), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	d.cmd = home.Router.Command(program, "run", etc)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.stop(t) })
	return d
}

// stop ends weir. One that does not end is made to say where it hangs.
func (d *daemon) stop(t *testing.T) {
	d.signal(t, syscall.SIGCONT) // a test may have failed while it stood still
	d.signal(t, syscall.SIGTERM)
	hangs := time.AfterFunc(patience, func() { d.signal(t, syscall.SIGQUIT) })
	defer hangs.Stop()
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("%s: weir ends with %v", d.mode, err)
	}
	if t.Failed() {
		t.Logf("%s: log:\n%s", d.mode, d.log)
	}
}

func (d *daemon) signal(t *testing.T, s syscall.Signal) {
	if err := d.cmd.Process.Signal(s); err != nil {
		t.Errorf("%s: %v: %v", d.mode, s, err)
	}
}

// until waits until ok reports true.
func (d *daemon) until(t *testing.T, what string, ok func(*testing.T) bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(t); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: waited in vain: %s\n%s", d.mode, what, d.log)
		}
	}
}

func (d *daemon) call(t *testing.T, method string, args url.Values) map[string]any {
	t.Helper()
	reply, err := ask.Get(filepath.Join(d.dir, "sock"), method, args)
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", d.mode, method, err, d.log)
	}
	return reply
}

func (d *daemon) status(t *testing.T) map[string]any { t.Helper(); return d.call(t, "status", nil) }

// running reports whether weir counts: all sources run, and connection tracking
// was read once.
func (d *daemon) running(*testing.T) bool {
	reply, err := ask.Get(filepath.Join(d.dir, "sock"), "sources", nil)
	if err != nil {
		return false // it has not begun to listen
	}
	rows, _ := reply["sources"].([]any)
	for _, r := range rows {
		if ask.At(r, "state") != "running" || ask.At(r, "kind") == "conntrack" && ask.Number(r, "tracking.dumps") == 0 {
			return false
		}
	}
	return len(rows) > 0
}

// tracking returns what the source that reads connection tracking tells of
// itself, nil in mode packets.
func (d *daemon) tracking(t *testing.T) any {
	t.Helper()
	rows, _ := d.call(t, "sources", nil)["sources"].([]any)
	for _, r := range rows {
		if ask.At(r, "kind") == "conntrack" {
			return ask.At(r, "tracking")
		}
	}
	return nil
}

// rest looks at all daemons until all that has passed is accounted: what packets
// give within the time that a ring's block waits and the second of a tick, and
// what connection tracking gives with the second dump from now, which began after
// it.
func rest(t *testing.T, daemons []*daemon) {
	t.Helper()
	since := time.Now()
	last := make([]uint64, len(daemons))
	dumps := make([]uint64, len(daemons))
	for i, d := range daemons {
		dumps[i] = ask.Number(d.tracking(t), "dumps") + 2
	}
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		done := time.Since(since) > 2*time.Second
		for i, d := range daemons {
			if now := ask.Number(d.status(t), "traffic.pkts"); now != last[i] {
				last[i], done = now, false
				since = time.Now()
			}
			done = done && (d.mode == "packets" || ask.Number(d.tracking(t), "dumps") >= dumps[i])
			d.look(t)
		}
		if done {
			return
		}
		if time.Now().After(end) {
			t.Fatal("waited in vain: everything is accounted")
		}
	}
}

// look reads all flows. Those that ended stay as they were seen last; none may
// ever have less than before.
func (d *daemon) look(t *testing.T) {
	t.Helper()
	const page = 200
	for offset := 0; ; offset += page {
		reply := d.call(t, "flows", url.Values{"limit": {strconv.Itoa(page)}, "offset": {strconv.Itoa(offset)}, "sort": {"first"}})
		rows, _ := reply["flows"].([]any)
		for _, r := range rows {
			proto, _ := ask.At(r, "proto").(string)
			id := flowID{netns.Metered{Proto: protocols[proto], Own: ask.Endpoint(r, "client"), Peer: ask.Endpoint(r, "server")}, ask.Number(r, "id")}
			if before, now := d.rows[id], passed(r); before.Within(now) {
				d.rows[id] = now
			} else {
				t.Errorf("%s: %v went from %+v back to %+v", d.mode, id.Metered, before, now)
			}
		}
		if len(rows) < page {
			return
		}
	}
}

// flows returns what was counted of each flow.
func (d *daemon) flows() map[netns.Metered]netns.Passed {
	all := make(map[netns.Metered]netns.Passed)
	for id, n := range d.rows {
		all[id.Metered] = all[id.Metered].Plus(n)
	}
	return all
}

// device returns what weir says of a client.
func (d *daemon) device(t *testing.T, c client) netns.Passed {
	t.Helper()
	reply := d.call(t, "devices", url.Values{"mac": {net.HardwareAddr(c.mac[:]).String()}})
	return passed(ask.At(reply, "devices.0"))
}

// passed reads the counters of a flow or a device.
func passed(row any) netns.Passed {
	return netns.Passed{
		TxPackets: ask.Number(row, "pkts.tx"), RxPackets: ask.Number(row, "pkts.rx"),
		TxBytes: ask.Number(row, "bytes.tx"), RxBytes: ask.Number(row, "bytes.rx"),
	}
}
