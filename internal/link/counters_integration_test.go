//go:build integration && linux

package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// counted returns the counters of a device in a namespace.
func counted(t *testing.T, n *netns.Namespace, device string) (c Counters) {
	t.Helper()
	err := n.Do(func() error {
		all, err := CountersOf(device, "none-such")
		if _, ok := all["none-such"]; ok {
			err = errors.Join(err, errors.New("counters of a device that is not there"))
		}
		c = all[device]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pair is two namespaces with a device of the same kind in each.
type pair struct {
	a, b *netns.Namespace
	// The devices' addresses.
	aIP, bIP string
	device   string
}

// The addresses of the wire between the two namespaces, and those of what is
// stacked on it.
const (
	wireA, wireB   = "10.1.0.1", "10.1.0.2"
	wireA6, wireB6 = "fd00:1::1", "fd00:1::2"
	topA, topB     = "10.2.0.1", "10.2.0.2"
)

// try runs ip(8) in a namespace and skips the test when the kernel has no such
// device.
func try(t *testing.T, n *netns.Namespace, command string) {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"-n", n.Name}, strings.Fields(command)...)...).CombinedOutput()
	if err == nil {
		return
	}
	for _, no := range []string{"Unknown device type", "not supported"} {
		if strings.Contains(string(out), no) {
			t.Skipf("SKIPPED: this kernel has no such device: ip %s", command)
		}
	}
	t.Fatalf("ip %s: %v\n%s", command, err, out)
}

// stack makes a device named top on the wire, in both namespaces, by a command in
// which the words ME and PEER, ME6 and PEER6 stand for addresses of the wire.
func stack(command string, more ...string) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		for i, n := range []*netns.Namespace{p.a, p.b} {
			ends := []string{"ME6", wireA6, "PEER6", wireB6, "ME", wireA, "PEER", wireB}
			if i == 1 {
				ends = []string{"ME6", wireB6, "PEER6", wireA6, "ME", wireB, "PEER", wireA}
			}
			fill := strings.NewReplacer(ends...)
			try(t, n, fill.Replace(command))
			t.Cleanup(func() { n.IP(t, "link del top") })
			for _, c := range more {
				n.IP(t, fill.Replace(c))
			}
		}
		p.raise(t)
	}
}

// raise gives the devices named top their addresses.
func (p *pair) raise(t *testing.T) {
	t.Helper()
	p.device, p.aIP, p.bIP = "top", topA, topB
	p.a.IP(t, "link set top up", "addr add "+topA+"/24 dev top")
	p.b.IP(t, "link set top up", "addr add "+topB+"/24 dev top")
}

func TestHeaderBytes(t *testing.T) {
	home := netns.New(t, netns.Options{})
	tests := []struct {
		name string
		make func(*testing.T, *pair)
	}{
		{"veth", func(*testing.T, *pair) {}},
		{"loopback", func(_ *testing.T, p *pair) { p.b, p.device, p.aIP, p.bIP = p.a, "lo", "127.0.0.1", "127.0.0.1" }},
		{"vlan", stack("link add link wire name top type vlan id 5")},
		{"bridge", stack("link add top type bridge forward_delay 0", "link set wire master top")},
		{"bond", stack("link add top type bond mode 1", "link set wire down", "link set wire master top", "link set wire up")},
		{"macvlan", stack("link add link wire name top type macvlan mode bridge")},
		{"ipvlan", stack("link add link wire name top type ipvlan mode l2")},
		{"vxlan", stack("link add top type vxlan id 7 dstport 4789 local ME remote PEER")},
		{"gre", stack("link add top type gre local ME remote PEER")},
		{"gre with key and checksum", stack("link add top type gre local ME remote PEER key 5 csum")},
		{"gretap", stack("link add top type gretap local ME remote PEER")},
		{"ipip", stack("link add top type ipip local ME remote PEER")},
		{"sit", stack("link add top type sit mode any local ME remote PEER")},
		{"ip6tnl", stack("link add top type ip6tnl mode ipip6 local ME6 remote PEER6")},
		{"ip6gre", stack("link add top type ip6gre local ME6 remote PEER6")},
		{"ip6gretap", stack("link add top type ip6gretap local ME6 remote PEER6")},
		{"wireguard", makeWireGuard},
		{"tun", makeTUN(unix.IFF_TUN)},
		{"tap", makeTUN(unix.IFF_TAP)},
		{"ppp", makePPP},
	}
	for _, n := range []*netns.Namespace{home.Client1, home.Client2} {
		n.Sysctl(t, "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.default.accept_dad=0")
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := pair{a: home.Client1, b: home.Client2, device: "wire", aIP: wireA, bIP: wireB}
			p.lay(t)
			tt.make(t, &p)
			p.check(t)
		})
	}
}

