//go:build integration

package netns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// transferTime bounds a Transfer.
const transferTime = 30 * time.Second

// Connection is a finished TCP connection as the client's kernel counted it.
type Connection struct {
	Client, Server netip.AddrPort
	Out, In        uint32 // segments sent and received, also bare ACKs (TCP_INFO)
	Retransmitted  uint32 // of Out, and of the server's
	Disordered     uint32 // arrived out of order at either end: their ACKs carry SACK blocks
}

// Transfer connects from client to a server which listens at addr, sends up
// bytes and then receives down bytes. With segmentation offloads on, the counts
// of segments are those of the wire.
func Transfer(client, server *Namespace, addr netip.AddrPort, up, down int64) (Connection, error) {
	var ln net.Listener
	err := server.Do(func() (err error) {
		ln, err = net.Listen("tcp", addr.String())
		return err
	})
	if err != nil {
		return Connection{}, err
	}
	defer ln.Close()

	var c *net.TCPConn
	served := make(chan error, 1)
	var theirs unix.TCPInfo
	go func() {
		var err error
		theirs, err = serve(ln, up, down)
		served <- err
	}()
	err = client.Do(func() error {
		conn, err := net.DialTimeout("tcp", addr.String(), transferTime)
		if err == nil {
			c = conn.(*net.TCPConn)
		}
		return err
	})
	if err != nil {
		ln.Close()
		return Connection{}, errors.Join(err, <-served)
	}
	defer c.Close()
	if err := errors.Join(exchange(c, up, down), <-served); err != nil {
		return Connection{}, fmt.Errorf("transfer %v to %v: %w", c.LocalAddr(), addr, err)
	}
	info, err := tcpInfo(c)
	if err != nil {
		return Connection{}, err
	}
	return Connection{
		Client: c.LocalAddr().(*net.TCPAddr).AddrPort(), Server: addr,
		Out: info.Segs_out, In: info.Segs_in,
		Retransmitted: info.Total_retrans + theirs.Total_retrans,
		Disordered:    info.Rcv_ooopack + theirs.Rcv_ooopack,
	}, nil
}

// exchange sends up bytes, ends its direction, and reads down bytes to the end.
func exchange(c *net.TCPConn, up, down int64) error {
	if err := c.SetDeadline(time.Now().Add(transferTime)); err != nil {
		return err
	}
	if _, err := io.CopyN(c, zeros{}, up); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, c)
	if err == nil && n != down {
		err = fmt.Errorf("received %d bytes of %d", n, down)
	}
	return err
}

// serve takes one connection, reads up bytes to the end, sends down bytes and
// returns what the server's kernel knows of the connection in the end.
func serve(ln net.Listener, up, down int64) (unix.TCPInfo, error) {
	conn, err := ln.Accept()
	if err != nil {
		return unix.TCPInfo{}, err
	}
	c := conn.(*net.TCPConn)
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(transferTime)); err != nil {
		return unix.TCPInfo{}, err
	}
	n, err := io.Copy(io.Discard, c)
	if err == nil && n != up {
		err = fmt.Errorf("received %d bytes of %d", n, up)
	}
	if err != nil {
		return unix.TCPInfo{}, err
	}
	if _, err := io.CopyN(c, zeros{}, down); err != nil {
		return unix.TCPInfo{}, err
	}
	if err := c.CloseWrite(); err != nil {
		return unix.TCPInfo{}, err
	}
	info, err := settled(c)
	if err != nil {
		return unix.TCPInfo{}, err
	}
	return *info, nil
}

// settled waits until the connection is closed in both directions and nothing of
// it is on its way.
func settled(c *net.TCPConn) (*unix.TCPInfo, error) {
	const tcpClose = 7 // TCP_CLOSE of net/tcp_states.h
	for end := time.Now().Add(transferTime); ; time.Sleep(time.Millisecond) {
		info, err := tcpInfo(c)
		if err != nil || info.State == tcpClose {
			return info, err
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("the connection is in state %d and does not close", info.State)
		}
	}
}

func tcpInfo(c *net.TCPConn) (info *unix.TCPInfo, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	failed := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	})
	return info, errors.Join(failed, err)
}

// zeros is an endless stream of zero bytes.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}
