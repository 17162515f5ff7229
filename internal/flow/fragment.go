package flow

import "weir/internal/packet"

// fragmentSlots bounds the datagrams whose fragments are remembered at once. A
// home link carries a handful; an attacker who sends more only pushes out older
// entries.
const fragmentSlots = 256

// fragmentLife is how long a datagram's fragments may trail its first one, in
// microseconds; RFC 791 and RFC 8200 let reassembly wait 15 to 120 s, but on one
// link the rest follows at once.
const fragmentLife = 30e6

// Fragments remembers the ports of first fragments, so that later fragments of
// the same datagram (RFC 791, RFC 8200 section 4.5) are accounted to the same
// flow. The zero value is ready for use. It is not safe for concurrent use.
type Fragments struct {
	slots [fragmentSlots]fragment

	Later   uint64 // later fragments seen
	Orphans uint64 // of those, without a first one remembered: accounted to port 0
}

type fragment struct {
	src, dst     packet.Addr
	id           uint32
	seen         int64
	sport, dport uint16
	proto        uint8
	used         bool
}

// Resolve gives a later fragment the ports of its datagram's first one and
// remembers a first one's. Whole packets cost one comparison.
func (fs *Fragments) Resolve(p *packet.Packet) {
	if !p.MoreFrags && p.FragOffset == 0 {
		return
	}
	t := p.Time / 1000
	f := &fs.slots[fragmentHash(p)%fragmentSlots]
	if p.FragOffset == 0 {
		*f = fragment{p.Src, p.Dst, p.FragID, t, p.SrcPort, p.DstPort, p.Proto, true}
		return
	}
	fs.Later++
	if !f.used || f.id != p.FragID || f.proto != p.Proto || f.src != p.Src || f.dst != p.Dst || t-f.seen > fragmentLife {
		fs.Orphans++
		return
	}
	p.SrcPort, p.DstPort = f.sport, f.dport
}

// fragmentHash spreads datagrams over the slots: IDs of one sender count up, so
// its low bits alone keep them apart.
func fragmentHash(p *packet.Packet) uint32 {
	return p.FragID ^ p.FragID>>16 ^ uint32(p.Src[15])<<3 ^ uint32(p.Dst[15])<<5 ^ uint32(p.Proto)
}
