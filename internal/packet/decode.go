package packet

import "encoding/binary"

// EtherType values that Decode follows (IEEE 802 numbers).
const (
	etherIPv4   = 0x0800
	etherIPv6   = 0x86dd
	etherVLAN   = 0x8100 // 802.1Q
	etherQinQ   = 0x88a8 // 802.1ad
	etherQinQ91 = 0x9100 // QinQ as switches before 802.1ad spell it
	etherPPPoE  = 0x8864 // PPPoE session stage (RFC 2516)
	minEther    = 0x0600 // smaller numbers are 802.3 lengths
)

const ethernetLen = 14

// Decode reads the frame r into p and says what it was. Every field of p is
// written anew, whatever p held before:
//
//   - OK: everything that the frame has; the rest is zero. What IP headers say
//     counts, even where it is more than the frame held: captures are stored
//     whose frames were cut without a word.
//   - NotIP: Time, Iface and the link fields; the rest is zero, as is Version.
//   - Truncated and Malformed: the same, and when Version is not 0 also what
//     the IP header itself says: TOS, TTL, Proto (the last one known), Src, Dst,
//     Bytes, Segments (1) and the fragment fields. The ports are there when they
//     could be read; PayLen and Payload are not.
//
// Decode keeps nothing of r but Payload, which is a part of r.Data, and writes
// nothing to it. It may run on several goroutines with a Packet for each.
func Decode(r *Raw, p *Packet) Outcome {
	p.Time, p.Iface, p.VLAN, p.Weight = r.Time, r.Iface, r.VLAN&0x0fff, r.Weight
	d, proto := r.Data, uint16(0)
	if r.Link == LinkEthernet && len(d) >= ethernetLen {
		h := (*[ethernetLen]byte)(d)
		p.DstMAC = MAC(h[0:6])
		p.SrcMAC = MAC(h[6:12])
		p.HasMAC = true
		proto = binary.BigEndian.Uint16(h[12:14])
		p.EtherType = proto
		d = d[ethernetLen:]
	} else {
		p.DstMAC, p.SrcMAC, p.HasMAC, p.EtherType = MAC{}, MAC{}, false, 0
		var o Outcome
		if d, proto, o = bareLink(r, p); o != OK {
			return p.noIP(o)
		}
	}
	if proto != etherIPv4 && proto != etherIPv6 {
		var o Outcome
		if d, proto, o = unwrap(r, p, d, proto); o != OK {
			return p.noIP(o)
		}
	}
	var o Outcome
	if proto == etherIPv4 {
		o = decodeIPv4(r, p, d)
	} else {
		o = decodeIPv6(r, p, d)
	}
	if r.Whole && o == OK && p.Bytes > uint64(r.wire(d)) {
		// Captures that were cut without saying so are counted as their headers
		// tell. Live, only somebody who wants to be counted for more lies so.
		return p.headerOnly(Malformed)
	}
	if r.GSOSize != 0 && o == OK {
		p.split(uint32(r.GSOSize))
	}
	return o
}

// split accounts a merged frame as the wire packets that it stands for: each
// carries size bytes of payload and repeats the IP and transport headers.
func (p *Packet) split(size uint32) {
	if p.PayLen <= size || p.FragOffset > 0 {
		return
	}
	// Rounded up without PayLen+size-1, which can exceed 32 bits.
	n := (p.PayLen-1)/size + 1
	headers := p.Bytes - uint64(p.PayLen)
	p.Segments = n
	p.Bytes += uint64(n-1) * headers
}

// short is the outcome of a header that the captured bytes end before: the
// snap length cut it off, or else the frame never had it.
func (r *Raw) short() Outcome {
	if uint64(r.Len) > uint64(len(r.Data)) {
		return Truncated
	}
	return Malformed
}

// wire returns how many bytes the frame had on the wire from d onward, where d
// is a tail of r.Data.
func (r *Raw) wire(d []byte) uint32 {
	before := uint32(len(r.Data) - len(d))
	if r.Len < before {
		return uint32(len(d)) // a source that breaks the rule of Raw.Len
	}
	return max(r.Len-before, uint32(len(d)))
}

// noIP clears all but the link fields and returns o.
func (p *Packet) noIP(o Outcome) Outcome {
	p.Version, p.Proto, p.TOS, p.TTL, p.Tunnel = 0, 0, 0, 0, 0
	p.Src, p.Dst = Addr{}, Addr{}
	p.whole()
	p.Segments, p.Bytes = 0, 0
	p.noTransport()
	return o
}

// whole clears the fragment fields.
func (p *Packet) whole() {
	p.FragID, p.FragOffset, p.MoreFrags = 0, 0, false
}

// noTransport clears what only transport headers set.
func (p *Packet) noTransport() {
	p.SrcPort, p.DstPort = 0, 0
	p.noPayload()
}

// noPayload clears what only transport headers set but for the ports.
func (p *Packet) noPayload() {
	p.ICMPType, p.ICMPCode, p.TCPFlags = 0, 0, 0
	p.Seq, p.Ack, p.Window = 0, 0, 0
	p.PayLen, p.Payload = 0, nil
}
