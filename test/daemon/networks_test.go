//go:build integration

package daemon

import (
	"fmt"
	"net/netip"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"weir/test/ask"
	"weir/test/netns"
)

// only returns the one flow with that port at either end.
func (s *site) only(t *testing.T, port uint16) any {
	t.Helper()
	rows, _ := s.call(t, "flows", url.Values{"port": {fmt.Sprint(port)}})["flows"].([]any)
	if len(rows) != 1 {
		t.Fatalf("%d flows of port %d, want one: %v", len(rows), port, rows)
	}
	return rows[0]
}

// needKind skips a test where the kernel has no devices of a kind.
func needKind(t *testing.T, home *netns.Home, kind, args string) {
	t.Helper()
	out, err := home.Router.Command("ip", strings.Fields("link add probe0 "+args)...).CombinedOutput()
	if err != nil {
		t.Skipf("SKIPPED: this kernel makes no devices of kind %s: %s", kind, out)
	}
	home.Router.IP(t, "link del probe0")
}

// guestIP is the second client's address in the guest network.
var guestIP = netip.MustParseAddr("192.168.20.102")

// A guest network has a row of its own beside the house's, whether it is a bridge
// or a VLAN of the house's bridge, and no frame counts on both.
func TestGuestNetwork(t *testing.T) {
	asBridge := func(t *testing.T, home *netns.Home, device string) {
		home.Router.IP(t, "link add "+device+" address 02:00:00:00:00:01 type bridge forward_delay 0", "link set "+netns.Port2+" master "+device)
	}
	asVLAN := func(t *testing.T, home *netns.Home, device string) {
		needKind(t, home, "vlan", "link "+netns.Bridge+" type vlan id 20")
		home.Router.IP(t, "link add link "+netns.Bridge+" name "+device+" type vlan id 20")
	}
	filtered := func(t *testing.T, home *netns.Home, device string) {
		asVLAN(t, home, device)
		if _, err := exec.LookPath("bridge"); err != nil {
			t.Skip("SKIPPED: bridge (Debian package iproute2) is missing")
		}
		home.Router.IP(t, "link set "+netns.Bridge+" type bridge vlan_filtering 1")
		for _, args := range []string{"dev " + netns.Port2 + " vid 20", "dev " + netns.Bridge + " vid 20 self"} {
			home.Router.Run(t, "bridge", strings.Fields("vlan add "+args)...)
		}
	}
	tests := []struct {
		name, device string
		make         func(*testing.T, *netns.Home, string)
		vlan         uint16
	}{
		{"bridge", "br-guest", asBridge, 0}, {"VLAN", "br-lan.20", asVLAN, 20}, {"filtered VLAN", "br-lan.20", filtered, 20},
	}
	for _, tt := range tests {
		for _, mode := range []string{"packets 0", "packets 1", "conntrack 0", "hybrid 0", "hybrid 1"} {
			t.Run(tt.name+" "+mode, func(t *testing.T) {
				home := netns.New(t, netns.Options{NAT: true, Silent: true})
				tracking(t, home)
				tt.make(t, home, tt.device)
				home.Router.IP(t, "addr add 192.168.20.1/24 dev "+tt.device, "link set "+tt.device+" up",
					"neigh replace "+guestIP.String()+" lladdr 02:00:00:00:01:02 dev "+tt.device)
				mode, ports, _ := strings.Cut(mode, " ")
				p := observe(t, home, mode, "\tlist interface '"+tt.device+"'\n\toption capture_ports '"+ports+"'\n")
				testGuest(t, home, p.site, tt.device, tt.vlan)
				p.stop(t)
			})
		}
	}
}

func testGuest(t *testing.T, home *netns.Home, s *site, device string, vlan uint16) {
	t.Helper()
	var guests []netns.Flow
	for i := range 4 {
		guests = append(guests, netns.Flow{
			Proto: []uint8{17, 6}[i%2], Payload: 300, VLAN: vlan,
			SrcMAC: netns.Client2MAC, DstMAC: netns.RouterMAC,
			Src: netip.AddrPortFrom(guestIP, uint16(41000+i)), Dst: netip.AddrPortFrom(netns.ServerIP, 443),
		})
	}
	sent := send(t, home.Client2, guests, 100, 2000).Sent
	want := 0.0
	for _, f := range sent {
		want += float64(f.Bytes)
	}
	sent = append(sent, send(t, home.Client1, fromClient(4, 40000), 100, 2000).Sent...)
	s.swept(t)
	s.compare(t, sent...)
	for port, name := range map[uint16]string{41000: device, 41001: device, 40000: "lan", 40003: "lan"} {
		if got := text(s.only(t, port), "iface"); got != name {
			t.Errorf("the flow of port %d is on %s, want %s", port, got, name)
		}
	}
	const own = 1000 // what its kernel tells groups of IPv6
	d := s.device(t, netns.Client2MAC)
	if tx := number(d, "bytes.tx"); tx < want || tx > want+own {
		t.Errorf("the guest's device sent %v bytes, want %v", tx, want)
	}
	s.checkDrops(t)
}

// What a tunnel carries is counted inside; its outer packets are the router's, and
// told to be what they are.
func TestTunnel(t *testing.T) {
	for _, mode := range []string{"conntrack", "hybrid"} {
		t.Run(mode, func(t *testing.T) {
			home := netns.New(t, netns.Options{NAT: true})
			tracking(t, home)
			needKind(t, home, "ip6tnl", "type ip6tnl mode ipip6 local 2001:db8:2::1 remote 2001:db8:2::2")
			const inner = "10.99.0.2"
			home.Router.IP(t, "link add tnl0 type ip6tnl mode ipip6 local 2001:db8:2::1 remote 2001:db8:2::2 encaplimit none",
				"addr add 10.99.0.1/30 dev tnl0", "link set tnl0 up")
			home.Server.IP(t, "link add tnl0 type ip6tnl mode ipip6 local 2001:db8:2::2 remote 2001:db8:2::1 encaplimit none",
				"addr add "+inner+"/30 dev tnl0", "link set tnl0 up", "route add 192.168.1.0/24 via 10.99.0.1")
			p := observe(t, home, mode, "")
			s := p.site
			const count, size = 50, 600
			server := netip.AddrPortFrom(netip.MustParseAddr(inner), 7000)
			client := exchange(t, home.Client1, home.Server, server, count, size)
			s.swept(t)
			full := counted{count, count * (size + udpHeaders)}
			s.want(t, "udp", client, server, full, full)
			outer := ask.At(s.call(t, "flows", url.Values{"ip": {netns.ServerIP6.String()}, "text": {"tnl0"}}), "flows.0")
			if outer == nil {
				outer = ask.At(s.call(t, "flows", url.Values{"ip": {netns.ServerIP6.String()}, "sort": {"bytes"}}), "flows.0")
			}
			if text(outer, "carries") != "tnl0" {
				t.Errorf("the outer flow: %v", outer)
			}
			if d := s.device(t, netns.Client1MAC); number(d, "bytes.tx") > full.bytes+1000 {
				t.Errorf("the client's device: %v, want %v", ask.At(d, "bytes"), full.bytes)
			}
			s.covered(t, 99)
			p.stop(t)
		})
	}
}
