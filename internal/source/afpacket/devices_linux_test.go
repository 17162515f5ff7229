//go:build integration

package afpacket

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/internal/packet"
	"weir/test/netns"
)

// TestDeviceMadeAgain deletes the captured bridge, first of all waits for one
// that is not there yet, and goes on with another of the same name.
func TestDeviceMadeAgain(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	home.Router.IP(t, "link del "+netns.Bridge)
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}}, sink)

	flow := toServer(1)
	var total netns.Sent
	for range 3 {
		await(t, "the source to wait", func() bool { return s.Status().State == stateWaiting })
		if note := s.Status().Note; note != "br-lan does not exist; waiting for it" {
			t.Errorf("note %q", note)
		}
		home.Router.IP(t,
			"link add br-lan address 02:00:00:00:00:01 type bridge forward_delay 0",
			"link set br-lan up", "link set lan1 master br-lan", "link set lan2 master br-lan")
		home.AddressRouter(t)
		await(t, "the source to run", func() bool { return s.Status().State == stateRunning })
		total = add(total, send(t, home.Client1, netns.Eth, flow, 1000, 0).Sent[0])
		arrive(t, sink, total)
		home.Router.IP(t, "link del br-lan")
	}
	s.end()
	sink.check(t, "lan", total)
	if st := s.Status(); st.State != stateEnded {
		t.Errorf("state %q after the end", st.State)
	}
}

func TestDeviceDownAndUp(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Port1}}}, sink)
	var total netns.Sent
	for range 3 {
		await(t, "the source to run", func() bool { return s.Status().State == stateRunning })
		total = add(total, send(t, home.Client1, netns.Eth, toServer(1), 1000, 0).Sent[0])
		arrive(t, sink, total)
		home.Router.IP(t, "link set lan1 down")
		await(t, "the source to wait", func() bool { return s.Status().State == stateWaiting })
		if note := s.Status().Note; note != "lan1 is down" {
			t.Errorf("note %q", note)
		}
		home.Router.IP(t, "link set lan1 up")
	}
	s.end()
	sink.check(t, "lan", total)
}

// arrive waits until all that was sent has been captured. A device that goes
// away takes along what its kernel has not yet received.
func arrive(t *testing.T, sink *ledger, sent netns.Sent) {
	t.Helper()
	await(t, "what was sent", func() bool { return sink.get(keyOf("lan", sent)).packets >= sent.Packets })
}

func add(a, b netns.Sent) netns.Sent {
	return netns.Sent{Flow: b.Flow, Packets: a.Packets + b.Packets, Bytes: a.Bytes + b.Bytes}
}

// TestPortsAndBridge captures at once a bridge and the WAN device by one source,
// and the ports of the same bridge by another.
func TestPortsAndBridge(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	devices, ports := newLedger(), newLedger()
	sources := []running{
		capture(t, home.Router, Config{Interfaces: []Interface{
			{Name: "lan", Device: netns.Bridge}, {Name: "wan", Device: netns.WAN}}}, devices),
		capture(t, home.Router, Config{Interfaces: []Interface{
			{Name: "lan", Device: netns.Bridge, Ports: true}}}, ports),
	}
	group, groupMAC := netip.MustParseAddr("239.1.2.3"), [6]byte{1, 0, 0x5e, 1, 2, 3}
	tests := []struct {
		name        string
		from        *netns.Namespace
		device      string
		flow        netns.Flow
		bridge, wan bool // whether they see it, too
	}{
		{"client to server", home.Client1, netns.Eth, toServer(1)[0], true, true},
		{"client to server, IPv6", home.Client1, netns.Eth, toServer(2)[1], true, true},
		{"server to client", home.Server, netns.Eth, toClient(1)[0], true, true},
		{"client to client", home.Client1, netns.Eth,
			udp(netns.Client1MAC, netns.Client2MAC, netns.Client1IP, 1, netns.Client2IP, 9, 10), false, false},
		{"client to router", home.Client2, netns.Eth,
			udp(netns.Client2MAC, netns.RouterMAC, netns.Client2IP, 2, netns.RouterIP, 9, 20), true, false},
		{"router to client", home.Router, netns.Bridge,
			udp(netns.RouterMAC, netns.Client2MAC, netns.RouterIP, 3, netns.Client2IP, 9, 30), true, false},
		{"router to group", home.Router, netns.Bridge,
			udp(netns.RouterMAC, groupMAC, netns.RouterIP, 4, group, 9, 40), true, false},
		{"client to group", home.Client1, netns.Eth,
			udp(netns.Client1MAC, groupMAC, netns.Client1IP, 5, group, 9, 50), true, false},
	}
	// The bridge has to know the ports of its stations, or it floods.
	for i, c := range []*netns.Namespace{home.Client1, home.Client2} {
		m := [][6]byte{netns.Client1MAC, netns.Client2MAC}[i]
		send(t, c, netns.Eth, []netns.Flow{udp(m, netns.RouterMAC, netns.Client1IP, 6, netns.RouterIP, 9, 0)}, 1, 0)
	}
	sent := make([]netns.Sent, len(tests))
	for i, tt := range tests {
		sent[i] = send(t, tt.from, tt.device, []netns.Flow{tt.flow}, 500, 0).Sent[0]
	}
	for _, s := range sources {
		s.end()
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ports.check(t, "lan", sent[i])
			nothing := netns.Sent{Flow: tt.flow}
			for point, sees := range map[string]bool{"lan": tt.bridge, "wan": tt.wan} {
				if sees {
					devices.check(t, point, sent[i])
				} else {
					devices.check(t, point, nothing)
				}
			}
		})
	}
}

