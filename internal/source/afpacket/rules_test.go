package afpacket

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"weir/internal/link"
	"weir/internal/packet"
)

// The stations of the rules.
var (
	routerMAC = link.MAC{2, 0, 0, 0, 0, 1}
	otherMAC  = link.MAC{2, 0, 0, 0, 0, 2} // another of the router's
	laptopMAC = link.MAC{0x5c, 0xe9, 0x1e, 0, 0, 0x10}
	nasMAC    = link.MAC{0x00, 0x11, 0x32, 0, 0, 0x20}
	groupMAC  = link.MAC{1, 0, 0x5e, 0, 0, 0xfb}
)

// rule is a packet and what is captured of it at each level of the budget when
// connection tracking counts it: 0, headBytes, shortBytes or wholeBytes.
type rule struct {
	name     string
	proto    uint8
	src, dst uint16
	flags    uint8 // of TCP
	payload  []byte
	want     [4]int
	only     int // 4 or 6 when it is of one family
	ext      []byte
}

const (
	no    = 0
	head  = headBytes
	short = shortBytes
	whole = wholeBytes
)

// text is a payload of n bytes that begins with s.
func text(s string, n int) []byte {
	return append([]byte(s), bytes.Repeat([]byte{0xee}, max(0, n-len(s)))...)
}

const (
	tcp    = packet.ProtoTCP
	udpp   = packet.ProtoUDP
	ack    = packet.ACK
	pshAck = packet.ACK | packet.PSH
)

var (
	always    = [4]int{whole, whole, whole, whole}
	headers   = [4]int{head, head, head, head}
	never     = [4]int{}
	levelZero = [4]int{short, no, no, no}
)

