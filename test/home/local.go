package home

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

var (
	everyone   = netip.MustParseAddr("255.255.255.255")
	allNodes   = netip.MustParseAddr("ff02::1")
	allRouters = netip.MustParseAddr("ff02::2")
	ssdpGroup  = netip.MustParseAddr("239.255.255.250")
	anyV4      = netip.IPv4Unspecified()
	anyV6      = netip.IPv6Unspecified()
)

// join lets a machine enter the network: DHCP, ARP, IPv6 neighbour discovery
// and the multicast groups it listens to. It returns when the machine is ready.
func (h *home) join(at time.Duration, n node, params ...byte) time.Duration {
	at = h.dhcp(at, n, params)
	h.arp(at, n, h.rooms().router)
	h.igmp(at+300*ms, n, mdnsGroup)
	if n.v6.IsValid() {
		h.slaac(at+20*ms, n)
	}
	return at + 50*ms
}

// dhcp is the four-way handshake of RFC 2131 section 3.1.
func (h *home) dhcp(at time.Duration, n node, params []byte) time.Duration {
	router, xid := h.rooms().router, h.rng.Uint32()
	message := func(fromClient bool, kind layers.DHCPMsgType, opts ...layers.DHCPOption) {
		d := &layers.DHCPv4{Operation: layers.DHCPOpReply, HardwareType: layers.LinkTypeEthernet, Xid: xid, ClientHWAddr: n.mac, YourClientIP: n.v4.AsSlice()}
		p := from(at, router, n, false)
		sport, dport := uint16(67), uint16(68)
		if fromClient {
			d.Operation, d.YourClientIP = layers.DHCPOpRequest, nil
			p, sport, dport = toGroup(at, n, anyV4, everyone, 64), 68, 67
		}
		d.Options = append(layers.DHCPOptions{layers.NewDHCPOption(layers.DHCPOptMessageType, []byte{byte(kind)})}, opts...)
		d.Options = append(d.Options, layers.NewDHCPOption(layers.DHCPOptEnd, nil))
		p.proto = layers.IPProtocolUDP
		h.send(p, &layers.UDP{SrcPort: layers.UDPPort(sport), DstPort: layers.UDPPort(dport)}, d)
	}
	me := []layers.DHCPOption{
		layers.NewDHCPOption(layers.DHCPOptHostname, []byte(n.name)),
		layers.NewDHCPOption(layers.DHCPOptParamsRequest, params),
	}
	if n.model != "" {
		me = append(me, layers.NewDHCPOption(layers.DHCPOptClassID, []byte(n.model)))
	}
	server := layers.NewDHCPOption(layers.DHCPOptServerID, router.v4.AsSlice())
	lease := []layers.DHCPOption{
		server,
		layers.NewDHCPOption(layers.DHCPOptLeaseTime, binary.BigEndian.AppendUint32(nil, 43200)),
		layers.NewDHCPOption(layers.DHCPOptSubnetMask, []byte{255, 255, 255, 0}),
		layers.NewDHCPOption(layers.DHCPOptRouter, router.v4.AsSlice()),
		layers.NewDHCPOption(layers.DHCPOptDNS, router.v4.AsSlice()),
		layers.NewDHCPOption(layers.DHCPOptDomainName, []byte("lan")),
	}
	message(true, layers.DHCPMsgTypeDiscover, me...)
	at += h.jitter(8 * ms)
	message(false, layers.DHCPMsgTypeOffer, lease...)
	at += h.jitter(20 * ms)
	message(true, layers.DHCPMsgTypeRequest, append(me, server, layers.NewDHCPOption(layers.DHCPOptRequestIP, n.v4.AsSlice()))...)
	at += h.jitter(8 * ms)
	message(false, layers.DHCPMsgTypeAck, lease...)
	return at + 10*ms
}

