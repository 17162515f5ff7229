package dpi

import "bytes"

// sip recognises SIP (RFC 3261 section 7) by its request and status lines over
// UDP and TCP.
var sip = Detector{SIP, OverTCP | OverUDP, detectSIP,
	"a request line or a status line"}

var sipVersion = []byte("SIP/2.0")

var sipMethods = []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "REFER", "MESSAGE", "UPDATE"}

func detectSIP(s *Segment) Verdict {
	p := s.Payload
	if bytes.HasPrefix(p, sipVersion) {
		line, _ := lineOf(p)
		_, status := word(line)
		// Codes go up to 6xx, which isReply does not know.
		code, ok := statusCode(status)
		if !ok {
			return No
		}
		s.Facts.Code = code
		s.sipAgents()
		return Yes
	}
	if len(p) > 0 && p[0] <= ' ' || isKeepAlive(p) {
		return keptAlive(s)
	}
	method, rest := verb(p)
	if !oneOf(method, sipMethods) {
		return s.wait()
	}
	line, ended := lineOf(rest)
	url, version := word(line)
	if !ended {
		return s.more()
	}
	if !bytes.HasPrefix(version, sipVersion) {
		return No
	}
	s.Facts.Method, s.Facts.URL, s.Facts.Host = method, url, hostOfURL(url)
	s.sipAgents()
	return Follow
}

// sipAgents tells the names of the sender's software.
func (s *Segment) sipAgents() {
	if agent := fieldOf(s.Payload, "USER-AGENT"); s.FromClient {
		s.Facts.UserAgent = agent
	} else {
		s.Facts.Server = agent
	}
	if server := fieldOf(s.Payload, "SERVER"); server != nil {
		s.Facts.Server = server
	}
}

// statusCode reads a code of three digits and what ends it.
func statusCode(b []byte) (uint16, bool) {
	if len(b) < 4 || b[3] != ' ' || b[0] < '1' || b[0] > '6' {
		return 0, false
	}
	var n uint16
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint16(c-'0')
	}
	return n, true
}

// isKeepAlive reports whether p keeps a mapping of NAT open (RFC 5626 section
// 3.5.1, and what phones send besides).
func isKeepAlive(p []byte) bool { return len(p) == 4 && string(p) == "jaK\x00" }

// keptAlive waits for a message behind blank lines and zeros.
func keptAlive(s *Segment) Verdict {
	if len(s.Payload) > 4 {
		return No
	}
	return Perhaps
}
