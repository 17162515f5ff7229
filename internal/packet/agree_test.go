package packet

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/gopacket/layers"
)

// The classes of disagreement that are right: what gopacket reads otherwise, or
// not at all. agree returns one of them, or "" when there is none.
const (
	agreed       = ""
	linkUnknown  = "gopacket does not read this link layer or this family number"
	foreignLink  = "gopacket goes on into MPLS, bridged Ethernet and the like"
	oddSNAP      = "gopacket takes SNAP of any organization for an EtherType and cuts at the 802.3 length"
	oddPPPoE     = "gopacket takes any version of PPPoE and cuts, or panics, at its length"
	manyTags     = "gopacket unwraps any number of tags"
	wrongVersion = "gopacket does not check the version of the IP header"
	lenientIPv4  = "gopacket keeps an IPv4 header whose lengths or options it could not read"
	emptyIPv6    = "gopacket refuses payload length 0, which no next header and BIG TCP have"
	hopByHop     = "gopacket counts the hop-by-hop header twice and lets padding in, or refuses an option in it"
	fragments    = "gopacket leaves all fragments alone"
	extension    = "gopacket does not know or does not like this extension header"
	transport    = "gopacket does not read this transport header or contradicts its length"
)

// agree compares what Decode and gopacket say of r. It returns the class of a
// disagreement that is explained, and an error for any other.
func agree(r *Raw, p *Packet, o Outcome) (class string, err error) {
	g := read(r)
	switch {
	case g == nil:
		return linkUnknown, nil
	case g.ip4 == nil && g.ip6 == nil:
		return g.agreeNoIP(r, p, o)
	}
	if class, err := g.agreeLink(r, p, o); class != agreed || err != nil {
		return class, err
	}
	if g.ip4 != nil {
		return g.agreeIPv4(p, o)
	}
	return g.agreeIPv6(p, o)
}

// agreeNoIP judges a frame in which gopacket found no IP packet.
func (g *reading) agreeNoIP(r *Raw, p *Packet, o Outcome) (string, error) {
	switch {
	case o != OK && p.Version == 0:
		return agreed, nil
	case g.pppoe != nil || r.Link == LinkPPPoE || p.EtherType == etherPPPoE:
		return oddPPPoE, nil // a panic of gopacket's, among others
	case g.snap != nil || g.llc != nil:
		return oddSNAP, nil // cut at the 802.3 length
	case p.Version == 6 && p.EtherType != 0 || p.Version == 4 && p.EtherType != 0:
		// 0x9100, or an IP header that gopacket kept no layer of.
		return linkUnknown, nil
	case r.Link != LinkEthernet:
		return linkUnknown, nil
	}
	return "", fmt.Errorf("gopacket finds no IP packet (%v), Decode says %v, IPv%d", g.foreign, o, p.Version)
}

// agreeLink judges the layers below IP.
func (g *reading) agreeLink(r *Raw, p *Packet, o Outcome) (string, error) {
	switch {
	case g.snap != nil && (o == NotIP || g.eth == nil || p.Bytes+uint64(8+4*len(g.tags)) > uint64(g.eth.Length)):
		return oddSNAP, nil
	case g.pppoe != nil && (o == NotIP || p.Bytes+2 > uint64(g.pppoe.Length)):
		return oddPPPoE, nil
	case len(g.tags) >= maxTags:
		return manyTags, nil
	}
	if o == NotIP {
		return "", fmt.Errorf("gopacket finds an IP packet")
	}
	if g.eth != nil && (!p.HasMAC || !bytes.Equal(p.SrcMAC[:], g.eth.SrcMAC) || !bytes.Equal(p.DstMAC[:], g.eth.DstMAC)) {
		return "", fmt.Errorf("MACs %v %v, gopacket %v %v", p.SrcMAC, p.DstMAC, g.eth.SrcMAC, g.eth.DstMAC)
	}
	vlan := r.VLAN
	for _, t := range g.tags {
		if vlan == 0 {
			vlan = t.VLANIdentifier
		}
	}
	if p.VLAN != vlan {
		return "", fmt.Errorf("VLAN %d, gopacket %d", p.VLAN, vlan)
	}
	return agreed, nil
}

