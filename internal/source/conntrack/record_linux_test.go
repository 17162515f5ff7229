//go:build integration

package conntrack

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"weir/internal/packet"
	"weir/test/netns"
)

var record = flag.Bool("record", false, "write testdata/*.bin anew from this machine's kernel")

// TestRecord reads what this machine's kernel says of many kinds of entries:
// each is understood. With -record that becomes the test data of all others.
func TestRecord(t *testing.T) {
	h := tracked(t, netns.Options{NAT: true}, "net.netfilter.nf_conntrack_checksum=0", "net.netfilter.nf_conntrack_timestamp=0")
	prepare(t, h)
	events := eventsOf(t, h.Router, func() {
		send(t, h)
		h.Router.Sysctl(t, "net.netfilter.nf_conntrack_timestamp=1")
		again(t, h)
	})
	dump := dumpOf(t, h.Router)
	t.Log("\n" + h.Router.Run(t, "conntrack", "-L", "-o", "extended,id,labels"))
	h.Router.Sysctl(t, "net.netfilter.nf_conntrack_acct=0")
	ends := eventsOf(t, h.Router, func() { h.Router.Run(t, "conntrack", "-F") })
	again(t, h)
	uncounted := dumpOf(t, h.Router)

	for name, b := range map[string][]byte{"dump": dump, "events": events, "ends": ends, "uncounted": uncounted} {
		var e entry
		n := 0
		for rest := b; len(rest) > 0; n++ {
			m, more, ok := nextMessage(rest, hostOrder())
			if !ok {
				t.Fatalf("%s: message %d is cut short", name, n)
			}
			rest = more
			if m.typ == messageNew || m.typ == messageDelete {
				if !e.parse(m.body, hostOrder()) {
					t.Errorf("%s: message %d is not understood: % x", name, n, m.body)
				}
			}
		}
		if n < 3 {
			t.Errorf("%s: only %d messages", name, n)
		}
		if *record {
			if err := os.WriteFile(filepath.Join("testdata", name+".bin"), b, 0o644); err != nil {
				t.Error(err)
			}
		}
	}
}

// prepare makes rules for a zone, a mark, a label and a translated destination.
func prepare(t *testing.T, h *netns.Home) {
	h.Router.Run(t, "nft", strings.Join([]string{
		"add table inet kinds",
		"add chain inet kinds pre { type filter hook prerouting priority raw; }",
		"add rule inet kinds pre udp dport 7007 ct zone set 7",
		"add rule inet kinds pre udp dport 7008 ct original zone set 8",
		"add chain inet kinds marks { type filter hook prerouting priority mangle; }",
		"add rule inet kinds marks udp dport 7009 ct mark set 0x2a",
		"add chain ip nat pre { type nat hook prerouting priority dstnat; }",
		"add rule ip nat pre udp dport 7010 dnat to " + netns.ServerIP.String() + ":7011",
	}, "\n"))
	labels := h.Router.Command("nft", "add rule inet kinds marks udp dport 7009 ct label set 5")
	if out, err := labels.CombinedOutput(); err != nil {
		t.Logf("no labels: %v: %s", err, out)
	}
	helper := h.Router.Command("nft", `add ct helper inet kinds tftp { type "tftp" protocol udp; }; add rule inet kinds marks udp dport 69 ct helper set tftp`)
	if out, err := helper.CombinedOutput(); err != nil {
		t.Logf("no helpers: %v: %s", err, out)
	}
}

// send makes one entry of each kind.
func send(t *testing.T, h *netns.Home) {
	if _, err := netns.Transfer(h.Client1, h.Server, addrPort(netns.ServerIP, 8080), 3000, 5000); err != nil {
		t.Error(err)
	}
	if _, err := netns.Transfer(h.Client1, h.Server, addrPort(netns.ServerIP6, 8080), 3000, 5000); err != nil {
		t.Error(err)
	}
	var flows []netns.Flow
	for _, port := range []uint16{9, 69, 7007, 7008, 7009, 7010} {
		f := udp(1234, 100)
		f.Dst = addrPort(netns.ServerIP, port)
		flows = append(flows, f)
	}
	flows[5].Dst = addrPort(netns.RouterIP, 7010)
	six := udp(1234, 100)
	six.Src, six.Dst = addrPort(netns.Client1IP6, 1234), addrPort(netns.ServerIP6, 9)
	if _, err := h.Client1.Send(netns.Eth, append(flows, six), 2, 0); err != nil {
		t.Error(err)
	}
	echo := []byte{8, 0, 0, 0, 0x12, 0x34, 0, 1}
	raw(t, h.Client1, netns.ServerIP, unix.IPPROTO_ICMP, checksummed(echo))
	raw(t, h.Client1, netns.ServerIP6, unix.IPPROTO_ICMPV6, []byte{128, 0, 0, 0, 0x12, 0x34, 0, 1})
	raw(t, h.Client1, netns.ServerIP, unix.IPPROTO_GRE, []byte{0x20, 0, 8, 0, 0, 0, 0, 42})
	raw(t, h.Client1, netns.ServerIP, unix.IPPROTO_SCTP, []byte{
		4, 210, 4, 211, 0, 0, 0, 0, 0, 0, 0, 0, // ports, tag, checksum
		1, 0, 0, 20, 1, 2, 3, 4, 0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, // INIT
	})
	raw(t, h.Client1, netns.ServerIP, 253, []byte("experiment"))
}

