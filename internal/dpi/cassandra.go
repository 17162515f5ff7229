package dpi

// cassandra recognises CQL's binary protocol, versions 3 to 5: a header whose
// length is the segment's, and an operation that connections begin with.
var cassandra = Detector{Cassandra, OverTCP, detectCassandra,
	"a header of CQL 3 to 5 whose length is the segment's, and an operation that begins a connection"}

func detectCassandra(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, flags := c.u8(), c.u8()
	c.u16() // stream
	operation, size := c.u8(), int64(c.u32())
	if c.short || version&0x7f < 3 || version&0x7f > 5 || flags > 0x1f || size+9 != int64(s.Len) {
		return s.wait()
	}
	switch operation {
	case 1: // startup: a map of strings
		return verdictIf(s.has("CQL_VERSION"))
	case 5: // options
		return verdictIf(size == 0 && version < 0x80)
	case 2, 6: // ready, supported
		return s.yesOrWait(version >= 0x80 && (s.OnPort(9042) || size > 20 && s.has("CQL_VERSION")))
	}
	return s.yesOrWait(s.OnPort(9042) && operation <= 16)
}
