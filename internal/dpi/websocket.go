package dpi

// webSocket recognises a WebSocket connection that was joined after its HTTP, by
// frames that fill segments of both ends: the client's are masked and the server's
// are not (RFC 6455 section 5.2).
var webSocket = Detector{WebSocket, OverTCP, detectWebSocket,
	"frames that fill segments of both ends: the client's masked, the server's not"}

func detectWebSocket(s *Segment) Verdict {
	if !s.Joined {
		return No
	}
	masked, ok := isWebSocketFrame(s.Payload, s.fresh)
	if !ok {
		return No
	}
	if head := s.Answered().Head(); len(head) > 1 && head[0]&0x70 == 0 && head[1]&0x80 != 0 != masked {
		return Likely
	}
	return Perhaps
}

// isWebSocketFrame reports whether one frame, without extensions, is all of a
// segment of size bytes, and whether it is masked.
func isWebSocketFrame(p []byte, size int) (masked, ok bool) {
	c := cursor{b: p}
	first, second := c.u8(), c.u8()
	opcode := first & 15
	if first&0xf0 != 0x80 || opcode == 0 || opcode > 2 && opcode < 8 || opcode > 10 { // final, no reserved bits
		return false, false
	}
	masked = second&0x80 != 0
	n := int(second & 0x7f)
	if n == 126 {
		n = int(c.u16())
	}
	header := len(p) - len(c.b)
	if masked {
		header += 4
	}
	return masked, !c.short && n > 0 && n < 0xffff && header+n == size
}
