//go:build integration

package daemon

import (
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// patience is how long tests wait for what takes several sweeps or looks.
const patience = 40 * time.Second

// until is ask.Until with more patience.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// mode returns the mode that was chosen, why, and the problems.
func (s *site) mode(t *testing.T) (mode, why, problems string) {
	t.Helper()
	status := s.call(t, "status", nil)
	rows, _ := ask.At(status, "config.errors").([]any)
	for _, r := range rows {
		problems += text(r, "message") + "\n"
	}
	return text(status, "mode.chosen"), text(status, "mode.why"), problems
}

// What counts follows what the machine can do, and status says why.
func TestAuto(t *testing.T) {
	const acct = "net.netfilter.nf_conntrack_acct="
	tests := []struct {
		name    string
		prepare func(*testing.T, *netns.Home)
		mode    string
		why     string
		problem string
	}{
		{"a router", func(*testing.T, *netns.Home) {}, "hybrid", "this machine routes to wan and connection tracking counts", ""},
		{"accounting is off", func(t *testing.T, h *netns.Home) { h.Router.Sysctl(t, acct+"0") },
			"packets", "nf_conntrack_acct is 0", "sysctl -w net.netfilter.nf_conntrack_acct=1"},
		{"no router", func(t *testing.T, h *netns.Home) {
			h.Router.Sysctl(t, "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
		}, "packets", "ip_forward is 0", ""},
		{"a mirror port", func(t *testing.T, h *netns.Home) { h.Router.IP(t, "addr flush dev "+netns.Bridge) },
			"packets", "br-lan has no address, as behind a mirror port", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			home := netns.New(t, netns.Options{NAT: true})
			tracking(t, home)
			tt.prepare(t, home)
			p := observe(t, home, "auto", "")
			mode, why, problems := p.site.mode(t)
			if mode != tt.mode || !strings.Contains(why, tt.why) || !strings.Contains(problems, tt.problem) || tt.problem == "" && problems != "" {
				t.Errorf("%s, because %s; problems: %s", mode, why, problems)
			}
			t.Logf("%s: %s", mode, why)
			p.stop(t)
		})
	}
}

// Without the right to capture, connection tracking alone counts.
func TestAutoWithoutCapture(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true})
	tracking(t, home)
	s := newSite(t, "")
	etc := s.folder(t, routerFiles, "config weir 'main'\n\tlist interface 'lan'\n")
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("SKIPPED: setpriv (util-linux) is missing")
	}
	p := s.start(t, home.Router.Command("setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw", program, "run", etc)).ready(t)
	p.running(t)
	mode, why, problems := s.mode(t)
	if mode != "conntrack" || !strings.Contains(why, "CAP_NET_RAW") || !strings.Contains(problems, "flows have no names") {
		t.Errorf("%s, because %s; problems: %s", mode, why, problems)
	}
	const count, size = 20, 300
	server := netip.AddrPortFrom(netns.ServerIP, 5000)
	client := exchange(t, home.Client1, home.Server, server, count, size)
	s.swept(t)
	full := counted{count, count * (size + udpHeaders)}
	s.want(t, "udp", client, server, full, full)
	if d := s.device(t, netns.Client1MAC); number(d, "bytes.tx") != full.bytes { // its neighbour table names it
		t.Errorf("the client's device: %v", d)
	}
	p.stop(t)
}

// The parameter flips while weir runs: what counts follows, once, and nothing
// counts twice.
func TestAccountingFlips(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	tracking(t, home)
	p := observe(t, home, "auto", "")
	s := p.site
	// What crosses the change is counted by neither for a moment; between changes
	// all is.
	flows := fromClient(8, 40000)
	wanted := make(map[string]counted)
	total := 0.0
	step := func(acct, mode string) {
		home.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct="+acct)
		until(t, "mode "+mode, func() bool {
			got, _, _ := s.mode(t)
			return got == mode && (s.dumps(t) > 0) == (mode == "hybrid")
		})
		p.running(t)
		for i := range flows { // other connections, as old ones keep what they were made with
			flows[i].Src = netip.AddrPortFrom(flows[i].Src.Addr(), flows[i].Src.Port()+100)
		}
		for _, f := range send(t, home.Client1, flows, 50, 2000).Sent {
			wanted[name(f.Flow)] = counted{float64(f.Packets), float64(f.Bytes)}
			total += float64(f.Bytes)
		}
		s.swept(t)
		until(t, "coverage goes on", func() bool {
			return number(s.call(t, "status", nil), "coverage.0.attributed.tx") >= total
		})
		got := s.flows(t)
		for key, want := range wanted {
			if got[key] != want {
				t.Errorf("mode %s: %s: %v, want %v", mode, key, got[key], want)
			}
		}
	}
	step("1", "hybrid")
	step("0", "packets")
	if _, _, problems := s.mode(t); !strings.Contains(problems, "nf_conntrack_acct=1") {
		t.Errorf("problems: %s", problems)
	}
	step("1", "hybrid")
	if _, _, problems := s.mode(t); problems != "" {
		t.Errorf("problems: %s", problems)
	}
	if n := strings.Count(p.log.String(), "msg=counting"); n != 3 {
		t.Errorf("%d times another mode, want 3", n)
	}
	p.stop(t)
}

