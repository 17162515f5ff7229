//go:build integration

package offload

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"weir/test/netns"
)

// udpIdle is how many seconds a datagram flow is silent before the flowtable
// gives it back; the kernel's own 30 would only make the test longer.
const udpIdle = 3

// table says what flowtable the router has.
type table struct {
	name    string
	offload bool
	counter bool // the flowtable updates the counters of connection tracking
}

// tables are those that OpenWrt's firewall4 makes: none, that of today, and that
// of releases before 2024-10.
var tables = []table{
	{name: "no flowtable"},
	{name: "flowtable with counter", offload: true, counter: true},
	{name: "flowtable without counter", offload: true},
}

// flowtable is the name that firewall4 gives its flowtable, and fw4 its table's.
const (
	fw4       = "fw4"
	flowtable = "ft"
)

// rules returns the table as firewall4 writes it, with the flowtable on the ports
// of the bridge and the uplink.
func (ft table) rules() string {
	declaration, add := "", ""
	if ft.offload {
		declaration = fmt.Sprintf("flowtable %s { hook ingress priority filter; devices = { %s }; ", flowtable, strings.Join(devices, ", "))
		if ft.counter {
			declaration += "counter; "
		}
		declaration += "}"
		add = "meta l4proto { tcp, udp } flow add @" + flowtable
	}
	return fmt.Sprintf(`table inet %s {
	%s
	chain forward {
		type filter hook forward priority filter; policy accept;
		%s
		ct state established,related accept
	}
}`, fw4, declaration, add)
}

// devices are those that the flowtable forwards between, in the kernel's order.
var devices = []string{netns.Port1, netns.Port2, netns.WAN}

// require skips the test where the kernel has no flowtable to offer.
func require(t *testing.T) {
	t.Helper()
	home := netns.New(t, netns.Options{})
	out, err := home.Router.Command("nft", tables[1].rules()).CombinedOutput()
	switch {
	case err == nil:
	case os.Getenv("CI") == "guest":
		t.Fatalf("flowtable: %v\n%s", err, out)
	default:
		t.Skip("SKIPPED: this kernel has no flowtables; make test-offload brings one that has")
	}
}

// newHome makes a home with NAT and the flowtable. Connection tracking does not
// check TCP's windows, as on OpenWrt: since Linux 6.1 the check lets segments that
// come late pass uncounted, as two processors make them come.
func newHome(t *testing.T, ft table) *netns.Home {
	t.Helper()
	home := netns.New(t, netns.Options{NAT: true})
	home.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct=1", "net.netfilter.nf_conntrack_udp_timeout_stream=180",
		"net.netfilter.nf_conntrack_tcp_be_liberal=1")
	home.Router.Run(t, "nft", ft.rules())
	if ft.offload {
		home.Router.Sysctl(t, "net.netfilter.nf_flowtable_udp_timeout="+strconv.Itoa(udpIdle))
	}
	return home
}

// offloaded returns which of the flows conntrack(8) says the flowtable forwards.
func offloaded(t *testing.T, home *netns.Home, flows []*exchange) map[*exchange]bool {
	t.Helper()
	list := home.Router.Run(t, "conntrack", "-L") + home.Router.Run(t, "conntrack", "-L", "-f", "ipv6")
	found := make(map[*exchange]bool)
	for line := range strings.Lines(list) {
		if !strings.Contains(line, "[OFFLOAD]") {
			continue
		}
		for _, f := range flows {
			if strings.Contains(line, "src="+f.Own.Addr().String()+" ") && strings.Contains(line, fmt.Sprintf(" sport=%d ", f.Own.Port())) {
				found[f] = true
			}
		}
	}
	return found
}

// statistics returns what a device of the router received and sent so far.
func statistics(t *testing.T, home *netns.Home, device string) (packets uint64) {
	t.Helper()
	err := home.Router.Do(func() error {
		b, err := os.ReadFile("/proc/thread-self/net/dev")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(b)) {
			name, numbers, ok := strings.Cut(line, ":")
			if !ok || strings.TrimSpace(name) != device {
				continue
			}
			f := strings.Fields(numbers)
			rx, err := strconv.ParseUint(f[1], 10, 64)
			if err != nil {
				return err
			}
			tx, err := strconv.ParseUint(f[9], 10, 64)
			packets = rx + tx
			return err
		}
		return fmt.Errorf("no device %s", device)
	})
	if err != nil {
		t.Fatal(err)
	}
	return packets
}

// connections are what the clients do: of either version, datagrams and streams,
// with and without TLS, and one that the router only bridges.
func connections(home *netns.Home) []*exchange {
	to := func(addr netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(addr, port) }
	return []*exchange{
		{name: "TLS, IPv4", from: home.Client1, proto: 6, addr: to(netns.ServerIP, tlsPort), sni: "video" + suffix},
		{name: "TLS, IPv6", from: home.Client1, proto: 6, addr: to(netns.ServerIP6, tlsPort), sni: "music" + suffix},
		{name: "TLS, IPv4, other client", from: home.Client2, proto: 6, addr: to(netns.ServerIP, tlsPort), sni: "backup" + suffix},
		{name: "TCP, IPv4", from: home.Client1, proto: 6, addr: to(netns.ServerIP, tcpPort)},
		{name: "TCP, IPv6, other client", from: home.Client2, proto: 6, addr: to(netns.ServerIP6, tcpPort)},
		{name: "UDP, IPv4", from: home.Client1, proto: 17, addr: to(netns.ServerIP, udpPort)},
		{name: "UDP, IPv6", from: home.Client2, proto: 17, addr: to(netns.ServerIP6, udpPort)},
		{name: "TCP between clients", from: home.Client1, proto: 6, addr: to(netns.Client2IP, tcpPort), inside: true},
	}
}
