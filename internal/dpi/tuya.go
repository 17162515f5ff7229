package dpi

// tuya recognises Tuya's messages: a prefix, sequence, command, length, and a
// suffix; the last version has numbers of its own.
var tuya = Detector{Tuya, OverTCP | OverUDP, detectTuya,
	"a prefix, a command, a length and a suffix"}

func detectTuya(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	var behind int
	switch c.u32() {
	case 0x000055aa:
		behind = 16
	case 0x00006699:
		behind = 18
		c.u16()
	default:
		return s.wait()
	}
	c.u32() // sequence
	command, size := c.u32(), int(c.u32())
	return verdictIf(!c.short && command <= 0xff && size >= 8 && size <= 1<<16 && (!s.datagram() || s.Len == behind+size || s.Len == behind+size+4))
}
