//go:build integration

package netns

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSentIsReceived has the server's kernel check what Send sends: addresses,
// lengths and checksums, and that the router forwards and translates it.
func TestSentIsReceived(t *testing.T) {
	const n = 50
	home := New(t, Options{NAT: true})
	tests := []struct {
		name     string
		src, dst netip.Addr
		seen     netip.Addr // as the source, by the server
	}{
		{"IPv4 by NAT", Client1IP, ServerIP, WANIP},
		{"IPv6", Client1IP6, ServerIP6, Client1IP6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c *net.UDPConn
			err := home.Server.Do(func() (err error) {
				c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(tt.dst, 4000)))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			flow := Flow{Proto: unix.IPPROTO_UDP, SrcMAC: Client1MAC, DstMAC: RouterMAC, Payload: 101,
				Src: netip.AddrPortFrom(tt.src, 3000), Dst: netip.AddrPortFrom(tt.dst, 4000)}
			r, err := home.Client1.Send(Eth, []Flow{flow}, n, 10_000)
			if err != nil {
				t.Fatal(err)
			}
			if s := r.Sent[0]; s.Packets != n || s.Bytes != n*uint64(flow.IPBytes()) {
				t.Errorf("sent %+v", s)
			}
			if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 2000)
			for i := range n {
				got, from, err := c.ReadFromUDPAddrPort(b)
				if err != nil {
					t.Fatalf("after %d of %d: %v", i, n, err)
				}
				if got != flow.Payload || from.Addr().Unmap() != tt.seen {
					t.Fatalf("%d bytes from %v", got, from)
				}
			}
		})
	}
}

// TestSegmentsAreValid has the client's kernel check the checksums of TCP.
func TestSegmentsAreValid(t *testing.T) {
	home := New(t, Options{})
	flows := []Flow{
		{Proto: unix.IPPROTO_TCP, Payload: 77, SrcMAC: Client1MAC, DstMAC: Client2MAC,
			Src: netip.AddrPortFrom(Client1IP, 1), Dst: netip.AddrPortFrom(Client2IP, 2)},
		{Proto: unix.IPPROTO_TCP, Payload: 78, SrcMAC: Client1MAC, DstMAC: Client2MAC,
			Src: netip.AddrPortFrom(Client1IP6, 1), Dst: netip.AddrPortFrom(Client2IP6, 2)},
	}
	if _, err := home.Client1.Send(Eth, flows, 25, 0); err != nil {
		t.Fatal(err)
	}
	in, bad := tcpCounters(t, home.Client2)
	if in != 50 || bad != 0 {
		t.Errorf("%d of 50 segments arrived, %d of them are bad", in, bad)
	}
}

// tcpCounters returns how many segments a namespace received, and how many of
// them with errors.
func tcpCounters(t *testing.T, n *Namespace) (in, bad int) {
	t.Helper()
	var b []byte
	err := n.Do(func() (err error) {
		b, err = os.ReadFile("/proc/thread-self/net/snmp")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var head []string
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if f[0] != "Tcp:" {
			continue
		}
		if head == nil {
			head = f
			continue
		}
		for i, name := range head {
			switch v, _ := strconv.Atoi(f[i]); name {
			case "InSegs":
				in = v
			case "InErrs":
				bad = v
			}
		}
	}
	return in, bad
}

func TestTransfer(t *testing.T) {
	home := New(t, Options{NAT: true})
	c, err := Transfer(home.Client1, home.Server, netip.AddrPortFrom(ServerIP, 80), 100_000, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	// 1,448 bytes a segment; bare acknowledgements come on top.
	if c.Out < 100_000/1448+3 || c.In < 1_000_000/1448+2 || c.Client.Addr() != Client1IP {
		t.Errorf("%+v", c)
	}
	if _, err := Transfer(home.Client1, home.Server, netip.AddrPortFrom(Client1IP, 80), 1, 1); err == nil {
		t.Error("a server listens at the address of another host")
	}
}

func TestSilent(t *testing.T) {
	home := New(t, Options{Silent: true})
	addr := netip.AddrPortFrom(Client1IP, 80).String()
	var ln net.Listener
	err := home.Client1.Do(func() (err error) {
		ln, err = net.Listen("tcp", addr)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = home.Router.Do(func() error {
		c, err := net.DialTimeout("tcp", addr, 300*time.Millisecond)
		if err == nil {
			c.Close()
		}
		return err
	})
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("a silent client answers: %v", err)
	}
}

func TestDoReturnsTheError(t *testing.T) {
	home := New(t, Options{})
	want := errors.New("of f")
	if err := home.Client1.Do(func() error { return want }); err != want {
		t.Errorf("got %v", err)
	}
	gone := &Namespace{Name: "weir-there-is-none"}
	if err := gone.Do(func() error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
