package dpi

// collectd recognises collectd's binary protocol: the part that names the host
// comes first, then a time.
var collectd = Detector{Collectd, OverUDP, detectCollectd,
	"the part that names the host first, then a time"}

func detectCollectd(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	kind, size := c.u16(), int(c.u16())
	if kind != 0 || size < 6 || size > 260 {
		return verdictIf(s.OnPort(25826) && (kind == 0x0200 || kind == 0x0210) && size == s.Len) // signed, encrypted
	}
	host := c.bytes(size - 4)
	if c.short || host[len(host)-1] != 0 || !printable(host[:len(host)-1]) {
		return No
	}
	kind, size = c.u16(), int(c.u16())
	if (kind != 1 && kind != 8) || size != 12 {
		return No
	}
	s.Facts.DeviceName = host[:len(host)-1]
	return Yes
}
