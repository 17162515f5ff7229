//go:build integration

package modes

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"weir/test/netns"
)

// Rates of the steady traffic in packets a second, near what a line of 1 Gbit/s
// carries. A download has an acknowledgement for every second packet.
const (
	downRate = 60_000
	upRate   = downRate / 2
)

// up returns a flow from the first client to the server, IPv6 when its port is odd.
func up(proto uint8, port uint16, payload int) netns.Flow {
	f := netns.Flow{
		Proto: proto, Payload: payload, SrcMAC: netns.Client1MAC, DstMAC: netns.RouterMAC,
		Src: netip.AddrPortFrom(netns.Client1IP, port), Dst: netip.AddrPortFrom(netns.ServerIP, 443),
	}
	if port%2 == 1 {
		f.Src, f.Dst = netip.AddrPortFrom(netns.Client1IP6, port), netip.AddrPortFrom(netns.ServerIP6, 443)
	}
	return f
}

// down returns the answer to f as the server sends it, to the translated address.
func down(f netns.Flow, payload int) netns.Flow {
	f.Src, f.Dst = f.Dst, f.Src
	if f.Dst.Addr().Is4() {
		f.Dst = netip.AddrPortFrom(netns.WANIP, f.Dst.Port())
	}
	f.SrcMAC, f.DstMAC, f.Payload = netns.ServerMAC, netns.WANMAC, payload
	return f
}

// steady sends long flows both ways for a slice: 24 downloads over TCP with
// acknowledgements, and eight calls over UDP.
func steady(r *router) error {
	var ups, downs []netns.Flow
	for i := range 32 {
		proto, payload := uint8(6), 0
		if i%4 == 3 {
			proto, payload = 17, 1200
		}
		f := up(proto, uint16(40_000+i/2+i%2*101), payload)
		ups, downs = append(ups, f), append(downs, down(f, 1400))
	}
	// The way back is open when a packet went out.
	if _, err := r.Client1.Send(netns.Eth, ups, 1, 0); err != nil {
		return err
	}
	var both sync.WaitGroup
	var errs [2]error
	each := func(rate int) int { return int(slice.Seconds() * float64(rate) / float64(len(ups))) }
	both.Go(func() { _, errs[0] = r.Client1.Send(netns.Eth, ups, each(upRate), upRate) })
	both.Go(func() { _, errs[1] = r.Server.Send(netns.Eth, downs, each(downRate), downRate) })
	both.Wait()
	return errors.Join(errs[:]...)
}

// A visit is a short connection: a greeting as TLS clients send it, and a page.
const (
	visitRate  = 500 // a second
	visitors   = 20
	pageBytes  = 6000
	helloBytes = 517
)

// hello returns what begins as a ClientHello does.
func hello() []byte {
	b := make([]byte, helloBytes)
	copy(b, []byte{0x16, 3, 1, (helloBytes - 5) >> 8, (helloBytes - 5) & 0xff, 1, 0, (helloBytes - 9) >> 8, (helloBytes - 9) & 0xff, 3, 3})
	return b
}

// newSite serves pages and returns what visits them for a slice.
func newSite(b *testing.B, home *netns.Home) (visits func() error) {
	ln := listen(b, home.Server, netip.AddrPortFrom(netns.ServerIP, 443))
	go accept(ln, func(c net.Conn) {
		if _, err := io.ReadFull(c, make([]byte, helloBytes)); err == nil {
			// A visitor that does not get the page says so.
			_, _ = c.Write(make([]byte, pageBytes))
		}
	})
	return func() error {
		var all sync.WaitGroup
		errs := make([]error, visitors)
		for i := range errs {
			all.Go(func() { errs[i] = home.Client1.Do(func() error { return visit(ln.Addr().String()) }) })
		}
		all.Wait()
		return errors.Join(errs...)
	}
}

// visit visits a site for a slice at the rate of one visitor.
func visit(addr string) error {
	greeting := hello()
	begin := time.Now()
	count := int(slice.Seconds() * visitRate / visitors)
	for i := range count {
		c, err := net.DialTimeout("tcp", addr, 10*time.Second)
		if err != nil {
			return err
		}
		_, err = c.Write(greeting)
		var n int64
		if err == nil {
			n, err = io.Copy(io.Discard, c)
		}
		if err == nil && n != pageBytes {
			err = fmt.Errorf("%d bytes of a page", n)
		}
		if err := errors.Join(err, c.Close()); err != nil {
			return err
		}
		time.Sleep(time.Until(begin.Add(slice * time.Duration(i+1) / time.Duration(count))))
	}
	return nil
}

// listen listens in a namespace until the benchmark ends.
func listen(b *testing.B, n *netns.Namespace, addr netip.AddrPort) (ln net.Listener) {
	b.Helper()
	err := n.Do(func() (err error) {
		ln, err = net.Listen("tcp", addr.String())
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	return ln
}

// accept serves connections until the listener is closed.
func accept(ln net.Listener, serve func(net.Conn)) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			serve(c)
		}()
	}
}

// download takes as much as it can get from the server over some connections at
// once, and returns bytes a second.
func download(home *netns.Home, addr string, d time.Duration) (rate float64, err error) {
	const connections = 4
	var all sync.WaitGroup
	var bytes atomic.Int64
	errs := make([]error, connections)
	begin := time.Now()
	for i := range errs {
		all.Go(func() {
			errs[i] = home.Client1.Do(func() error {
				c, err := net.DialTimeout("tcp", addr, 10*time.Second)
				if err != nil {
					return err
				}
				defer c.Close()
				if err := c.SetDeadline(begin.Add(d)); err != nil {
					return err
				}
				b := make([]byte, 256<<10)
				for {
					n, err := c.Read(b)
					bytes.Add(int64(n))
					if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
						return nil
					}
					if err != nil {
						return err
					}
				}
			})
		})
	}
	all.Wait()
	return float64(bytes.Load()) / time.Since(begin).Seconds(), errors.Join(errs...)
}