// again makes entries that are not there yet.
func again(t *testing.T, h *netns.Home) {
	if _, err := h.Client2.Send(netns.Eth, []netns.Flow{
		{Proto: packet.ProtoUDP, SrcMAC: netns.Client2MAC, DstMAC: netns.RouterMAC, Payload: 33,
			Src: addrPort(netns.Client2IP, 4321), Dst: addrPort(netns.ServerIP, 9)},
		{Proto: packet.ProtoTCP, SrcMAC: netns.Client2MAC, DstMAC: netns.RouterMAC, Payload: 33,
			Src: addrPort(netns.Client2IP6, 4321), Dst: addrPort(netns.ServerIP6, 9)},
	}, 2, 0); err != nil {
		t.Error(err)
	}
	if _, err := netns.Transfer(h.Client2, h.Server, addrPort(netns.ServerIP, 8081), 100, 100); err != nil {
		t.Error(err)
	}
}

// raw sends one packet of a protocol.
func raw(t *testing.T, n *netns.Namespace, to netip.Addr, proto int, payload []byte) {
	t.Helper()
	err := n.Do(func() error {
		family, sa := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: first4(to)})
		if to.Is6() {
			family, sa = unix.AF_INET6, &unix.SockaddrInet6{Addr: to.As16()}
		}
		fd, err := unix.Socket(family, unix.SOCK_RAW|unix.SOCK_CLOEXEC, proto)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		return unix.Sendto(fd, payload, 0, sa)
	})
	if err != nil {
		t.Errorf("send protocol %d: %v", proto, err)
	}
}

func first4(a netip.Addr) (b [4]byte) {
	copy(b[:], a.AsSlice())
	return b
}

// checksummed fills in the checksum of an ICMP message (RFC 1071).
func checksummed(b []byte) []byte {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		s += uint32(b[i])<<8 | uint32(b[i+1])
	}
	s = s>>16 + s&0xffff
	b[2], b[3] = byte(^s>>8), byte(^s)
	return b
}

// eventsOf returns the events of a namespace while f runs.
func eventsOf(t *testing.T, n *netns.Namespace, f func()) []byte {
	t.Helper()
	var s *socket
	err := n.Do(func() (err error) {
		s, _, err = listen(1 << 20)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.conn.Close()
	f()
	time.Sleep(50 * time.Millisecond)
	var all bytes.Buffer
	for {
		b, err := s.poll()
		if err != nil {
			t.Fatal(err)
		}
		if b == nil {
			return all.Bytes()
		}
		all.Write(b)
	}
}

// dumpOf returns a dump of a namespace's entries.
func dumpOf(t *testing.T, n *netns.Namespace) []byte {
	t.Helper()
	var all bytes.Buffer
	err := n.Do(func() error {
		s, err := dial(dumpBuffer)
		if err != nil {
			return err
		}
		defer s.conn.Close()
		_, err = s.conn.Send(netlink.Message{
			// A number that the test data can be read with.
			Header: netlink.Header{Type: messageGet, Flags: netlink.Request | netlink.Dump, Sequence: recordedSeq},
			Data:   anyFamily,
		})
		if err != nil {
			return err
		}
		for {
			b, err := s.receive()
			if err != nil {
				return err
			}
			all.Write(b)
			for len(b) > 0 {
				m, rest, ok := nextMessage(b, hostOrder())
				if !ok || m.typ == messageDone || m.typ == messageError {
					return nil
				}
				b = rest
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.Bytes()
}