// A restart loses nothing that passes before or after it, and counts nothing a
// second time.
func TestModesRestart(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	tracking(t, home)
	p := observe(t, home, "hybrid", "")
	flows := fromClient(8, 40000)
	first := send(t, home.Client1, flows, 50, 2000).Sent
	p.site.settle(t)
	p.stop(t) // no sweep since: the last one is made at the end
	q := p.site.start(t, home.Router.Command(program, "run", p.site.path("etc"))).ready(t)
	q.running(t)
	second := send(t, home.Client1, flows, 30, 2000).Sent
	p.site.swept(t)
	p.site.compare(t, second...)
	var want float64
	for i := range first {
		want += float64(first[i].Bytes + second[i].Bytes)
	}
	until(t, "history holds it all", func() bool {
		var got float64
		for _, app := range []string{"tls", "quic"} { // as port 443 says
			args := url.Values{"class": {"application"}, "key": {app}, "metric": {"bytes"}, "period": {"hour"}}
			values, _ := p.site.call(t, "series", args)["values"].([]any)
			for _, v := range values {
				f, _ := v.(float64)
				got += f
			}
		}
		if got > want {
			t.Fatalf("history holds %v bytes of %v", got, want)
		}
		return got == want
	})
	q.stop(t)
}

// Another program that zeroes the counters takes bytes away for good: nothing is
// negative or double, and coverage says what is missing and why.
func TestZeroed(t *testing.T) {
	if _, err := exec.LookPath("conntrack"); err != nil {
		t.Skip("SKIPPED: conntrack (Debian package conntrack) is missing")
	}
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	tracking(t, home)
	p := observe(t, home, "conntrack", "")
	s := p.site
	flows := fromClient(8, 40000)
	var total, zeroed float64
	pass := func(each int) (bytes float64) {
		for _, f := range send(t, home.Client1, flows, each, 4000).Sent {
			bytes += float64(f.Bytes)
		}
		total += bytes
		return bytes
	}
	for range 2 {
		pass(100)
		s.swept(t)
		zeroed += pass(20) // gone, unless weir looks in between
		home.Router.Run(t, "conntrack", "-L", "-z")
		pass(10)
		s.swept(t) // before counters are again what they were
	}
	var got float64
	for _, f := range flows {
		got += s.flows(t)[name(f)].bytes
	}
	t.Logf("%v of %v bytes are left, %v were zeroed away", got, total, zeroed)
	if got > total || got < total-zeroed {
		t.Errorf("%v bytes of %v, want %v at least", got, total, total-zeroed)
	}
	if got == total {
		t.Skip("SKIPPED: weir looked each time before the other program did")
	}
	until(t, "coverage tells", func() bool {
		c := ask.At(s.call(t, "status", nil), "coverage.0")
		rows, _ := ask.At(c, "reasons").([]any)
		for _, r := range rows {
			if text(r, "cause") == "resets" && strings.Contains(text(r, "text"), "zeroed") {
				t.Logf("%v %%: %s", number(c, "pct"), text(r, "text"))
				return number(c, "unattributed") >= total-got
			}
		}
		return false
	})
	p.stop(t)
}

// A reload changes the mode at once, and a source that both plans have goes on.
func TestReloadChangesMode(t *testing.T) {
	home := netns.New(t, netns.Options{NAT: true, Silent: true})
	tracking(t, home)
	p := observe(t, home, "hybrid", "")
	s := p.site
	flows := fromClient(8, 40000)
	sent := send(t, home.Client1, flows, 50, 2000).Sent
	s.swept(t)
	dumps := s.dumps(t)
	rewrite(t, s.path("etc/weir"), "'hybrid'", "'conntrack'")
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	ask.Until(t, "mode conntrack", func() bool { got, _, _ := s.mode(t); return got == "conntrack" })
	if s.dumps(t) < dumps {
		t.Error("connection tracking is read anew, without its baselines")
	}
	s.swept(t)
	s.compare(t, sent...)
	p.stop(t)
}

// rewrite replaces a word of a file.
func rewrite(t *testing.T, path, from, to string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}