func (g *reading) agreeIPv4(p *Packet, o Outcome) (string, error) {
	ip := g.ip4
	if ip.Version != 4 && p.Version == 0 {
		return wrongVersion, nil
	}
	if p.Version == 0 && o != OK && (ip.IHL < 5 || len(ip.Payload) == 0) {
		return lenientIPv4, nil
	}
	if len(ip.SrcIP) == 0 {
		return oddSNAP, nil // the cut left it less than a header
	}
	want := Packet{
		Version: 4, TOS: ip.TOS, TTL: ip.TTL, Proto: uint8(ip.Protocol),
		FragOffset: uint32(ip.FragOffset) * 8, MoreFrags: ip.Flags&layers.IPv4MoreFragments != 0,
	}
	want.Src.put4(ip.SrcIP)
	want.Dst.put4(ip.DstIP)
	if want.FragOffset > 0 || want.MoreFrags {
		want.FragID = uint32(ip.Id)
	}
	if err := sameIP(p, &want); err != nil {
		return "", err
	}
	if want.FragOffset > 0 || want.MoreFrags {
		return fragments, nil
	}
	if int(ip.IHL)*4 > int(ip.Length) || ip.Payload == nil || ip.Length < ipv4Len {
		return lenientIPv4, nil
	}
	return g.agreeTransport(p, o, ip.Payload)
}

func (g *reading) agreeIPv6(p *Packet, o Outcome) (string, error) {
	ip := g.ip6
	if ip.Version != 6 && p.Version == 0 {
		return wrongVersion, nil
	}
	want := Packet{Version: 6, TOS: ip.TrafficClass, TTL: ip.HopLimit, Proto: p.Proto,
		Src: Addr(ip.SrcIP), Dst: Addr(ip.DstIP),
		FragID: p.FragID, FragOffset: p.FragOffset, MoreFrags: p.MoreFrags}
	if g.frag != nil {
		want.FragID, want.FragOffset, want.MoreFrags = g.frag.Identification, uint32(g.frag.FragmentOffset)*8, g.frag.MoreFragments
	}
	if len(g.exts) == 0 && (ip.NextHeader == layers.IPProtocolTCP || ip.NextHeader == layers.IPProtocolUDP) {
		want.Proto = uint8(ip.NextHeader)
	}
	if g.frag == nil || o == OK {
		if err := sameIP(p, &want); err != nil {
			return "", err
		}
	}
	switch {
	case ip.Length == 0:
		return emptyIPv6, nil
	case ip.NextHeader == extHopByHop:
		return hopByHop, nil
	case g.frag != nil:
		return fragments, nil
	case len(g.exts) > 0:
		if len(g.exts) > maxExtensions || g.last == nil || o != OK {
			return extension, nil
		}
		return g.agreeTransport(p, o, g.exts[len(g.exts)-1].LayerPayload())
	}
	return g.agreeTransport(p, o, ip.Payload)
}

// sameIP compares the fields of the IP header.
func sameIP(p, want *Packet) error {
	type header struct {
		Version, TOS, TTL, Proto uint8
		Src, Dst                 Addr
		FragID, FragOffset       uint32
		MoreFrags                bool
	}
	of := func(p *Packet) header {
		return header{p.Version, p.TOS, p.TTL, p.Proto, p.Src, p.Dst, p.FragID, p.FragOffset, p.MoreFrags}
	}
	if got, want := of(p), of(want); got != want {
		return fmt.Errorf("IP header %+v, gopacket %+v", got, want)
	}
	return nil
}

