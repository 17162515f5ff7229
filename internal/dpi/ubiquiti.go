package dpi

// ubiquiti recognises the discovery of Ubiquiti's devices: a version, a command and
// elements that fill the datagram. They tell name and model.
var ubiquiti = Detector{Ubiquiti, OverUDP, detectUbiquiti,
	"a version, a command and elements that fill the datagram"}

func detectUbiquiti(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	version, command, size := c.u8(), c.u8(), int(c.u16())
	if c.short || version != 1 && version != 2 || size != s.Len-4 {
		return No
	}
	if size == 0 {
		return verdictIf(s.OnPort(10001) && s.Len == 4)
	}
	if version == 1 && command != 0 {
		return No
	}
	n := 0
	for ; c.more() && n < mostRecords; n++ {
		kind, value := c.u8(), c.bytes(int(c.u16()))
		if c.short {
			return No
		}
		switch kind {
		case 0x0b:
			s.Facts.DeviceName = value
		case 0x14, 0x0c:
			s.Facts.DeviceModel = value
		}
	}
	return verdictIf(n > 1 && !c.more())
}
