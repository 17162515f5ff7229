//go:build integration

package netns

import (
	"encoding/binary"
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Metered names a TCP or UDP flow by its ends.
type Metered struct {
	Proto     uint8
	Own, Peer netip.AddrPort
}

// Passed is what a Meter counted: Tx from its own end, Rx to it; bytes from the
// IP headers on.
type Passed struct{ TxPackets, RxPackets, TxBytes, RxBytes uint64 }

// Plus returns the sum of both.
func (p Passed) Plus(o Passed) Passed {
	return Passed{p.TxPackets + o.TxPackets, p.RxPackets + o.RxPackets, p.TxBytes + o.TxBytes, p.RxBytes + o.RxBytes}
}

// Bytes returns those of both directions.
func (p Passed) Bytes() uint64 { return p.TxBytes + p.RxBytes }

// Packets returns those of both directions.
func (p Passed) Packets() uint64 { return p.TxPackets + p.RxPackets }

// Within reports whether no number of p is above that of o.
func (p Passed) Within(o Passed) bool {
	return p.TxPackets <= o.TxPackets && p.RxPackets <= o.RxPackets && p.TxBytes <= o.TxBytes && p.RxBytes <= o.RxBytes
}

// Meter counts what the device eth0 of a namespace sends and receives, flow by
// flow: the truth that weir is compared with. It is a packet socket and three
// fields of the IP header, nothing of weir's. Frames that the kernel merged count
// as the one packet that they are.
type Meter struct {
	own  []netip.Addr
	fd   int
	file *os.File
	done chan error

	mu     sync.Mutex
	passed map[Metered]Passed // guarded by mu
}

// meterBuffer is the receive buffer of a Meter in bytes. It holds some 50,000
// packets, for a machine that does other things for a second.
const meterBuffer = 128 << 20

// NewMeter meters the device eth0 of n until tb ends; packets from one of the
// addresses own are Tx. The test fails when the meter missed a packet.
func NewMeter(tb testing.TB, n *Namespace, own ...netip.Addr) *Meter {
	tb.Helper()
	m := &Meter{own: own, passed: make(map[Metered]Passed), done: make(chan error, 1)}
	if err := n.Do(m.open); err != nil {
		tb.Fatal("meter:", err)
	}
	m.file = os.NewFile(uintptr(m.fd), "meter")
	go func() { m.done <- m.read() }()
	tb.Cleanup(func() {
		stats, err := unix.GetsockoptTpacketStats(m.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
		m.file.Close()
		if err := errors.Join(<-m.done, err); err != nil {
			tb.Error("meter:", err)
		} else if stats.Drops != 0 {
			tb.Errorf("the meter missed %d packets: what it says is no truth", stats.Drops)
		}
	})
	return m
}

// open opens the socket in the namespace of the calling thread.
func (m *Meter) open() (err error) {
	device, err := net.InterfaceByName(Eth)
	if err != nil {
		return err
	}
	// Protocol 0 hears nothing until the socket is bound to the device.
	m.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})
	return errors.Join(
		unix.SetsockoptInt(m.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, meterBuffer),
		unix.Bind(m.fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: device.Index}))
}

// Passed returns what passed of each flow until now.
func (m *Meter) Passed() map[Metered]Passed {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.passed)
}

func (m *Meter) read() error {
	b := make([]byte, 128) // more than headers, less than packets
	for {
		n, err := m.file.Read(b)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if f, length, ok := meter(b[:n]); ok {
			m.add(f, uint64(length))
		}
	}
}

// add counts a packet that Own of f sent.
func (m *Meter) add(f Metered, length uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains(m.own, f.Own.Addr()) {
		m.passed[f] = m.passed[f].Plus(Passed{TxPackets: 1, TxBytes: length})
		return
	}
	f.Own, f.Peer = f.Peer, f.Own
	if slices.Contains(m.own, f.Own.Addr()) {
		m.passed[f] = m.passed[f].Plus(Passed{RxPackets: 1, RxBytes: length})
	}
}

// meter reads the head of a TCP or UDP packet without IP options or extension
// headers, Own being its source, and its length.
func meter(b []byte) (f Metered, length int, ok bool) {
	var src, dst netip.Addr
	switch {
	case len(b) >= 24 && b[0] == 0x45:
		f.Proto, length = b[9], int(binary.BigEndian.Uint16(b[2:]))
		src, dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		b = b[20:]
	case len(b) >= 44 && b[0]>>4 == 6:
		f.Proto, length = b[6], 40+int(binary.BigEndian.Uint16(b[4:]))
		src, dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		b = b[40:]
	default:
		return f, 0, false
	}
	f.Own = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	f.Peer = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	return f, length, f.Proto == unix.IPPROTO_TCP || f.Proto == unix.IPPROTO_UDP
}
