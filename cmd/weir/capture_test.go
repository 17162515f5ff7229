package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// makeCapture is the test scripts' command "makecapture FILE": it writes a
// capture of five flows and an ARP request, some of them hostile to terminals
// only by their number and size.
func makeCapture() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: makecapture FILE")
		os.Exit(2)
	}
	f, err := os.Create(os.Args[1])
	if err == nil {
		err = writeCapture(f)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// captureWriter writes frames 10 ms apart.
type captureWriter struct {
	w    *pcapgo.Writer
	time time.Time
	next map[netip.AddrPort]uint32 // sequence number of what an end sends next
	err  error
}

func writeCapture(f *os.File) error {
	w := &captureWriter{w: pcapgo.NewWriter(f), time: time.Unix(1700000000, 0), next: make(map[netip.AddrPort]uint32)}
	w.err = w.w.WriteFileHeader(65535, layers.LinkTypeEthernet)
	client, server := netip.MustParseAddrPort("192.168.1.20:50123"), netip.MustParseAddrPort("192.0.2.7:443")
	w.tcp(client, server, "S", nil)
	w.tcp(server, client, "SA", nil)
	w.tcp(client, server, "A", nil)
	w.tcp(client, server, "PA", clientHello("www.youtube.com"))
	for range 3 {
		w.tcp(server, client, "A", make([]byte, 1400))
	}
	w.tcp(client, server, "FA", nil)
	w.tcp(server, client, "FA", nil)
	w.tcp(client, server, "A", nil)

	resolver, asker := netip.MustParseAddrPort("192.168.1.1:53"), netip.MustParseAddrPort("192.168.1.20:40000")
	w.udp(asker, resolver, message("www.youtube.com", ""))
	w.udp(resolver, asker, message("www.youtube.com", "192.0.2.7"))
	w.udp(netip.MustParseAddrPort("[fe80::1]:5353"), netip.MustParseAddrPort("[ff02::fb]:5353"), make([]byte, 60))
	w.udp(netip.MustParseAddrPort("[2001:db8::20]:6000"), netip.MustParseAddrPort("[2001:db8::7]:7000"), make([]byte, 700))
	w.ping(netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("192.0.2.7"))
	w.arp()
	return w.err
}

// clientHello returns the first record of a TLS client (RFC 8446 section 4.1.2)
// that asks for a name.
func clientHello(name string) []byte {
	extension := func(kind uint16, body string) string {
		return string(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, kind), uint16(len(body)))) + body
	}
	host := string(binary.BigEndian.AppendUint16([]byte{0}, uint16(len(name)))) + name
	all := extension(0, string(binary.BigEndian.AppendUint16(nil, uint16(len(host))))+host) + // server_name
		extension(16, "\x00\x03\x02h2") + // application_layer_protocol_negotiation
		extension(43, "\x02\x03\x04") // supported_versions
	hello := append([]byte{3, 3}, make([]byte, 32+1)...) // version, random, no session
	hello = append(hello, 0, 4, 0x13, 0x01, 0x13, 0x02, 1, 0)
	hello = append(binary.BigEndian.AppendUint16(hello, uint16(len(all))), all...)
	record := []byte{22, 3, 1, 0, byte(len(hello) + 4), 1, 0, 0, byte(len(hello))}
	return append(record, hello...)
}

// message returns a question for an IPv4 address or, with one, its answer.
func message(name, answer string) []byte {
	m := &layers.DNS{
		ID: 7, RD: true, QR: answer != "",
		Questions: []layers.DNSQuestion{{Name: []byte(name), Type: layers.DNSTypeA, Class: layers.DNSClassIN}},
	}
	if m.QR {
		m.Answers = []layers.DNSResourceRecord{{
			Name: []byte(name), Type: layers.DNSTypeA, Class: layers.DNSClassIN, TTL: 300, IP: net.ParseIP(answer),
		}}
	}
	buf := gopacket.NewSerializeBuffer()
	if err := m.SerializeTo(buf, gopacket.SerializeOptions{FixLengths: true}); err != nil {
		panic(err) // of a constant
	}
	return buf.Bytes()
}

func (c *captureWriter) tcp(from, to netip.AddrPort, flags string, payload []byte) {
	tcp := &layers.TCP{SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Window: 1000, Seq: c.next[from]}
	c.next[from] += uint32(len(payload) + strings.Count(flags, "S") + strings.Count(flags, "F"))
	for _, f := range flags {
		switch f {
		case 'S':
			tcp.SYN = true
		case 'A':
			tcp.ACK = true
		case 'F':
			tcp.FIN = true
		case 'P':
			tcp.PSH = true
		}
	}
	c.ip(from.Addr(), to.Addr(), layers.IPProtocolTCP, tcp, gopacket.Payload(payload))
}

func (c *captureWriter) udp(from, to netip.AddrPort, payload []byte) {
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port()), Length: uint16(8 + len(payload))}
	c.ip(from.Addr(), to.Addr(), layers.IPProtocolUDP, udp, gopacket.Payload(payload))
}

func (c *captureWriter) ping(from, to netip.Addr) {
	for i, t := range []uint8{layers.ICMPv4TypeEchoRequest, layers.ICMPv4TypeEchoReply} {
		icmp := &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(t, 0), Id: 7, Seq: 1}
		src, dst := from, to
		if i == 1 {
			src, dst = to, from
		}
		c.ip(src, dst, layers.IPProtocolICMPv4, icmp, gopacket.Payload(make([]byte, 56)))
	}
}

func (c *captureWriter) ip(from, to netip.Addr, proto layers.IPProtocol, above ...gopacket.SerializableLayer) {
	eth := &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	var ip gopacket.SerializableLayer = &layers.IPv4{Version: 4, IHL: 5, TTL: 64, Protocol: proto, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	if from.Is6() {
		eth.EthernetType = layers.EthernetTypeIPv6
		ip = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: from.AsSlice(), DstIP: to.AsSlice()}
	}
	c.frame(append([]gopacket.SerializableLayer{eth, ip}, above...)...)
}

func (c *captureWriter) arp() {
	c.frame(
		&layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: layers.EthernetBroadcast, EthernetType: layers.EthernetTypeARP},
		&layers.ARP{AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
			Operation: layers.ARPRequest, SourceHwAddress: make([]byte, 6), SourceProtAddress: make([]byte, 4),
			DstHwAddress: make([]byte, 6), DstProtAddress: make([]byte, 4)},
	)
}

func (c *captureWriter) frame(all ...gopacket.SerializableLayer) {
	if c.err != nil {
		return
	}
	buf := gopacket.NewSerializeBuffer()
	if c.err = gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true}, all...); c.err != nil {
		return
	}
	c.time = c.time.Add(10 * time.Millisecond)
	c.err = c.w.WritePacket(gopacket.CaptureInfo{Timestamp: c.time, CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes())}, buf.Bytes())
}
