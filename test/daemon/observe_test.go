//go:build integration

package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"

	"weir/test/ask"
	"weir/test/netns"
)

// The sizes of headers in bytes.
const (
	udpHeaders  = 20 + 8
	udpHeaders6 = 40 + 8
	echoHeaders = 20 + 8
)

// routerFiles are what stands beside weir's file on the home's router. Web is a
// redirect as redirect makes it in the kernel.
var routerFiles = map[string]string{
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
config redirect
	option name 'Web'
	option src 'wan'
	option dest 'lan'
	option proto 'tcp'
	option src_dport '8080'
	option dest_ip '192.168.1.101'
	option dest_port '80'
`,
}

// redirect makes the kernel do what routerFiles say.
const redirect = "add chain ip nat pre { type nat hook prerouting priority dstnat; }; " +
	"add rule ip nat pre iifname wan tcp dport 8080 dnat to 192.168.1.101:80"

// tracking switches the router's connection tracking on, for IPv6 as well, which a
// rule has to ask for: that it counts, and that it takes frames of TCP connections
// that nobody opened, as Send makes them. What is bridged it does not see.
func tracking(t *testing.T, home *netns.Home) {
	t.Helper()
	home.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct=1", "net.netfilter.nf_conntrack_tcp_be_liberal=1")
	home.Router.Run(t, "nft", "add table inet fw; add chain inet fw forward { type filter hook forward priority 0; }; "+
		"add rule inet fw forward ct state established accept")
	bridgedTracked(t, home, false)
}

// bridgedTracked says whether connection tracking sees what is bridged, where the
// kernel has a way to.
func bridgedTracked(t *testing.T, home *netns.Home, on bool) {
	t.Helper()
	if _, err := os.Stat("/proc/sys/net/bridge"); err != nil {
		if on {
			t.Skip("SKIPPED: bridged packets pass connection tracking only with the module br_netfilter")
		}
		return
	}
	value := map[bool]string{true: "=1", false: "=0"}[on]
	home.Router.Sysctl(t, "net.bridge.bridge-nf-call-iptables"+value, "net.bridge.bridge-nf-call-ip6tables"+value)
}

// observe starts weir in the router of a home with the router's files.
func observe(t *testing.T, home *netns.Home, mode, options string) *process {
	t.Helper()
	netns.Favour(t)
	s := newSite(t, "")
	etc := s.folder(t, routerFiles, "config weir 'main'\n\tlist interface 'lan'\n\toption idle_timeout '600'\n\toption source '"+mode+"'\n"+options)
	p := s.start(t, home.Router.Command(program, "run", etc)).ready(t)
	p.running(t)
	return p
}

// running waits until weir counts: all sources run, and connection tracking was
// read once.
func (p *process) running(t *testing.T) {
	t.Helper()
	ask.Until(t, "it counts", func() bool {
		reply := p.site.call(t, "sources", nil)
		rows, _ := reply["sources"].([]any)
		for _, r := range rows {
			if text(r, "kind") == "pcap" {
				continue
			}
			if text(r, "state") != "running" || text(r, "kind") == "conntrack" && number(r, "tracking.dumps") == 0 {
				return false
			}
		}
		return len(rows) > 1
	})
}

// dumps returns how often connection tracking was read, -1 where it is not.
func (s *site) dumps(t *testing.T) float64 {
	t.Helper()
	rows, _ := s.call(t, "sources", nil)["sources"].([]any)
	for _, r := range rows {
		if text(r, "kind") == "conntrack" {
			return number(r, "tracking.dumps")
		}
	}
	return -1
}

// swept waits until all that has passed is accounted and summed up: until packets
// are, and until connection tracking was read by a dump that began after.
func (s *site) swept(t *testing.T) {
	t.Helper()
	s.settle(t)
	before := s.dumps(t)
	if before < 0 {
		time.Sleep(1100 * time.Millisecond) // the next tick sums up by device
		return
	}
	for end := time.Now().Add(30 * time.Second); s.dumps(t) < before+2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("connection tracking is not read")
		}
	}
}

// compare compares what was sent with what was counted: to the packet and byte.
func (s *site) compare(t *testing.T, sent ...netns.Sent) {
	t.Helper()
	got := s.flows(t)
	for _, f := range sent {
		if have, want := got[name(f.Flow)], (counted{float64(f.Packets), float64(f.Bytes)}); have != want {
			t.Errorf("%s: %v, sent %v", name(f.Flow), have, want)
		}
	}
}

// device returns what weir says of the device with a hardware address.
func (s *site) device(t *testing.T, mac [6]byte) any {
	t.Helper()
	reply := s.call(t, "devices", url.Values{"mac": {net.HardwareAddr(mac[:]).String()}})
	return ask.At(reply, "devices.0")
}

// each runs a test in every mode.
// The same traffic is the same bytes, by flow and by device, whatever counts it,
// covered waits until at least so much of what the uplink carried is attributed.
func (s *site) covered(t *testing.T, pct float64) {
	t.Helper()
	var c any
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		c = ask.At(s.call(t, "status", nil), "coverage.0")
		if number(c, "pct") >= pct {
			break
		}
		if time.Now().After(end) {
			t.Errorf("coverage is below %v %%: %v", pct, c)
			return
		}
	}
	t.Logf("uplink %s (%s): %v bytes out and %v in, of which flows account for %v and %v: %v %%",
		text(c, "uplink"), text(c, "device"), number(c, "interface.tx"), number(c, "interface.rx"),
		number(c, "attributed.tx"), number(c, "attributed.rx"), number(c, "pct"))
}

// exchange sends count datagrams of so many bytes from one namespace to addr in
// another, each of which is answered by one of the same size.
func exchange(t *testing.T, from, to *netns.Namespace, addr netip.AddrPort, count, size int) (local netip.AddrPort) {
	t.Helper()
	var client net.Conn
	var pc net.PacketConn
	err := to.Do(func() (err error) {
		pc, err = net.ListenPacket("udp", addr.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	err = from.Do(func() (err error) {
		client, err = net.Dial("udp", addr.String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	b := make([]byte, 2048)
	for i := range count {
		deadline := time.Now().Add(5 * time.Second)
		client.SetDeadline(deadline)
		pc.SetDeadline(deadline)
		if _, err := client.Write(b[:size]); err != nil {
			t.Fatal(err)
		}
		n, peer, err := pc.ReadFrom(b)
		if err == nil {
			_, err = pc.WriteTo(b[:n], peer)
		}
		if err == nil {
			_, err = client.Read(b)
		}
		if err != nil {
			t.Fatalf("datagram %d: %v", i, err)
		}
	}
	return client.LocalAddr().(*net.UDPAddr).AddrPort()
}

// ping sends count echo requests with so many bytes of data and awaits the
// answers.
func ping(t *testing.T, from *netns.Namespace, to netip.Addr, count, size int) {
	t.Helper()
	var pc *icmp.PacketConn
	err := from.Do(func() (err error) {
		pc, err = icmp.ListenPacket("ip4:icmp", "0.0.0.0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	pc.SetDeadline(time.Now().Add(5 * time.Second))
	for i := range count {
		echo := icmp.Message{Type: ipv4.ICMPTypeEcho, Body: &icmp.Echo{ID: 7, Seq: i, Data: make([]byte, size)}}
		b, err := echo.Marshal(nil)
		if err == nil {
			_, err = pc.WriteTo(b, &net.IPAddr{IP: to.AsSlice()})
		}
		if err == nil {
			_, _, err = pc.ReadFrom(make([]byte, 2*size))
		}
		if err != nil {
			t.Fatalf("ping %d: %v", i, err)
		}
	}
}

// want is what a flow should have counted each way.
func (s *site) want(t *testing.T, proto string, client, server netip.AddrPort, tx, rx counted) {
	t.Helper()
	got := s.flows(t)
	key := fmt.Sprintf("%s %s:%d %s:%d", proto, client.Addr(), client.Port(), server.Addr(), server.Port())
	if got[key] != tx {
		t.Errorf("%s: %v, want %v", key, got[key], tx)
	}
	key = fmt.Sprintf("%s %s:%d %s:%d", proto, server.Addr(), server.Port(), client.Addr(), client.Port())
	if got[key] != rx {
		t.Errorf("%s: %v, want %v", key, got[key], rx)
	}
}

// Connections through the translation of addresses are those of the client,
// What enters by a redirect has the redirect's name, and the client inside is the
func listen(n *netns.Namespace, addr string) (ln net.Listener, err error) {
	err = n.Do(func() (err error) {
		ln, err = net.Listen("tcp", addr)
		return err
	})
	return ln, err
}

// What clients send each other over the bridge counts once in the modes that see
// testInside sends from client to client, of which weir sees something or not, and
// from the router.
