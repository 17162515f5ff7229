//go:build integration && linux

package resolve

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
	"weir/test/netns"
)

// asksIn is set where the test program runs in a client's namespace: it holds the
// addresses to ask for there.
const asksIn = "WEIR_TEST_RESOLVE"

// TestDnsmasq asks the resolver that routers have, on a router, from another
// machine: names of leases and hosts files, none, and an answer that is too long for
// a datagram.
func TestDnsmasq(t *testing.T) {
	if asked := os.Getenv(asksIn); asked != "" {
		report(t, strings.Fields(asked))
		return
	}
	dnsmasq, err := exec.LookPath("dnsmasq")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("dnsmasq is missing (Debian package dnsmasq-base)")
		}
		t.Skip("SKIPPED: dnsmasq is missing (Debian package dnsmasq-base)")
	}
	home := netns.New(t, netns.Options{})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hosts := write("hosts", netns.Client2IP.String()+" nas\nfd00:1::102 nas6\n8.8.4.111 bad_-.example\n")
	leases := write("leases", fmt.Sprintf("%d 02:00:00:00:01:01 %s Phone *\n", time.Now().Add(time.Hour).Unix(), netns.Client1IP))
	args := []string{
		"--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=", "--no-resolv", "--no-hosts", "--addn-hosts=" + hosts,
		"--bind-interfaces", "--listen-address=" + netns.RouterIP.String(), "--domain=lan", "--expand-hosts", "--bogus-priv",
		"--dhcp-range=192.168.1.50,192.168.1.150,1h", "--dhcp-leasefile=" + leases,
		"--ptr-record=109.4.8.8.in-addr.arpa,dns.example",
	}
	for i := range 12 {
		args = append(args, fmt.Sprintf("--ptr-record=110.4.8.8.in-addr.arpa,%s-%d.example", strings.Repeat("long", 12), i))
	}
	server := home.Router.Command(dnsmasq, args...)
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	asked := []string{"192.168.1.101", "192.168.1.102", "fd00:1::102", "8.8.4.109", "8.8.4.110", "8.8.4.111", "192.168.1.199"}
	client := home.Client1.Command(os.Args[0], "-test.run=^TestDnsmasq$", "-test.v")
	client.Env = append(os.Environ(), asksIn+"="+strings.Join(asked, " "))
	out, err := client.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "answer" {
			got[f[1]], _, _ = strings.Cut(strings.Join(f[2:], " "), "-") // any of several
		}
	}
	want := map[string]string{
		"192.168.1.101": "phone.lan", "192.168.1.102": "nas.lan", "fd00:1::102": "nas6.lan",
		"8.8.4.109": "dns.example", "8.8.4.110": strings.Repeat("long", 12), "8.8.4.111": "", "192.168.1.199": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names (-want +got):\n%s\n%s", diff, out)
	}
}

// report asks the router and prints what it says.
func report(t *testing.T, asked []string) {
	answers := make(chan string, len(asked))
	r := New(Config{
		Mode: All, Timeout: 5 * time.Second,
		Servers: func() []netip.AddrPort { return []netip.AddrPort{netip.AddrPortFrom(netns.RouterIP, portDNS)} },
		Answer: func(a packet.Addr, name []byte, again time.Duration) {
			answers <- fmt.Sprintf("answer %s %s", a, name)
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	for range 50 { // until it listens
		conn, err := net.Dial("tcp", netip.AddrPortFrom(netns.RouterIP, portDNS).String())
		if err == nil {
			conn.Close()
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, a := range asked {
		r.Ask(addr(a), strings.HasPrefix(a, "192.168.") || strings.HasPrefix(a, "fd00:"))
	}
	for range asked {
		select {
		case line := <-answers:
			fmt.Println(line)
		case <-time.After(20 * time.Second):
			t.Fatalf("no answer; %+v", r.Stats())
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	fmt.Printf("%+v\n", r.Stats())
}
