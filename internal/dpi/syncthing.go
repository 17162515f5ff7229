package dpi

import "encoding/binary"

// syncthing recognises what Syncthing says in clear: its announcements in the house
// (Local Discovery Protocol v4) and its relays (Relay Protocol v1) by their magic
// numbers. Its exchange of blocks is TLS, named by ALPN.
var syncthing = Detector{Syncthing, OverTCP | OverUDP, detectSyncthing,
	"the magic numbers of its announcements and relays"}

const (
	syncthingLocal = 0x2ea7d90b
	syncthingRelay = 0x9e79bc40
)

func detectSyncthing(s *Segment) Verdict {
	p := s.Payload
	if len(p) < 12 {
		return No
	}
	magic := binary.BigEndian.Uint32(p)
	if s.datagram() {
		return verdictIf(magic == syncthingLocal)
	}
	return verdictIf(magic == syncthingRelay && binary.BigEndian.Uint32(p[4:]) < 16)
}