// The last level samples; tests of it run with a random number that is chosen.
var rules = []rule{
	{name: "SYN", proto: tcp, src: 40000, dst: 443, flags: packet.SYN, want: headers},
	{name: "SYN ACK", proto: tcp, src: 443, dst: 40000, flags: packet.SYN | ack, want: headers},
	{name: "FIN", proto: tcp, src: 443, dst: 40000, flags: packet.FIN | ack, want: headers},
	{name: "RST", proto: tcp, src: 443, dst: 40000, flags: packet.RST, want: headers},
	{name: "FIN with a TLS alert", proto: tcp, src: 443, dst: 40000, flags: packet.FIN | pshAck, payload: text("\x15\x03\x03\x00\x1a", 31), want: headers},
	{name: "pure ACK", proto: tcp, src: 40000, dst: 443, flags: ack, want: never},
	{name: "window update with PSH", proto: tcp, src: 40000, dst: 443, flags: pshAck, want: never},
	{name: "keepalive of one byte", proto: tcp, src: 40000, dst: 443, flags: ack, payload: []byte{0}, want: levelZero},

	{name: "ClientHello, first of two", proto: tcp, src: 40000, dst: 443, flags: ack, payload: text("\x16\x03\x01\x06\xf0\x01", 1448), want: always},
	{name: "ClientHello, second of two", proto: tcp, src: 40000, dst: 443, flags: pshAck, payload: text("", 333), want: always},
	{name: "ClientHello, merged", proto: tcp, src: 40000, dst: 443, flags: pshAck, payload: text("\x16\x03\x01\x06\xf0\x01", 1781), want: always},
	{name: "ClientHello's rest on another port", proto: tcp, src: 40000, dst: 8006, flags: pshAck, payload: text("", 1333), want: [4]int{whole, whole, no, no}},
	{name: "ServerHello", proto: tcp, src: 443, dst: 40000, flags: ack, payload: text("\x16\x03\x03\x00\x7a\x02", 1448), want: always},
	{name: "TLS 1.4 or noise", proto: tcp, src: 443, dst: 40000, flags: ack, payload: text("\x16\x03\x04\x00\x7a\x02", 1448), want: never},
	{name: "TLS data, short", proto: tcp, src: 443, dst: 40000, flags: pshAck, payload: text("\x17\x03\x03\x00\x20", 37), want: never},
	{name: "TLS data, pushed", proto: tcp, src: 40000, dst: 443, flags: pshAck, payload: text("\x17\x03\x03\x04\x00", 1029), want: never},
	{name: "TLS change of ciphers", proto: tcp, src: 40000, dst: 443, flags: pshAck, payload: text("\x14\x03\x03\x00\x01", 80), want: never},
	{name: "bulk", proto: tcp, src: 443, dst: 40000, flags: ack, payload: text("", 1448), want: never},
	{name: "bulk, pushed by the server", proto: tcp, src: 443, dst: 40000, flags: pshAck, payload: text("", 1448), want: never},
	{name: "bulk, merged and pushed", proto: tcp, src: 40000, dst: 443, flags: pshAck, payload: text("", 9000), want: never},

	{name: "HTTP request", proto: tcp, src: 40000, dst: 8080, flags: ack, payload: text("GET / HTTP/1.1\r\n", 1448), want: always},
	{name: "HTTP request, POST", proto: tcp, src: 40000, dst: 80, flags: pshAck, payload: text("POST /upload HTTP/1.1\r\n", 300), want: always},
	{name: "HTTP answer", proto: tcp, src: 80, dst: 40000, flags: ack, payload: text("HTTP/1.1 200 OK\r\n", 1448), want: always},
	{name: "SSH banner", proto: tcp, src: 22, dst: 40000, flags: pshAck, payload: text("SSH-2.0-OpenSSH_9.9\r\n", 0), want: always},
	{name: "SMTP banner", proto: tcp, src: 25, dst: 40000, flags: pshAck, payload: text("220 mx.example ESMTP\r\n", 0), want: always},
	{name: "POP3 banner", proto: tcp, src: 110, dst: 40000, flags: pshAck, payload: text("+OK ready\r\n", 0), want: always},
	{name: "IMAP banner", proto: tcp, src: 143, dst: 40000, flags: pshAck, payload: text("* OK IMAP4rev1\r\n", 0), want: always},
	{name: "BitTorrent", proto: tcp, src: 40000, dst: 51413, flags: pshAck, payload: text("\x13BitTorrent protocol", 68), want: always},
	{name: "unknown, pushed to the server", proto: tcp, src: 40000, dst: 1883, flags: pshAck, payload: text("\x10\x20", 40), want: [4]int{whole, whole, no, no}},
	{name: "unknown, short answer", proto: tcp, src: 1883, dst: 40000, flags: pshAck, payload: text("\x20\x02", 4), want: levelZero},
	{name: "DNS over TCP, question", proto: tcp, src: 40000, dst: 53, flags: pshAck, payload: text("\x00\x20\x12\x34", 34), want: always},
	{name: "DNS over TCP, answer", proto: tcp, src: 53, dst: 40000, flags: pshAck, payload: text("\x02\x20\x12\x34", 546), want: always},

	{name: "QUIC Initial", proto: udpp, src: 40000, dst: 443, payload: text("\xc3\x00\x00\x00\x01\x08", 1252), want: always},
	{name: "QUIC Initial, version 2", proto: udpp, src: 40000, dst: 8443, payload: text("\xd3\x6b\x33\x43\xcf\x08", 1252), want: always},
	{name: "QUIC Initial, draft 29", proto: udpp, src: 443, dst: 40000, payload: text("\xc3\xff\x00\x00\x1d\x08", 1252), want: always},
	{name: "QUIC Initial, reserved version", proto: udpp, src: 40000, dst: 443, payload: text("\xc3\x1a\x2a\x3a\xea\x08", 1252), want: always},
	{name: "QUIC negotiation", proto: udpp, src: 443, dst: 40000, payload: text("\x80\x00\x00\x00\x00\x08", 40), want: always},
	{name: "Q050", proto: udpp, src: 40000, dst: 443, payload: text("\xc3Q050\x08", 1350), want: always},
	{name: "Q043", proto: udpp, src: 40000, dst: 443, payload: text("\x0912345678Q043", 1350), want: always},
	{name: "QUIC data", proto: udpp, src: 443, dst: 40000, payload: text("\x41", 1252), want: never},
	{name: "QUIC acknowledgement", proto: udpp, src: 40000, dst: 443, payload: text("\x41", 33), want: never},
	{name: "RTP", proto: udpp, src: 40000, dst: 42000, payload: text("\x80\x60\x12\x34\x99", 1100), want: never},

	{name: "DNS", proto: udpp, src: 40000, dst: 53, payload: text("\x12\x34", 40), want: always},
	{name: "DNS, long answer", proto: udpp, src: 53, dst: 40000, payload: text("\x12\x34", 1232), want: always},
	{name: "mDNS", proto: udpp, src: 5353, dst: 5353, payload: text("\x00\x00", 1000), want: always},
	{name: "LLMNR", proto: udpp, src: 5355, dst: 50000, payload: text("\x00\x00", 60), want: always},
	{name: "DHCP", proto: udpp, src: 68, dst: 67, payload: text("\x01\x01\x06\x00", 300), want: always},
	{name: "DHCPv6", proto: udpp, src: 546, dst: 547, payload: text("\x01", 80), want: always},
	{name: "SSDP answer", proto: udpp, src: 1900, dst: 50000, payload: text("HTTP/1.1 200 OK", 400), want: always},
	{name: "NetBIOS name", proto: udpp, src: 137, dst: 137, payload: text("\x80", 50), want: always},
	{name: "NTP", proto: udpp, src: 50000, dst: 123, payload: text("\x23", 48), want: always},
	{name: "SIP", proto: udpp, src: 5060, dst: 5060, payload: text("REGISTER sip:", 700), want: always},
	{name: "STUN", proto: udpp, src: 50000, dst: 19302, payload: text("\x00\x01\x00\x00\x21\x12\xa4\x42", 20), want: always},
	{name: "DTLS handshake", proto: udpp, src: 50000, dst: 42000, payload: text("\x16\xfe\xfd\x00\x00", 800), want: always},
	{name: "WireGuard handshake", proto: udpp, src: 50000, dst: 51820, payload: text("\x01\x00\x00\x00", 148), want: always},
	{name: "WireGuard data", proto: udpp, src: 50000, dst: 51820, payload: text("\x04\x00\x00\x00", 128), want: never},
	{name: "IKE", proto: udpp, src: 500, dst: 500, payload: text("\x12\x34", 400), want: always},
	{name: "ESP in UDP, small", proto: udpp, src: 4500, dst: 4500, payload: text("\x12\x34\x56\x78", 100), want: never},
	{name: "unknown datagram, small", proto: udpp, src: 50000, dst: 27015, payload: text("\x7f", 40), want: [4]int{short, short, no, no}},
	{name: "unknown datagram, empty", proto: udpp, src: 50000, dst: 27015, want: [4]int{short, short, no, no}},
	{name: "unknown datagram, large", proto: udpp, src: 50000, dst: 27015, payload: text("\x7f", 301), want: never},

	{name: "ESP", proto: packet.ProtoESP, payload: text("\x00\x00\x12\x34", 1400), want: never},
	{name: "GRE", proto: packet.ProtoGRE, payload: text("\x00\x00\x08\x00", 1400), want: never},
	{name: "SCTP", proto: packet.ProtoSCTP, payload: text("\x00\x00\x08\x00", 100), want: never},
	{name: "ping", proto: packet.ProtoICMP, payload: text("\x08\x00", 64), want: [4]int{head, head, no, no}, only: 4},
	{name: "ping", proto: packet.ProtoICMPv6, payload: text("\x80\x00", 64), want: [4]int{head, head, no, no}, only: 6},
	{name: "neighbour advertisement", proto: packet.ProtoICMPv6, payload: text("\x88\x00", 32), want: headers, only: 6},

	{name: "hop-by-hop, then QUIC", proto: udpp, src: 40000, dst: 443, payload: text("\xc3\x00\x00\x00\x01\x08", 1252), want: always,
		only: 6, ext: []byte{nextHop, 0, 5, 2, 0, 0, 1, 0}},
	{name: "first fragment of DNS", proto: udpp, src: 53, dst: 40000, payload: text("\x12\x34", 1200), want: always,
		only: 6, ext: []byte{nextFragment, 0, 0, 1, 0, 0, 0, 7}},
	{name: "later fragment of DNS", proto: udpp, src: 53, dst: 53, payload: text("\x12\x34", 1200), want: never,
		only: 6, ext: []byte{nextFragment, 0, 4, 0xa8, 0, 0, 0, 7}},
	{name: "two extensions, then a SYN", proto: tcp, src: 40000, dst: 443, flags: packet.SYN, want: headers,
		only: 6, ext: []byte{nextHop, 1, 5, 2, 0, 0, 1, 0, 1, 6, 0, 0, 0, 0, 0, 0, nextFragment, 0, 0, 1, 0, 0, 0, 7}},
}