// TestPortsComeAndGo takes a port off the bridge, deletes another, makes it
// again, and changes the router's address, while it captures the ports.
func TestPortsComeAndGo(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}}, sink)
	rings := func(want int) {
		t.Helper()
		await(t, fmt.Sprintf("%d rings", want), func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.rings) == want
		})
	}
	toRouter := udp(netns.Client2MAC, netns.RouterMAC, netns.Client2IP, 2, netns.RouterIP, 9, 20)
	var total netns.Sent
	rings(3) // two ports, and the bridge for groups

	total = add(total, send(t, home.Client2, netns.Eth, []netns.Flow{toRouter}, 100, 0).Sent[0])
	arrive(t, sink, total)
	home.Router.IP(t, "link set lan2 nomaster")
	rings(2)
	send(t, home.Client2, netns.Eth, []netns.Flow{toRouter}, 100, 0) // not on the bridge, not counted
	time.Sleep(50 * time.Millisecond)                                // until they have passed
	home.Router.IP(t, "link set lan2 master br-lan")
	rings(3)
	total = add(total, send(t, home.Client2, netns.Eth, []netns.Flow{toRouter}, 100, 0).Sent[0])
	arrive(t, sink, total)

	home.Router.IP(t, "link del lan2")
	rings(2)
	home.AddPort(t, netns.Port2, home.Client2, netns.Client2MAC)
	rings(3)
	total = add(total, send(t, home.Client2, netns.Eth, []netns.Flow{toRouter}, 100, 0).Sent[0])
	arrive(t, sink, total)

	moved := [6]byte{2, 0, 0, 0, 0, 0x77}
	home.Router.IP(t, "link set br-lan address 02:00:00:00:00:77")
	await(t, "the new address in the filters", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, r := range s.rings {
			if r.tap.direction == bridgePort && len(r.tap.own) != 2 {
				return false
			}
		}
		return true
	})
	// The client must have been heard of, or the bridge floods.
	send(t, home.Client2, netns.Eth, []netns.Flow{udp(netns.Client2MAC, moved, netns.Client2IP, 7, netns.RouterIP, 9, 0)}, 1, 0)
	answer := send(t, home.Router, netns.Bridge, []netns.Flow{
		udp(moved, netns.Client2MAC, netns.RouterIP, 3, netns.Client2IP, 9, 30)}, 100, 0).Sent[0]

	home.Router.IP(t, "link set lan1 nomaster", "link set lan2 nomaster")
	await(t, "the source to wait", func() bool { return s.Status().State == stateWaiting })
	if note := s.Status().Note; !strings.Contains(note, "no ports") {
		t.Errorf("note %q", note)
	}
	s.end()
	sink.check(t, "lan", total, answer)
}

