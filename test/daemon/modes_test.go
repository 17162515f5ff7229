//go:build integration

package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

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
