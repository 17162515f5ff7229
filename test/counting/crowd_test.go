//go:build integration

package counting

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// Ports of the server.
const (
	tcpPort = 8080
	udpPort = 5000
)

// patience is how long one step may take on a busy machine.
const patience = time.Minute

// serve answers at both ports of the server until the test ends.
func serve(t *testing.T, server *netns.Namespace) {
	t.Helper()
	for _, ip := range []netip.Addr{netns.ServerIP, netns.ServerIP6} {
		var ln net.Listener
		var pc *net.UDPConn
		err := server.Do(func() (err error) {
			if ln, err = net.Listen("tcp", netip.AddrPortFrom(ip, tcpPort).String()); err != nil {
				return err
			}
			pc, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, udpPort)))
			return errors.Join(err, pc.SetReadBuffer(8<<20))
		})
		if err != nil {
			t.Fatal("server:", err)
		}
		t.Cleanup(func() { ln.Close(); pc.Close() })
		go accept(ln)
		go echo(pc)
	}
}

func accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			answer(c)
		}()
	}
}

// request asks for so many bytes after so many; it is sent as two numbers.
type request struct{ up, down uint32 }

// answer serves the requests of one connection until it ends.
func answer(c net.Conn) {
	var head [8]byte
	for {
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c, int64(binary.BigEndian.Uint32(head[:]))); err != nil {
			return
		}
		if _, err := c.Write(make([]byte, binary.BigEndian.Uint32(head[4:]))); err != nil {
			return
		}
	}
}

// echo answers each datagram by one whose size it begins with.
func echo(c *net.UDPConn) {
	b := make([]byte, 2048)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil && n >= 2 {
			// A client goes on without one that is lost.
			_, _ = c.WriteToUDPAddrPort(b[:min(int(binary.BigEndian.Uint16(b)), len(b))], from)
		}
	}
}

// speaker opens connections of one kind from one client.
type speaker struct {
	client
	proto string
	six   bool
}

// speakers returns count of them, of all kinds in turn.
func speakers(clients []client, count int) (all []speaker) {
	for i := range count {
		all = append(all, speaker{clients[i%2], []string{"tcp", "udp"}[i/2%2], i/4%2 == 1})
	}
	return all
}

// dial opens a connection. The calling thread is in the client's namespace.
func (s speaker) dial() (net.Conn, error) {
	ip, port := netns.ServerIP, uint16(tcpPort)
	if s.six {
		ip = netns.ServerIP6
	}
	if s.proto == "udp" {
		port = udpPort
	}
	return (&net.Dialer{Timeout: patience, KeepAlive: -1}).Dial(s.proto, netip.AddrPortFrom(ip, port).String())
}

// ask has one request answered. A datagram that was lost is no error.
func (s speaker) ask(c net.Conn, r request) error {
	wait := patience
	if s.proto == "udp" {
		wait = 2 * time.Second
	}
	if err := c.SetDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	if s.proto == "udp" {
		b := make([]byte, 2048)
		binary.BigEndian.PutUint16(b, uint16(r.down))
		_, err := c.Write(b[:max(r.up, 2)])
		if err == nil {
			_, err = c.Read(b)
		}
		if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
			return nil
		}
		return err
	}
	b := make([]byte, 8+r.up)
	binary.BigEndian.PutUint32(b, r.up)
	binary.BigEndian.PutUint32(b[4:], r.down)
	if _, err := c.Write(b); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, c, int64(r.down))
	return err
}

// some returns a request of any size that suits a speaker.
func (s speaker) some() request {
	if s.proto == "udp" {
		return request{2 + rand.Uint32N(1400), rand.Uint32N(1400)}
	}
	return request{rand.Uint32N(6000), rand.Uint32N(20_000)}
}

// talk keeps one connection busy until ctx is done, or half the time when it is to
// be brief: then it is reset, and another one follows. It pauses between requests,
// so that many of them together are what a router forwards with ease.
func (s speaker) talk(ctx context.Context, d time.Duration, brief bool) error {
	const pause = 80 * time.Millisecond
	for begin := time.Now(); ; {
		c, err := s.dial()
		if err != nil {
			return err
		}
		for ctx.Err() == nil && (!brief || time.Since(begin) < d/2) {
			if err := s.ask(c, s.some()); err != nil {
				c.Close()
				return fmt.Errorf("%s to %v: %w", s.proto, c.RemoteAddr(), err)
			}
			time.Sleep(pause/2 + rand.N(pause))
		}
		if tcp, ok := c.(*net.TCPConn); ok && brief {
			err = tcp.SetLinger(0)
		}
		if err = errors.Join(err, c.Close()); err != nil || ctx.Err() != nil {
			return err
		}
		brief = false
	}
}

// crowd has so many speakers talk at once for some time, and looks at the daemons
// now and then meanwhile: flows that ended are listed for ten seconds.
func crowd(t *testing.T, clients []client, count int, d time.Duration, daemons []*daemon) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	var talking sync.WaitGroup
	errs := make(chan error, count)
	for i, s := range speakers(clients, count) {
		talking.Go(func() {
			errs <- s.Do(func() error { return s.talk(ctx, d, i%5 == 0) })
		})
	}
	for ctx.Err() == nil {
		for _, d := range daemons {
			d.look(t)
		}
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second):
		}
	}
	talking.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// storm opens and closes so many connections, a crowd at a time, each with one
// request that ends before connection tracking is read again.
func storm(t *testing.T, clients []client, count int) {
	t.Helper()
	const parallel = 40
	var talking sync.WaitGroup
	errs := make(chan error, parallel)
	for _, s := range speakers(clients, parallel) {
		talking.Go(func() {
			errs <- s.Do(func() error {
				for range count / parallel {
					c, err := s.dial()
					if err != nil {
						return err
					}
					r := s.some()
					r.down = r.down%1000 + 1
					if err := errors.Join(s.ask(c, r), c.Close()); err != nil {
						return fmt.Errorf("%s: %w", s.proto, err)
					}
				}
				return nil
			})
		})
	}
	talking.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// tracked makes a home with address translation whose router tracks connections
// and counts them, with kernel parameters set.
func tracked(t *testing.T, o netns.Options, settings ...string) *netns.Home {
	t.Helper()
	o.NAT = true
	home := netns.New(t, o)
	home.Router.Sysctl(t, append([]string{"net.netfilter.nf_conntrack_acct=1"}, settings...)...)
	// IPv6 is tracked only where a rule asks for it.
	home.Router.Run(t, "nft", "add table inet fw; add chain inet fw forward { type filter hook forward priority 0; }; "+
		"add rule inet fw forward ct state established accept")
	if err := unix.Access("/proc/sys/net/bridge", unix.F_OK); err == nil {
		home.Router.Sysctl(t, "net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0")
	}
	return home
}
