//go:build integration

package afpacket

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"weir/internal/packet"
	"weir/test/netns"
)

// split is a sink that keeps apart what names flows and what is to be counted.
type split struct {
	*ledger // of what is to be counted; it numbers the points
	names   *ledger
	mu      sync.Mutex
	longest uint32 // captured of a frame to be counted
}

func newSplit() *split { return &split{ledger: newLedger(), names: newLedger()} }

func (s *split) Interface(name string) (uint8, error) {
	if _, err := s.names.Interface(name); err != nil {
		return 0, err
	}
	return s.ledger.Interface(name)
}

func (s *split) Packets(batch []packet.Raw) {
	for i := range batch {
		one := batch[i : i+1]
		if batch[i].Classify {
			s.names.Packets(one)
			continue
		}
		s.ledger.Packets(one)
		s.mu.Lock()
		s.longest = max(s.longest, uint32(len(batch[i].Data)))
		s.mu.Unlock()
	}
}

// tcpFlow returns a flow of segments with payload that nothing marks.
func tcpFlow(srcMAC, dstMAC [6]byte, src netip.Addr, sport uint16, dst netip.Addr, dport uint16, payload int) netns.Flow {
	f := udp(srcMAC, dstMAC, src, sport, dst, dport, payload)
	f.Proto = unix.IPPROTO_TCP
	return f
}

// What becomes of a flow in hybrid mode.
const nowhere, names, counts = "", "names", "counts"

// hybridCase is a flow, and what becomes of it.
type hybridCase struct {
	name   string
	from   int // 0 and 1 are clients, 2 is the router
	flow   netns.Flow
	ports  string // when the ports are captured
	device string // and when the bridge is
}

func hybridCases() []hybridCase {
	c1, c2, router := netns.Client1MAC, netns.Client2MAC, netns.RouterMAC
	ip1, ip2, ipR, ipS := netns.Client1IP, netns.Client2IP, netns.RouterIP, netns.ServerIP
	six1, six2, sixS := netns.Client1IP6, netns.Client2IP6, netns.ServerIP6
	group, groupMAC := netip.MustParseAddr("239.1.2.3"), [6]byte{1, 0, 0x5e, 1, 2, 3}
	return []hybridCase{
		{"bulk to the server", 0, tcpFlow(c1, router, ip1, 40001, ipS, 443, 1400), nowhere, nowhere},
		{"bulk to the server, IPv6", 0, tcpFlow(c1, router, six1, 40002, sixS, 443, 1400), nowhere, nowhere},
		{"DNS to the router", 0, udp(c1, router, ip1, 40003, ipR, 53, 40), names, names},
		{"DNS to a server, IPv6", 0, udp(c1, router, six1, 40004, sixS, 53, 40), names, names},
		{"DNS of the router", 2, udp(router, c2, ipR, 53, ip2, 40005, 400), names, names},
		{"bulk of the router", 2, tcpFlow(router, c2, ipR, 443, ip2, 40006, 1400), nowhere, nowhere},
		{"bulk between clients", 0, tcpFlow(c1, c2, ip1, 40007, ip2, 445, 1400), counts, nowhere},
		{"bulk between clients, IPv6", 1, tcpFlow(c2, c1, six2, 40008, six1, 445, 1400), counts, nowhere},
		{"datagrams between clients", 1, udp(c2, c1, ip2, 40009, ip1, 5004, 1200), counts, nowhere},
		{"to a group", 0, udp(c1, groupMAC, ip1, 40010, group, 5004, 1200), counts, counts},
		{"of the router to a group", 2, udp(router, groupMAC, ipR, 40011, group, 5004, 1200), counts, counts},
	}
}

