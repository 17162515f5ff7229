//go:build integration

package netns

import (
	"fmt"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// burst is how many frames are sent at once: few enough that the queue of the
// receiving end of a veth pair (net.core.netdev_max_backlog) never overflows.
const burst = 64

// Sent is what Send sent of a flow.
type Sent struct {
	Flow    Flow
	Packets uint64
	Bytes   uint64 // from the IP headers on
}

// Report is what became of a call of Send.
type Report struct {
	Sent []Sent // in order of the flows
	Took time.Duration
}

// Rate returns how many frames a second were sent.
func (r Report) Rate() float64 {
	var n uint64
	for _, s := range r.Sent {
		n += s.Packets
	}
	return float64(n) / r.Took.Seconds()
}

// Send sends from a device of the namespace perFlow frames of each flow, in
// turns, at so many frames a second in all, 0 for as fast as it goes. It returns
// when all are sent.
func (n *Namespace) Send(device string, flows []Flow, perFlow, rate int) (r Report, err error) {
	err = n.Do(func() error {
		s, err := newSender(device, flows)
		if err != nil {
			return err
		}
		defer s.close()
		start := time.Now()
		err = s.send(perFlow*len(flows), rate)
		r = Report{Sent: s.sent, Took: time.Since(start)}
		return err
	})
	return r, err
}

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

type sender struct {
	fd     int
	frames [][]byte
	sent   []Sent
	next   int // flow
	msgs   [burst]mmsghdr
	vecs   [burst]unix.Iovec
}

func newSender(device string, flows []Flow) (*sender, error) {
	dev, err := net.InterfaceByName(device)
	if err != nil {
		return nil, err
	}
	s := new(sender)
	for _, f := range flows {
		s.frames = append(s.frames, f.frame())
		s.sent = append(s.sent, Sent{Flow: f})
	}
	if s.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	// Without PACKET_QDISC_BYPASS, which would hide the frames from captures on
	// this device.
	if err := unix.Bind(s.fd, &unix.SockaddrLinklayer{Ifindex: dev.Index}); err != nil {
		s.close()
		return nil, fmt.Errorf("bind packet socket: %w", err)
	}
	return s, nil
}

func (s *sender) close() { unix.Close(s.fd) }

func (s *sender) send(total, rate int) error {
	start := time.Now()
	for done := 0; done < total; {
		k, err := s.burst(min(burst, total-done))
		if err != nil {
			return fmt.Errorf("send after %d of %d frames: %w", done, total, err)
		}
		done += k
		if rate > 0 {
			due := start.Add(time.Duration(float64(done) / float64(rate) * float64(time.Second)))
			time.Sleep(time.Until(due))
		}
	}
	return nil
}

// burst sends up to k frames and returns how many the kernel took.
func (s *sender) burst(k int) (int, error) {
	for j := range k {
		f := s.frames[(s.next+j)%len(s.frames)]
		s.vecs[j].Base = &f[0]
		s.vecs[j].SetLen(len(f))
		s.msgs[j].hdr.Iov = &s.vecs[j]
		s.msgs[j].hdr.SetIovlen(1)
	}
	r, _, e := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.msgs[0])), uintptr(k), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	for range r {
		c := &s.sent[s.next]
		c.Packets++
		c.Bytes += uint64(c.Flow.IPBytes())
		s.next = (s.next + 1) % len(s.frames)
	}
	return int(r), nil
}
