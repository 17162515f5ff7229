package afpacket

import (
	"golang.org/x/net/bpf"

	"weir/internal/packet"
)

// What a program captures of a frame in hybrid mode, in bytes from its begin.
const (
	// headBytes hold Ethernet with a VLAN tag and PPPoE, IP and TCP with all of
	// their options.
	headBytes = 160
	// shortBytes hold the first words of a message, behind all headers.
	shortBytes = 384
	// wholeBytes hold what has to be read to its end: a QUIC Initial, and a
	// ClientHello that was merged from two segments.
	wholeBytes = 4096
)

// Cells of scratch memory.
const (
	cellVerdict   = iota // for a frame that no rule wants: 0, or headBytes when it has to be counted
	cellEnd              // where the IP packet ends
	cellTransport        // where its transport header begins
	cellPayload          // bytes of payload
	cellPort
	cellNext
)

// Verdicts of naming.
const (
	passWhole = "whole"
	passShort = "short"
	passHead  = "head"
	byDefault = "default"
)

// EtherTypes and protocols on the way to a transport header.
const (
	etherIPv4  = 0x0800
	etherARP   = 0x0806
	etherIPv6  = 0x86dd
	etherPPPoE = 0x8864
	pppIPv4    = 0x0021
	pppIPv6    = 0x0057

	nextHop      = 0
	nextRouting  = 43
	nextFragment = 44
	nextOptions  = 60
	maxExtension = 64 // longer extension headers are not read
)

// naming is the part of a program that comes after direction and addresses. It
// decides without memory of earlier frames, so each rule is a property of the
// frame alone; bulk data fails them all after some fifty instructions.
//
// What connection tracking counts passes only when it names its flow. What it
// does not count passes always, for its headers are all there is of it.
func (f *filter) naming(a *assembler) {
	a.label(uncounted)
	a.ask(bpf.ExtLen)
	// A short frame passes as it is: from here on all headers are within it.
	a.when(bpf.JumpLessOrEqual, headBytes, passHead, "")
	a.set(bpf.RegA, headBytes)
	a.jump("network")

	a.label(tracked)
	if n := levels[f.level].oneIn; n > 1 {
		a.ask(bpf.ExtRand)
		a.alu(bpf.ALUOpMod, n)
		a.when(bpf.JumpEqual, 0, "", refused)
	}
	a.set(bpf.RegA, 0)

	a.label("network")
	a.store(cellVerdict)
	f.network(a)
	f.tcp(a)
	f.udp(a)

	a.label(passWhole)
	a.ret(wholeBytes)
	a.label(passShort)
	a.ret(shortBytes)
	// The kernel refuses programs that may read a cell before it is written, and
	// thinks that the instruction after a return is reached from it: the verdict
	// that does not need cellVerdict comes last.
	a.label(byDefault)
	a.fetch(cellVerdict)
	a.add(bpf.RetA{})
	a.label(passHead)
	a.ret(headBytes)
}

// network reads what is between the begin of a frame and the transport header,
// and goes to tcp, udp or a verdict. cellEnd is set then, and X is the offset of
// the transport header.
func (f *filter) network(a *assembler) {
	if f.link != packet.LinkEthernet {
		base := baseOf(f.link)
		a.load(base, 1)
		a.alu(bpf.ALUOpShiftRight, 4)
		a.equal(4, "IPv4")
		a.when(bpf.JumpEqual, 6, "IPv6", byDefault)
		ipv4(a, "IPv4", base)
		a.jump("transport")
		ipv6(a, "IPv6", base)
	} else {
		a.load(12, 2)
		a.equal(etherIPv4, "IPv4")
		a.equal(etherIPv6, "IPv6")
		if !f.brief {
			f.encapsulated(a)
		}
		a.label("no IP")
		// ARP tells who has which address. Other protocols do not pass when the
		// router is party to them: they may be all that there is, as MACsec is.
		a.when(bpf.JumpEqual, etherARP, passHead, byDefault)
		ipv4(a, "IPv4", 14)
		a.jump("transport")
		ipv6(a, "IPv6", 14)
	}
	f.extensions(a)
}