// packet returns the IP packet of r in a family.
func (r rule) packet(family int) []byte {
	var transport gopacket.SerializableLayer
	switch r.proto {
	case tcp:
		transport = &layers.TCP{SrcPort: layers.TCPPort(r.src), DstPort: layers.TCPPort(r.dst), Seq: 1, Window: 500,
			SYN: r.flags&packet.SYN != 0, FIN: r.flags&packet.FIN != 0, RST: r.flags&packet.RST != 0,
			PSH: r.flags&packet.PSH != 0, ACK: r.flags&packet.ACK != 0,
			Options: []layers.TCPOption{{OptionType: 1}, {OptionType: 1}, {OptionType: 8, OptionLength: 10, OptionData: make([]byte, 8)}}}
	case udpp:
		transport = &layers.UDP{SrcPort: layers.UDPPort(r.src), DstPort: layers.UDPPort(r.dst)}
	}
	proto := layers.IPProtocol(r.proto)
	var ip gopacket.SerializableLayer = &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: proto,
		SrcIP: net.IP{192, 0, 2, 1}, DstIP: net.IP{198, 51, 100, 2}}
	if family == 6 {
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto,
			SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
	}
	all := []gopacket.SerializableLayer{ip}
	if transport != nil {
		all = append(all, transport)
	}
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, append(all, gopacket.Payload(r.payload))...); err != nil {
		panic(err)
	}
	b := bytes.Clone(buf.Bytes())
	if len(r.ext) > 0 {
		b = extended(b, r.ext)
	}
	return b
}

