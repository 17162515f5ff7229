package dpi

// postgresql recognises PostgreSQL by the client's first message (Frontend/Backend
// Protocol, section 54.7): its length and a version or request.
var postgresql = Detector{PostgreSQL, OverTCP, detectPostgreSQL,
	"the client's first message: its length and a version or request"}

func detectPostgreSQL(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	c := cursor{b: s.Payload}
	size, code := int(c.u32()), c.u32()
	if c.short || size != s.Len {
		return s.wait()
	}
	switch code {
	case 80877103, 80877104: // TLS, GSSAPI
		if size == 8 {
			return Follow
		}
	case 80877102: // cancel
		return verdictIf(size == 16)
	case 3 << 16, 3<<16 | 2: // version 3
		if name := untilNUL(c.b); printable(name) && len(c.b) > len(name) {
			return Follow
		}
	}
	return s.wait()
}
