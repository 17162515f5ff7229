package dpi

import (
	"bytes"
	"encoding/binary"
)

// memcached recognises memcached's protocols (protocol.txt, protocol-binary.txt),
// over UDP behind a frame header.
var memcached = Detector{Memcached, OverTCP | OverUDP, detectMemcached,
	"commands and replies in text, or the header of the binary protocol"}

const (
	memcachedPort   = 11211
	memcachedHeader = 24 // of the binary protocol
)

var memcachedStores = []string{"SET", "ADD", "REPLACE", "APPEND", "PREPEND", "CAS"}

func detectMemcached(s *Segment) Verdict {
	b := s.Payload
	if s.datagram() { // request, number of the datagram, how many there are, zero
		if len(b) < 10 || b[6] != 0 || b[7] != 0 || b[4] == 0 && b[5] == 0 || binary.BigEndian.Uint16(b[2:]) >= binary.BigEndian.Uint16(b[4:]) {
			return No
		}
		b = b[8:]
	}
	if len(b) >= memcachedHeader && (b[0] == 0x80 || b[0] == 0x81) {
		return s.yesOrWait(s.memcachedBinary(b))
	}
	return s.memcachedText(b)
}

// memcachedBinary reports whether a message of the binary protocol fits together:
// key and extras are within the body, and the body is the segment's.
func (s *Segment) memcachedBinary(b []byte) bool {
	key, body := uint32(binary.BigEndian.Uint16(b[2:])), binary.BigEndian.Uint32(b[8:])
	return b[1] <= 0x48 && b[5] == 0 && key <= 250 && key+uint32(b[4]) <= body &&
		(s.OnPort(memcachedPort) || int64(body)+memcachedHeader == int64(s.Len))
}

// memcachedText judges a line of the text protocol, which has its commands in lower
// case and its answers in upper case.
func (s *Segment) memcachedText(b []byte) Verdict {
	line, ended := s.line()
	if s.datagram() {
		line, ended = lineOf(b)
	}
	command, rest := word(line)
	if !ended || len(command) == 0 || len(command) > 8 || b[len(line)] != '\r' {
		return s.wait()
	}
	spaces := bytes.Count(rest, []byte(" "))
	switch {
	case command[0] >= 'a' && oneOf(command, memcachedStores):
		_, numbers := word(rest)
		first, _ := word(numbers)
		return s.yesOrWait(spaces >= 3 && isNumber(first))
	case string(command) == "get" || string(command) == "gets":
		return s.yesOrWait(printable(rest) && len(rest) <= 1000)
	case string(command) == "stats" || string(command) == "version" && rest == nil:
		return s.yesOrWait(s.OnPort(memcachedPort) || s.datagram())
	case string(command) == "VALUE":
		return s.yesOrWait(spaces >= 2)
	case string(command) == "STAT" || string(command) == "VERSION" || string(line) == "STORED" || string(line) == "END":
		return s.yesOrWait(s.OnPort(memcachedPort) || s.answered("get ") || s.answered("set ") || s.answered("stats") || s.answered("version"))
	}
	return s.wait()
}