// extended puts extension headers into an IPv6 packet. Each of ext names itself
// in its first byte, where it gets the number of what follows.
func extended(b, ext []byte) []byte {
	ext = bytes.Clone(ext)
	last := b[6]
	b[6] = ext[0]
	for off := 0; off < len(ext); {
		end := off + 8*(int(ext[off+1])+1)
		ext[off] = last
		if end < len(ext) {
			ext[off] = ext[end]
		}
		off = end
	}
	binary.BigEndian.PutUint16(b[4:], binary.BigEndian.Uint16(b[4:])+uint16(len(ext)))
	return append(append(bytes.Clone(b[:40]), ext...), b[40:]...)
}

// ethernet puts a packet of a family into a frame.
func ethernet(dst, src link.MAC, family int, ip []byte) []byte {
	etherType := []byte{8, 0}
	if family == 6 {
		etherType = []byte{0x86, 0xdd}
	}
	b := append(append(addresses(dst, src), etherType...), ip...)
	for len(b) < 60 {
		b = append(b, 0) // as short frames are on the wire
	}
	return b
}

// withTag returns the frame with a VLAN tag in it, inPPPoE in a session of PPPoE.
func withTag(frame []byte, vid uint16) []byte {
	return append(binary.BigEndian.AppendUint16(append(bytes.Clone(frame[:12]), 0x81, 0), vid), frame[12:]...)
}

