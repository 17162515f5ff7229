//go:build integration

package modes

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/ask"
	"weir/test/netns"
)

// none is a router without weir; modes are it and all ways of counting.
const none = "none"

var modes = []string{none, "packets", "hybrid", "conntrack"}

// files are the router's configuration as OpenWrt writes it, and weir's own with
// its defaults.
var files = map[string]string{
	"network": "config interface 'lan'\n\toption device 'br-lan'\nconfig interface 'wan'\n\toption device 'wan'\n",
	"firewall": "config zone\n\toption name 'lan'\n\tlist network 'lan'\n" +
		"config zone\n\toption name 'wan'\n\tlist network 'wan'\n\toption masq '1'\n",
	"weir": `
config weir 'main'
	list interface 'lan'
	option source '$MODE'
config store 'store'
	option path '$DIR/db'
	option snapshot_path ''
config api 'api'
	option socket '$DIR/sock'
	option token_file '$DIR/token'
`,
}

// daemon is a running weir, or nothing.
type daemon struct {
	dir string
	cmd *exec.Cmd
	log ask.Lines
}

// start runs weir in the router until the benchmark ends, and waits until it
// counts; in mode none it does nothing.
func start(tb testing.TB, home *netns.Home, mode string) *daemon {
	tb.Helper()
	if mode == none {
		return nil
	}
	dir, err := os.MkdirTemp("", "weir") // short, as paths of sockets have to be
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	d := &daemon{dir: dir}
	etc := filepath.Join(dir, "etc")
	all := os.Mkdir(etc, 0o755)
	for name, text := range files {
		text = strings.NewReplacer("$DIR", dir, "$MODE", mode).Replace(text)
		all = errors.Join(all, os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644))
	}
	if all != nil {
		tb.Fatal(all)
	}
	d.cmd = home.Router.Command(program, "run", etc)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	if err := d.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.stop(tb) })
	ask.Until(tb, "weir counts", d.counts)
	return d
}

// counts reports whether all sources run, and connection tracking was read once.
func (d *daemon) counts() bool {
	reply, err := ask.Get(filepath.Join(d.dir, "sock"), "sources", nil)
	if err != nil {
		return false // it does not listen yet
	}
	rows, _ := reply["sources"].([]any)
	for _, r := range rows {
		dumps, _ := ask.At(r, "tracking.dumps").(float64)
		if ask.At(r, "state") != "running" || ask.At(r, "kind") == "conntrack" && dumps == 0 {
			return false
		}
	}
	return len(rows) > 0
}

// pid returns the daemon's process, 0 when there is none.
func (d *daemon) pid() int {
	if d == nil {
		return 0
	}
	return d.cmd.Process.Pid
}

// drops returns how many packets it dropped until now.
func (d *daemon) drops(tb testing.TB) float64 {
	tb.Helper()
	if d == nil {
		return 0
	}
	status, err := ask.Get(filepath.Join(d.dir, "sock"), "status", nil)
	if err != nil {
		tb.Fatal(err)
	}
	n, _ := ask.At(status, "drops.packets").(float64)
	return n
}

// stop ends it.
func (d *daemon) stop(tb testing.TB) {
	err := d.cmd.Process.Signal(unix.SIGTERM)
	hangs := time.AfterFunc(time.Minute, func() { d.cmd.Process.Kill() })
	defer hangs.Stop()
	if err := errors.Join(err, d.cmd.Wait()); err != nil {
		tb.Errorf("weir: %v\n%s", err, d.log.String())
	}
}