// arp asks for target's hardware address.
func (h *home) arp(at time.Duration, n, target node) {
	frame := func(at time.Duration, a, b node, op uint16, dst, known []byte) {
		h.frame(at, whole,
			&layers.Ethernet{SrcMAC: a.mac, DstMAC: dst, EthernetType: layers.EthernetTypeARP},
			&layers.ARP{
				AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
				Operation: op, SourceHwAddress: a.mac, SourceProtAddress: a.v4.AsSlice(), DstHwAddress: known, DstProtAddress: b.v4.AsSlice(),
			})
	}
	frame(at, n, target, layers.ARPRequest, broadcast(), make([]byte, 6))
	frame(at+target.delay, target, n, layers.ARPReply, n.mac, n.mac)
}

// igmp reports membership in a group (RFC 2236), with the router alert option.
func (h *home) igmp(at time.Duration, n node, group netip.Addr) {
	p := toGroup(at, n, n.v4, group, 1)
	p.proto = layers.IPProtocolIGMP
	p.options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}
	b := append([]byte{0x16, 0, 0, 0}, group.AsSlice()...)
	binary.BigEndian.PutUint16(b[2:], checksum(b))
	h.send(p, gopacket.Payload(b))
}

// checksum is the internet checksum (RFC 1071) of an even number of bytes.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// icmp6 sends an ICMPv6 message.
func (h *home) icmp6(p packet, kind uint8, body gopacket.SerializableLayer, rest ...gopacket.SerializableLayer) {
	p.proto = layers.IPProtocolICMPv6
	h.send(p, append([]gopacket.SerializableLayer{&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(kind, 0)}, body}, rest...)...)
}

// slaac is what a machine does to get an IPv6 address (RFC 4862): it asks
// whether anybody has it, asks for routers, and asks who the router is.
func (h *home) slaac(at time.Duration, n node) {
	for i, a := range []netip.Addr{n.linkLocal(), n.v6} {
		h.icmp6(toGroup(at+time.Duration(i)*1200*ms, n, anyV6, solicited(a), 255), layers.ICMPv6TypeNeighborSolicitation,
			&layers.ICMPv6NeighborSolicitation{TargetAddress: a.AsSlice()})
	}
	h.icmp6(toGroup(at+1010*ms, n, n.linkLocal(), allRouters, 255), layers.ICMPv6TypeRouterSolicitation,
		&layers.ICMPv6RouterSolicitation{Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptSourceAddress, Data: n.mac}}})
	h.routerAdvertisement(at + 1030*ms)
	h.neighbour(at+2300*ms, n, h.rooms().router)
}

// solicited returns the solicited-node group of an address (RFC 4291 section 2.7.1).
func solicited(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: b[13], 14: b[14], 15: b[15]})
}

// neighbour asks for target's hardware address over IPv6 and gets it.
func (h *home) neighbour(at time.Duration, n, target node) {
	h.icmp6(toGroup(at, n, n.v6, solicited(target.v6), 255), layers.ICMPv6TypeNeighborSolicitation,
		&layers.ICMPv6NeighborSolicitation{TargetAddress: target.v6.AsSlice(), Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptSourceAddress, Data: n.mac}}})
	p := from(at+target.delay, target, n, true)
	p.ttl = 255
	h.icmp6(p, layers.ICMPv6TypeNeighborAdvertisement,
		&layers.ICMPv6NeighborAdvertisement{Flags: 0x60, TargetAddress: target.v6.AsSlice(), Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptTargetAddress, Data: target.mac}}})
}

// routerAdvertisement tells everybody the prefix (RFC 4861 section 4.2).
func (h *home) routerAdvertisement(at time.Duration) {
	r := h.rooms().router
	prefix := make([]byte, 30)
	prefix[0], prefix[1] = 64, 0xc0 // length; on link, autonomous
	binary.BigEndian.PutUint32(prefix[2:], 5400)
	binary.BigEndian.PutUint32(prefix[6:], 2700)
	net := r.v6.As16()
	copy(prefix[14:22], net[:8])
	h.icmp6(toGroup(at, r, r.linkLocal(), allNodes, 255), layers.ICMPv6TypeRouterAdvertisement,
		&layers.ICMPv6RouterAdvertisement{HopLimit: 64, RouterLifetime: 1800, Options: layers.ICMPv6Options{
			{Type: layers.ICMPv6OptSourceAddress, Data: r.mac},
			{Type: layers.ICMPv6OptMTU, Data: []byte{0, 0, 0, 0, 5, 0xdc}},
			{Type: layers.ICMPv6OptPrefixInfo, Data: prefix},
		}})
}

