package packet

import (
	"net/netip"
	"strconv"
)

// String returns "ok", "not-ip", "truncated" or "malformed".
func (o Outcome) String() string {
	switch o {
	case OK:
		return "ok"
	case NotIP:
		return "not-ip"
	case Truncated:
		return "truncated"
	case Malformed:
		return "malformed"
	}
	return "outcome " + strconv.Itoa(int(o))
}

// protocols names the IP protocols that home and office networks carry (IANA
// protocol-numbers, lower case).
var protocols = [256]string{
	0: "hopopt", 1: "icmp", 2: "igmp", 4: "ipip", 6: "tcp", 8: "egp", 9: "igp",
	17: "udp", 27: "rdp", 33: "dccp", 41: "6in4", 43: "ipv6-route",
	44: "ipv6-frag", 46: "rsvp", 47: "gre", 50: "esp", 51: "ah", 58: "icmpv6",
	59: "ipv6-nonxt", 60: "ipv6-opts", 88: "eigrp", 89: "ospf", 94: "ipip-94",
	97: "etherip", 103: "pim", 108: "ipcomp", 112: "vrrp", 115: "l2tp",
	124: "isis", 132: "sctp", 135: "mobility", 136: "udplite", 137: "mpls-in-ip",
	139: "hip", 140: "shim6",
}

// ProtoName returns the name of an IP protocol, such as "tcp", or its number.
func ProtoName(proto uint8) string {
	if s := protocols[proto]; s != "" {
		return s
	}
	return strconv.Itoa(int(proto))
}

// ParseProto returns the IP protocol with that name, as ProtoName spells it or
// as other tools do, or with that number. Names are lower case.
func ParseProto(s string) (proto uint8, ok bool) {
	if s == "" {
		return 0, false
	}
	switch s {
	case "icmp6", "ipv6-icmp":
		return ProtoICMPv6, true
	case "ipv6":
		return Proto6in4, true
	case "ipencap", "ip-in-ip":
		return ProtoIPIP, true
	case "udp-lite":
		return ProtoUDPLite, true
	case "ipsec-esp":
		return ProtoESP, true
	case "ipsec-ah":
		return ProtoAH, true
	}
	for n, name := range protocols {
		if name == s {
			return uint8(n), true
		}
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return uint8(n), err == nil
}

// FlagString returns the TCP flags of a packet or of a flow in the order of the
// header, with a dot for each one that is not set: "...AP.S." is PSH, ACK and
// SYN.
func FlagString(flags uint8) string {
	return string(AppendFlags(nil, flags))
}

// AppendFlags appends FlagString(flags) to dst.
func AppendFlags(dst []byte, flags uint8) []byte {
	const names = "CEUAPRSF"
	for i := range len(names) {
		if flags&(CWR>>i) != 0 {
			dst = append(dst, names[i])
		} else {
			dst = append(dst, '.')
		}
	}
	return dst
}

// String returns a as netip.Addr does: "192.0.2.1", "2001:db8::1".
func (a Addr) String() string { return a.IP().String() }

// Append appends a.String() to dst.
func (a *Addr) Append(dst []byte) []byte { return a.IP().AppendTo(dst) }

// ParseAddr reads an IPv4 or IPv6 address without a zone.
func ParseAddr(s string) (Addr, bool) {
	ip, err := netip.ParseAddr(s)
	if err != nil || ip.Zone() != "" {
		return Addr{}, false
	}
	return AddrOf(ip), true
}

// String returns m in upper case with colons: "02:00:5E:10:00:01".
func (m MAC) String() string { return string(m.Append(nil)) }

// Append appends m.String() to dst.
func (m MAC) Append(dst []byte) []byte {
	const hex = "0123456789ABCDEF"
	for i, b := range m {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hex[b>>4], hex[b&0x0f])
	}
	return dst
}