func inPPPoE(frame []byte, family int) []byte {
	proto := uint16(pppIPv4)
	if family == 6 {
		proto = pppIPv6
	}
	b := append(bytes.Clone(frame[:12]), 0x88, 0x64, 0x11, 0, 0, 7)
	b = binary.BigEndian.AppendUint16(b, uint16(len(frame)-14+2))
	return append(binary.BigEndian.AppendUint16(b, proto), frame[14:]...)
}

// eachRule runs do for every rule in every family.
func eachRule(t *testing.T, do func(t *testing.T, r rule, family int)) {
	for _, r := range rules {
		for _, family := range []int{4, 6} {
			if r.only == 0 || r.only == family {
				t.Run(fmt.Sprintf("%s, IPv%d", r.name, family), func(t *testing.T) { do(t, r, family) })
			}
		}
	}
}

func portFilter(level int) filter {
	return filter{direction: bridgePort, link: packet.LinkEthernet, hybrid: true, level: level, own: []link.MAC{routerMAC, otherMAC}}
}

// TestRules has each rule decide on frames between a station and the router, in
// every wrapping, at every level.
func TestRules(t *testing.T) {
	eachRule(t, func(t *testing.T, r rule, family int) {
		in := ethernet(routerMAC, laptopMAC, family, r.packet(family))
		out := ethernet(laptopMAC, otherMAC, family, r.packet(family))
		raw := portFilter(0)
		raw.direction, raw.link = bothWays, packet.LinkRaw
		device, bridge := portFilter(0), portFilter(0)
		device.direction, bridge.direction = bothWays, bridgeItself
		for level, want := range r.want {
			for _, tt := range []struct {
				name   string
				filter filter
				frame  seen
			}{
				{"port, received", portFilter(0), seen{data: in}},
				{"bridge, sent", bridge, seen{data: out, outgoing: true}},
				{"device, received", device, seen{data: in}},
				{"device, sent", device, seen{data: out, outgoing: true}},
				{"tag taken out", portFilter(0), seen{data: in, tagged: true, tci: 20}},
				{"tag in the frame", portFilter(0), seen{data: withTag(in, 20)}},
				{"PPPoE", portFilter(0), seen{data: inPPPoE(in, family)}},
				{"no link header", raw, seen{data: r.packet(family)}},
			} {
				tt.filter.level = level
				tt.frame.length = uint32(len(tt.frame.data))
				if got := int(assembled(t, tt.filter).run(&tt.frame)); got != want {
					t.Errorf("%s, level %d: %d, want %d", tt.name, level, got, want)
				}
			}
		}
	})
}

// TestUncounted has each rule decide on frames that connection tracking does not
// count: they pass at every level, and whole when they name their flow.
func TestUncounted(t *testing.T) {
	eachRule(t, func(t *testing.T, r rule, family int) {
		device, group := portFilter(0), portFilter(0)
		device.direction, group.direction = bothWays, bridgeItself
		ip := r.packet(family)
		for level, tracked := range r.want {
			for _, tt := range []struct {
				name   string
				filter filter
				frame  seen
			}{
				{"between stations", portFilter(0), seen{data: ethernet(nasMAC, laptopMAC, family, ip)}},
				{"to a group", portFilter(0), seen{data: ethernet(groupMAC, laptopMAC, family, ip)}},
				{"to a group, on a device", device, seen{data: ethernet(groupMAC, laptopMAC, family, ip)}},
				{"of the router to a group", group, seen{data: ethernet(groupMAC, routerMAC, family, ip), outgoing: true}},
				{"another's, on a device", device, seen{data: ethernet(nasMAC, laptopMAC, family, ip)}},
			} {
				tt.filter.level = level
				// What would be sampled out is counted all the same.
				tt.frame.random, tt.frame.length = 1, uint32(len(tt.frame.data))
				want := max(head, tracked)
				if len(tt.frame.data) <= headBytes {
					want = head // as it is
				}
				got := int(assembled(t, tt.filter).run(&tt.frame))
				if got != want && !(levels[level].datagrams > 1 && strings.HasPrefix(r.name, "unknown datagram") && got == head) {
					t.Errorf("%s, level %d: %d, want %d", tt.name, level, got, want)
				}
			}
		}
	})
}

