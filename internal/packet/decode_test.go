package packet

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// decodeTest is one frame and what Decode must say of it.
type decodeTest struct {
	name string
	raw  Raw // Len is that of Data where it is 0
	o    Outcome
	want Packet
}

func runDecode(t *testing.T, tests []decodeTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := tt.raw
			if r.Len == 0 {
				r.Len = uint32(len(r.Data))
			}
			r.Time, r.Iface = 1234567890123456789, 7
			tt.want.Time, tt.want.Iface = r.Time, r.Iface
			var got Packet
			if o := Decode(&r, &got); o != tt.o {
				t.Errorf("outcome %v, want %v", o, tt.o)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			check(t, &r)
		})
	}
}

var (
	seg4  = ip4(ProtoTCP, tcp(5, "hello")) // 45 bytes
	seg6  = ip6(ProtoTCP, tcp(5, "hello")) // 65 bytes
	tcp4  = want4(ProtoTCP, 45).tcp().payload("hello")
	tcp6  = want6(ProtoTCP, 65).tcp().payload("hello")
	local = []byte{1, 2, 3, 4, 5, 6, 7, 8} // 8 bytes of any payload
)

func TestLinks(t *testing.T) {
	eth4, eth6 := tcp4.ethernet(etherIPv4), tcp6.ethernet(etherIPv6)
	vlan := func(p Packet, id uint16) Packet { p.VLAN = id; return p }
	cooked4 := tcp4.with(func(p *Packet) { p.EtherType = etherIPv4 })
	mac := Packet{}.ethernet
	runDecode(t, []decodeTest{
		{"ethernet ipv4", Raw{Link: LinkEthernet, Data: ether(etherIPv4, seg4)}, OK, eth4},
		{"ethernet ipv6", Raw{Link: LinkEthernet, Data: ether(etherIPv6, seg6)}, OK, eth6},
		{"ethernet padding", Raw{Link: LinkEthernet, Data: ether(etherIPv4, seg4, local)}, OK, eth4},
		{"ethernet arp", Raw{Link: LinkEthernet, Data: ether(0x0806, local)}, NotIP, mac(0x0806)},
		{"ethernet mpls", Raw{Link: LinkEthernet, Data: ether(0x8847, local)}, NotIP, mac(0x8847)},
		{"ethernet runt", Raw{Link: LinkEthernet, Data: make([]byte, 13)}, Malformed, Packet{}},
		{"ethernet cut", Raw{Link: LinkEthernet, Data: make([]byte, 13), Len: 60}, Truncated, Packet{}},
		{"ethernet empty", Raw{Link: LinkEthernet}, Malformed, Packet{}},
		{"802.3 spanning tree", Raw{Link: LinkEthernet, Data: ether(38, []byte{0x42, 0x42, 3}, local)}, NotIP, mac(38)},
		{"802.3 snap", Raw{Link: LinkEthernet, Data: ether(53, snapHeader(etherIPv4), seg4)}, OK, eth4},
		{"802.3 snap of an organization", Raw{Link: LinkEthernet, Data: ether(53, set(snapHeader(etherIPv4), 5, 1), seg4)}, NotIP, mac(53)},
		{"802.1q", Raw{Link: LinkEthernet, Data: ether(etherVLAN, tag(5, etherIPv4), seg4)}, OK, vlan(eth4, 5)},
		{"802.1ad", Raw{Link: LinkEthernet, Data: ether(etherQinQ, tag(6, etherVLAN), tag(5, etherIPv6), seg6)}, OK, vlan(eth6, 6)},
		{"0x9100", Raw{Link: LinkEthernet, Data: ether(etherQinQ91, tag(4095, etherVLAN), tag(5, etherIPv4), seg4)}, OK, vlan(eth4, 4095)},
		{"priority tag", Raw{Link: LinkEthernet, Data: ether(etherVLAN, tag(0, etherVLAN), tag(5, etherIPv4), seg4)}, OK, vlan(eth4, 5)},
		{"vlan of the kernel", Raw{Link: LinkEthernet, VLAN: 9, Data: ether(etherIPv4, seg4)}, OK, vlan(eth4, 9)},
		{"vlan of the kernel and one more", Raw{Link: LinkEthernet, VLAN: 9, Data: ether(etherVLAN, tag(5, etherIPv4), seg4)}, OK, vlan(eth4, 9)},
		{"vlan of the kernel with its priority", Raw{Link: LinkEthernet, VLAN: 0xa009, Data: ether(etherIPv4, seg4)}, OK, vlan(eth4, 9)},
		{"tag cut", Raw{Link: LinkEthernet, Data: ether(etherVLAN, []byte{0}), Len: 64}, Truncated, mac(etherVLAN)},
		{"tags without end", Raw{Link: LinkEthernet, Data: ether(etherVLAN, tag(1, etherVLAN), tag(2, etherVLAN), tag(3, etherVLAN), tag(4, etherVLAN),
			tag(5, etherVLAN), tag(6, etherVLAN), tag(7, etherVLAN), tag(8, etherVLAN), tag(9, etherVLAN), seg4)}, Malformed, vlan(mac(etherVLAN), 1)},
		{"pppoe", Raw{Link: LinkEthernet, Data: ether(etherPPPoE, pppoeHeader(pppIPv4, 45), seg4)}, OK, tcp4.ethernet(etherPPPoE)},
		{"pppoe in a vlan", Raw{Link: LinkEthernet, Data: ether(etherVLAN, tag(7, etherPPPoE), pppoeHeader(pppIPv6, 65), seg6)}, OK, vlan(tcp6.ethernet(etherPPPoE), 7)},
		{"pppoe lcp", Raw{Link: LinkEthernet, Data: ether(etherPPPoE, pppoeHeader(0xc021, 8), local)}, NotIP, mac(etherPPPoE)},
		{"pppoe discovery", Raw{Link: LinkEthernet, Data: ether(0x8863, local)}, NotIP, mac(0x8863)},
		{"pppoe terminate", Raw{Link: LinkEthernet, Data: ether(etherPPPoE, set(pppoeHeader(pppIPv4, 45), 1, 0xa7), seg4)}, NotIP, mac(etherPPPoE)},
		{"pppoe link", Raw{Link: LinkPPPoE, Data: join(pppoeHeader(pppIPv4, 45), seg4)}, OK, tcp4},
		{"pppoe cut", Raw{Link: LinkPPPoE, Data: []byte{0x11, 0, 0}, Len: 60}, Truncated, Packet{}},
		{"ppp", Raw{Link: LinkPPP, Data: join(be16(pppIPv4), seg4)}, OK, tcp4},
		{"ppp hdlc", Raw{Link: LinkPPP, Data: join([]byte{0xff, 3}, be16(pppIPv6), seg6)}, OK, tcp6},
		{"ppp compressed", Raw{Link: LinkPPP, Data: join([]byte{pppIPv4}, seg4)}, OK, tcp4},
		{"ppp hdlc compressed", Raw{Link: LinkPPPHDLC, Data: join([]byte{0xff, 3, pppIPv6}, seg6)}, OK, tcp6},
		{"ppp hdlc cut", Raw{Link: LinkPPPHDLC, Data: []byte{0xff, 3, 0}, Len: 9}, Truncated, Packet{}},
		{"ppp hdlc nothing", Raw{Link: LinkPPPHDLC, Data: []byte{0xff, 3}}, Malformed, Packet{}},
		{"ppp one byte", Raw{Link: LinkPPP, Data: []byte{0xff}}, Malformed, Packet{}},
		{"cisco hdlc", Raw{Link: LinkPPPHDLC, Data: join([]byte{0x0f, 0}, be16(etherIPv4), seg4)}, OK, tcp4},
		{"cisco hdlc where only ppp may be", Raw{Link: LinkPPP, Data: join([]byte{0x0f, 0}, be16(etherIPv4), seg4)}, NotIP, Packet{}},
		{"cisco hdlc cut", Raw{Link: LinkPPPHDLC, Data: []byte{0x8f, 0, 8}, Len: 30}, Truncated, Packet{}},
		{"sll", Raw{Link: LinkLinuxSLL, Data: join(sllHeader(1, etherIPv4), seg4)}, OK, cooked4},
		{"sll with a tag", Raw{Link: LinkLinuxSLL, Data: join(sllHeader(1, etherVLAN), tag(5, etherIPv4), seg4)}, OK, vlan(cooked4, 5)},
		{"sll netlink", Raw{Link: LinkLinuxSLL, Data: join(sllHeader(824, etherIPv4), seg4)}, NotIP, Packet{}},
		{"sll cut", Raw{Link: LinkLinuxSLL, Data: make([]byte, 15), Len: 16}, Truncated, Packet{}},
		{"sll2", Raw{Link: LinkLinuxSLL2, Data: join(sll2Header(1, etherIPv4), seg4)}, OK, cooked4},
		{"sll2 arp", Raw{Link: LinkLinuxSLL2, Data: join(sll2Header(1, 0x0806), local)}, NotIP, Packet{EtherType: 0x0806}},
		{"sll2 cut", Raw{Link: LinkLinuxSLL2, Data: make([]byte, 19)}, Malformed, Packet{}},
		{"raw ipv4", Raw{Link: LinkRaw, Data: seg4}, OK, tcp4},
		{"raw ipv6", Raw{Link: LinkRaw, Data: seg6}, OK, tcp6},
		{"raw of 12", Raw{Link: LinkRawDLT, Data: seg4}, OK, tcp4},
		{"raw of 14", Raw{Link: LinkRawBSD, Data: seg6}, OK, tcp6},
		{"raw neither", Raw{Link: LinkRaw, Data: []byte{0x50, 1, 2}}, Malformed, Packet{}},
		{"raw empty", Raw{Link: LinkRaw, Len: 40}, Truncated, Packet{}},
		{"ipv4", Raw{Link: LinkIPv4, Data: seg4}, OK, tcp4},
		{"ipv4 with ipv6", Raw{Link: LinkIPv4, Data: seg6}, Malformed, Packet{}},
		{"ipv6", Raw{Link: LinkIPv6, Data: seg6}, OK, tcp6},
		{"ipv6 with ipv4", Raw{Link: LinkIPv6, Data: seg4}, Malformed, Packet{}},
		{"null little endian", Raw{Link: LinkNull, Data: join([]byte{2, 0, 0, 0}, seg4)}, OK, tcp4},
		{"null big endian", Raw{Link: LinkNull, Data: join([]byte{0, 0, 0, 2}, seg4)}, OK, tcp4},
		{"null linux", Raw{Link: LinkNull, Data: join([]byte{10, 0, 0, 0}, seg6)}, OK, tcp6},
		{"null openbsd", Raw{Link: LinkNull, Data: join([]byte{24, 0, 0, 0}, seg6)}, OK, tcp6},
		{"null freebsd", Raw{Link: LinkNull, Data: join([]byte{0, 0, 0, 28}, seg6)}, OK, tcp6},
		{"loop macos", Raw{Link: LinkLoop, Data: join([]byte{0, 0, 0, 30}, seg6)}, OK, tcp6},
		{"null appletalk", Raw{Link: LinkNull, Data: join([]byte{16, 0, 0, 0}, seg6)}, NotIP, Packet{}},
		{"null cut", Raw{Link: LinkNull, Data: []byte{2, 0, 0}, Len: 99}, Truncated, Packet{}},
		{"unknown link", Raw{Link: 105, Data: seg4}, NotIP, Packet{}},
	})
}