// TestHybrid has ports of a bridge and, elsewhere, the bridge as a device without
// ports: what connection tracking counts passes only if it names a flow, and
// everything else is counted once.
func TestHybrid(t *testing.T) {
	for _, ports := range []bool{true, false} {
		t.Run(fmt.Sprintf("ports %v", ports), func(t *testing.T) {
			home := netns.New(t, netns.Options{Silent: true})
			from := []*netns.Namespace{home.Client1, home.Client2, home.Router}
			sink := newSplit()
			s := capture(t, home.Router, Config{Hybrid: true,
				Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: ports}}}, sink)
			teach(t, home)
			for _, tt := range hybridCases() {
				device := netns.Eth
				if tt.from == 2 {
					device = netns.Bridge
				}
				sent := send(t, from[tt.from], device, []netns.Flow{tt.flow}, 200, 0).Sent[0]
				s.settle()
				want := tt.device
				if ports {
					want = tt.ports
				}
				k := keyOf("lan", sent)
				counted, named := sink.get(k), sink.names.get(k)
				all := count{sent.Packets, sent.Bytes}
				if counted != (count{}) != (want == counts) || counted != (count{}) && counted != all ||
					named != (count{}) != (want == names) || named != (count{}) && named != all {
					t.Errorf("%s: sent %+v; counted %+v, named %+v; want it to be %q", tt.name, all, counted, named, want)
				}
			}
			s.end()
			if sink.longest > headBytes {
				t.Errorf("%d bytes are captured of a frame that names nothing", sink.longest)
			}
			passed := s.Passed()
			if passed.Naming != sink.names.frames || passed.Counted != sink.frames || passed.Level != 0 {
				t.Errorf("%+v; the sink has %d and %d", passed, sink.names.frames, sink.frames)
			}
		})
	}
}

// teach has the bridge hear of the clients, or it floods.
func teach(t *testing.T, home *netns.Home) {
	t.Helper()
	for i, c := range []*netns.Namespace{home.Client1, home.Client2} {
		m := [][6]byte{netns.Client1MAC, netns.Client2MAC}[i]
		send(t, c, netns.Eth, []netns.Flow{udp(m, netns.RouterMAC, netns.Client1IP, 6, netns.RouterIP, 9, 0)}, 1, 0)
	}
}

// TestHybridBridged has connection tracking count what is bridged.
func TestHybridBridged(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newSplit()
	s := capture(t, home.Router, Config{Hybrid: true, BridgedTracked: true,
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}}, sink)
	teach(t, home)
	bulk := send(t, home.Client1, netns.Eth, []netns.Flow{
		tcpFlow(netns.Client1MAC, netns.Client2MAC, netns.Client1IP, 1, netns.Client2IP, 445, 1400)}, 100, 0).Sent[0]
	dns := send(t, home.Client1, netns.Eth, []netns.Flow{
		udp(netns.Client1MAC, netns.Client2MAC, netns.Client1IP, 2, netns.Client2IP, 53, 40)}, 100, 0).Sent[0]
	s.end()
	sink.check(t, "lan", netns.Sent{Flow: bulk.Flow}, netns.Sent{Flow: dns.Flow})
	sink.names.check(t, "lan", netns.Sent{Flow: bulk.Flow}, dns)
}

// TestHybridBudget sends more naming frames than the budget has.
func TestHybridBudget(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newSplit()
	s := capture(t, home.Router, Config{Hybrid: true, Budget: 200,
		Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}}, sink)
	teach(t, home)
	flows := []netns.Flow{
		udp(netns.Client1MAC, netns.RouterMAC, netns.Client1IP, 1, netns.ServerIP, 27015, 40),
		udp(netns.Client1MAC, netns.Client2MAC, netns.Client1IP, 1, netns.Client2IP, 27015, 40),
	}
	r := send(t, home.Client1, netns.Eth, flows, 4000, 2000)
	s.settle()
	st, passed := s.Status(), s.Passed()
	s.end()
	sink.check(t, "lan", r.Sent[1])
	named := sink.names.get(keyOf("lan", r.Sent[0])).packets
	if passed.Level == 0 || passed.Tightened == 0 || named >= r.Sent[0].Packets*9/10 {
		t.Errorf("%+v, %d of %d small datagrams name their flow", passed, named, r.Sent[0].Packets)
	}
	if !strings.Contains(st.Note, "of a budget of 200") {
		t.Errorf("note %q", st.Note)
	}
}