// agreeTransport judges the header behind IP; inside is all of the IP payload.
func (g *reading) agreeTransport(p *Packet, o Outcome, inside []byte) (string, error) {
	if o != OK && len(inside) < tcpLen {
		return transport, nil // gopacket returns layers that it could not read
	}
	switch l := g.last.(type) {
	case *layers.TCP:
		switch {
		case l.DataOffset < 5 && o == OK:
			return "", fmt.Errorf("TCP header of %d words", l.DataOffset)
		case l.DataOffset < 5, int(l.DataOffset)*4 > len(inside):
			return transport, nil // contradiction, or options cut off
		}
		got := fmt.Sprint(o, p.SrcPort, p.DstPort, p.Seq, p.Ack, p.Window, p.TCPFlags)
		want := fmt.Sprint(OK, uint16(l.SrcPort), uint16(l.DstPort), l.Seq, l.Ack, l.Window, tcpFlags(l))
		return agreed, same(got, want, p.Payload, l.Payload)
	case *layers.UDP:
		if l.Length > 0 && l.Length < udpLen {
			return transport, nil
		}
		got := fmt.Sprint(o, p.SrcPort, p.DstPort)
		return agreed, same(got, fmt.Sprint(OK, uint16(l.SrcPort), uint16(l.DstPort)), p.Payload, l.Payload)
	case *layers.SCTP:
		got := fmt.Sprint(o, p.SrcPort, p.DstPort)
		return agreed, same(got, fmt.Sprint(OK, uint16(l.SrcPort), uint16(l.DstPort)), p.Payload, inside[sctpLen:])
	case *layers.ICMPv4:
		got := fmt.Sprint(o, p.ICMPType, p.ICMPCode)
		return agreed, same(got, fmt.Sprint(OK, l.TypeCode.Type(), l.TypeCode.Code()), p.Payload, inside[icmpLen:])
	case *layers.ICMPv6:
		got := fmt.Sprint(o, p.ICMPType, p.ICMPCode)
		return agreed, same(got, fmt.Sprint(OK, l.TypeCode.Type(), l.TypeCode.Code()), p.Payload, inside[icmpLen:])
	}
	switch p.Proto {
	case ProtoTCP, ProtoUDP, ProtoUDPLite, ProtoSCTP, protoDCCP, ProtoICMP, ProtoICMPv6:
		return transport, nil
	case extHopByHop, extRouting, extFragment, extNone, extDestination, extMobility, extHIP, extShim6, ProtoAH:
		if p.Version == 6 {
			return extension, nil
		}
	}
	if p.Version == 6 && len(g.exts) == 0 && g.ip6.NextHeader != layers.IPProtocol(p.Proto) {
		return extension, nil // Decode went further
	}
	return agreed, same(o.String(), OK.String(), p.Payload, inside)
}

func same(got, want string, payload, wantPayload []byte) error {
	if got != want {
		return fmt.Errorf("transport %s, gopacket %s", got, want)
	}
	if !bytes.Equal(payload, wantPayload) {
		return fmt.Errorf("payload of %d bytes, gopacket %d", len(payload), len(wantPayload))
	}
	return nil
}

func tcpFlags(l *layers.TCP) (f uint8) {
	for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR} {
		if set {
			f |= 1 << i
		}
	}
	return f
}

// TestAgainstGopacket compares Decode with gopacket on every frame of the
// corpus and logs how many frames fall into which explained class.
func TestAgainstGopacket(t *testing.T) {
	classes := map[string]int{}
	for _, dir := range []string{"pcap", "formats", "netflow", "robust"} {
		eachCapture(t, dir, func(name string, rs []Raw) {
			for i := range rs {
				var p Packet
				o := Decode(&rs[i], &p)
				class, err := agree(&rs[i], &p, o)
				if err != nil {
					t.Errorf("%s/%s: frame %d: %v: %v", dir, name, i+1, o, err)
				}
				classes[class]++
			}
		})
	}
	for class, n := range classes {
		t.Logf("%6d %s", n, class)
	}
	if classes[agreed] < 40000 {
		t.Errorf("only %d frames compared in full", classes[agreed])
	}
}
