package dpi

import "encoding/binary"

// socks recognises SOCKS 4, 4a and 5 (RFC 1928) by the client's greeting together
// with the server's answer, and follows it to the request for a name and to what
// HTTP or TLS ask for behind it.
var socks = Detector{SOCKS, OverTCP, detectSOCKS,
	"the client's greeting together with the server's answer"}

const (
	socksConnect   = 1
	socksUDP       = 3 // the last command of version 5
	socksNoMethod  = 0xff
	socksIPv4      = 1
	socksName      = 3
	socksIPv6      = 4
	socks4Granted  = 90
	socks4Rejected = 93
	socks4Head     = 8 // version, command, port, address
)

func detectSOCKS(s *Segment) Verdict {
	p := s.Payload
	if s.st.follow != 0 {
		if s.FromClient && s.socksRequest(p) {
			return Follow
		}
		return s.behindSOCKS() // where methods of their own (RFC 1929) may come first
	}
	if s.FromClient {
		if s.First() && (isSOCKS5Greeting(p) || s.socks4Request(p)) {
			return Perhaps
		}
		return No
	}
	h := s.Answered().Head()
	switch {
	case len(h) < 3:
		return No
	case isSOCKS5Greeting(h[:min(len(h), 2+int(h[1]))]) && len(p) == 2 && p[0] == 5 && offeredSOCKS(h, p[1]):
		return Follow
	case h[0] == 4 && len(p) == 8 && p[0] == 0 && p[1] >= socks4Granted && p[1] <= socks4Rejected:
		return Follow
	}
	return No
}

// behindSOCKS looks at what is said once the way is open: names for HTTP and TLS.
func (s *Segment) behindSOCKS() Verdict {
	m := methodOf(s.Payload)
	if m == nil || !s.FromClient {
		return s.goesOn()
	}
	s.httpRequest(m)
	s.Is = SOCKS
	if s.kept() {
		return Follow
	}
	return Yes
}

// isSOCKS5Greeting reports whether p is a version and a list of methods.
func isSOCKS5Greeting(p []byte) bool {
	return len(p) >= 3 && p[0] == 5 && p[1] > 0 && p[1] <= 16 && len(p) == 2+int(p[1])
}

// offeredSOCKS reports whether the server may choose a method.
func offeredSOCKS(greeting []byte, method byte) bool {
	for _, m := range greeting[2 : 2+greeting[1]] {
		if m == method {
			return true
		}
	}
	return method == socksNoMethod
}

// socks4Request reads a request of version 4: an address, or a name behind an
// address that is none, and the user, each with a zero at its end.
func (s *Segment) socks4Request(p []byte) bool {
	if len(p) <= socks4Head || p[0] != 4 || p[1] < socksConnect || p[1] > 2 || p[len(p)-1] != 0 || binary.BigEndian.Uint16(p[2:]) == 0 {
		return false
	}
	user := untilNUL(p[socks4Head:])
	rest := p[socks4Head+len(user)+1:]
	if p[4]|p[5]|p[6] != 0 || p[7] == 0 {
		return len(rest) == 0
	}
	host := untilNUL(rest)
	if len(host)+1 != len(rest) || !printable(host) {
		return false
	}
	s.Facts.Host = host
	return true
}

// socksRequest reads a request of version 5.
func (s *Segment) socksRequest(p []byte) bool {
	c := cursor{b: p}
	if c.u8() != 5 || c.u8()-socksConnect > socksUDP-socksConnect || c.u8() != 0 {
		return false
	}
	switch c.u8() {
	case socksIPv4:
		c.bytes(4)
	case socksIPv6:
		c.bytes(16)
	case socksName:
		if host := c.bytes(int(c.u8())); printable(host) {
			s.Facts.Host = host
		}
	}
	c.u16()
	return !c.short && !c.more()
}
