//go:build integration && linux

package link

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"weir/test/netns"
)

func isNeighbour(op Op, addr netip.Addr) func(Event) bool {
	return func(e Event) bool { return e.Op == op && e.Neighbour.Addr == addr }
}

func TestWatchNeighbours(t *testing.T) {
	home := netns.New(t, netns.Options{})
	home.Router.Run(t, "ip", "neigh", "flush", "nud", "permanent") // the home writes them all down
	events := make(chan Event, 1000)
	follow(t, home.Router, func(e Event) { events <- e }, Neighbours)
	until(t, events, "", func(e Event) bool { return e.Op == Synced })

	// Hosts appear when they are talked to. What is sent is lost on them.
	for _, host := range []struct {
		ip  netip.Addr
		mac MAC
	}{{netns.Client1IP, netns.Client1MAC}, {netns.Client2IP6, netns.Client2MAC}} {
		knock(t, home.Router, host.ip)
		until(t, events, "", func(e Event) bool {
			if e.Op == AddressSet || e.Op == PortVLANSet {
				t.Errorf("told of a topic that was not asked for: %v", e)
			}
			return isNeighbour(NeighbourSet, host.ip)(e) && e.Neighbour.MAC == host.mac && !e.Neighbour.Router
		})
	}
	bridge, _ := list(t, home.Router).ByName(netns.Bridge)
	found := 0
	for _, n := range list(t, home.Router).Neighbours(bridge.Index) {
		if n.Addr == netns.Client1IP && n.MAC == netns.Client1MAC || n.Addr == netns.Client2IP6 && n.MAC == netns.Client2MAC {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 hosts are in the list", found)
	}

	// Trust comes and goes without a word; what is said next is a marker.
	marker := netip.MustParseAddr("192.168.1.200")
	var swings []string
	for range 50 {
		for _, state := range []string{"stale", "reachable", "delay", "probe"} {
			swings = append(swings, "neigh replace 192.168.1.101 lladdr 02:00:00:00:01:01 nud "+state+" dev br-lan")
		}
	}
	home.Router.IP(t, swings...)
	home.Router.IP(t, "neigh add 192.168.1.200 lladdr 02:00:00:00:09:09 nud permanent dev br-lan")
	until(t, events, "", func(e Event) bool {
		if e.Neighbour.Addr == netns.Client1IP {
			t.Errorf("told of a change of trust: %v", e)
		}
		return isNeighbour(NeighbourSet, marker)(e)
	})
	home.Router.IP(t, "neigh del 192.168.1.200 dev br-lan")
	until(t, events, "", isNeighbour(NeighbourGone, marker))
	home.Router.IP(t, "neigh replace 192.168.1.101 lladdr 02:00:00:00:01:99 nud reachable dev br-lan")
	until(t, events, "", func(e Event) bool {
		return isNeighbour(NeighbourSet, netns.Client1IP)(e) && e.Neighbour.MAC == MAC{2, 0, 0, 0, 1, 0x99}
	})

	// Nobody answers there: that is no neighbour.
	home.Router.IP(t, "neigh replace 192.168.1.101 nud failed dev br-lan")
	until(t, events, "", isNeighbour(NeighbourGone, netns.Client1IP))
	home.Router.IP(t, "neigh add 192.168.1.77 lladdr 02:00:00:00:01:77 nud noarp dev br-lan",
		"neigh add proxy 192.168.1.78 dev br-lan")
	knock(t, home.Router, netip.MustParseAddr("192.168.1.79"))
	for _, n := range list(t, home.Router).Neighbours(0) {
		if n.Addr.Is4() && n.Addr.As4()[3] >= 77 && n.Addr.As4()[3] <= 79 {
			t.Errorf("listed as a neighbour: %v", n)
		}
	}
}

// knock has the kernel look for the hardware address of ip.
func knock(t *testing.T, n *netns.Namespace, ip netip.Addr) {
	t.Helper()
	err := n.Do(func() error {
		c, err := net.Dial("udp", netip.AddrPortFrom(ip, 9).String())
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Write([]byte("knock"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWatchPortVLANs(t *testing.T) {
	home := netns.New(t, netns.Options{})
	events := make(chan Event, 5000)
	follow(t, home.Router, func(e Event) { events <- e }, PortVLANs)
	until(t, events, "", func(e Event) bool { return e.Op == Synced })

	try(t, home.Router, "link set br-lan type bridge vlan_filtering 1")
	until(t, events, "", func(e Event) bool { return e.Op == LinkSet && e.Link.Name == netns.Bridge && e.Link.VLANFiltering })
	s := list(t, home.Router)
	bridge, _ := s.ByName(netns.Bridge)
	ports := s.Ports(bridge.Index)
	lan1, lan2 := ports[0].Index, ports[1].Index
	if len(s.PortVLANs(lan1)) == 0 {
		t.Skip("SKIPPED: this kernel's bridge knows no VLANs (CONFIG_BRIDGE_VLAN_FILTERING)")
	}
	run := func(commands ...string) {
		t.Helper()
		for _, c := range commands {
			home.Router.Run(t, "bridge", strings.Fields(c)...)
		}
	}
	told := func(op Op, v PortVLAN) {
		t.Helper()
		until(t, events, "", func(e Event) bool { return e.Op == op && e.PortVLAN == v })
	}
	run("vlan add dev lan1 vid 20 pvid untagged")
	told(PortVLANSet, PortVLAN{Port: lan1, VID: 20, PVID: true, Untagged: true})
	run("vlan del dev lan1 vid 1")
	told(PortVLANGone, PortVLAN{Port: lan1, VID: 1, Untagged: true})
	run("vlan add dev lan2 vid 30-33", "vlan add dev lan2 vid 20")
	told(PortVLANSet, PortVLAN{Port: lan2, VID: 33})
	told(PortVLANSet, PortVLAN{Port: lan2, VID: 20})
	run("vlan add dev br-lan vid 20 self")
	told(PortVLANSet, PortVLAN{Port: bridge.Index, VID: 20})

	s = list(t, home.Router)
	if d := cmp.Diff([]PortVLAN{{Port: lan1, VID: 20, PVID: true, Untagged: true}}, s.PortVLANs(lan1)); d != "" {
		t.Error(d)
	}
	want := []PortVLAN{{Port: lan2, VID: 1, PVID: true, Untagged: true}, {Port: lan2, VID: 20},
		{Port: lan2, VID: 30}, {Port: lan2, VID: 31}, {Port: lan2, VID: 32}, {Port: lan2, VID: 33}}
	if d := cmp.Diff(want, s.PortVLANs(lan2)); d != "" {
		t.Error(d)
	}
	if got := s.PortVLANs(bridge.Index); len(got) != 2 {
		t.Errorf("VLANs of the bridge itself: %v", got)
	}
	// A trunk of all VLANs, and what a port takes along when it leaves.
	run("vlan add dev lan1 vid 21-4094")
	told(PortVLANSet, PortVLAN{Port: lan1, VID: 4094})
	if got := list(t, home.Router).PortVLANs(lan1); len(got) != 4075 {
		t.Errorf("%d VLANs of a trunk", len(got))
	}
	home.Router.IP(t, "link set lan2 nomaster")
	told(PortVLANGone, PortVLAN{Port: lan2, VID: 33})
	home.Router.IP(t, "link set br-lan type bridge vlan_filtering 0")
	until(t, events, "", func(e Event) bool { return e.Op == LinkSet && e.Link.Name == netns.Bridge && !e.Link.VLANFiltering })
}

func TestBelow(t *testing.T) {
	home := netns.New(t, netns.Options{})
	home.Client1.IP(t, "link add link eth0 name mv0 type macvlan mode bridge")
	s := list(t, home.Client1)
	top, _ := s.ByName("mv0")
	if d := cmp.Diff([]string{"eth0"}, names(s.Below(top.Index))); d != "" {
		t.Errorf("below a macvlan: %s", d)
	}
	try(t, home.Client1, "link add link eth0 name eth0.7 type vlan id 7")
	home.Client1.IP(t, "link add link eth0.7 name mv7 type macvlan mode bridge")
	s = list(t, home.Client1)
	top, _ = s.ByName("mv7")
	if d := cmp.Diff([]string{"eth0.7", "eth0"}, names(s.Below(top.Index))); d != "" {
		t.Errorf("below a macvlan on a VLAN: %s", d)
	}
}

func TestFlowtables(t *testing.T) {
	home := netns.New(t, netns.Options{})
	ask := func() (all []Flowtable) {
		t.Helper()
		if err := home.Router.Do(func() (err error) { all, err = Flowtables(); return err }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	home.Router.Run(t, "nft", "add table inet fw4; add table ip other")
	if all := ask(); len(all) != 0 {
		t.Fatalf("flowtables in tables that have none: %v", all)
	}
	out, err := home.Router.Command("nft", `add flowtable inet fw4 ft { hook ingress priority 0; devices = { lan1, lan2, wan }; counter; }; `+
		`add flowtable ip other plain { hook ingress priority 1; devices = { wan }; }`).CombinedOutput()
	if err != nil && strings.Contains(string(out), "No such file or directory") {
		t.Skip("SKIPPED: this kernel has no flowtables (CONFIG_NF_FLOW_TABLE)")
	}
	if err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
	want := []Flowtable{
		{Family: 1, Table: "fw4", Name: "ft", Devices: []string{"lan1", "lan2", "wan"}, Counter: true},
		{Family: 2, Table: "other", Name: "plain", Devices: []string{"wan"}},
	}
	if d := cmp.Diff(want, ask()); d != "" {
		t.Error(d)
	}
}

// TestRights asks without CAP_NET_ADMIN, on a thread of its own.
func TestRights(t *testing.T) {
	home := netns.New(t, netns.Options{})
	var flowtables, port error
	err := home.Router.Do(func() error {
		var none [2]unix.CapUserData
		if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &none[0]); err != nil {
			return err
		}
		_, flowtables = Flowtables()
		_, port = WireGuardPort("wg0")
		_, err := CountersOf("lo")
		_, err2 := List()
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Errorf("what needs no right: %v", err)
	}
	if !errors.Is(flowtables, syscall.EPERM) || !strings.Contains(flowtables.Error(), "CAP_NET_ADMIN") {
		t.Errorf("flowtables: %v", flowtables)
	}
	if !errors.Is(port, ErrNoWireGuard) && !(errors.Is(port, syscall.EPERM) && strings.Contains(port.Error(), "CAP_NET_ADMIN")) {
		t.Errorf("WireGuard's port: %v", port)
	}
}

func TestWireGuardPort(t *testing.T) {
	home := netns.New(t, netns.Options{})
	ask := func(name string) (port uint16, err error) {
		err = home.Router.Do(func() (err error) { port, err = WireGuardPort(name); return err })
		return port, err
	}
	if _, err := ask("wg0"); !errors.Is(err, syscall.ENODEV) && !errors.Is(err, ErrNoWireGuard) {
		t.Errorf("no interface: %v", err)
	}
	try(t, home.Router, "link add wg0 type wireguard")
	if port, err := ask("wg0"); port != 0 || err != nil {
		t.Errorf("before it has a port: %d, %v", port, err)
	}
	if _, err := ask(netns.WAN); !errors.Is(err, syscall.EOPNOTSUPP) {
		t.Errorf("not WireGuard's: %v", err)
	}
	if _, err := exec.LookPath("wg"); err != nil {
		t.Skip("SKIPPED: needs wg (Debian package wireguard-tools)")
	}
	home.Router.Run(t, "wg", "set", "wg0", "listen-port", "51820")
	if port, err := ask("wg0"); port != 51820 || err != nil {
		t.Errorf("port %d, %v; want 51820", port, err)
	}
	// A list of peers that needs several messages.
	var peers strings.Builder
	for i := range 200 {
		key := [32]byte{0: 9, 30: byte(i)}
		fmt.Fprintf(&peers, "[Peer]\nPublicKey = %s\nAllowedIPs = 10.9.%d.0/24\n", base64.StdEncoding.EncodeToString(key[:]), i)
	}
	file := filepath.Join(t.TempDir(), "peers")
	if err := os.WriteFile(file, []byte(peers.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	home.Router.Run(t, "wg", "addconf", "wg0", file)
	if port, err := ask("wg0"); port != 51820 || err != nil {
		t.Errorf("with many peers: port %d, %v; want 51820", port, err)
	}
}