// lay makes the wire.
func (p *pair) lay(t *testing.T) {
	p.a.IP(t, "link add wire type veth peer name wire netns "+p.b.Name)
	n := p.a
	t.Cleanup(func() { n.IP(t, "link del wire") })
	for n, ips := range map[*netns.Namespace][2]string{p.a: {wireA, wireA6}, p.b: {wireB, wireB6}} {
		n.Sysctl(t, "net.ipv6.conf.wire.disable_ipv6=0")
		n.IP(t, "link set wire up", "addr add "+ips[0]+"/24 dev wire", "addr add "+ips[1]+"/64 dev wire nodad")
	}
}

// The packets that are sent: 992 bytes, which is a multiple of the 16 bytes that
// WireGuard pads to.
const (
	packets    = 20
	packetSize = 992
	payload    = packetSize - 20 - 8
)

// check sends packets between the devices and compares what they count with
// HeaderBytes. Other packets that come in between (ARP, IPv6) void a round.
func (p *pair) check(t *testing.T) {
	a, b := p.listen(t, p.a, p.aIP), p.listen(t, p.b, p.bIP)
	p.warm(t, a, b)
	l, ok := list(t, p.a).ByName(p.device)
	if !ok {
		t.Fatalf("no device %s", p.device)
	}
	rx, tx := l.HeaderBytes()
	want := Counters{RxPackets: packets, TxPackets: packets,
		RxBytes: packets * (packetSize + uint64(rx)), TxBytes: packets * (packetSize + uint64(tx))}
	if p.a == p.b {
		want = Counters{2 * want.RxPackets, 2 * want.TxPackets, 2 * want.RxBytes, 2 * want.TxBytes}
	}
	var got Counters
	for range 5 {
		before := counted(t, p.a, p.device)
		for range packets {
			if !carry(t, a, b) || !carry(t, b, a) {
				t.Fatal("a packet is lost")
			}
		}
		after := counted(t, p.a, p.device)
		got = Counters{after.RxPackets - before.RxPackets, after.TxPackets - before.TxPackets,
			after.RxBytes - before.RxBytes, after.TxBytes - before.TxBytes}
		if got == want {
			t.Logf("kind %q, type %d: %d and %d bytes beside each packet", l.Kind, l.Type, rx, tx)
			return
		}
		time.Sleep(time.Second)
	}
	t.Errorf("kind %q, type %d: for %d packets of %d bytes counted %+v, want %+v", l.Kind, l.Type, packets, packetSize, got, want)
}

