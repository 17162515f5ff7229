package dpi

import (
	"encoding/binary"

	"weir/internal/packet"
)

// datagram reports whether Payload is a datagram rather than a part of a stream.
func (s *Segment) datagram() bool { return s.Proto == packet.ProtoUDP }

// framed returns the message behind a length of two bytes, which TCP needs and
// UDP does not, and the message's size as it is on the wire. It reports false
// for a segment that does not begin with a message or ends within a length.
func (s *Segment) framed() (p []byte, size int, ok bool) {
	p, size = s.Payload, s.Len
	if s.datagram() {
		return p, size, true
	}
	if len(p) < 3 {
		return nil, 0, false
	}
	size = int(binary.BigEndian.Uint16(p))
	return p[2:], size, size > 0
}

// framedHead is what the sender of this Segment said first, without a length.
func (s *Segment) framedHead() []byte {
	h := s.Sent().Head()
	if !s.datagram() {
		h = h[min(2, len(h)):]
	}
	return h
}

// sooner reports whether the number a stands before b in a sequence that wraps,
// by at most the distance.
func sooner(a, b, distance uint32) bool { return b-a-1 < distance }