// TestHybridShortOfMemory gives the kernel room for the whole filter, as a 32-bit
// router's has by default, for the brief one alone, and for none.
func TestHybridShortOfMemory(t *testing.T) {
	for _, tt := range []struct {
		name  string
		room  int
		brief bool
		state string
	}{
		{"32-bit default", 10 << 10, false, stateRunning},
		{"little", 6 << 10, true, stateRunning},
		{"none", 64, false, stateWaiting},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := netns.New(t, netns.Options{Silent: true})
			if err := home.Router.Do(func() error { _, err := os.Stat("/proc/sys/net/core/optmem_max"); return err }); err != nil {
				t.Skip("SKIPPED: needs Linux 6.7, where net.core.optmem_max is a namespace's own")
			}
			home.Router.Sysctl(t, fmt.Sprintf("net.core.optmem_max=%d", tt.room))
			sink := newSplit()
			s := capture(t, home.Router, Config{Hybrid: true,
				Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}}, sink)
			st := s.Status()
			if st.State != tt.state || strings.Contains(st.Note, "shorter one") != tt.brief {
				t.Errorf("state %q, note %q", st.State, st.Note)
			}
			if tt.state != stateRunning {
				return
			}
			// Another address of the router's has the filter replaced.
			home.Router.IP(t, "link add mv0 link "+netns.Bridge+" address 02:00:00:00:00:55 type macvlan")
			await(t, "the new address", func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, r := range s.rings {
					if !slices.Contains(r.tap.own, [6]byte{2, 0, 0, 0, 0, 0x55}) {
						return false
					}
				}
				return len(s.rings) == 3
			})
			dns := send(t, home.Client1, netns.Eth, []netns.Flow{
				udp(netns.Client1MAC, netns.RouterMAC, netns.Client1IP, 2, netns.RouterIP, 53, 40)}, 50, 0).Sent[0]
			s.end()
			sink.names.check(t, "lan", dns)
		})
	}
}

// TestVLANsOfABridge has two networks on one bridge, a client in each. Where the
// kernel can, lan1 is an access port of VLAN 10; else clients and router send
// tags themselves. lan2 always carries VLAN 20 with tags.
func TestVLANsOfABridge(t *testing.T) {
	bridge := func(ports bool, lan, guest uint16) []Interface {
		return []Interface{{Name: "lan", Device: netns.Bridge, VLAN: lan, Ports: ports}, {Name: "guest", Device: netns.Bridge, VLAN: guest, Ports: ports}}
	}
	for _, tt := range []struct {
		name       string
		devices    bool // VLAN devices and a bridge that filters
		interfaces []Interface
	}{
		{"ports, tags", false, bridge(true, 10, 20)},
		{"bridge, tags", false, bridge(false, 10, 20)},
		{"ports and the rest, tags", false, bridge(true, 0, 20)},
		{"bridge and the rest, tags", false, bridge(false, 0, 20)},
		{"ports", true, bridge(true, 10, 20)},
		{"ports of devices", true, []Interface{{Name: "lan", Device: "br-lan.10", Ports: true}, {Name: "guest", Device: "br-lan.20", Ports: true}}},
		{"devices", true, []Interface{{Name: "lan", Device: "br-lan.10"}, {Name: "guest", Device: "br-lan.20"}}},
		{"the bridge and a device", true, []Interface{{Name: "lan", Device: netns.Bridge}, {Name: "guest", Device: "br-lan.20"}}},
		{"the bridge's ports and a device", true, []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}, {Name: "guest", Device: "br-lan.20"}}},
	} {
		for _, hybrid := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, hybrid %v", tt.name, hybrid), func(t *testing.T) {
				home := netns.New(t, netns.Options{Silent: true})
				lan, guest := vlanFlows(10), vlanFlows(20)
				onLAN, onGuest := netns.Bridge, netns.Bridge
				if tt.devices {
					filterVLANs(t, home)
					onLAN, onGuest = "br-lan.10", "br-lan.20"
					lan.in.VLAN, lan.out.VLAN, guest.out.VLAN, guest.group.VLAN = 0, 0, 0, 0
				}
				sink := newLedger()
				s := capture(t, home.Router, Config{Hybrid: hybrid, Interfaces: tt.interfaces}, sink)
				send(t, home.Client1, netns.Eth, []netns.Flow{lan.in}, 100, 0)
				send(t, home.Client2, netns.Eth, []netns.Flow{guest.in}, 100, 0)
				send(t, home.Router, onLAN, []netns.Flow{lan.out}, 100, 0)
				send(t, home.Router, onGuest, []netns.Flow{guest.out, guest.group}, 100, 0)
				s.end()
				for _, f := range []struct {
					point string
					flow  netns.Flow
				}{{"lan", lan.in}, {"lan", lan.out}, {"guest", guest.in}, {"guest", guest.out}, {"guest", guest.group}} {
					if got := sink.anywhere(f.flow); len(got) != 1 || got[f.point] != 100 {
						t.Errorf("%v to %v: %v; want 100 at %s alone", f.flow.Src, f.flow.Dst, got, f.point)
					}
				}
			})
		}
	}
}

