package packet

import "strconv"

// LinkType is the link-layer header type of a frame, as pcap numbers it
// (LINKTYPE_ values, https://www.tcpdump.org/linktypes.html).
type LinkType uint16

// The link types that Decode reads.
const (
	LinkNull      LinkType = 0   // BSD loopback, 4-byte family in host order
	LinkEthernet  LinkType = 1   // Ethernet, 802.1Q, QinQ, PPPoE
	LinkPPP       LinkType = 9   // PPP, with or without HDLC framing
	LinkRawDLT    LinkType = 12  // raw IP as some files spell it
	LinkRawBSD    LinkType = 14  // raw IP as OpenBSD spells it
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing (RFC 1662)
	LinkPPPoE     LinkType = 51  // PPPoE session header onward
	LinkRaw       LinkType = 101 // raw IP, version by its first nibble
	LinkLoop      LinkType = 108 // OpenBSD loopback, family in network order
	LinkLinuxSLL  LinkType = 113 // Linux cooked capture v1
	LinkIPv4      LinkType = 228 // raw IPv4
	LinkIPv6      LinkType = 229 // raw IPv6
	LinkLinuxSLL2 LinkType = 276 // Linux cooked capture v2
)

// linkNames names what Decode reads and what users are likely to bring by
// mistake, so that a refusal can name it.
var linkNames = map[LinkType]string{
	LinkNull: "null", LinkEthernet: "ethernet", LinkPPP: "ppp",
	LinkRawDLT: "raw", LinkRawBSD: "raw", LinkPPPHDLC: "ppp-hdlc",
	LinkPPPoE: "pppoe", LinkRaw: "raw", LinkLoop: "loop",
	LinkLinuxSLL: "linux-sll", LinkIPv4: "ipv4", LinkIPv6: "ipv6",
	LinkLinuxSLL2: "linux-sll2",
	6:             "token-ring", 105: "ieee-802.11", 127: "ieee-802.11-radiotap",
	119: "ieee-802.11-prism", 147: "user0", 195: "ieee-802.15.4",
	187: "bluetooth-h4", 201: "bluetooth-h4-phdr", 220: "usb-linux",
	249: "usbpcap", 253: "netlink", 239: "nflog", 258: "pktap",
}

// Supported reports whether Decode reads frames of type t.
func (t LinkType) Supported() bool {
	switch t {
	case LinkNull, LinkEthernet, LinkPPP, LinkRawDLT, LinkRawBSD, LinkPPPHDLC,
		LinkPPPoE, LinkRaw, LinkLoop, LinkLinuxSLL, LinkIPv4, LinkIPv6, LinkLinuxSLL2:
		return true
	}
	return false
}

// String returns the usual name of t, or "link type N".
func (t LinkType) String() string {
	if s, ok := linkNames[t]; ok {
		return s
	}
	return "link type " + strconv.Itoa(int(t))
}
