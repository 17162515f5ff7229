//go:build integration

package offload

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// Ports of the server.
const (
	tlsPort = 443
	tcpPort = 8080
	udpPort = 5000
)

// patience is how long one step of the traffic may take on an emulated machine.
const patience = time.Minute

// exchange is a connection of the test: what it is, and the open socket.
type exchange struct {
	name   string
	from   *netns.Namespace
	addr   netip.AddrPort // of the server
	proto  uint8
	sni    string // of a TLS connection, "" for others
	inside bool   // between two clients: bridged, not forwarded

	conn net.Conn // the client's end
	connection
}

// server answers at all ports of a namespace's addresses until the test ends.
type server struct {
	certificate tls.Certificate
}

func newServer(t *testing.T) *server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &server{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}
}

// listen opens the ports on an address of a namespace.
func (s *server) listen(t *testing.T, ns *netns.Namespace, addr netip.Addr) {
	t.Helper()
	var plain, encrypted net.Listener
	var datagrams *net.UDPConn
	err := ns.Do(func() (err error) {
		plain, err = net.Listen("tcp", netip.AddrPortFrom(addr, tcpPort).String())
		if err != nil {
			return err
		}
		encrypted, err = net.Listen("tcp", netip.AddrPortFrom(addr, tlsPort).String())
		if err != nil {
			return err
		}
		datagrams, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, udpPort)))
		return err
	})
	if err != nil {
		t.Fatal("server:", err)
	}
	t.Cleanup(func() { plain.Close(); encrypted.Close(); datagrams.Close() })
	go serve(plain, func(c net.Conn) net.Conn { return c })
	go serve(encrypted, func(c net.Conn) net.Conn {
		return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.certificate}})
	})
	go echo(datagrams)
}

// serve answers requests until the listener is closed.
func serve(ln net.Listener, wrap func(net.Conn) net.Conn) {
	for {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		narrow(c.(*net.TCPConn))
		go func() {
			defer c.Close()
			answer(wrap(c))
		}()
	}
}

// narrow keeps what is under way of a connection below what the queues of veth
// pairs hold, and keeps it silent when nothing is to be sent.
func narrow(c *net.TCPConn) {
	// Errors would show as losses, which the meters count like everybody else.
	_ = c.SetReadBuffer(64 << 10)
	_ = c.SetKeepAlive(false)
}

// request asks for down bytes after up bytes; it is sent as two numbers of eight
// bytes each.
type request struct{ up, down uint64 }

// answer serves one connection until it ends.
func answer(c net.Conn) {
	for {
		var head [16]byte
		if _, err := io.ReadFull(c, head[:]); err != nil {
			return
		}
		up, down := binary.BigEndian.Uint64(head[:]), binary.BigEndian.Uint64(head[8:])
		if _, err := io.CopyN(io.Discard, c, int64(up)); err != nil {
			return
		}
		if _, err := io.CopyN(c, zeros{}, int64(down)); err != nil {
			return
		}
	}
}

// echo sends datagrams back.
func echo(c *net.UDPConn) {
	b := make([]byte, 2048)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			// One that is lost is sent again by the client.
			_, _ = c.WriteToUDPAddrPort(b[:n], from)
		}
	}
}

// zeros is an endless stream of zero bytes.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// open connects.
func (x *exchange) open(t *testing.T) {
	t.Helper()
	network := map[uint8]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[x.proto]
	err := x.from.Do(func() (err error) {
		x.conn, err = (&net.Dialer{Timeout: patience, KeepAlive: -1}).Dial(network, x.addr.String())
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", x.name, err)
	}
	t.Cleanup(func() { x.conn.Close() })
	local := netip.MustParseAddrPort(x.conn.LocalAddr().String())
	x.connection = connection{Proto: x.proto, Own: local, Peer: x.addr}
	if c, ok := x.conn.(*net.TCPConn); ok {
		narrow(c)
	}
	if x.sni != "" {
		// Whom it talks to is no matter here, but that it says so aloud.
		x.conn = tls.Client(x.conn, &tls.Config{ServerName: x.sni, InsecureSkipVerify: true})
	}
}

// transfer sends up bytes and receives down bytes; datagrams are echoed, so of
// those as many come back as are sent.
func (x *exchange) transfer(r request) error {
	if err := x.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	var err error
	if x.proto == unix.IPPROTO_UDP {
		err = x.pingPong(int(max(r.up, r.down)))
	} else {
		err = x.stream(r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", x.name, err)
	}
	return nil
}

func (x *exchange) stream(r request) error {
	head := binary.BigEndian.AppendUint64(nil, r.up)
	head = binary.BigEndian.AppendUint64(head, r.down)
	if _, err := x.conn.Write(head); err != nil {
		return err
	}
	if _, err := io.CopyN(x.conn, zeros{}, int64(r.up)); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, x.conn, int64(r.down))
	return err
}

// pingPong sends datagrams, each when the one before came back.
func (x *exchange) pingPong(bytes int) error {
	const size = 1200
	b := make([]byte, 2048)
	for sent := 0; sent < bytes; sent += size {
		if _, err := x.conn.Write(b[:size]); err != nil {
			return err
		}
		n, err := x.conn.Read(b)
		if err != nil {
			return err
		}
		if n != size {
			return fmt.Errorf("%d bytes came back of %d", n, size)
		}
	}
	return nil
}
