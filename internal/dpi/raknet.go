package dpi

import "bytes"

// raknet recognises RakNet, which many games are built on, by the 16 bytes that
// its messages have outside of a connection. A relay may stand before them.
var raknet = Detector{RakNet, OverUDP, detectRakNet,
	"the 16 bytes that messages outside of a connection have"}

var raknetMagic = []byte{0x00, 0xff, 0xff, 0x00, 0xfe, 0xfe, 0xfe, 0xfe, 0xfd, 0xfd, 0xfd, 0xfd, 0x12, 0x34, 0x56, 0x78}

// raknetWithin is how far from the beginning the magic is looked for.
const raknetWithin = 64

func detectRakNet(s *Segment) Verdict {
	return s.yesOrWait(bytes.Contains(s.Payload[:min(len(s.Payload), raknetWithin)], raknetMagic))
}
