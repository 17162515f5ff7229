package dpi

import "bytes"

// xmpp recognises XMPP (RFC 6120 section 4) by the head of a stream and by the
// elements that streams consist of.
var xmpp = Detector{XMPP, OverTCP, detectXMPP,
	"the head of a stream, and the elements that streams consist of"}

const xmppWindow = 512

func detectXMPP(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	b := bytes.TrimLeft(s.Payload[:min(len(s.Payload), xmppWindow)], " \r\n\t")
	if len(b) < 4 || b[0] != '<' {
		return s.wait()
	}
	switch {
	case bytes.Contains(b, []byte("<stream:stream")), bytes.Contains(b, []byte("<stream:features")), bytes.Contains(b, []byte("urn:ietf:params:xml:ns:xmpp-")), bytes.Contains(b, []byte("http://etherx.jabber.org/streams")):
		if s.FromClient {
			s.Facts.Host = attribute(b, " to=")
		}
		return Follow
	case s.OnPort(5222) || s.OnPort(5269):
		return verdictIf(bytes.HasPrefix(b, []byte("<iq ")) || bytes.HasPrefix(b, []byte("<message ")) || bytes.HasPrefix(b, []byte("<presence")))
	case bytes.HasPrefix(b, []byte("<?xml")) && !s.talking():
		return Perhaps // the head may come in a packet of its own
	}
	return s.wait()
}

// attribute returns the value of an attribute of XML, nil for none.
func attribute(b []byte, name string) []byte {
	i := bytes.Index(b, []byte(name))
	if i < 0 || i+len(name) >= len(b) {
		return nil
	}
	quote := b[i+len(name)]
	value := b[i+len(name)+1:]
	end := bytes.IndexByte(value, quote)
	if quote != '"' && quote != '\'' || end < 0 {
		return nil
	}
	return value[:end]
}
