package resolve

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/packet"
)

func addr(s string) packet.Addr { return packet.AddrOf(netip.MustParseAddr(s)) }

// dnsServer answers on a port of loopback as its reply says: with a message for each
// question, nil for none, over UDP and TCP.
type dnsServer struct {
	at    netip.AddrPort
	asked atomic.Int32
}

// reply makes the answers to a question; tcp says how it came.
type reply func(q []byte, tcp bool) [][]byte

func serve(t *testing.T, f reply) *dnsServer {
	t.Helper()
	udp, tcp := listen(t)
	s := &dnsServer{at: udp.LocalAddr().(*net.UDPAddr).AddrPort()}
	done := make(chan struct{}, 2)
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		<-done
		<-done
	})
	go func() {
		s.datagrams(udp, f)
		done <- struct{}{}
	}()
	go func() {
		s.streams(tcp, f)
		done <- struct{}{}
	}()
	return s
}

// listen opens the same port for UDP and TCP.
func listen(t *testing.T) (*net.UDPConn, *net.TCPListener) {
	t.Helper()
	for range 20 {
		udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(udp.LocalAddr().(*net.UDPAddr).AddrPort()))
		if err == nil {
			return udp, tcp
		}
		udp.Close() // somebody has that port of TCP
	}
	t.Fatal("no port is free for UDP and TCP")
	return nil, nil
}

func (s *dnsServer) datagrams(conn *net.UDPConn, f reply) {
	var buf [512]byte
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf[:])
		if err != nil {
			return
		}
		s.asked.Add(1)
		for _, b := range f(buf[:n], false) {
			conn.WriteToUDPAddrPort(b, from)
		}
	}
}

func (s *dnsServer) streams(l *net.TCPListener, f reply) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		var head [2]byte
		if _, err := io.ReadFull(conn, head[:]); err == nil {
			q := make([]byte, binary.BigEndian.Uint16(head[:]))
			io.ReadFull(conn, q)
			s.asked.Add(1)
			for _, b := range f(q, true) {
				conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
			}
		}
		conn.Close()
	}
}

// answerTo unpacks a question and makes an answer of it, which edit completes.
func answerTo(t testing.TB, q []byte, edit func(*dnsmessage.Message)) []byte {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(q); err != nil || len(m.Questions) != 1 {
		t.Errorf("%x: %d questions, %v", q, len(m.Questions), err)
		return nil
	}
	if !m.RecursionDesired || m.Questions[0].Type != dnsmessage.TypePTR || m.Questions[0].Class != dnsmessage.ClassINET {
		t.Errorf("asked %+v", m)
	}
	m.Response, m.RecursionAvailable = true, true
	edit(&m)
	b, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return b
}

func ptr(owner dnsmessage.Name, name string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: owner, Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(name)},
	}
}

func cname(owner, name string, ttl uint32) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(owner), Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(name)},
	}
}

func soa(ttl, minimum uint32) dnsmessage.Resource {
	zone := dnsmessage.MustNewName("8.8.in-addr.arpa.")
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: zone, Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET, TTL: ttl},
		Body:   &dnsmessage.SOAResource{NS: zone, MBox: zone, MinTTL: minimum},
	}
}

// always answers every question with a name.
func always(t testing.TB, name string) reply {
	return func(q []byte, _ bool) [][]byte {
		return [][]byte{answerTo(t, q, func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, name, 3600))
		})}
	}
}
