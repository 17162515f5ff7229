package dpi

import "bytes"

// thrift recognises Thrift's binary protocol (strict), framed or not, and the
// compact one, by the call of a method.
var thrift = Detector{Thrift, OverTCP | OverUDP, detectThrift,
	"the call of a method, in the binary or the compact protocol"}

func detectThrift(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	first := c.u32()
	if first < 1<<24 && int64(first)+4 == int64(s.Len) { // framed
		first = c.u32()
	}
	switch {
	case first&^3 == 0x80010000 && first&0xff >= 1, first == 0x80010004:
		size := int(c.u32())
		name := c.bytes(min(size, 128))
		return s.yesOrWait(size > 0 && size <= 128 && !c.short && isMethod(name))
	case first>>24 == 0x82 && first>>21&7 >= 1 && first>>21&7 <= 4 && first>>16&0x1f == 1:
		c = cursor{b: s.Payload[min(len(s.Payload), 2):]}
		if len(s.Payload) > 6 && s.Payload[0] == 0 {
			c.bytes(4)
		}
		c.remaining() // sequence
		size := c.remaining()
		return s.yesOrWait(size > 2 && size <= 128 && isMethod(c.bytes(size)) && !c.short)
	}
	return s.wait()
}

// isMethod reports whether b is a name of a program: letters, digits, and what
// joins them.
func isMethod(b []byte) bool {
	for _, c := range b {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || bytes.IndexByte([]byte("_.:"), c) >= 0) {
			return false
		}
	}
	return len(b) > 0
}
