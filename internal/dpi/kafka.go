package dpi

// kafka recognises Kafka's requests: a length, a known operation and version, and
// the client's name for itself.
var kafka = Detector{Kafka, OverTCP, detectKafka,
	"a length, a known operation and version, and the client's name"}

func detectKafka(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	size, key, version := int64(c.u32()), c.u16(), c.u16()
	c.u32() // correlation
	name := c.bytes(int(c.u16()))
	if c.short || size+4 != int64(s.Len) || key > 75 || version > 18 || !printable(name) {
		return s.wait()
	}
	if !s.OnPort(9092) && key != 18 && key != 3 { // versions and metadata come first
		return s.wait()
	}
	s.Facts.UserAgent = name
	return Yes
}
