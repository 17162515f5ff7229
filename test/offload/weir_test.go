//go:build integration

package offload

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// mode is one way of observing that is compared.
type mode struct {
	name    string
	options string // of config weir
	inside  bool   // it sees what clients send each other, which the router only bridges
}

// modes are all of them. The first is what a capture without a thought for flow
// offload does.
var modes = []mode{
	{"packets on br-lan", "\toption source 'packets'\n\toption capture_ports '0'\n", false},
	{"packets on the ports", "\toption source 'packets'\n\toption capture_ports '1'\n", true},
	{"conntrack", "\toption source 'conntrack'\n", false},
	{"hybrid", "\toption source 'hybrid'\n", true},
}

// files are the router's configuration as OpenWrt writes it.
var files = map[string]string{
	"network": `
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
config interface 'lan'
	option device 'br-lan'
	option proto 'static'
config interface 'wan'
	option device 'wan'
	option proto 'static'
`,
	"firewall": `
config defaults
	option flow_offloading '1'
config zone
	option name 'lan'
	list network 'lan'
config zone
	option name 'wan'
	list network 'wan'
	option masq '1'
config forwarding
	option src 'lan'
	option dest 'wan'
`,
}

// daemon is a running weir.
type daemon struct {
	mode mode
	dir  string
	cmd  *exec.Cmd
	log  *ask.Lines
	last map[connection]row // of flows, as they were last seen
}

// row is what weir says of a flow.
type row struct {
	count
	offload string
}

// start runs weir in the router until the test ends.
func start(t *testing.T, home *netns.Home, m mode) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir") // short, as paths of sockets have to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &daemon{mode: m, dir: dir, log: &ask.Lines{}, last: make(map[connection]row)}
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	own := map[string]string{"weir": strings.ReplaceAll(`
config weir 'main'
	list interface 'lan'
	list wan 'wan'
	option idle_timeout '600'
	option ring_size '8M'
`+m.options+`
config store 'store'
	option path '$DIR/db'
	option snapshot_path ''
config api 'api'
	option socket '$DIR/sock'
	option token_file '$DIR/token'
`, "$DIR", dir)}
	for _, all := range []map[string]string{files, own} {
		for name, text := range all {
			if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	d.cmd = home.Router.Command(program, "run", etc)
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(d.cmd); err != nil {
			t.Errorf("%s: weir ends with %v", m.name, err)
		}
		if t.Failed() {
			t.Logf("%s: log:\n%s", m.name, d.log)
		}
	})
	return d
}

// stop asks a program to end and waits for it. One that does not end is made to
// say where it hangs.
func stop(cmd *exec.Cmd) error {
	// It may have ended, which Wait tells.
	_ = cmd.Process.Signal(syscall.SIGTERM)
	hangs := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	defer hangs.Stop()
	return cmd.Wait()
}

// ready waits until all of the daemon's sources run.
func (d *daemon) ready(t *testing.T) {
	t.Helper()
	until(t, d.mode.name+": its sources run", func() bool {
		reply, err := d.get("sources", nil)
		if err != nil {
			return false
		}
		sources, _ := reply["sources"].([]any)
		for _, s := range sources {
			if ask.At(s, "state") != "running" {
				return false
			}
		}
		return len(sources) > 0
	})
}

func (d *daemon) get(method string, args url.Values) (map[string]any, error) {
	return ask.Get(filepath.Join(d.dir, "sock"), method, args)
}

func (d *daemon) call(t *testing.T, method string) map[string]any {
	t.Helper()
	reply, err := d.get(method, nil)
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", d.mode.name, method, err, d.log)
	}
	return reply
}

// look reads all flows. Those that ended stay as they were seen last.
func (d *daemon) look(t *testing.T) map[connection]row {
	t.Helper()
	reply, err := d.get("flows", url.Values{"limit": {"200"}})
	if err != nil {
		t.Fatalf("%s: flows: %v\n%s", d.mode.name, err, d.log)
	}
	rows, _ := reply["flows"].([]any)
	for _, r := range rows {
		c := connection{Own: ask.Endpoint(r, "client"), Peer: ask.Endpoint(r, "server")}
		switch ask.At(r, "proto") {
		case "tcp":
			c.Proto = 6
		case "udp":
			c.Proto = 17
		default:
			continue
		}
		offload, _ := ask.At(r, "offload").(string)
		d.last[c] = row{count{
			TxPackets: ask.Number(r, "pkts.tx"), RxPackets: ask.Number(r, "pkts.rx"),
			TxBytes: ask.Number(r, "bytes.tx"), RxBytes: ask.Number(r, "bytes.rx"),
		}, offload}
	}
	return d.last
}

// dumps returns how often the daemon read all of connection tracking.
func (d *daemon) dumps(t *testing.T) (n uint64) {
	t.Helper()
	sources, _ := d.call(t, "sources")["sources"].([]any)
	for _, s := range sources {
		n += ask.Number(s, "tracking.dumps")
	}
	return n
}

// texts returns what stands in each element of a list in a reply, one a line.
func texts(reply any, list, field string) string {
	rows, _ := ask.At(reply, list).([]any)
	var all []string
	for _, r := range rows {
		all = append(all, fmt.Sprint(ask.At(r, field)))
	}
	return strings.Join(all, "\n")
}

// until waits, longer than ask.Until does: the machine may be emulated.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
