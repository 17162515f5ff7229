package conntrack

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Groups of events, enum nfnetlink_groups.
const (
	groupNew     = 1
	groupUpdate  = 2
	groupDestroy = 3
)

// Sizes of the buffers: what the kernel puts into a datagram of a dump at most,
// and more than any event takes.
const (
	dumpBuffer  = 32 << 10
	eventBuffer = 8 << 10
)

// anyFamily is the body of requests that are about IPv4 and IPv6: a struct
// nfgenmsg with AF_UNSPEC and NFNETLINK_V0.
var anyFamily = []byte{0, 0, 0, 0}

// socket reads datagrams from a netlink socket into one buffer. It is used from
// one goroutine, but for interrupt.
type socket struct {
	conn *netlink.Conn
	raw  syscall.RawConn
	buf  []byte
	n    int   // what the last read returned
	err  error // and why it did not
	// The methods wait and try as values made once, because a method value is an
	// allocation.
	waits func(fd uintptr) bool
	tries func(fd uintptr)
}

// dial opens a socket of the netlink family of netfilter in the network
// namespace of the calling thread.
func dial(bufferSize int) (*socket, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if errors.Is(err, unix.EPROTONOSUPPORT) {
		return nil, fmt.Errorf("open netlink socket: %w: %w", err, ErrNoNetlink)
	}
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	s := &socket{conn: conn, raw: raw, buf: make([]byte, bufferSize)}
	s.waits = func(fd uintptr) bool { return s.read(fd) }
	s.tries = func(fd uintptr) { s.read(fd) }
	return s, nil
}

// listen opens a socket that receives the events of all entries, with a receive
// buffer of so many bytes. It returns what the kernel made of that number.
func listen(buffer int) (s *socket, got int, err error) {
	if s, err = dial(eventBuffer); err != nil {
		return nil, 0, err
	}
	err = s.subscribe(buffer)
	if err == nil {
		got, err = s.conn.ReadBuffer()
	}
	if err != nil {
		s.conn.Close()
		return nil, 0, fmt.Errorf("listen to connection tracking: %w", explain(err))
	}
	return s, got, nil
}

func (s *socket) subscribe(buffer int) error {
	// SO_RCVBUFFORCE, or SO_RCVBUF where that is refused.
	if err := s.conn.SetReadBuffer(buffer); err != nil {
		return fmt.Errorf("set receive buffer: %w", err)
	}
	// Before the groups, so that no event is lost in between.
	if err := s.conn.SetOption(netlink.BroadcastError, true); err != nil {
		return fmt.Errorf("set NETLINK_BROADCAST_ERROR: %w", err)
	}
	for _, group := range []uint32{groupDestroy, groupUpdate, groupNew} {
		if err := s.conn.JoinGroup(group); err != nil {
			return fmt.Errorf("join group %d: %w", group, err)
		}
	}
	return nil
}

// read takes one datagram and reports whether there was one, or an error. It is
// read(2) and not recvmsg(2), whose address golang.org/x/sys would allocate: only
// the kernel and programs with CAP_NET_ADMIN can send to the socket.
func (s *socket) read(fd uintptr) bool {
	for {
		s.n, s.err = unix.Read(int(fd), s.buf)
		if s.err != unix.EINTR {
			return s.err != unix.EAGAIN
		}
	}
}

// receive waits for a datagram until the deadline. It is valid until the next
// call.
func (s *socket) receive() ([]byte, error) {
	if err := s.raw.Read(s.waits); err != nil {
		return nil, err
	}
	return s.result()
}

// poll returns a datagram that is there, or nil.
func (s *socket) poll() ([]byte, error) {
	if err := s.raw.Control(s.tries); err != nil {
		return nil, err
	}
	if s.err == unix.EAGAIN {
		return nil, nil
	}
	return s.result()
}

func (s *socket) result() ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.buf[:s.n], nil
}

// deadline bounds the time that receive waits.
func (s *socket) deadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// explain adds the remedy to what ctnetlink answers.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: %w", err, ErrNoRight)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP):
		// What nfnetlink answers for a subsystem that is not there.
		return fmt.Errorf("%w: %w", err, ErrNoNetlink)
	}
	return err
}