func (p *pair) listen(t *testing.T, n *netns.Namespace, ip string) (c *net.UDPConn) {
	t.Helper()
	err := n.Do(func() (err error) {
		c, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// warm sends until both ways work: addresses are resolved, tunnels keyed.
func (p *pair) warm(t *testing.T, a, b *net.UDPConn) {
	t.Helper()
	for range 20 {
		if carry(t, a, b) && carry(t, b, a) {
			time.Sleep(50 * time.Millisecond) // for the last answers to these
			return
		}
	}
	t.Fatal("no packet gets through")
}

// carry sends one packet and reports whether it arrived.
func carry(t *testing.T, from, to *net.UDPConn) bool {
	t.Helper()
	if _, err := from.WriteTo(make([]byte, payload), to.LocalAddr()); err != nil {
		t.Logf("send: %v", err)
	}
	if err := to.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	n, _, err := to.ReadFrom(make([]byte, 2*payload))
	return err == nil && n == payload
}

func makeWireGuard(t *testing.T, p *pair) {
	if _, err := exec.LookPath("wg"); err != nil {
		t.Skip("SKIPPED: needs wg (Debian package wireguard-tools)")
	}
	stack("link add top type wireguard")(t, p)
	ends := []*netns.Namespace{p.a, p.b}
	var keys [2]string
	for i, n := range ends {
		private := n.Run(t, "wg", "genkey")
		file := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(file, []byte(private), 0o600); err != nil {
			t.Fatal(err)
		}
		n.Run(t, "wg", "set", "top", "listen-port", fmt.Sprint(wireGuardTestPort+i), "private-key", file)
		keys[i] = strings.TrimSpace(feed(t, n.Command("wg", "pubkey"), private))
	}
	for i, n := range ends {
		peer := netip.AddrPortFrom(netip.MustParseAddr([]string{wireB, wireA}[i]), uint16(wireGuardTestPort+1-i))
		n.Run(t, "wg", "set", "top", "peer", keys[1-i], "allowed-ips", "0.0.0.0/0", "endpoint", peer.String())
	}
}

const wireGuardTestPort = 51820

// feed runs c with an input and returns what it prints.
func feed(t *testing.T, c *exec.Cmd, in string) string {
	t.Helper()
	c.Stdin = strings.NewReader(in)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", strings.Join(c.Args, " "), err)
	}
	return string(out)
}

// makeTUN makes devices whose other side is this test, which carries packets from
// one to the other.
func makeTUN(mode uint16) func(*testing.T, *pair) {
	return func(t *testing.T, p *pair) {
		var files [2]*os.File
		for i, n := range []*netns.Namespace{p.a, p.b} {
			if err := n.Do(func() (err error) { files[i], err = openTUN("top", mode); return err }); err != nil {
				t.Skipf("SKIPPED: open /dev/net/tun: %v", err)
			}
			t.Cleanup(func() { files[i].Close() })
		}
		for i := range files {
			go func() {
				b := make([]byte, 4096)
				for {
					n, err := files[i].Read(b)
					if err != nil {
						return // closed
					}
					_, _ = files[1-i].Write(b[:n]) // what is lost, the test finds out
				}
			}()
		}
		p.raise(t)
	}
}

func openTUN(name string, mode uint16) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err == nil {
		request.SetUint16(mode | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, request)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil
}

// makePPP has two pppd talk to each other over a pseudo-terminal.
func makePPP(t *testing.T, p *pair) {
	if _, err := exec.LookPath("pppd"); err != nil {
		t.Skip("SKIPPED: needs pppd (Debian package ppp)")
	}
	if _, err := os.Stat("/dev/ppp"); err != nil {
		t.Skip("SKIPPED: this kernel has no PPP")
	}
	const options = "noauth local nodetach noipv6 noccp novj nodefaultroute ifname top"
	far := "ip netns exec " + p.b.Name + " pppd notty " + options + " " + topB + ":" + topA
	c := p.a.Command("pppd", append(strings.Fields(options), topA+":"+topB, "pty", far)...)
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
		if t.Failed() {
			t.Log(out.String())
		}
	})
	p.device, p.aIP, p.bIP = "top", topA, topB
	for range 100 {
		time.Sleep(100 * time.Millisecond)
		if strings.Contains(p.a.Run(t, "ip", "-o", "addr"), topA) && strings.Contains(p.b.Run(t, "ip", "-o", "addr"), topB) {
			return
		}
	}
	t.Fatal("PPP does not come up")
}

// BenchmarkCountersOf is what the coverage meter asks every few seconds, beside
// the list that it would have to take otherwise.
func BenchmarkCountersOf(b *testing.B) {
	for _, bb := range []struct {
		name string
		ask  func() error
	}{
		{"one", func() error { _, err := CountersOf("lo"); return err }},
		{"three", func() error { _, err := CountersOf("lo", "lo", "lo"); return err }},
		{"list", func() error { _, err := List(); return err }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bb.ask(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
