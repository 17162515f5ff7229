package dpi

// afp recognises the Apple Filing Protocol by DSI (AFP 3.4, Data Stream Interface):
// a first request or its reply. Elsewhere than on its port both must be seen.
var afp = Detector{AFP, OverTCP, detectAFP,
	"a first request of DSI or its reply; elsewhere than on port 548 both"}

const afpPort = 548

func detectAFP(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	flags, command, id := c.u8(), c.u8(), c.u16()
	c.u32() // offset or error
	size, reserved := c.u32(), c.u32()
	if c.short || flags > 1 || command < 1 || command > 8 || reserved != 0 || int64(size)+16 < int64(len(s.Payload)) {
		return s.wait()
	}
	if s.OnPort(afpPort) {
		return Yes
	}
	if command != 3 && command != 4 { // status, session
		return No
	}
	other := cursor{b: s.Answered().Head()}
	if !other.more() {
		return s.patient()
	}
	return verdictIf(other.u8() == 1-flags && other.u8() == command && other.u16() == id)
}
