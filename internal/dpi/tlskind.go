package dpi

import "bytes"

// What is spoken inside of TLS is not seen. It is named where the client says so
// by ALPN or by the resolver's name it asks for. Besides, a few ports have been
// assigned to nothing but TLS with one protocol inside of it; there the content
// proves TLS and the port tells the rest, unless ALPN speaks of something else.

// alpnKinds are protocols inside of TLS by ALPN (IANA, TLS ALPN protocol IDs).
var alpnKinds = [...]struct {
	alpn string
	is   Protocol
}{
	{"dot", DoT},
	{"imap", IMAPS},
	{"pop3", POP3S},
	{"ftp", FTPS},
	{"bep/1.0", Syncthing},
}

// kindOfTLS names what a ClientHello is the beginning of.
func kindOfTLS(s *Segment, h *clientHello) Protocol {
	for i := range alpnKinds {
		if string(h.alpn) == alpnKinds[i].alpn {
			return alpnKinds[i].is
		}
	}
	if p := kindByPort(s); p != TLS && len(h.alpn) == 0 {
		return p
	}
	switch {
	case isResolver(h.host) && h.webALPN():
		return DoH
	case isTorHello(h):
		return Tor
	}
	return TLS
}

// webALPN reports whether the client offers HTTP or nothing in particular.
func (h *clientHello) webALPN() bool {
	return len(h.alpn) == 0 || h.alpn[0] == 'h' // h2, http/1.1, h3
}

// kindByPort names what TLS is spoken for on a port that has no other use (RFC
// 7858, RFC 8314, RFC 4217).
func kindByPort(s *Segment) Protocol {
	for _, port := range [2]uint16{s.ServerPort, s.ClientPort} {
		switch port {
		case 853:
			return DoT
		case 465:
			return SMTPS
		case 993:
			return IMAPS
		case 995:
			return POP3S
		case 989, 990:
			return FTPS
		}
	}
	return TLS
}

// resolvers are names of public resolvers that serve DNS over HTTPS; names below
// one belong to it. Many others are called doh.…, which says enough; dns.… does
// not.
var resolvers = [...]string{
	"dns.google", "dns.google.com", "8888.google",
	"cloudflare-dns.com", "one.one.one.one", "dns.cloudflare.com", "cloudflare-gateway.com",
	"dns.quad9.net", "dns9.quad9.net", "dns10.quad9.net", "dns11.quad9.net", "dns12.quad9.net",
	"dns.nextdns.io", "dns1.nextdns.io", "dns2.nextdns.io",
	"dns.adguard.com", "dns-family.adguard.com", "dns-unfiltered.adguard.com",
	"dns.adguard-dns.com", "family.adguard-dns.com", "unfiltered.adguard-dns.com", "d.adguard-dns.com",
	"dns.opendns.com", "dns.umbrella.com", "freedns.controld.com", "dns.controld.com", "dns.mullvad.net",
	"dns.alidns.com", "dns.twnic.tw", "ordns.he.net", "odvr.nic.cz", "dns.switch.ch", "wikimedia-dns.org",
	"dns.digitale-gesellschaft.ch", "dns.aa.net.uk", "dns.njal.la",
	"unicast.uncensoreddns.org", "anycast.uncensoreddns.org", "basic.rethinkdns.com", "max.rethinkdns.com",
}

// isResolver reports whether a host is known to serve DNS over HTTPS.
func isResolver(host []byte) bool {
	if bytes.HasPrefix(host, []byte("doh.")) {
		return true
	}
	for _, name := range resolvers {
		if n := len(host) - len(name); n >= 0 && string(host[n:]) == name && (n == 0 || host[n-1] == '.') {
			return true
		}
	}
	return false
}

// A relay of Tor is asked for under a name made up for the connection, "www.",
// 8 to 20 characters of base32 and ".com", by a client that offers neither ALPN
// nor tickets; relays that speak TLS 1.2 show a certificate made up likewise
// (tor's tls code, "random hostname").
const (
	torShortest = 8
	torLongest  = 20
)

// isTorHello reports whether a ClientHello has that shape.
func isTorHello(h *clientHello) bool {
	return h.alpn == nil && !h.ticket && isMadeUp(h.host, ".com")
}

// isTorCertificate reports whether both names of a certificate are made up.
func isTorCertificate(subject, issuer []byte) bool {
	return isMadeUp(subject, ".net") && isMadeUp(issuer, ".com") && !bytes.Equal(subject, issuer)
}

// isMadeUp reports whether a name is "www.", random base32, and top. Words have
// vowels every few letters and no digits between letters; a name must break that
// three times, which half of the random ones do and no name that is meant to be
// read.
func isMadeUp(name []byte, top string) bool {
	label, ok := bytes.CutPrefix(name, []byte("www."))
	if !ok || len(label) < torShortest+len(top) || string(label[len(label)-len(top):]) != top {
		return false
	}
	label = label[:len(label)-len(top)]
	if len(label) > torLongest {
		return false
	}
	odd, run := 0, 0
	for i, c := range label {
		switch {
		case c >= '2' && c <= '7':
			if i > 0 && i < len(label)-1 && label[i-1] >= 'a' && label[i+1] >= 'a' {
				odd++
			}
			run = 0
		case c < 'a' || c > 'z':
			return false
		case bytes.IndexByte([]byte("aeiouy"), c) >= 0:
			run = 0
		default:
			if run++; run == 4 {
				odd++
			}
		}
	}
	return odd >= 3
}
