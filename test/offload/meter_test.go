//go:build integration

package offload

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// connection names a flow by its ends as they are in the house.
type connection struct {
	proto          uint8
	client, server netip.AddrPort
}

// count is what passed: tx from the client, rx to it; IP bytes.
type count struct {
	txPackets, rxPackets, txBytes, rxBytes uint64
}

func (c count) bytes() uint64 { return c.txBytes + c.rxBytes }

// meter counts what a client's own device sends and receives, connection by
// connection: the truth that weir is compared with. It is a packet socket and
// three fields of the IP header, nothing of weir's.
type meter struct {
	own  []netip.Addr // the client's: packets from them are tx
	fd   int
	file *os.File
	done chan error

	mu     sync.Mutex
	counts map[connection]count // guarded by mu
}

// newMeter meters the device of a client, until the test ends.
func newMeter(t *testing.T, ns *netns.Namespace, own ...netip.Addr) *meter {
	t.Helper()
	m := &meter{own: own, counts: make(map[connection]count), done: make(chan error, 1)}
	err := ns.Do(func() (err error) {
		// Protocol 0 hears nothing until the socket is bound to the device.
		m.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		device, err := net.InterfaceByName(netns.Eth)
		if err != nil {
			return err
		}
		return errors.Join(
			unix.SetsockoptInt(m.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
			unix.Bind(m.fd, &unix.SockaddrLinklayer{Protocol: binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}), Ifindex: device.Index}))
	})
	if err != nil {
		t.Fatal("meter:", err)
	}
	m.file = os.NewFile(uintptr(m.fd), "meter")
	go func() { m.done <- m.read() }()
	t.Cleanup(func() {
		stats, statsErr := unix.GetsockoptTpacketStats(m.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		m.file.Close()
		if err := errors.Join(<-m.done, statsErr); err != nil {
			t.Error("meter:", err)
		} else if stats.Drops != 0 {
			t.Errorf("the meter missed %d packets: what it says is no truth", stats.Drops)
		}
	})
	return m
}

func (m *meter) read() error {
	b := make([]byte, 128) // more than headers, less than packets
	for {
		n, err := m.file.Read(b)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		p, ok := parse(b[:n])
		if !ok {
			continue
		}
		m.mu.Lock()
		m.add(p)
		m.mu.Unlock()
	}
}

func (m *meter) add(p ipPacket) {
	for _, a := range m.own {
		switch a {
		case p.src.Addr():
			c := connection{p.proto, p.src, p.dst}
			n := m.counts[c]
			n.txPackets, n.txBytes = n.txPackets+1, n.txBytes+uint64(p.length)
			m.counts[c] = n
		case p.dst.Addr():
			c := connection{p.proto, p.dst, p.src}
			n := m.counts[c]
			n.rxPackets, n.rxBytes = n.rxPackets+1, n.rxBytes+uint64(p.length)
			m.counts[c] = n
		}
	}
}

// count returns what passed of a connection until now.
func (m *meter) count(c connection) count {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts[c]
}

// ipPacket is what a meter reads of a packet.
type ipPacket struct {
	proto    uint8
	src, dst netip.AddrPort
	length   int
}

// parse reads the header of a TCP or UDP packet without options or extension
// headers, as all of the test's are.
func parse(b []byte) (p ipPacket, ok bool) {
	var src, dst netip.Addr
	switch {
	case len(b) >= 24 && b[0] == 0x45:
		p.proto, p.length = b[9], int(binary.BigEndian.Uint16(b[2:]))
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		b = b[20:]
	case len(b) >= 44 && b[0]>>4 == 6:
		p.proto, p.length = b[6], 40+int(binary.BigEndian.Uint16(b[4:]))
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		b = b[40:]
	default:
		return p, false
	}
	p.src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	p.dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	return p, p.proto == unix.IPPROTO_TCP || p.proto == unix.IPPROTO_UDP
}
