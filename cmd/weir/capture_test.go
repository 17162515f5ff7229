package main

import (
	"fmt"
	"net/netip"
	"os"
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
	err  error
}

func writeCapture(f *os.File) error {
	w := &captureWriter{w: pcapgo.NewWriter(f), time: time.Unix(1700000000, 0)}
	w.err = w.w.WriteFileHeader(65535, layers.LinkTypeEthernet)
	client, server := netip.MustParseAddrPort("192.168.1.20:50123"), netip.MustParseAddrPort("192.0.2.7:443")
	w.tcp(client, server, "S", 0)
	w.tcp(server, client, "SA", 0)
	w.tcp(client, server, "A", 0)
	w.tcp(client, server, "PA", 200)
	for range 3 {
		w.tcp(server, client, "A", 1400)
	}
	w.tcp(client, server, "FA", 0)
	w.tcp(server, client, "FA", 0)
	w.tcp(client, server, "A", 0)

	resolver := netip.MustParseAddrPort("192.168.1.1:53")
	w.udp(netip.MustParseAddrPort("192.168.1.20:40000"), resolver, 30)
	w.udp(resolver, netip.MustParseAddrPort("192.168.1.20:40000"), 90)
	w.udp(netip.MustParseAddrPort("[fe80::1]:5353"), netip.MustParseAddrPort("[ff02::fb]:5353"), 60)
	w.udp(netip.MustParseAddrPort("[2001:db8::20]:6000"), netip.MustParseAddrPort("[2001:db8::7]:7000"), 700)
	w.ping(netip.MustParseAddr("192.168.1.20"), netip.MustParseAddr("192.0.2.7"))
	w.arp()
	return w.err
}

func (c *captureWriter) tcp(from, to netip.AddrPort, flags string, payload int) {
	tcp := &layers.TCP{SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Window: 1000}
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
	c.ip(from.Addr(), to.Addr(), layers.IPProtocolTCP, tcp, gopacket.Payload(make([]byte, payload)))
}

func (c *captureWriter) udp(from, to netip.AddrPort, payload int) {
	udp := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port()), Length: uint16(8 + payload)}
	c.ip(from.Addr(), to.Addr(), layers.IPProtocolUDP, udp, gopacket.Payload(make([]byte, payload)))
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
