//go:build integration

// Package netns is a home network in network namespaces, on the real kernel,
// for tests: two clients, a router with a bridge and NAT, and a server.
//
//	client1 eth0 ── lan1 ┐
//	                     ├ br-lan  router  wan ── eth0 server
//	client2 eth0 ── lan2 ┘
//
// Links are veth pairs. Namespaces have names of their own in every test and
// are deleted when it ends. Traffic of known size comes from Send (paced frames)
// and Transfer (TCP, with the kernel's own count of segments).
//
// It needs root and, on Debian, the packages iproute2, nftables and ethtool.
// Without them tests are skipped aloud, or fail where the environment variable
// CI is set.
package netns

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Devices of the router, and the only one of all others.
const (
	Bridge = "br-lan"
	Port1  = "lan1"
	Port2  = "lan2"
	WAN    = "wan"
	Eth    = "eth0"
)

// Addresses of the home, its networks being a /24 and a /64 each.
var (
	Client1IP  = netip.MustParseAddr("192.168.1.101")
	Client2IP  = netip.MustParseAddr("192.168.1.102")
	RouterIP   = netip.MustParseAddr("192.168.1.1")
	WANIP      = netip.MustParseAddr("203.0.113.1")
	ServerIP   = netip.MustParseAddr("203.0.113.2")
	Client1IP6 = netip.MustParseAddr("2001:db8:1::101")
	Client2IP6 = netip.MustParseAddr("2001:db8:1::102")
	RouterIP6  = netip.MustParseAddr("2001:db8:1::1")
	WANIP6     = netip.MustParseAddr("2001:db8:2::1")
	ServerIP6  = netip.MustParseAddr("2001:db8:2::2")
)

// Hardware addresses: of the clients and the server, of the router's bridge (and
// both its ports) and of its WAN device.
var (
	Client1MAC = [6]byte{2, 0, 0, 0, 1, 0x01}
	Client2MAC = [6]byte{2, 0, 0, 0, 1, 0x02}
	RouterMAC  = [6]byte{2, 0, 0, 0, 0, 0x01}
	WANMAC     = [6]byte{2, 0, 0, 0, 0, 0x02}
	ServerMAC  = [6]byte{2, 0, 0, 0, 2, 0x02}
)

// Options say how a home differs from the usual one.
type Options struct {
	Offloads bool // leave GRO, GSO and TSO of all devices on
	NAT      bool // masquerade IPv4 behind WANIP
	Silent   bool // clients and server answer nothing: what Send sends is all there is
}

// Home is a running home network.
type Home struct {
	Client1, Client2, Router, Server *Namespace
}

// New makes a home that lives until tb ends.
func New(tb testing.TB, o Options) *Home {
	tb.Helper()
	require(tb)
	prefix := fmt.Sprintf("weir-%d-%x-", os.Getpid(), time.Now().UnixNano())
	h := &Home{
		Client1: create(tb, prefix+"client1"),
		Client2: create(tb, prefix+"client2"),
		Router:  create(tb, prefix+"router"),
		Server:  create(tb, prefix+"server"),
	}
	h.wire(tb)
	h.address(tb)
	if !o.Offloads {
		h.Router.disableOffloads(tb, Port1, Port2, Bridge, WAN)
		for _, n := range []*Namespace{h.Client1, h.Client2, h.Server} {
			n.disableOffloads(tb, Eth)
		}
	}
	if o.NAT {
		h.Router.Run(tb, "nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; }; "+
			"add rule ip nat post oifname "+WAN+" masquerade")
	}
	if o.Silent {
		for _, n := range []*Namespace{h.Client1, h.Client2, h.Server} {
			n.Run(tb, "nft", "add table inet silent; add chain inet silent in { type filter hook input priority 0; policy drop; }")
		}
	}
	return h
}

// require skips the test, or fails it in CI, when namespaces cannot be had.
func require(tb testing.TB) {
	tb.Helper()
	var missing []string
	if os.Geteuid() != 0 {
		missing = append(missing, "root")
	}
	for tool, deb := range map[string]string{"ip": "iproute2", "nft": "nftables", "ethtool": "ethtool"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool+" (Debian package "+deb+")")
		}
	}
	if missing == nil {
		return
	}
	if os.Getenv("CI") != "" {
		tb.Fatalf("network namespaces need %s", strings.Join(missing, ", "))
	}
	tb.Skipf("SKIPPED: network namespaces need %s", strings.Join(missing, ", "))
}