// TestRefusedOnPorts has frames on a port that are looked at elsewhere.
func TestRefusedOnPorts(t *testing.T) {
	r := rules[0]
	for _, tt := range []struct {
		name  string
		frame seen
	}{
		{"sent by the router", seen{data: ethernet(laptopMAC, routerMAC, 4, r.packet(4)), outgoing: true}},
		{"forwarded from another port", seen{data: ethernet(nasMAC, laptopMAC, 4, r.packet(4)), outgoing: true}},
		{"sent to a group", seen{data: ethernet(groupMAC, routerMAC, 4, r.packet(4)), outgoing: true}},
		{"group forwarded", seen{data: ethernet(groupMAC, laptopMAC, 4, r.packet(4)), outgoing: true}},
	} {
		tt.frame.length = uint32(len(tt.frame.data))
		if got := assembled(t, portFilter(0)).run(&tt.frame); got != 0 {
			t.Errorf("%s: %d bytes pass", tt.name, got)
		}
	}
}

// TestSampledNaming has the last level pass one in eight.
func TestSampledNaming(t *testing.T) {
	m := assembled(t, portFilter(len(levels)-1))
	frame := ethernet(routerMAC, laptopMAC, 4, rules[0].packet(4))
	passed := 0
	for random := range uint32(800) {
		if m.run(&seen{data: frame, length: uint32(len(frame)), random: random}) > 0 {
			passed++
		}
	}
	if passed != 100 {
		t.Errorf("%d of 800 SYNs pass, want 100", passed)
	}
}

