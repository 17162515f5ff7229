package dpi

import "encoding/binary"

// wireguard recognises WireGuard (its white paper, section 5.4) by the type with
// three reserved zeros and the exact sizes of its handshake. Data alone, joined in
// the middle, needs a second packet for the same receiver with a later counter.
var wireguard = Detector{WireGuard, OverUDP, detectWireGuard,
	"the type and exact size of its handshake; data by a receiver and counter that go on"}

const (
	wgInitiation = 1
	wgResponse   = 2
	wgCookie     = 3
	wgData       = 4
	wgDataHeader = 16
	wgTag        = 16
	wgNear       = 1 << 16 // counters
)

func detectWireGuard(s *Segment) Verdict {
	p := s.Payload
	if len(p) < wgDataHeader {
		return No
	}
	if p[1]|p[2]|p[3] != 0 {
		return wgMarked(s)
	}
	switch p[0] {
	case wgInitiation:
		return verdictIf(s.Len == 148)
	case wgResponse:
		return verdictIf(s.Len == 92)
	case wgCookie:
		return verdictIf(s.Len == 64)
	case wgData:
		return wgDataVerdict(s)
	}
	return No
}

// wgMarked judges a handshake whose reserved bytes are in use, as some services mark
// their clients there: the response must be for the initiation's sender.
func wgMarked(s *Segment) Verdict {
	p := s.Payload
	switch {
	case p[0] == wgInitiation && s.Len == 148:
		return Perhaps
	case p[0] == wgResponse && s.Len == 92:
		h := s.Answered().Head()
		return verdictIf(len(h) >= 8 && h[0] == wgInitiation && string(h[4:8]) == string(p[8:12]))
	}
	return No
}

func wgDataVerdict(s *Segment) Verdict {
	p := s.Payload
	// Packets are padded to 16 bytes, and there are fewer than 2³² of a session.
	if s.Len < wgDataHeader+wgTag || s.Len%16 != 0 || binary.LittleEndian.Uint32(p[12:]) != 0 {
		return No
	}
	if s.First() {
		return Likely
	}
	h := s.Sent().Head()
	if len(h) < wgDataHeader || h[0] != wgData {
		return No // a handshake was first, or something else
	}
	if string(h[4:8]) != string(p[4:8]) {
		return Perhaps // a new session
	}
	if string(h[wgDataHeader:]) == string(p[wgDataHeader:min(len(p), headBytes)]) {
		return No // what is encrypted does not repeat
	}
	return verdictIf(sooner(binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(p[8:]), wgNear))
}