func TestIPv4(t *testing.T) {
	raw := func(b []byte, wire int) Raw { return Raw{Link: LinkRaw, Data: b, Len: uint32(wire)} }
	frag := func(offset, more byte, inside []byte) []byte {
		return set(ip4(ProtoUDP, inside), 6, more<<5, offset)
	}
	runDecode(t, []decodeTest{
		{"options", raw(ip4(ProtoTCP, tcp(5, "hello"), 7, 4, 0, 0, 1, 1, 1, 0), 0), OK, want4(ProtoTCP, 53).tcp().payload("hello")},
		{"total length 0", raw(set(seg4, 2, 0, 0), 0), OK, tcp4},
		{"total length 0, cut", raw(set(seg4, 2, 0, 0), 100000), OK, tcp4.with(func(p *Packet) { p.Bytes, p.PayLen = 100000, 100000-40 })},
		{"total length 0 and less wire than bytes", raw(set(seg4, 2, 0, 0), 3), OK, tcp4},
		{"total length 0 and less wire than the link header", Raw{Link: LinkEthernet, Data: ether(etherIPv4, set(seg4, 2, 0, 0)), Len: 3}, OK, tcp4.ethernet(etherIPv4)},
		{"total length too small", raw(set(seg4, 2, 0, 19), 0), Malformed, want4(ProtoTCP, 19)},
		{"total length beyond the frame", raw(set(seg4, 2, 1, 0), 0), OK, tcp4.with(func(p *Packet) { p.Bytes, p.PayLen = 256, 256-40 })},
		{"header length too small", raw(set(seg4, 0, 0x44), 0), Malformed, Packet{}},
		{"header length beyond the total", raw(set(ip4(ProtoTCP, nil), 0, 0x46), 0), Malformed, want4(ProtoTCP, 20)},
		{"version 5", Raw{Link: LinkIPv4, Data: set(seg4, 0, 0x55)}, Malformed, Packet{}},
		{"header cut", raw(seg4[:19], 45), Truncated, Packet{}},
		{"header missing", raw(seg4[:19], 0), Malformed, Packet{}},
		{"options cut", raw(ip4(ProtoTCP, tcp(5, ""), 1, 1, 1, 1)[:22], 44), Truncated, want4(ProtoTCP, 44)},
		{"snap length", raw(seg4[:42], 45), OK, tcp4.with(func(p *Packet) { p.Payload = []byte("he") })},
		{"first fragment", raw(frag(0, 1, set(udp("abcd"), 4, 9, 9)), 0), OK, want4(ProtoUDP, 32).ported().payload("abcd").with(func(p *Packet) { p.FragID, p.MoreFrags = 0x1234, true })},
		{"middle fragment", raw(frag(2, 1, local), 0), OK, want4(ProtoUDP, 28).payload(string(local)).with(func(p *Packet) { p.FragID, p.MoreFrags, p.FragOffset = 0x1234, true, 16 })},
		{"last fragment", raw(frag(255, 0, local), 0), OK, want4(ProtoUDP, 28).payload(string(local)).with(func(p *Packet) { p.FragID, p.FragOffset = 0x1234, 255*8 })},
		{"last fragment cut", raw(frag(1, 0, local)[:21], 28), OK, want4(ProtoUDP, 28).with(func(p *Packet) { p.FragID, p.FragOffset, p.PayLen, p.Payload = 0x1234, 8, 8, local[:1] })},
		{"first fragment too small for its header", raw(frag(0, 1, ports), 0), Malformed, want4(ProtoUDP, 24).ported().with(func(p *Packet) { p.FragID, p.MoreFrags = 0x1234, true })},
	})
}

