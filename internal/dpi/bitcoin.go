package dpi

import "encoding/binary"

// bitcoin recognises the messages of Bitcoin's nodes by the magic of their network
// and a command that is padded with zeros (Bitcoin developer reference, Message
// headers). Version 2 of the transport (BIP 324) looks like noise.
var bitcoin = Detector{Bitcoin, OverTCP, detectBitcoin,
	"the magic of a known network and a command padded with zeros"}

const (
	bitcoinHeader = 24
	bitcoinName   = 12
	maxBitcoin    = 4 << 20
)

// bitcoinMagics are those of the main network and of the test networks.
var bitcoinMagics = [...]uint32{0xf9beb4d9, 0x0b110907, 0xfabfb5da, 0x0a03cf40, 0x1c163f28}

func detectBitcoin(s *Segment) Verdict {
	p := s.Payload
	if len(p) < bitcoinHeader {
		return No
	}
	magic := binary.BigEndian.Uint32(p)
	for _, m := range bitcoinMagics {
		if magic == m {
			return verdictIf(isCommand(p[4:4+bitcoinName]) && binary.LittleEndian.Uint32(p[16:]) <= maxBitcoin)
		}
	}
	return No
}

// isCommand reports whether b is a word in lower case with zeros behind it.
func isCommand(b []byte) bool {
	name := untilNUL(b)
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	for _, c := range b[len(name):] {
		if c != 0 {
			return false
		}
	}
	return len(name) > 0
}
