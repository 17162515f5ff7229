package packet

import "encoding/binary"

// PPP protocol numbers (RFC 1332, RFC 5072).
const (
	pppIPv4 = 0x0021
	pppIPv6 = 0x0057
)

// maxTags bounds how many tags and encapsulations of layer 2 are unwrapped;
// real networks stack two or three.
const maxTags = 8

// bareLink reads the header of links other than Ethernet. It returns what
// follows and its EtherType.
func bareLink(r *Raw, p *Packet) (d []byte, proto uint16, o Outcome) {
	d = r.Data
	switch r.Link {
	case LinkRaw, LinkRawDLT, LinkRawBSD:
		return rawIP(r, d)
	case LinkIPv4:
		return d, etherIPv4, OK
	case LinkIPv6:
		return d, etherIPv6, OK
	case LinkNull, LinkLoop:
		return loopback(r, d)
	case LinkPPP, LinkPPPHDLC:
		return hdlc(r, d)
	case LinkPPPoE:
		return pppoe(r, d)
	case LinkLinuxSLL:
		return cooked(r, p, d, 16, 2, 14)
	case LinkLinuxSLL2:
		return cooked(r, p, d, 20, 8, 0)
	case LinkEthernet: // too short for its header, or Decode had read it
		return nil, 0, r.short()
	}
	return nil, 0, NotIP
}

// rawIP tells the family of a bare IP packet by its version field.
func rawIP(r *Raw, d []byte) ([]byte, uint16, Outcome) {
	if len(d) < 1 {
		return nil, 0, r.short()
	}
	switch d[0] >> 4 {
	case 4:
		return d, etherIPv4, OK
	case 6:
		return d, etherIPv6, OK
	}
	return nil, 0, Malformed
}

// loopback reads the address family of BSD loopback. The byte order is that of
// the capturing host, which a file does not always tell; families are small
// numbers, so the zero half gives it away.
func loopback(r *Raw, d []byte) ([]byte, uint16, Outcome) {
	if len(d) < 4 {
		return nil, 0, r.short()
	}
	family := binary.LittleEndian.Uint32(d)
	if family > 0xffff {
		family = binary.BigEndian.Uint32(d)
	}
	switch family {
	case 2:
		return d[4:], etherIPv4, OK
	case 10, 24, 28, 30: // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS
		return d[4:], etherIPv6, OK
	}
	return nil, 0, NotIP
}

// cooked reads a Linux cooked header of n bytes with its ARPHRD type and its
// protocol at the given offsets.
func cooked(r *Raw, p *Packet, d []byte, n, hatype, proto int) ([]byte, uint16, Outcome) {
	const arphrdNetlink = 824 // the protocol is a netlink family then
	if len(d) < n {
		return nil, 0, r.short()
	}
	if binary.BigEndian.Uint16(d[hatype:]) == arphrdNetlink {
		return nil, 0, NotIP
	}
	p.EtherType = binary.BigEndian.Uint16(d[proto:])
	return d[n:], p.EtherType, OK
}

// hdlc reads PPP with or without the address and control bytes of RFC 1662,
// and Cisco HDLC, which shares its link types with PPP.
func hdlc(r *Raw, d []byte) ([]byte, uint16, Outcome) {
	if len(d) < 2 {
		return nil, 0, r.short()
	}
	switch {
	case d[0] == 0xff && d[1] == 0x03:
		return ppp(r, d[2:])
	case (d[0] == 0x0f || d[0] == 0x8f) && d[1] == 0 && r.Link == LinkPPPHDLC:
		if len(d) < 4 {
			return nil, 0, r.short()
		}
		return d[4:], binary.BigEndian.Uint16(d[2:]), OK
	}
	return ppp(r, d)
}

// pppoe reads a session header of RFC 2516. Its length is left alone: that of
// the IP header is what counts.
func pppoe(r *Raw, d []byte) ([]byte, uint16, Outcome) {
	if len(d) < 6 {
		return nil, 0, r.short()
	}
	if d[0] != 0x11 || d[1] != 0 { // version and type 1, session data
		return nil, 0, NotIP
	}
	return ppp(r, d[6:])
}

// ppp reads the PPP protocol number, which has one byte when it is compressed
// (RFC 1661 section 6.5): only its last byte is odd.
func ppp(r *Raw, d []byte) ([]byte, uint16, Outcome) {
	if len(d) < 1 {
		return nil, 0, r.short()
	}
	proto, n := uint16(d[0]), 1
	if d[0]&1 == 0 {
		if len(d) < 2 {
			return nil, 0, r.short()
		}
		proto, n = binary.BigEndian.Uint16(d), 2
	}
	switch proto {
	case pppIPv4:
		return d[n:], etherIPv4, OK
	case pppIPv6:
		return d[n:], etherIPv6, OK
	}
	return nil, 0, NotIP
}

// unwrap follows VLAN tags, PPPoE and LLC/SNAP to the IP packet in them. The
// kernel takes out the outermost tag only, so a VLAN that Raw had stays.
func unwrap(r *Raw, p *Packet, d []byte, proto uint16) ([]byte, uint16, Outcome) {
	for range maxTags {
		switch {
		case proto == etherIPv4 || proto == etherIPv6:
			return d, proto, OK
		case proto == etherVLAN || proto == etherQinQ || proto == etherQinQ91:
			if len(d) < 4 {
				return nil, 0, r.short()
			}
			if p.VLAN == 0 {
				p.VLAN = binary.BigEndian.Uint16(d) & 0x0fff
			}
			proto = binary.BigEndian.Uint16(d[2:])
			d = d[4:]
		case proto == etherPPPoE:
			return pppoe(r, d)
		case proto < minEther:
			var ok bool
			if d, proto, ok = snap(d); !ok {
				return nil, 0, NotIP
			}
		default:
			return nil, 0, NotIP
		}
		p.EtherType = proto
	}
	return nil, 0, Malformed
}

// snap reads LLC with a SNAP header that holds an EtherType (RFC 1042).
func snap(d []byte) ([]byte, uint16, bool) {
	if len(d) < 8 || [6]byte(d) != [6]byte{0xaa, 0xaa, 0x03, 0, 0, 0} {
		return nil, 0, false
	}
	return d[8:], binary.BigEndian.Uint16(d[6:]), true
}