// encapsulated reads one VLAN tag, or PPPoE (RFC 2516). A second tag is not read:
// home networks do not have them.
func (f *filter) encapsulated(a *assembler) {
	a.equal(etherVLAN, "tag")
	a.equal(etherQinQ, "tag")
	a.when(bpf.JumpEqual, etherPPPoE, "PPPoE", "no IP")
	a.label("tag")
	a.load(16, 2)
	a.equal(etherIPv4, "IPv4 in VLAN")
	a.when(bpf.JumpEqual, etherIPv6, "IPv6 in VLAN", "no IP")
	a.label("PPPoE")
	a.load(20, 2)
	a.equal(pppIPv4, "IPv4 in PPPoE")
	a.when(bpf.JumpEqual, pppIPv6, "IPv6 in PPPoE", byDefault)
	for _, in := range []struct {
		name string
		base int
	}{{"VLAN", 18}, {"PPPoE", 22}} {
		ipv4(a, "IPv4 in "+in.name, in.base)
		a.jump("transport")
		ipv6(a, "IPv6 in "+in.name, in.base)
		a.jump("next header")
	}
}

// ipv4 reads the header at base, RFC 791, and leaves the protocol in A.
// Fragments but the first have no transport header and name nothing.
func ipv4(a *assembler, label string, base int) {
	a.label(label)
	a.load(base+6, 2)
	a.when(bpf.JumpBitsSet, 0x1fff, byDefault, "")
	a.load(base+2, 2)
	a.alu(bpf.ALUOpAdd, uint32(base))
	a.store(cellEnd)
	a.add(bpf.LoadMemShift{Off: uint32(base)})
	a.add(bpf.TXA{})
	a.alu(bpf.ALUOpAdd, uint32(base))
	a.toX()
	a.load(base+9, 1)
}

// ipv6 reads the header at base, RFC 8200, and leaves the next header in A.
func ipv6(a *assembler, label string, base int) {
	a.label(label)
	a.load(base+4, 2)
	a.alu(bpf.ALUOpAdd, uint32(base+40))
	a.store(cellEnd)
	a.set(bpf.RegX, uint32(base+40))
	a.load(base+6, 1)
}

// extensions goes from an IPv6 header, whose next header is in A, over at most two
// extension headers to the transport protocol. A fragment but the first names
// nothing; so does what hides behind more or longer headers.
func (f *filter) extensions(a *assembler) {
	stages := []string{"next header", "second extension", "transport"}
	for i, next := range stages[1:] {
		skip, fragment := stages[i]+": skip", stages[i]+": fragment"
		a.label(stages[i])
		if i == 0 { // nearly always
			a.equal(packet.ProtoTCP, "TCP")
			a.equal(packet.ProtoUDP, "UDP")
		}
		a.equal(nextHop, skip)
		a.equal(nextOptions, skip)
		a.equal(nextFragment, fragment)
		a.when(bpf.JumpEqual, nextRouting, skip, "transport")
		a.label(fragment) // offset in 8 bytes, then three flags
		a.loadX(2, 2)
		a.when(bpf.JumpBitsSet, 0xfff8, byDefault, "")
		a.label(skip) // in a fragment header the length is reserved and 0
		a.loadX(0, 1)
		a.store(cellNext)
		a.loadX(1, 1)
		a.alu(bpf.ALUOpAdd, 1)
		a.alu(bpf.ALUOpShiftLeft, 3)
		a.when(bpf.JumpGreaterThan, maxExtension, byDefault, "")
		a.aluX(bpf.ALUOpAdd)
		a.toX()
		a.fetch(cellNext)
		a.jump(next)
	}
	a.label("transport")
	a.equal(packet.ProtoTCP, "TCP")
	a.equal(packet.ProtoUDP, "UDP")
	f.icmp(a)
}

// icmp takes what tells addresses of neighbours, and the rest of ICMP while the
// budget allows it. All other protocols are known by their number, which
// connection tracking tells: of an ESP tunnel no packet passes.
func (f *filter) icmp(a *assembler) {
	const firstOfNDP, lastOfNDP = 133, 137 // RFC 4861
	rest := byDefault
	if levels[f.level].icmp {
		rest = passHead
		a.equal(packet.ProtoICMP, passHead)
	}
	a.when(bpf.JumpEqual, packet.ProtoICMPv6, "", byDefault)
	a.loadX(0, 1)
	a.among([]span{between(firstOfNDP, lastOfNDP)}, passHead, rest)
}

// baseOf returns the length of a link header that is not Ethernet's.
func baseOf(t packet.LinkType) int {
	switch t {
	case packet.LinkNull, packet.LinkLoop:
		return 4
	case packet.LinkLinuxSLL:
		return 16
	case packet.LinkLinuxSLL2:
		return 20
	}
	return 0
}
