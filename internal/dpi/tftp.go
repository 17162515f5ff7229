package dpi

import (
	"encoding/binary"

	"weir/internal/packet"
)

// tftp recognises TFTP (RFC 1350, RFC 2347) by a request, which names a file and
// a mode, and by a block of data and its acknowledgement, which the server sends
// from another port than the one that was asked.
var tftp = Detector{TFTP, OverUDP, detectTFTP,
	"a request for a file and mode, a block of data and its acknowledgement"}

// Operations.
const (
	tftpRead = iota + 1
	tftpWrite
	tftpData
	tftpAck
	tftpError
	tftpOptions
)

const tftpPort = 69

func detectTFTP(s *Segment) Verdict {
	b := s.Payload
	if len(b) < 4 || b[0] != 0 || s.Proto != packet.ProtoUDP {
		return No
	}
	switch b[1] {
	case tftpRead, tftpWrite:
		return tftpRequest(s)
	case tftpData:
		return s.tftpPair(tftpAck, s.Len <= 4+65464)
	case tftpAck:
		return s.tftpPair(tftpData, s.Len == 4)
	case tftpError:
		if b[2] == 0 && b[3] <= 8 && len(b) > 4 && b[len(b)-1] == 0 && (len(b) == 5 || printable(b[4:len(b)-1])) {
			return verdictIf(s.OnPort(tftpPort) || s.Answered().tftpHead(tftpAck) || s.Answered().tftpHead(tftpData) || s.Len > 12)
		}
	case tftpOptions:
		name := untilNUL(b[2:])
		return verdictIf(b[len(b)-1] == 0 && oneOf(name, tftpOptionNames[:]))
	}
	return No
}

var tftpModes = [...]string{"OCTET", "NETASCII", "MAIL"}

// tftpOptionNames are what RFC 2348, 2349 and 7440 let clients negotiate.
var tftpOptionNames = [...]string{"BLKSIZE", "BLKSIZE2", "TSIZE", "TIMEOUT", "WINDOWSIZE", "ROLLOVER", "MULTICAST", "UTIMEOUT"}

func tftpRequest(s *Segment) Verdict {
	name := untilNUL(s.Payload[2:])
	if !printable(name) || len(s.Payload) < len(name)+3 || !oneOf(untilNUL(s.Payload[len(name)+3:]), tftpModes[:]) {
		return No
	}
	s.Facts.URL = name
	return Yes
}

// tftpPair judges a block or an acknowledgement by what the other end said first:
// the partner must speak of the same block, or of the one before when it asked to
// write.
func (s *Segment) tftpPair(partner byte, fits bool) Verdict {
	if !fits {
		return No
	}
	if s.OnPort(tftpPort) && s.Payload[2] == 0 && s.Payload[3] <= 1 {
		return Yes
	}
	other := s.Answered()
	if other.Packets == 0 {
		return s.wait()
	}
	if !other.tftpHead(partner) {
		return No
	}
	theirs, ours := binary.BigEndian.Uint16(other.Head()[2:]), binary.BigEndian.Uint16(s.Payload[2:])
	return verdictIf(ours == theirs || partner == tftpAck && ours == theirs+1)
}

// tftpHead reports whether a direction began with an operation.
func (t *Turn) tftpHead(op byte) bool {
	h := t.Head()
	return len(h) >= 4 && h[0] == 0 && h[1] == op
}