// inVLAN are flows of a client and the router in one VLAN.
type inVLAN struct{ in, out, group netns.Flow }

// vlanFlows returns those of client 1 in VLAN 10, of client 2 in others.
func vlanFlows(vid uint16) (f inVLAN) {
	m, ip := netns.Client1MAC, netns.Client1IP
	if vid != 10 {
		m, ip = netns.Client2MAC, netns.Client2IP
	}
	f.in = udp(m, netns.RouterMAC, ip, vid, netns.RouterIP, 53, 40)
	f.out = udp(netns.RouterMAC, m, netns.RouterIP, 53, ip, vid, 40)
	f.group = udp(netns.RouterMAC, [6]byte{1, 0, 0x5e, 0, 0, 0xfb}, netns.RouterIP, 5353, netip.MustParseAddr("224.0.0.251"), 5353, 40)
	f.in.VLAN, f.out.VLAN, f.group.VLAN = vid, vid, vid
	return f
}

// filterVLANs makes the bridge filter VLANs, and a device of each.
func filterVLANs(t *testing.T, home *netns.Home) {
	t.Helper()
	for _, c := range []string{
		"ip link set br-lan type bridge vlan_filtering 1 vlan_default_pvid 0",
		"ip link add link br-lan name br-lan.10 type vlan id 10", "ip link set br-lan.10 up",
		"ip link add link br-lan name br-lan.20 type vlan id 20", "ip link set br-lan.20 up",
		"bridge vlan add dev lan1 vid 10 pvid untagged", "bridge vlan add dev lan2 vid 20",
		"bridge vlan add dev br-lan self vid 10", "bridge vlan add dev br-lan self vid 20",
	} {
		words := strings.Fields(c)
		if out, err := home.Router.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: needs a kernel with CONFIG_VLAN_8021Q and CONFIG_BRIDGE_VLAN_FILTERING: %s: %v: %s", c, err, out)
		}
	}
}

// anywhere returns the packets of a flow by points, in whatever VLAN.
func (l *ledger) anywhere(f netns.Flow) map[string]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]uint64)
	for k, c := range l.flows {
		if k.proto == f.Proto && k.src == f.Src && k.dst == f.Dst {
			all[k.point] += c.packets
		}
	}
	return all
}

// TestHybridWithoutLinkHeader captures a tunnel, all of which connection tracking
// counts.
func TestHybridWithoutLinkHeader(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	home.Router.IP(t, "tuntap add dev tun0 mode tun")
	tun := openTun(t, home.Router, "tun0")
	home.Router.IP(t, "link set tun0 up", "addr add 10.9.0.1/24 dev tun0")
	sink := newSplit()
	s := capture(t, home.Router, Config{Hybrid: true, Interfaces: []Interface{{Name: "vpn", Device: "tun0"}}}, sink)
	peer, here := netip.MustParseAddr("10.9.0.2"), netip.MustParseAddr("10.9.0.1")
	dns, bulk := udp([6]byte{}, [6]byte{}, peer, 700, here, 53, 100), tcpFlow([6]byte{}, [6]byte{}, peer, 701, here, 443, 1400)
	for range 10 {
		for _, f := range []netns.Flow{dns, bulk} {
			if _, err := tun.Write(f.Packet()); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.end()
	sink.names.check(t, "vpn", netns.Sent{Flow: dns, Packets: 10, Bytes: 10 * uint64(dns.IPBytes())}, netns.Sent{Flow: bulk})
	if sink.frames != 0 {
		t.Errorf("%d frames are to be counted", sink.frames)
	}
}