// TestOtherEthernet has frames that are not IP.
func TestOtherEthernet(t *testing.T) {
	frame := func(dst, src link.MAC, etherType uint16) []byte {
		return append(binary.BigEndian.AppendUint16(addresses(dst, src), etherType), make([]byte, 400)...)
	}
	for _, tt := range []struct {
		name string
		data []byte
		want int
	}{
		{"ARP to the router", frame(routerMAC, laptopMAC, etherARP), head},
		{"ARP to all", frame(groupMAC, laptopMAC, etherARP), head},
		{"MACsec to the router", frame(routerMAC, laptopMAC, 0x88e5), 0},
		{"MACsec between stations", frame(nasMAC, laptopMAC, 0x88e5), head},
		{"two tags in the frame", withTag(withTag(frame(routerMAC, laptopMAC, etherIPv4), 2), 3), 0},
		{"cut off", frame(routerMAC, laptopMAC, etherIPv4)[:20], 0},
	} {
		if got := int(assembled(t, portFilter(0)).run(&seen{data: tt.data, length: uint32(len(tt.data))})); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestSteps bounds what a frame costs that does not pass, and tells it.
func TestSteps(t *testing.T) {
	const most = 64
	classes := []string{"pure ACK", "bulk", "bulk, merged and pushed", "TLS data, pushed", "QUIC data",
		"QUIC acknowledgement", "WireGuard data", "RTP", "ESP"}
	eachRule(t, func(t *testing.T, r rule, family int) {
		if !slices.Contains(classes, r.name) {
			return
		}
		frame := ethernet(routerMAC, laptopMAC, family, r.packet(family))
		m := assembled(t, portFilter(0))
		if n := m.run(&seen{data: frame, length: uint32(len(frame))}); n != 0 {
			t.Errorf("%d bytes pass", n)
		}
		t.Logf("%-24s IPv%d: %d instructions of %d", r.name, family, m.steps, len(m.code))
		if m.steps > most {
			t.Errorf("%d instructions to refuse it; %d is the most", m.steps, most)
		}
	})
}

// TestLengths bounds the programs. A kernel with 10 KiB for filters, as 32-bit
// ones had by default, has room for some 400 instructions.
func TestLengths(t *testing.T) {
	many := make([]link.MAC, maxOwnMACsHybrid)
	for i := range many {
		many[i] = link.MAC{2 + byte(i)%3*4, 2, 3, 4, 5, byte(i)}
	}
	for _, tt := range []struct {
		name   string
		change func(*filter)
		most   int
	}{
		{"usual", func(*filter) {}, 340},
		{"one VLAN", func(f *filter) { f.vlan = vlanRule{only: 20} }, 360},
		{"many addresses", func(f *filter) { f.own = many }, 400},
		{"many addresses and a VLAN, brief", func(f *filter) { f.own, f.vlan, f.brief = many, vlanRule{only: 20}, true }, 310},
		{"brief", func(f *filter) { f.brief = true }, 230},
		{"no link header", func(f *filter) { f.direction, f.link = bothWays, packet.LinkRaw }, 260},
	} {
		for level := range levels {
			f := portFilter(level)
			tt.change(&f)
			if n := len(assembled(t, f).code); n > tt.most {
				t.Errorf("%s, level %d: %d instructions, want %d at most", tt.name, level, n, tt.most)
			} else if level == 0 {
				t.Logf("%s: %d instructions", tt.name, n)
			}
		}
	}
}

// TestBrief has the shorter program know what most flows are named by.
func TestBrief(t *testing.T) {
	f := portFilter(0)
	f.brief = true
	m := assembled(t, f)
	for _, r := range rules {
		switch r.name {
		case "SYN", "ClientHello, first of two", "ClientHello, second of two", "ServerHello", "HTTP request", "SSH banner",
			"DNS", "DHCP", "QUIC Initial", "STUN", "pure ACK", "bulk", "QUIC data", "ESP":
			frame := ethernet(routerMAC, laptopMAC, 4, r.packet(4))
			if got := int(m.run(&seen{data: frame, length: uint32(len(frame))})); got != r.want[0] {
				t.Errorf("%s: %d, want %d", r.name, got, r.want[0])
			}
		}
	}
}

// TestPartiesAgree compares the reader's judgement of who is party to a frame
// with the program's.
func TestPartiesAgree(t *testing.T) {
	macs := []link.MAC{routerMAC, otherMAC, laptopMAC, nasMAC, groupMAC}
	var bulk rule
	for _, r := range rules {
		if r.name == "bulk" {
			bulk = r
		}
	}
	for _, bridged := range []bool{false, true} {
		f := portFilter(0)
		f.bridged, f.direction = bridged, bothWays
		m, p := assembled(t, f), f.parties()
		for _, src := range macs[:4] {
			for _, dst := range macs {
				for _, outgoing := range []bool{false, true} {
					frame := ethernet(dst, src, 4, bulk.packet(4))
					captured := m.run(&seen{data: frame, length: uint32(len(frame)), outgoing: outgoing})
					own := src == routerMAC || src == otherMAC
					if outgoing != own {
						continue // such frames are not seen
					}
					if tracked := captured == 0; tracked != p.tracked(frame) {
						t.Errorf("%v to %v, sent %v, bridged %v: the program %v, the reader %v", src, dst, outgoing, bridged, tracked, !tracked)
					}
				}
			}
		}
	}
	for _, f := range []filter{{direction: receiveOnly, link: packet.LinkEthernet}, {link: packet.LinkRaw}} {
		if !f.parties().tracked(make([]byte, 20)) {
			t.Errorf("%+v: connection tracking counts all of the device", f)
		}
	}
}