// ping sends n echo requests a second apart, each answered.
func (h *home) ping(at time.Duration, n, target node, six bool, count int) {
	id, body := uint16(h.rng.Uint32()), gopacket.Payload(h.bytes(48))
	for i := range count {
		there, back := from(at, n, target, six), from(at+h.jitter(target.delay), target, n, six)
		if six {
			h.icmp6(there, layers.ICMPv6TypeEchoRequest, &layers.ICMPv6Echo{Identifier: id, SeqNumber: uint16(i)}, body)
			h.icmp6(back, layers.ICMPv6TypeEchoReply, &layers.ICMPv6Echo{Identifier: id, SeqNumber: uint16(i)}, body)
		} else {
			there.proto, back.proto = layers.IPProtocolICMPv4, layers.IPProtocolICMPv4
			h.send(there, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoRequest, 0), Id: id, Seq: uint16(i)}, body)
			h.send(back, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(layers.ICMPv4TypeEchoReply, 0), Id: id, Seq: uint16(i)}, body)
		}
		at += time.Second
	}
}

// search asks for UPnP devices; those named answer.
func (h *home) search(at time.Duration, n node, target string, found ...node) {
	port := h.clientPort(n)
	ask := "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\nST: " + target + "\r\n\r\n"
	h.udp(toGroup(at, n, n.v4, ssdpGroup, 2), port, 1900, []byte(ask))
	for _, f := range found {
		reply := fmt.Sprintf("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: http://%s:1900/description.xml\r\nSERVER: Linux/4.4 UPnP/1.0 %s/1.0\r\nST: %s\r\nUSN: uuid:%x::%s\r\n\r\n", f.v4, f.model, target, []byte(f.mac), target)
		h.udp(from(at+h.jitter(200*ms), f, n, false), 1900, port, []byte(reply))
	}
}

// notify announces a UPnP device.
func (h *home) notify(at time.Duration, n node, kind string) {
	b := fmt.Sprintf("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: http://%s:1900/description.xml\r\nNT: %s\r\nNTS: ssdp:alive\r\nSERVER: Linux/4.4 UPnP/1.0 %s/1.0\r\nUSN: uuid:%x::%s\r\n\r\n", n.v4, kind, n.model, []byte(n.mac), kind)
	h.udp(toGroup(at, n, n.v4, ssdpGroup, 2), 1900, 1900, []byte(b))
}

// ntp asks a time server for the time (RFC 5905).
func (h *home) ntp(at time.Duration, n node, name string) {
	at = h.resolve(at, n, name)
	server, port := h.remote(name), h.clientPort(n)
	seconds := uint64(Start().Unix()+2208988800)<<32 + uint64(at/time.Second)<<32
	ask := &layers.NTP{Version: 4, Mode: 3, TransmitTimestamp: layers.NTPTimestamp(seconds)}
	reply := &layers.NTP{
		Version: 4, Mode: 4, Stratum: 1, Poll: 6, Precision: -23, ReferenceID: 0x47505300, ReferenceTimestamp: layers.NTPTimestamp(seconds),
		OriginTimestamp: ask.TransmitTimestamp, ReceiveTimestamp: layers.NTPTimestamp(seconds), TransmitTimestamp: layers.NTPTimestamp(seconds),
	}
	p := from(at, n, server, false)
	p.proto = layers.IPProtocolUDP
	h.send(p, &layers.UDP{SrcPort: layers.UDPPort(port), DstPort: 123}, ask)
	p = from(at+h.jitter(server.delay), server, n, false)
	p.proto = layers.IPProtocolUDP
	h.send(p, &layers.UDP{SrcPort: 123, DstPort: layers.UDPPort(port)}, reply)
}