// wire makes the devices. IPv6 duplicate detection would hold addresses back for
// a second, so it is off.
func (h *Home) wire(tb testing.TB) {
	tb.Helper()
	for _, n := range []*Namespace{h.Client1, h.Client2, h.Router, h.Server} {
		n.Sysctl(tb, "net.ipv6.conf.default.accept_dad=0")
	}
	h.Router.Sysctl(tb, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	h.Router.IP(tb,
		"link add "+Bridge+" address "+mac(RouterMAC)+" type bridge forward_delay 0",
		"link set "+Bridge+" up")
	h.AddPort(tb, Port1, h.Client1, Client1MAC)
	h.AddPort(tb, Port2, h.Client2, Client2MAC)
	h.Router.IP(tb,
		"link add "+WAN+" address "+mac(WANMAC)+" type veth peer name "+Eth+" address "+mac(ServerMAC)+" netns "+h.Server.Name,
		"link set "+WAN+" up")
	h.Server.IP(tb, "link set "+Eth+" up")
}

// AddPort makes the port of the bridge that leads to a client, whose device
// eth0 it makes as well, without addresses.
func (h *Home) AddPort(tb testing.TB, port string, client *Namespace, clientMAC [6]byte) {
	tb.Helper()
	h.Router.IP(tb,
		"link add "+port+" address "+mac(RouterMAC)+" type veth peer name "+Eth+" address "+mac(clientMAC)+" netns "+client.Name,
		"link set "+port+" master "+Bridge+" up")
	client.IP(tb, "link set "+Eth+" up")
}

// address gives addresses, routes and the neighbours that are known beforehand.
func (h *Home) address(tb testing.TB) {
	tb.Helper()
	h.AddressRouter(tb)
	h.Router.IP(tb,
		fmt.Sprintf("addr add %s/24 dev %s", WANIP, WAN),
		fmt.Sprintf("addr add %s/64 dev %s", WANIP6, WAN),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", ServerIP, mac(ServerMAC), WAN),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", ServerIP6, mac(ServerMAC), WAN))
	h.AddressClient(tb, h.Client1, Client1IP, Client1IP6)
	h.AddressClient(tb, h.Client2, Client2IP, Client2IP6)
	h.Server.IP(tb,
		fmt.Sprintf("addr add %s/24 dev %s", ServerIP, Eth),
		fmt.Sprintf("addr add %s/64 dev %s", ServerIP6, Eth),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", WANIP, mac(WANMAC), Eth),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", WANIP6, mac(WANMAC), Eth),
		fmt.Sprintf("route add default via %s", WANIP),
		fmt.Sprintf("route add default via %s", WANIP6))
}

// AddressRouter gives the bridge its addresses, also when it was made again.
func (h *Home) AddressRouter(tb testing.TB) {
	tb.Helper()
	h.Router.IP(tb,
		fmt.Sprintf("addr add %s/24 dev %s", RouterIP, Bridge),
		fmt.Sprintf("addr add %s/64 dev %s", RouterIP6, Bridge),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", Client1IP, mac(Client1MAC), Bridge),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", Client2IP, mac(Client2MAC), Bridge),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", Client1IP6, mac(Client1MAC), Bridge),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", Client2IP6, mac(Client2MAC), Bridge))
}

// AddressClient gives a client its addresses and routes, also when its port was
// made again.
func (h *Home) AddressClient(tb testing.TB, n *Namespace, ip, ip6 netip.Addr) {
	tb.Helper()
	n.IP(tb,
		fmt.Sprintf("addr add %s/24 dev %s", ip, Eth),
		fmt.Sprintf("addr add %s/64 dev %s", ip6, Eth),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", RouterIP, mac(RouterMAC), Eth),
		fmt.Sprintf("neigh replace %s lladdr %s dev %s", RouterIP6, mac(RouterMAC), Eth),
		fmt.Sprintf("route add default via %s", RouterIP),
		fmt.Sprintf("route add default via %s", RouterIP6))
}

// BigTCP lets merged IPv6 frames grow beyond 64 KiB on all devices (BIG TCP).
// The same for IPv4 needs a newer ip(8) than Debian 12 has.
func (h *Home) BigTCP(tb testing.TB) {
	tb.Helper()
	const sizes = " gso_max_size 185000 gro_max_size 185000"
	for _, d := range []string{Bridge, Port1, Port2, WAN} {
		h.Router.IP(tb, "link set dev "+d+sizes)
	}
	for _, n := range []*Namespace{h.Client1, h.Client2, h.Server} {
		n.IP(tb, "link set dev "+Eth+sizes)
	}
}

func mac(m [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}
