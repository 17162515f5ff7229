package packet

import "encoding/binary"

const (
	ipv4Len = 20
	ipv6Len = 40

	// maxExtensions bounds the walk over IPv6 extension headers. RFC 8200 names
	// six and allows the destination options twice.
	maxExtensions = 10
)

// Next headers of IPv6 that are no transport (IANA ipv6-parameters).
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extNone        = 59
	extDestination = 60
	extMobility    = 135
	extHIP         = 139
	extShim6       = 140
)

// decodeIPv4 reads the IPv4 packet at the start of d, a tail of r.Data.
func decodeIPv4(r *Raw, p *Packet, d []byte) Outcome {
	if len(d) < ipv4Len {
		return p.noIP(r.short())
	}
	h := (*[ipv4Len]byte)(d)
	header := int(h[0]&0x0f) * 4
	if h[0]>>4 != 4 || header < ipv4Len {
		return p.noIP(Malformed)
	}
	total := uint32(binary.BigEndian.Uint16(h[2:4]))
	if total == 0 { // a TSO or BIG TCP frame, longer than the field can say
		total = r.wire(d)
	}
	p.Version, p.TOS, p.TTL, p.Proto = 4, h[1], h[8], h[9]
	p.Src.put4(h[12:16])
	p.Dst.put4(h[16:20])
	p.Segments, p.Bytes = 1, uint64(total)
	p.whole()
	if frag := binary.BigEndian.Uint16(h[6:8]); frag&0x3fff != 0 {
		p.FragID = uint32(binary.BigEndian.Uint16(h[4:6]))
		p.FragOffset, p.MoreFrags = uint32(frag&0x1fff)*8, frag&0x2000 != 0
	}
	if total < uint32(header) {
		return p.headerOnly(Malformed)
	}
	if len(d) < header {
		return p.headerOnly(r.short())
	}
	return decodeTransport(r, p, d[header:], total-uint32(header))
}

// put4 sets a to the four bytes of an IPv4 address. Little endian lets the
// compiler make it one store, so that who compares addresses by 8 bytes need not
// wait for two; the bytes are the same on every host.
func (a *Addr) put4(b []byte) {
	binary.LittleEndian.PutUint64(a[:8], 0)
	binary.LittleEndian.PutUint64(a[8:], 0xffff_0000|uint64(binary.LittleEndian.Uint32(b))<<32)
}

// decodeIPv6 reads the IPv6 packet at the start of d, a tail of r.Data.
func decodeIPv6(r *Raw, p *Packet, d []byte) Outcome {
	if len(d) < ipv6Len {
		return p.noIP(r.short())
	}
	h := (*[ipv6Len]byte)(d)
	if h[0]>>4 != 6 {
		return p.noIP(Malformed)
	}
	size := uint32(binary.BigEndian.Uint16(h[4:6]))
	next := h[6]
	d = d[ipv6Len:]
	p.Version, p.TOS, p.TTL, p.Proto = 6, h[0]<<4|h[1]>>4, h[7], next
	p.Src = Addr(h[8:24])
	p.Dst = Addr(h[24:40])
	p.Segments, p.Bytes = 1, ipv6Len+uint64(size)
	p.whole()
	if size == 0 && next != extNone {
		var ok bool
		if size, ok = p.bigPayload(r, d); !ok {
			return p.headerOnly(Malformed)
		}
	}
	if next == ProtoTCP || next == ProtoUDP {
		return decodeTransport(r, p, d, size)
	}
	return decodeExtensions(r, p, d, size)
}

// bigPayload returns the payload length of an IPv6 packet whose header says 0,
// and sets Bytes: that of the jumbo payload option (RFC 2675), or for a BIG TCP
// frame without one what the frame holds. It refuses an option that claims more
// than the frame had, because 32 bits of it would drown all that was counted.
func (p *Packet) bigPayload(r *Raw, d []byte) (size uint32, ok bool) {
	size = r.wire(d)
	p.Bytes = ipv6Len + uint64(size)
	if p.Proto != extHopByHop {
		return size, true
	}
	n, found := jumbo(d)
	if !found {
		return size, true
	}
	if n <= 0xffff || n > size {
		return 0, false
	}
	p.Bytes = ipv6Len + uint64(n)
	if r.GSOSize != 0 {
		// The kernel put the header with this option into the merged frame only;
		// no wire packet has it.
		p.Bytes -= 8
	}
	return n, true
}

// jumbo finds the jumbo payload option in the hop-by-hop header at d.
func jumbo(d []byte) (n uint32, found bool) {
	const pad1, optJumbo = 0, 0xc2
	if len(d) < 8 {
		return 0, false
	}
	end := min((int(d[1])+1)*8, len(d))
	for i := 2; i+2 <= end; {
		switch {
		case d[i] == pad1:
			i++
		case d[i] == optJumbo && d[i+1] == 4 && i+6 <= end:
			return binary.BigEndian.Uint32(d[i+2:]), true
		default:
			i += 2 + int(d[i+1])
		}
	}
	return 0, false
}

// decodeExtensions walks the extension headers in d, of which the IP header
// promises size bytes, and goes on with the transport header behind them.
func decodeExtensions(r *Raw, p *Packet, d []byte, size uint32) Outcome {
	for range maxExtensions {
		var n int // length of this header
		switch p.Proto {
		case extHopByHop, extRouting, extDestination, extMobility, extHIP, extShim6:
			if len(d) < 2 || size < 2 {
				return p.cut(r, 2, size)
			}
			n = (int(d[1]) + 1) * 8
		case ProtoAH: // RFC 4302: the length counts 4-byte words, less 2
			if len(d) < 2 || size < 2 {
				return p.cut(r, 2, size)
			}
			n = (int(d[1]) + 2) * 4
		case extFragment:
			n = 8
		case extNone:
			return p.plain(d, size)
		default:
			return decodeTransport(r, p, d, size)
		}
		if len(d) < n || size < uint32(n) {
			return p.cut(r, n, size)
		}
		if p.Proto == extFragment {
			frag := binary.BigEndian.Uint16(d[2:4])
			p.FragID = binary.BigEndian.Uint32(d[4:8])
			p.FragOffset, p.MoreFrags = uint32(frag&^7), frag&1 != 0
		}
		p.Proto = d[0]
		d, size = d[n:], size-uint32(n)
		if p.FragOffset > 0 {
			return decodeTransport(r, p, d, size)
		}
	}
	return p.headerOnly(Malformed)
}

// cut is the outcome of a header of need bytes that does not fit into what was
// captured, or into the size bytes that the IP header left for it.
func (p *Packet) cut(r *Raw, need int, size uint32) Outcome {
	if size < uint32(need) {
		return p.headerOnly(Malformed)
	}
	return p.headerOnly(r.short())
}

// headerOnly clears what lies behind the IP header and returns o.
func (p *Packet) headerOnly(o Outcome) Outcome {
	p.Tunnel = 0
	p.noTransport()
	return o
}
