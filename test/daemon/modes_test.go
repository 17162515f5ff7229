//go:build integration

package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
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

// swept waits until all that has passed is accounted: until packets are, and
// until connection tracking was read by a dump that began after.
func (s *site) swept(t *testing.T) {
	t.Helper()
	s.settle(t)
	before := s.dumps(t)
	if before < 0 {
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
func each(t *testing.T, o netns.Options, options string, test func(t *testing.T, home *netns.Home, s *site, mode string)) {
	for _, mode := range []string{"packets", "conntrack", "hybrid"} {
		t.Run(mode, func(t *testing.T) {
			home := netns.New(t, o)
			tracking(t, home)
			home.Router.Run(t, "nft", redirect)
			p := observe(t, home, mode, options)
			if got := text(p.site.call(t, "status", nil), "mode.chosen"); got != mode {
				t.Fatalf("mode %s", got)
			}
			test(t, home, p.site, mode)
			p.stop(t)
		})
	}
}

// The same traffic is the same bytes, by flow and by device, whatever counts it,
// and nearly all of what the uplink carried is attributed.
func TestModesAgree(t *testing.T) {
	each(t, netns.Options{NAT: true, Silent: true}, "", func(t *testing.T, home *netns.Home, s *site, mode string) {
		flows := fromClient(24, 40000)
		time.Sleep(1100 * time.Millisecond) // until both sides of coverage have a base to count from
		sent := send(t, home.Client1, flows, 200, 5000).Sent
		back := send(t, home.Server, fromServer(flows), 100, 5000).Sent
		s.swept(t)
		s.compare(t, append(sent, back...)...)
		var up, down float64
		for _, f := range sent {
			up += float64(f.Bytes)
		}
		for _, f := range back {
			down += float64(f.Bytes)
		}
		d := s.device(t, netns.Client1MAC)
		const own = 1000 // what its kernel tells groups of IPv6
		if tx := number(d, "bytes.tx"); tx < up || tx > up+own || number(d, "bytes.rx") != down {
			t.Errorf("the client's device: %v sent and %v received, want %v and %v", number(d, "bytes.tx"), number(d, "bytes.rx"), up, down)
		}
		if d := s.device(t, netns.ServerMAC); d != nil {
			t.Errorf("the server is a device of the house: %v", d)
		}
		s.covered(t, 99.5)
		s.checkDrops(t)
	})
}

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
// answers too, over both versions of IP; pings count as well.
func TestModesAnswered(t *testing.T) {
	each(t, netns.Options{NAT: true}, "", func(t *testing.T, home *netns.Home, s *site, mode string) {
		const count, size, pings = 40, 700, 5
		server := netip.AddrPortFrom(netns.ServerIP, 5000)
		client := exchange(t, home.Client1, home.Server, server, count, size)
		server6 := netip.AddrPortFrom(netns.ServerIP6, 5001)
		client6 := exchange(t, home.Client2, home.Server, server6, count, size)
		ping(t, home.Client1, netns.ServerIP, pings, 100)
		c := transfer(t, home, netip.AddrPortFrom(netns.ServerIP, 8081), 200_000, 1_000_000)
		s.swept(t)
		each := counted{count, count * (size + udpHeaders)}
		s.want(t, "udp", client, server, each, each)
		each = counted{count, count * (size + udpHeaders6)}
		s.want(t, "udp", client6, server6, each, each)
		each = counted{pings, pings * (100 + echoHeaders)}
		s.want(t, "icmp", netip.AddrPortFrom(netns.Client1IP, 0), netip.AddrPortFrom(netns.ServerIP, 0), each, each)
		reply := s.call(t, "flows", url.Values{"port": {fmt.Sprint(c.Client.Port())}})
		row := ask.At(reply, "flows.0")
		if number(row, "pkts.tx") != float64(c.Out) || number(row, "pkts.rx") != float64(c.In) {
			t.Errorf("TCP: %v packets out and %v in, want %d and %d", number(row, "pkts.tx"), number(row, "pkts.rx"), c.Out, c.In)
		}
		if wanted := mode == "packets"; (ask.At(row, "goodput") != nil) != wanted {
			t.Errorf("goodput %v in mode %s", ask.At(row, "goodput"), mode)
		}
	})
}

// What enters by a redirect has the redirect's name, and the client inside is the
// server of it.
func TestModesInbound(t *testing.T) {
	each(t, netns.Options{NAT: true}, "", func(t *testing.T, home *netns.Home, s *site, mode string) {
		outside := netip.AddrPortFrom(netns.WANIP, 8080)
		var peers [2]net.Conn
		ln, err := listen(home.Client1, "192.168.1.101:80")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		err = home.Server.Do(func() (err error) {
			peers[0], err = net.DialTimeout("tcp", outside.String(), 5*time.Second)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		defer peers[0].Close()
		if peers[1], err = ln.Accept(); err != nil {
			t.Fatal(err)
		}
		defer peers[1].Close()
		if _, err := peers[0].Write([]byte("GET / HTTP/1.1\r\nHost: home.example\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		s.swept(t)
		row := ask.At(s.call(t, "flows", url.Values{"port": {"80"}}), "flows.0")
		if text(row, "client.ip") != netns.ServerIP.String() || text(row, "server.ip") != netns.Client1IP.String() {
			t.Errorf("from %s to %s", text(row, "client.ip"), text(row, "server.ip"))
		}
		if mode == "packets" {
			if ask.At(row, "nat") != nil {
				t.Errorf("packets know of NAT: %v", ask.At(row, "nat"))
			}
			return
		}
		if text(row, "nat.mapping") != "Web" || text(row, "nat.opened_by") != "redirect" || !strings.Contains(text(row, "nat.why"), "Web") {
			t.Errorf("nat: %v", ask.At(row, "nat"))
		}
		if got := text(row, "nat.orig.dst"); got != netns.WANIP.String() {
			t.Errorf("orig.dst %s", got)
		}
		mapped := ask.At(s.call(t, "nat", nil), "nat.0")
		if number(mapped, "port") != 8080 || number(mapped, "hits") != 1 || number(mapped, "bytes.rx") != number(row, "bytes.tx") ||
			text(mapped, "target.ip") != netns.Client1IP.String() || text(mapped, "name") != "Web" {
			t.Errorf("nat: %v", mapped)
		}
	})
}

func listen(n *netns.Namespace, addr string) (ln net.Listener, err error) {
	err = n.Do(func() (err error) {
		ln, err = net.Listen("tcp", addr)
		return err
	})
	return ln, err
}

// What clients send each other over the bridge counts once in the modes that see
// it; what the router itself sends and receives is its own.
func TestModesInside(t *testing.T) {
	each(t, netns.Options{NAT: true}, "\toption capture_ports '1'\n", func(t *testing.T, home *netns.Home, s *site, mode string) {
		testInside(t, home, s, map[string]bool{"packets": true, "hybrid": true}[mode], mode != "packets")
	})
}

// The same where connection tracking sees what is bridged.
func TestModesInsideTracked(t *testing.T) {
	for _, mode := range []string{"conntrack", "hybrid"} {
		t.Run(mode, func(t *testing.T) {
			home := netns.New(t, netns.Options{NAT: true})
			tracking(t, home)
			bridgedTracked(t, home, true)
			p := observe(t, home, mode, "")
			testInside(t, home, p.site, true, true)
			p.stop(t)
		})
	}
}

// testInside sends from client to client, of which weir sees something or not, and
// from the router.
func testInside(t *testing.T, home *netns.Home, s *site, inside, own bool) {
	t.Helper()
	const count, size = 300, 1200
	home.Client1.IP(t, "neigh replace 192.168.1.102 lladdr 02:00:00:00:01:02 dev eth0")
	home.Client2.IP(t, "neigh replace 192.168.1.101 lladdr 02:00:00:00:01:01 dev eth0")
	peer := netip.AddrPortFrom(netns.Client2IP, 6000)
	client := exchange(t, home.Client1, home.Client2, peer, count, size)
	server := netip.AddrPortFrom(netns.ServerIP, 6001)
	router := exchange(t, home.Router, home.Server, server, count, size)
	s.swept(t)
	full := counted{count, count * (size + udpHeaders)}
	of := map[bool]counted{true: full}
	s.want(t, "udp", client, peer, of[inside], of[inside])
	s.want(t, "udp", router, server, of[own], of[own])
	if !own {
		return // only the uplink sees what the router sends
	}
	s.covered(t, 99.5)
	c := ask.At(s.call(t, "status", nil), "coverage.0")
	if number(c, "router.tx") != full.bytes || number(c, "router.rx") != full.bytes {
		t.Errorf("the router's own: %v, want %v", ask.At(c, "router"), full.bytes)
	}
}
