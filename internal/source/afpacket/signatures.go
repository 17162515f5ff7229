package afpacket

// first returns the span of first words of a payload that begin with the bytes
// of s, one to four of them.
func first(s string) span {
	var low uint32
	high := ^uint32(0)
	for i := range 4 {
		if i < len(s) {
			low |= uint32(s[i]) << (24 - 8*i)
			high = high&^(0xff<<(24-8*i)) | uint32(s[i])<<(24-8*i)
		}
	}
	return between(low, high)
}

// How payloads of TCP begin whose protocol says so, in ascending order. What
// other protocols say first is short or pushed.
var tcpSignatures = []span{
	first("\x03\x00\x00"),                // TPKT: RDP
	first("\x13Bit"),                     // BitTorrent
	{0x14030000, 0x140303ff, tlsChatter}, // change of ciphers
	{0x15030000, 0x150303ff, tlsChatter}, // alert
	between(0x16030000, 0x160303ff),      // TLS records of the type handshake, SSL 3.0 to TLS 1.2 as the record says
	{0x17030000, 0x170303ff, tlsChatter}, // application data
	first("* OK"),                        // IMAP
	first("+OK"),                         // POP3
	first("220 "), first("220-"),         // SMTP, FTP
	first("@RSY"),                // rsync
	first("CONN"), first("DELE"), // HTTP, also as UPnP and WebDAV use it
	first("EHLO"),                // SMTP
	first("GET "), first("HEAD"), // HTTP
	first("HELO"),                // SMTP
	first("HTTP"),                // an answer
	first("INVI"),                // SIP
	first("NICK"),                // IRC
	first("NOTI"), first("OPTI"), // UPnP, HTTP, SIP, RTSP
	first("PATC"), first("POST"), // HTTP
	first("PRI "), first("PROP"), // HTTP/2, WebDAV
	first("PUT "),                // HTTP
	first("REGI"),                // SIP
	first("RFB "), first("RTSP"), // VNC, cameras
	first("SIP/"), first("SSH-"), // SIP, SSH
	first("SUBS"), first("USER"), // UPnP, FTP and POP3
}

// briefSignatures are those that a short program has room for.
var briefSignatures = []span{
	between(0x16030000, 0x160303ff), {0x17030000, 0x170303ff, tlsChatter}, first("GET "), first("HTTP"), first("POST"), first("SSH-"),
}

// Ports of protocols over UDP whose every datagram names something: addresses
// (DNS, mDNS, LLMNR), devices (DHCP, DHCPv6, NetBIOS, SSDP, WS-Discovery) or a
// call (SIP), besides TFTP, NTP, IKE and NAT-PMP. In ascending order.
var udpPorts = []span{
	one(53), between(67, 69), one(123), between(137, 138), one(500), between(546, 547), one(1900), one(3702), one(5060),
	between(5350, 5351), one(5353), one(5355),
}

// How payloads of UDP begin, in ascending order.
var udpSignatures = []span{
	one(0x01000000), one(0x02000000), // WireGuard's handshake
	between(0x16fe0000, 0x16feffff), // DTLS records of the type handshake
}

// Versions in long headers of QUIC, in ascending order; those of RFC 9000 section
// 15 that are there to be refused, 0x?a?a?a?a, are not among them.
var quicVersions = []span{
	between(0, 1),                   // negotiation, RFC 9000
	between(0x51300000, 0x513fffff), // Google's Q0xx
	between(0x54300000, 0x543fffff), // and T0xx, with TLS
	one(0x6b3343cf),                 // RFC 9369
	one(0x709a50c4),                 // its drafts
	between(0xfaceb000, 0xfacebfff), // Facebook's
	between(0xff000000, 0xff0000ff), // drafts of RFC 9000
}

const (
	quicReserved     = 0x0a0a0a0a // in the bits of quicReservedMask
	quicReservedMask = 0x0f0f0f0f

	stunCookie    = 0x2112a442 // RFC 8489
	googleQUIC    = 0x5130     // "Q0", behind flags and connection ID
	wireGuardData = 0x04000000
	portDNS       = 53
	portESP       = 4500 // in UDP, RFC 3948
	portHTTPS     = 443
)
