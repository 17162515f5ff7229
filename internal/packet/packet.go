// Package packet decodes link, network and transport headers in place.
//
// A source hands over a Raw: one captured frame, still in the source's own
// memory. Decode reads it into one reused Packet whose slices point into that
// frame, so they are valid only until the source takes the frame back; nothing
// is copied and nothing is allocated. Malformed input is never an error: Decode
// answers with an Outcome that the caller counts.
package packet

import "net/netip"

// Raw is one captured frame on its way from a source to Decode.
type Raw struct {
	Time    int64    // capture time, nanoseconds since the Unix epoch
	Data    []byte   // captured bytes, possibly cut by a snap length; owned by the source
	Len     uint32   // bytes on the wire, link header included; at least len(Data)
	Link    LinkType // how Data begins
	Iface   uint8    // observation point, as source.Sink.Interface numbered it
	VLAN    uint16   // 802.1Q VLAN ID that the kernel took out of the frame, 0 for none
	GSOSize uint16   // payload bytes of each wire segment of a merged (GRO, TSO) frame, 0 when not merged
	Weight  uint16   // frames that this one stands for when the source samples; 0 and 1 for itself alone
	Whole   bool     // Len is certain, as the kernel's is: a packet that claims more is malformed

	// Classify says that another source counts what this frame carries: it names
	// its flow and adds nothing.
	Classify bool
}

// Addr is an IP address in network order; IPv4 is mapped as RFC 4291 section
// 2.5.5.2 has it, so that one array holds both families and compares directly.
type Addr [16]byte

// Is4 reports whether a is an IPv4 address.
func (a *Addr) Is4() bool {
	return a[0]|a[1]|a[2]|a[3]|a[4]|a[5]|a[6]|a[7]|a[8]|a[9] == 0 && a[10]&a[11] == 0xff
}

// IP returns a as a netip.Addr, IPv4 unmapped.
func (a *Addr) IP() netip.Addr { return netip.AddrFrom16(*a).Unmap() }

// AddrOf returns ip as an Addr; the zero netip.Addr becomes the zero Addr and
// zones are dropped.
func AddrOf(ip netip.Addr) Addr {
	if !ip.IsValid() {
		return Addr{}
	}
	return ip.As16()
}

// MAC is a hardware address, zero where the link has none.
type MAC [6]byte

// Packet is the decoded form of one frame. It is reused from frame to frame;
// Payload is valid as long as the Raw it was decoded from.
type Packet struct {
	Time int64 // nanoseconds since the Unix epoch

	// The IP header. The addresses lie where one load of 8 bytes reaches them.
	Src, Dst Addr
	Version  uint8 // 4 or 6
	Proto    uint8 // IP protocol after extension headers (IANA)
	TOS      uint8 // IPv4 type of service or IPv6 traffic class
	TTL      uint8 // IPv4 time to live or IPv6 hop limit

	SrcPort, DstPort uint16 // zero for protocols without ports

	Bytes    uint64 // IP bytes of all wire packets, as their IP headers say
	Segments uint32 // wire packets this frame stands for, at least 1
	PayLen   uint32 // transport payload bytes of all of them, as the IP headers say
	Payload  []byte // the part of it that was captured

	Seq, Ack           uint32
	Window             uint16
	TCPFlags           uint8 // RFC 9293: FIN 0x01 … CWR 0x80
	ICMPType, ICMPCode uint8
	Tunnel             uint8 // IP protocol of a payload that is a packet itself (4, 41, 47), else 0

	// Fragments (RFC 791, RFC 8200 section 4.5), all zero in a whole packet.
	// FragOffset counts bytes; a packet with FragOffset > 0 has no ports of its
	// own.
	MoreFrags  bool
	FragID     uint32
	FragOffset uint32

	// The link header.
	EtherType      uint16 // of the innermost layer-2 header, 0 where the link has none
	VLAN           uint16 // outermost VLAN ID, 0 for none
	SrcMAC, DstMAC MAC    // zero unless HasMAC
	HasMAC         bool   // the link layer carries both hardware addresses
	Iface          uint8  // observation point
	Weight         uint16 // as of the Raw; Bytes, Segments and PayLen are the frame's own
}

// TCP flag bits (RFC 9293 section 3.1).
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// IP protocol numbers that weir tells apart (IANA protocol-numbers).
const (
	ProtoICMP    = 1
	ProtoIGMP    = 2
	ProtoIPIP    = 4
	ProtoTCP     = 6
	ProtoUDP     = 17
	Proto6in4    = 41
	ProtoGRE     = 47
	ProtoESP     = 50
	ProtoAH      = 51
	ProtoICMPv6  = 58
	ProtoSCTP    = 132
	ProtoUDPLite = 136
)

// Outcome says what Decode made of a frame; every frame has exactly one.
type Outcome uint8

// The outcomes of Decode.
const (
	OK        Outcome = iota // an IP packet, fully decoded
	NotIP                    // ARP, LLDP, spanning tree and other layer-2 traffic
	Truncated                // cut by the snap length before the transport header ended
	Malformed                // headers contradict themselves or the frame
	NumOutcomes
)