func TestIPv6(t *testing.T) {
	raw := func(b []byte, wire int) Raw { return Raw{Link: LinkIPv6, Data: b, Len: uint32(wire)} }
	hi := tcp(5, "hi") // 22 bytes
	runDecode(t, []decodeTest{
		{"hop by hop", raw(ip6(extHopByHop, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"routing", raw(ip6(extRouting, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"destination", raw(ip6(extDestination, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"mobility", raw(ip6(extMobility, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"hip", raw(ip6(extHIP, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"shim6", raw(ip6(extShim6, ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi")},
		{"authentication", raw(ip6(ProtoAH, []byte{ProtoTCP, 4, 0, 0}, make([]byte, 20), hi), 0), OK, want6(ProtoTCP, 86).tcp().payload("hi")},
		{"several", raw(ip6(extHopByHop, ext(extDestination), ext(extRouting), ext(extDestination), ext(ProtoTCP), hi), 0), OK, want6(ProtoTCP, 94).tcp().payload("hi")},
		{"too many", raw(ip6(extDestination, ext(extDestination), ext(extDestination), ext(extDestination), ext(extDestination), ext(extDestination),
			ext(extDestination), ext(extDestination), ext(extDestination), ext(extDestination), ext(ProtoTCP), hi), 0), Malformed, want6(ProtoTCP, 142)},
		{"no next header", raw(ip6(extNone, local), 0), OK, want6(extNone, 48).payload(string(local))},
		{"no next header, no payload, padding", raw(join(ip6(extNone), local), 0), OK, want6(extNone, 40)},
		{"extension cut", raw(ip6(extHopByHop, ext(ProtoTCP), hi)[:41], 70), Truncated, want6(extHopByHop, 70)},
		{"second extension cut", raw(ip6(extHopByHop, ext(ProtoAH), ext(0), hi)[:49], 78), Truncated, want6(ProtoAH, 78)},
		{"extension longer than the packet", raw(ip6(extHopByHop, set(ext(ProtoTCP), 1, 9), hi), 0), Malformed, want6(extHopByHop, 70)},
		{"extension longer than the packet, padding", raw(join(ip6(extHopByHop, set(ext(ProtoTCP), 1, 9), hi), make([]byte, 99)), 0), Malformed, want6(extHopByHop, 70)},
		{"extension longer than what is captured", raw(ip6(extHopByHop, ext(ProtoTCP), hi)[:44], 70), Truncated, want6(extHopByHop, 70)},
		{"header cut", raw(seg6[:39], 65), Truncated, Packet{}},
		{"version 4", raw(set(seg6, 0, 0x4b), 0), Malformed, Packet{}},
		{"whole fragment", raw(ip6(extFragment, fragHeader(ProtoTCP, 0, 0), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi").with(func(p *Packet) { p.FragID = 0xcafe0001 })},
		{"first fragment", raw(ip6(extFragment, fragHeader(ProtoTCP, 0, 1), hi), 0), OK, want6(ProtoTCP, 70).tcp().payload("hi").with(func(p *Packet) { p.FragID, p.MoreFrags = 0xcafe0001, true })},
		{"later fragment", raw(ip6(extFragment, fragHeader(ProtoTCP, 1232, 0), local), 0), OK, want6(ProtoTCP, 56).payload(string(local)).with(func(p *Packet) { p.FragID, p.FragOffset = 0xcafe0001, 1232 })},
		{"later fragment of options", raw(ip6(extFragment, fragHeader(extDestination, 8, 1), local), 0), OK, want6(extDestination, 56).payload(string(local)).with(func(p *Packet) {
			p.FragID, p.FragOffset, p.MoreFrags = 0xcafe0001, 8, true
		})},
		{"reserved bits of a fragment", raw(ip6(extFragment, fragHeader(ProtoTCP, 8|6, 0), local), 0), OK, want6(ProtoTCP, 56).payload(string(local)).with(func(p *Packet) { p.FragID, p.FragOffset = 0xcafe0001, 8 })},
		{"fragment header cut", raw(ip6(extFragment, fragHeader(ProtoTCP, 0, 1), hi)[:47], 70), Truncated, want6(extFragment, 70)},
	})
}

func TestBigPayload(t *testing.T) {
	jumboIP := func(n uint32, inside []byte) []byte {
		return set(ip6(extHopByHop, []byte{ProtoTCP, 0, 0xc2, 4}, be32(n), inside), 4, 0, 0)
	}
	seg := tcp(5, "hi")
	const n = 100000
	big := func(bytes uint64, pay uint32) Packet {
		return want6(ProtoTCP, bytes).tcp().payload("hi").with(func(p *Packet) { p.PayLen = pay })
	}
	raw := func(b []byte, wire uint32) Raw { return Raw{Link: LinkIPv6, Data: b, Len: wire} }
	runDecode(t, []decodeTest{
		{"jumbo", raw(jumboIP(n, seg), 40+n), OK, big(40+n, n-8-20)},
		{"jumbo behind padding", raw(set(ip6(extHopByHop, []byte{ProtoTCP, 2, 1, 6, 0xc2, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0xc2, 4}, be32(n), []byte{1, 2, 0, 0}, seg), 4, 0, 0), 40+n+5), OK, big(40+n, n-24-20)},
		{"jumbo of a small packet", raw(jumboIP(30, seg), 70), Malformed, want6(extHopByHop, 70)},
		{"jumbo beyond the frame", raw(jumboIP(1<<31, seg), 70), Malformed, want6(extHopByHop, 70)},
		{"jumbo cut", raw(jumboIP(n, seg)[:46], 40+n), Truncated, want6(extHopByHop, 40+n)},
		{"length 0 without the option", raw(set(ip6(ProtoTCP, seg), 4, 0, 0), 40+n), OK, big(40+n, n-20)},
		{"length 0 with another option", raw(set(ip6(extHopByHop, ext(ProtoTCP), seg), 4, 0, 0), 40+n), OK, big(40+n, n-8-20)},
		{"merged", Raw{Link: LinkIPv6, Data: jumboIP(n, seg), Len: 40 + n, GSOSize: 1428}, OK,
			big(0, n-28).with(func(p *Packet) { p.Segments, p.Bytes = 71, 71*60+n-28 })},
	})
}

func TestMerged(t *testing.T) {
	raw := func(b []byte, gso uint16) Raw {
		return Raw{Link: LinkEthernet, Data: ether(etherIPv4, b), Len: 14 + 60000, GSOSize: gso}
	}
	// A TCP segment of 60,000 IP bytes and a header of 32.
	merged := set(ip4(ProtoTCP, tcp(8, "hi")), 2, 60000>>8, 60000&0xff)
	want := want4(ProtoTCP, 60000).tcp().payload("hi").ethernet(etherIPv4).with(func(p *Packet) { p.PayLen = 60000 - 52 })
	split := func(n uint32) Packet {
		return want.with(func(p *Packet) { p.Segments, p.Bytes = n, uint64(n)*52+60000-52 })
	}
	runDecode(t, []decodeTest{
		{"not merged", raw(merged, 0), OK, want},
		{"tcp", raw(merged, 1448), OK, split(42)},
		{"no remainder", raw(merged, 59948/2), OK, split(2)},
		{"one segment", raw(merged, 59948), OK, want},
		{"one byte more than a segment", raw(merged, 59947), OK, split(2)},
		{"one byte each", raw(merged, 1), OK, split(59948)},
		{"acknowledgement", Raw{Link: LinkRaw, Data: ip4(ProtoTCP, tcp(5, "")), GSOSize: 1448}, OK, want4(ProtoTCP, 40).tcp()},
		{"acknowledgement, one byte each", Raw{Link: LinkRaw, Data: ip4(ProtoTCP, tcp(5, "")), GSOSize: 1}, OK, want4(ProtoTCP, 40).tcp()},
		{"later fragment", Raw{Link: LinkRaw, Data: set(ip4(ProtoTCP, local), 7, 1), GSOSize: 1}, OK,
			want4(ProtoTCP, 28).payload(string(local)).with(func(p *Packet) { p.FragID, p.FragOffset = 0x1234, 8 })},
		{"udp", Raw{Link: LinkRaw, Data: ip4(ProtoUDP, udp("abcdefg")), GSOSize: 3}, OK,
			want4(ProtoUDP, 0).ported().payload("abcdefg").with(func(p *Packet) { p.Segments, p.Bytes = 3, 3*28+7 })},
		{"malformed", Raw{Link: LinkRaw, Data: ip4(ProtoTCP, tcp(4, "abcdefg")), GSOSize: 3}, Malformed, want4(ProtoTCP, 47).ported()},
	})
}

func TestTransports(t *testing.T) {
	raw := func(b []byte, cut int) Raw {
		return Raw{Link: LinkRaw, Data: b[:len(b)-cut], Len: uint32(len(b))}
	}
	icmp := func(p Packet, typ, code uint8) Packet { p.ICMPType, p.ICMPCode = typ, code; return p }
	tunnel := func(p Packet) Packet { p.Tunnel = p.Proto; return p }
	dccp := join(ports, []byte{3, 0, 0, 0, 0, 0, 0, 0}, []byte("hi"))
	runDecode(t, []decodeTest{
		{"tcp options", raw(ip4(ProtoTCP, tcp(8, "hi")), 0), OK, want4(ProtoTCP, 54).tcp().payload("hi")},
		{"tcp options cut", raw(ip4(ProtoTCP, tcp(8, "hi")), 6), OK, want4(ProtoTCP, 54).tcp().with(func(p *Packet) { p.PayLen = 2 })},
		{"tcp cut in its header", raw(ip4(ProtoTCP, tcp(5, "")), 1), Truncated, want4(ProtoTCP, 40).ported()},
		{"tcp cut in its ports", raw(ip4(ProtoTCP, tcp(5, "")), 17), Truncated, want4(ProtoTCP, 40)},
		{"tcp all cut", raw(ip4(ProtoTCP, tcp(5, "")), 20), Truncated, want4(ProtoTCP, 40)},
		{"tcp header too short", raw(ip4(ProtoTCP, tcp(4, "hi")), 0), Malformed, want4(ProtoTCP, 42).ported()},
		{"tcp header too long", raw(ip4(ProtoTCP, tcp(8, "hi")[:28]), 0), Malformed, want4(ProtoTCP, 48).ported()},
		{"tcp in too small a packet", raw(ip4(ProtoTCP, tcp(5, "")[:19]), 0), Malformed, want4(ProtoTCP, 39).ported()},
		{"udp", raw(ip4(ProtoUDP, udp("hi")), 0), OK, want4(ProtoUDP, 30).ported().payload("hi")},
		{"udp empty", raw(ip6(ProtoUDP, udp("")), 0), OK, want6(ProtoUDP, 48).ported()},
		{"udp with options behind it", raw(ip4(ProtoUDP, join(udp("hi"), local)), 0), OK, want4(ProtoUDP, 38).ported().payload("hi")},
		{"udp that claims more", raw(ip4(ProtoUDP, set(udp("hi"), 4, 1, 0)), 0), OK, want4(ProtoUDP, 30).ported().payload("hi")},
		{"udp that claims less than its header", raw(ip4(ProtoUDP, set(udp("hi"), 4, 0, 7)), 0), OK, want4(ProtoUDP, 30).ported().payload("hi")},
		{"udp cut", raw(ip4(ProtoUDP, udp("hi")), 3), Truncated, want4(ProtoUDP, 30).ported()},
		{"udp payload cut", raw(ip4(ProtoUDP, udp("hi")), 2), OK, want4(ProtoUDP, 30).ported().with(func(p *Packet) { p.PayLen = 2 })},
		{"udp lite", raw(ip4(ProtoUDPLite, set(udp("hi"), 4, 0, 8)), 0), OK, want4(ProtoUDPLite, 30).ported().payload("hi")},
		{"udp lite cut", raw(ip4(ProtoUDPLite, udp("hi")), 3), Truncated, want4(ProtoUDPLite, 30).ported()},
		{"sctp", raw(ip4(ProtoSCTP, join(ports, make([]byte, 8), local)), 0), OK, want4(ProtoSCTP, 40).ported().payload(string(local))},
		{"sctp cut", raw(ip4(ProtoSCTP, join(ports, make([]byte, 8), local)), 9), Truncated, want4(ProtoSCTP, 40).ported()},
		{"dccp", raw(ip4(protoDCCP, dccp), 0), OK, want4(protoDCCP, 34).ported().payload("hi")},
		{"dccp header too short", raw(ip4(protoDCCP, set(dccp, 4, 2)), 0), Malformed, want4(protoDCCP, 34).ported()},
		{"dccp header too long", raw(ip4(protoDCCP, set(dccp, 4, 4)), 0), Malformed, want4(protoDCCP, 34).ported()},
		{"dccp cut", raw(ip4(protoDCCP, dccp), 3), Truncated, want4(protoDCCP, 34).ported()},
		{"icmp", raw(ip4(ProtoICMP, join([]byte{8, 1, 0, 0}, local)), 0), OK, icmp(want4(ProtoICMP, 32), 8, 1).payload(string(local))},
		{"icmp cut", raw(ip4(ProtoICMP, join([]byte{8, 1, 0, 0}, local)), 9), Truncated, want4(ProtoICMP, 32)},
		{"icmpv6", raw(ip6(ProtoICMPv6, []byte{135, 0, 0, 0}, local), 0), OK, icmp(want6(ProtoICMPv6, 52), 135, 0).payload(string(local))},
		{"igmp", raw(ip4(ProtoIGMP, local, 0x94, 4, 0, 0), 0), OK, want4(ProtoIGMP, 32).payload(string(local))},
		{"esp", raw(ip4(ProtoESP, local), 0), OK, want4(ProtoESP, 28).payload(string(local))},
		{"ah in ipv4", raw(ip4(ProtoAH, local), 0), OK, want4(ProtoAH, 28).payload(string(local))},
		{"gre", raw(ip4(ProtoGRE, local), 0), OK, tunnel(want4(ProtoGRE, 28)).payload(string(local))},
		{"6in4", raw(ip4(Proto6in4, seg6), 0), OK, tunnel(want4(Proto6in4, 85)).payload(string(seg6))},
		{"ipip", raw(ip4(ProtoIPIP, seg4), 0), OK, tunnel(want4(ProtoIPIP, 65)).payload(string(seg4))},
		{"4in6", raw(ip6(ProtoIPIP, seg4), 0), OK, tunnel(want6(ProtoIPIP, 85)).payload(string(seg4))},
		{"hop by hop in ipv4", raw(ip4(0, local), 0), OK, want4(0, 28).payload(string(local))},
		{"unknown", raw(ip4(253, local), 0), OK, want4(253, 28).payload(string(local))},
		{"nothing", raw(ip4(253, nil), 0), OK, want4(253, 20)},
	})
}

func TestAllocs(t *testing.T) {
	rs := []Raw{
		{Link: LinkEthernet, Data: ether(etherIPv4, seg4)},
		{Link: LinkEthernet, Data: ether(etherVLAN, tag(7, etherPPPoE), pppoeHeader(pppIPv6, 65), seg6), GSOSize: 2},
		{Link: LinkLinuxSLL2, Data: join(sll2Header(1, etherIPv6), ip6(extHopByHop, ext(ProtoICMPv6), local))},
		{Link: LinkEthernet, Data: ether(0x0806, local)},
		{Link: LinkEthernet, Data: ether(etherIPv4, seg4[:30])},
	}
	var p Packet
	if n := testing.AllocsPerRun(100, func() {
		for i := range rs {
			Decode(&rs[i], &p)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A packet that claims to be longer than its frame counts as it claims, for the
// capture may have been cut without saying so; but not where the length of the
// frame is certain.
func TestWhole(t *testing.T) {
	for _, version := range []int{4, 6} {
		raw := Raw{Link: LinkRaw, Data: make([]byte, 48)}
		if version == 4 {
			raw.Data = raw.Data[:28]
			copy(raw.Data, []byte{0x45, 0, 0xff, 0xff, 0, 0, 0, 0, 64, ProtoUDP})
		} else {
			copy(raw.Data, []byte{0x60, 0, 0, 0, 0xff, 0xff, ProtoUDP, 64})
		}
		raw.Len = uint32(len(raw.Data))
		var p Packet
		if o := Decode(&raw, &p); o != OK || p.Bytes < 0xffff {
			t.Errorf("IPv%d: %v with %d bytes", version, o, p.Bytes)
		}
		raw.Whole = true
		if o := Decode(&raw, &p); o != Malformed || p.PayLen != 0 || p.Payload != nil {
			t.Errorf("IPv%d, whole: %v with %d bytes of payload", version, o, p.PayLen)
		}
		raw.Len += 0x10000
		if o := Decode(&raw, &p); o != OK {
			t.Errorf("IPv%d, whole but cut by the snap length: %v", version, o)
		}
	}
}
