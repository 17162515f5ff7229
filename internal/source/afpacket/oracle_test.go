package afpacket

import (
	"encoding/binary"
	"slices"
	"strings"

	"weir/internal/packet"
)

// What an oracle says of a frame.
const (
	clientHello   = "begin of a ClientHello"
	middleOfHello = "full segment in the middle of a ClientHello"
	endOfHello    = "rest of a ClientHello"
	quicInitial   = "QUIC Initial"
	dnsMessage    = "DNS message"
	httpRequest   = "HTTP request"
)

// oracle finds the frames that name flows of TLS, QUIC, HTTP and DNS. Unlike the
// filter it remembers flows, and it reads what it takes for a ClientHello to know
// where that ends.
type oracle struct {
	hellos map[half]hello
	packet packet.Packet
}

// half is one direction of a connection.
type half struct {
	src, dst    packet.Addr
	sport, dst2 uint16
}

// hello is a ClientHello of which some is still to come.
type hello struct{ next, end uint32 }

func newOracle() *oracle { return &oracle{hellos: make(map[half]hello)} }

// wants returns what the frame has to pass for, or nothing.
func (o *oracle) wants(r *packet.Raw) string {
	p := &o.packet
	if packet.Decode(r, p) != packet.OK || p.FragOffset > 0 || len(p.Payload) < 12 {
		return ""
	}
	switch p.Proto {
	case packet.ProtoTCP:
		return o.segment(p)
	case packet.ProtoUDP:
		return datagram(p)
	}
	return ""
}

func (o *oracle) segment(p *packet.Packet) string {
	b := p.Payload
	k := half{p.Src, p.Dst, p.SrcPort, p.DstPort}
	if h, ok := o.hellos[k]; ok && p.Seq == h.next {
		h.next += p.PayLen
		o.hellos[k] = h
		if int32(h.end-h.next) <= 0 {
			delete(o.hellos, k)
			return endOfHello
		}
		if p.TCPFlags&packet.PSH == 0 {
			return middleOfHello
		}
		return endOfHello
	}
	switch {
	case b[0] == 0x16 && b[1] == 3 && b[2] <= 3 && b[5] == 1:
		end := p.Seq + 5 + uint32(binary.BigEndian.Uint16(b[3:]))
		if next := p.Seq + p.PayLen; int32(end-next) > 0 {
			o.hellos[k] = hello{next, end}
		}
		return clientHello
	case slices.Contains([]string{"GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "CONNECT", "PATCH"}, word(b)) &&
		strings.Contains(string(b), " HTTP/1"):
		return httpRequest
	case (p.SrcPort == 53 || p.DstPort == 53) && int(binary.BigEndian.Uint16(b))+2 == len(b):
		return dnsMessage
	}
	return ""
}

// word returns the first word of a payload.
func word(b []byte) string {
	w, _, _ := strings.Cut(string(b[:min(len(b), 12)]), " ")
	return w
}

func datagram(p *packet.Packet) string {
	b := p.Payload
	for _, port := range []uint16{p.SrcPort, p.DstPort} {
		if slices.Contains([]uint16{53, 5353, 5355}, port) {
			return dnsMessage
		}
	}
	version := binary.BigEndian.Uint32(b[1:])
	known := version == 1 || version == 0x6b3343cf || version>>8 == 0xff0000
	initial := byte(0)
	if version == 0x6b3343cf {
		initial = 1
	}
	if b[0]&0xc0 == 0xc0 && known && b[0]>>4&3 == initial && len(b) >= 1200 {
		return quicInitial
	}
	return ""
}
