package packet

import "encoding/binary"

const (
	tcpLen  = 20
	udpLen  = 8
	sctpLen = 12
	dccpLen = 12
	icmpLen = 4 // type, code, checksum: what all messages share

	protoDCCP = 33
)

// decodeTransport reads the transport header at the start of d; size is what
// the IP header left for it and its payload. TCP and UDP are written out here,
// because a call for each costs a tenth of the time that a frame takes.
func decodeTransport(r *Raw, p *Packet, d []byte, size uint32) Outcome {
	if uint64(len(d)) > uint64(size) {
		d = d[:size] // Ethernet padding
	}
	if p.FragOffset > 0 {
		return p.plain(d, size)
	}
	p.Tunnel = 0
	switch p.Proto {
	case ProtoTCP:
		if len(d) < tcpLen {
			return p.cutPorts(r, d, tcpLen, size)
		}
		h := (*[tcpLen]byte)(d)
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(h[0:2]), binary.BigEndian.Uint16(h[2:4])
		header := int(h[12]>>4) * 4
		if header < tcpLen || uint32(header) > size {
			return p.portsOnly(Malformed)
		}
		p.ICMPType, p.ICMPCode, p.TCPFlags = 0, 0, h[13]
		p.Seq, p.Ack = binary.BigEndian.Uint32(h[4:8]), binary.BigEndian.Uint32(h[8:12])
		p.Window = binary.BigEndian.Uint16(h[14:16])
		// Options alone cut off do not matter: all fields are known.
		p.PayLen, p.Payload = size-uint32(header), d[min(header, len(d)):]
		return OK
	case ProtoUDP:
		if len(d) < udpLen {
			return p.cutPorts(r, d, udpLen, size)
		}
		// UDP's own length is not always what follows: in a first fragment it
		// counts the whole datagram, in a jumbogram it is 0. Only if it lies within
		// the IP packet does it say more: what is behind it are options (RFC 9868).
		n := uint32(binary.BigEndian.Uint16(d[4:6]))
		if n >= udpLen && n < size {
			size = n
			d = d[:min(len(d), int(n))]
		}
		return decodePorts(p, d, size, udpLen)
	case ProtoICMP, ProtoICMPv6:
		if len(d) < icmpLen {
			return p.cut(r, icmpLen, size)
		}
		p.noTransport()
		p.ICMPType, p.ICMPCode = d[0], d[1]
		p.PayLen, p.Payload = size-icmpLen, d[icmpLen:]
		return OK
	}
	return decodeRare(r, p, d, size)
}

// decodeRare reads the transport headers that are seldom seen.
func decodeRare(r *Raw, p *Packet, d []byte, size uint32) Outcome {
	header := udpLen
	switch p.Proto {
	case ProtoUDPLite:
	case ProtoSCTP:
		header = sctpLen
	case protoDCCP:
		return decodeDCCP(r, p, d, size)
	default:
		return p.plain(d, size)
	}
	if len(d) < header {
		return p.cutPorts(r, d, header, size)
	}
	return decodePorts(p, d, size, header)
}

// plain takes all of the IP payload as it is: later fragments, and protocols
// without a header that weir reads.
func (p *Packet) plain(d []byte, size uint32) Outcome {
	p.noTransport()
	p.Tunnel = 0
	switch p.Proto {
	case ProtoIPIP, Proto6in4, ProtoGRE:
		p.Tunnel = p.Proto
	}
	if uint64(len(d)) > uint64(size) {
		d = d[:size]
	}
	p.PayLen, p.Payload = size, d
	return OK
}

// decodeDCCP reads the header of RFC 4340; its length counts 4-byte words.
func decodeDCCP(r *Raw, p *Packet, d []byte, size uint32) Outcome {
	if len(d) < dccpLen {
		return p.cutPorts(r, d, dccpLen, size)
	}
	header := int(d[4]) * 4
	if header < dccpLen || uint32(header) > size {
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(d[0:2]), binary.BigEndian.Uint16(d[2:4])
		return p.portsOnly(Malformed)
	}
	return decodePorts(p, d, size, header)
}

// decodePorts reads the ports of a header of n bytes, which size has room for
// and whose fixed part was captured.
func decodePorts(p *Packet, d []byte, size uint32, n int) Outcome {
	p.SrcPort, p.DstPort = binary.BigEndian.Uint16(d[0:2]), binary.BigEndian.Uint16(d[2:4])
	p.noPayload()
	p.PayLen, p.Payload = size-uint32(n), d[min(n, len(d)):]
	return OK
}

// cutPorts is cut for a header that begins with ports, which may be there.
func (p *Packet) cutPorts(r *Raw, d []byte, need int, size uint32) Outcome {
	o := p.cut(r, need, size)
	if len(d) >= 4 {
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(d[0:2]), binary.BigEndian.Uint16(d[2:4])
	}
	return o
}

// portsOnly clears what lies behind the ports and returns o.
func (p *Packet) portsOnly(o Outcome) Outcome {
	p.Tunnel = 0
	p.noPayload()
	return o
}
