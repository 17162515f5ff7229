package dpi

// ptp recognises the Precision Time Protocol (IEEE 1588-2008 section 13.3, and
// 1588-2002) on its ports: a header whose length is the message's.
var ptp = Detector{PTP, OverUDP, detectPTP,
	"a header whose length is the message's, on ports 319 and 320"}

const (
	ptpEvent   = 319
	ptpGeneral = 320
)

func detectPTP(s *Segment) Verdict {
	if !s.OnPort(ptpEvent) && !s.OnPort(ptpGeneral) {
		return No
	}
	c := cursor{b: s.Payload}
	kind, version, length := c.u8(), c.u8(), c.u16()
	switch {
	case kind == 0 && version == 1 && length>>8 == 0: // version 1: the network's version
		return verdictIf(s.Len >= 60)
	case version&15 != 2 || kind&15 > 3 && kind&15 < 8 || kind&15 > 13:
		return No
	}
	return verdictIf(int(length) >= 34 && int(length) <= s.Len)
}
