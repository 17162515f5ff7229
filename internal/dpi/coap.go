package dpi

// coap recognises CoAP (RFC 7252 section 3) by a header and options that fill the
// datagram. On other ports than its own, a request must name a path in text, and
// an answer must answer one.
var coap = Detector{CoAP, OverUDP, detectCoAP,
	"a header and options that fill the datagram; elsewhere than on its ports a request for a path in text, or the answer to one"}

const (
	coapPort       = 5683
	coapUriHost    = 3
	coapUriPath    = 11
	coapUriQuery   = 15
	coapMostNumber = 65535
)

func detectCoAP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	first, code := c.u8(), c.u8()
	token := int(first & 15)
	c.u16() // message ID
	if first>>6 != 1 || token > 8 || c.short || len(c.b) < token {
		return No
	}
	c.bytes(token)
	class, detail := code>>5, code&31
	switch {
	case code == 0: // empty: an acknowledgement or reset
		return verdictIf(s.Len == 4 && s.OnPort(coapPort))
	case class == 0 && detail <= 7, class == 2 && detail <= 5, class == 2 && detail == 31, class == 4, class == 5 && detail <= 8:
	default:
		return No
	}
	text, ok := s.coapOptions(&c)
	switch {
	case !ok && s.whole():
		return No
	case s.OnPort(coapPort):
		return Yes
	case class == 0:
		return verdictIf(text)
	}
	other := s.Answered().Head()
	return verdictIf(len(other) >= 4+token && token > 0 && other[0]>>6 == 1 && string(other[4:4+token]) == string(s.Payload[4:4+token]))
}

// coapOptions walks over the options and tells the host. It reports whether a part
// of the URI is there, in text, and whether the options are well formed.
func (s *Segment) coapOptions(c *cursor) (text, ok bool) {
	number := 0
	for n := 0; c.more() && n < mostRecords; n++ {
		b := c.u8()
		if b == 0xff {
			return text, c.more() // the payload
		}
		delta, length := c.coapNumber(b>>4), c.coapNumber(b&15)
		value := c.bytes(length)
		number += delta
		if c.short || number > coapMostNumber {
			return false, false
		}
		switch number {
		case coapUriHost, coapUriPath, coapUriQuery:
			if !printable(value) {
				return false, false
			}
			text = true
			if number == coapUriHost {
				s.Facts.Host = value
			}
		}
	}
	return text, !c.short
}

// coapNumber reads a number of which four bits, or where its bytes are, were read.
func (c *cursor) coapNumber(nibble uint8) int {
	switch nibble {
	case 13:
		return int(c.u8()) + 13
	case 14:
		return int(c.u16()) + 269
	case 15:
		c.short = true
	}
	return int(nibble)
}
