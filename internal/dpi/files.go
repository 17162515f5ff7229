package dpi

import "bytes"

// afp recognises the Apple Filing Protocol by DSI (AFP 3.4, Data Stream Interface):
// a first request or its reply. Elsewhere than on its port both must be seen.
var afp = Detector{AFP, OverTCP, detectAFP}

// git recognises Git's own protocol by the request that a client begins with
// (gitprotocol-pack: pkt-line, command, path, host).
var git = Detector{Git, OverTCP, detectGit}

// printing recognises the Line Printer Daemon protocol (RFC 1179) and languages of
// printers sent to their raw port (JetDirect), beside what magic knows.
var printing = Detector{Printing, OverTCP, detectPrinting}

const (
	afpPort       = 548
	lpdPort       = 515
	jetDirectPort = 9100
)

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

func detectGit(s *Segment) Verdict {
	b := s.Payload
	if len(b) < 16 || !bytes.HasPrefix(b[4:], []byte("git-")) {
		return s.wait()
	}
	command, rest := word(b[4:min(len(b), 1024)])
	if !oneOf(command, []string{"GIT-UPLOAD-PACK", "GIT-RECEIVE-PACK", "GIT-UPLOAD-ARCHIVE"}) {
		return No
	}
	s.Facts.URL = untilNUL(rest)
	if _, host, ok := bytes.Cut(rest, []byte("\x00host=")); ok {
		s.Facts.Host = untilNUL(host)
	}
	return Yes
}

func detectPrinting(s *Segment) Verdict {
	b := s.Payload
	switch {
	case s.OnPort(lpdPort) && s.FromClient && b[0] >= 1 && b[0] <= 5:
		line, ended := lineOf(b[1:])
		queue, _ := word(line)
		return verdictIf(ended && printable(queue))
	case s.OnPort(jetDirectPort) && s.FromClient:
		return verdictIf(bytes.HasPrefix(b, []byte("%!PS")) || bytes.HasPrefix(b, []byte("\x1bE")) || bytes.HasPrefix(b, []byte("%PDF-")))
	}
	return s.wait()
}