// TestSocketFails closes a socket behind the source's back.
func TestSocketFails(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}}, sink)
	var total netns.Sent
	for range 2 {
		total = add(total, send(t, home.Client1, netns.Eth, toServer(1), 100, 0).Sent[0])
		arrive(t, sink, total)
		failed := s.ring()
		failed.file.Close()
		await(t, "another ring", func() bool { r := s.ring(); return r != nil && r != failed })
	}
	s.end()
	sink.check(t, "lan", total)
}

// ring returns some ring of the source.
func (s *Source) ring() *ring {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rings {
		return r
	}
	return nil
}

func TestVLANOutOfTheFrame(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	sink := newLedger()
	tags := new(tagged)
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "lan", Device: netns.Bridge}}}, both{sink, tags})
	flows := toServer(4)
	for i := range flows {
		flows[i].VLAN = uint16(20 + i)
	}
	r := send(t, home.Client1, netns.Eth, flows, 100, 0)
	s.end()
	sink.check(t, "lan", r.Sent...)
	if tags.raw != 400 {
		t.Errorf("%d of 400 frames have Raw.VLAN", tags.raw)
	}
}

// tagged counts frames whose VLAN the kernel took out.
type tagged struct {
	longest
	raw int
}

func (s *tagged) Packets(batch []packet.Raw) {
	for i := range batch {
		if v := batch[i].VLAN; v >= 20 && v < 24 {
			s.raw++
		}
	}
}

// both are two sinks; the first numbers the points.
type both struct {
	*ledger
	second *tagged
}

func (s both) Packets(batch []packet.Raw) {
	s.ledger.Packets(batch)
	s.second.Packets(batch)
}

// TestRawIP captures both directions of a device without a link layer.
func TestRawIP(t *testing.T) {
	home := netns.New(t, netns.Options{Silent: true})
	home.Router.IP(t, "tuntap add dev tun0 mode tun")
	tun := openTun(t, home.Router, "tun0")
	home.Router.IP(t, "link set tun0 up", "addr add 10.9.0.1/24 dev tun0")
	sink := newLedger()
	s := capture(t, home.Router, Config{Interfaces: []Interface{{Name: "vpn", Device: "tun0"}}}, sink)

	in := udp([6]byte{}, [6]byte{}, netip.MustParseAddr("10.9.0.2"), 700, netip.MustParseAddr("10.9.0.1"), 9, 100)
	for range 10 {
		if _, err := tun.Write(in.Packet()); err != nil {
			t.Fatal(err)
		}
	}
	out := udp([6]byte{}, [6]byte{}, netip.MustParseAddr("10.9.0.1"), 800, netip.MustParseAddr("10.9.0.2"), 9, 200)
	err := home.Router.Do(func() error {
		c, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(out.Src), net.UDPAddrFromAddrPort(out.Dst))
		if err != nil {
			return err
		}
		defer c.Close()
		for range 20 {
			if _, err := c.Write(make([]byte, out.Payload)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.end()
	sink.check(t, "vpn",
		netns.Sent{Flow: in, Packets: 10, Bytes: 10 * uint64(in.IPBytes())},
		netns.Sent{Flow: out, Packets: 20, Bytes: 20 * uint64(out.IPBytes())})
}

// openTun opens the other end of a tun device.
func openTun(t *testing.T, n *netns.Namespace, name string) *os.File {
	t.Helper()
	var f *os.File
	err := n.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		f = os.NewFile(uintptr(fd), name)
		req, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		return unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	})
	if f != nil {
		t.Cleanup(func() { f.Close() })
	}
	if err != nil {
		t.Fatalf("open the tun device: %v", err)
	}
	return f
}

// TestLoopbackOnce captures the device on which each frame passes twice.
func TestLoopbackOnce(t *testing.T) {
	home := netns.New(t, netns.Options{})
	sink := newLedger()
	s := capture(t, home.Client1, Config{Interfaces: []Interface{{Name: "lo", Device: "lo"}}}, sink)
	c, err := netns.Transfer(home.Client1, home.Client1, netip.MustParseAddrPort("127.0.0.1:5001"), 1<<20, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.end()
	got := sink.get(flowKey{"lo", 0, unix.IPPROTO_TCP, c.Client, c.Server})
	if got.packets != uint64(c.Out) {
		t.Errorf("captured %d packets; the kernel counted %d", got.packets, c.Out)
	}
}
