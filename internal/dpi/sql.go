package dpi

import "bytes"

// mysql recognises MySQL and MariaDB by the greeting of the server (MySQL
// Internals, protocol 10), or its refusal.
var mysql = Detector{MySQL, OverTCP, detectMySQL}

// postgresql recognises PostgreSQL by the client's first message (Frontend/Backend
// Protocol, section 54.7): its length and a version or request.
var postgresql = Detector{PostgreSQL, OverTCP, detectPostgreSQL}

// mssql recognises TDS (MS-TDS section 2.2.3) by its packet header and what the
// first packets hold, and the browser service that names its instances (MC-SQLR).
var mssql = Detector{MSSQL, OverTCP | OverUDP, detectMSSQL}

// oracle recognises TNS, which Oracle's clients connect by: a header and, in the
// first packet, a description in text.
var oracle = Detector{Oracle, OverTCP, detectOracle}

func detectMySQL(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	b := s.Payload
	if len(b) < 10 || b[3] != 0 {
		return s.wait()
	}
	size := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
	switch {
	case size+4 != s.Len || size > 1<<10:
		return s.wait()
	case b[4] == 10:
		version := untilNUL(b[5:])
		if !printable(version) || version[0] < '0' || version[0] > '9' || len(b) < 5+len(version)+14 || b[5+len(version)+13] != 0 {
			return No // thread, 8 bytes of salt, and a zero follow the version
		}
		s.Facts.Server = version
		return Follow
	case b[4] == 0xff && !s.FromClient: // an error of the server's: 1040 too many, 1129 blocked, 1130 not allowed
		code := int(b[5]) | int(b[6])<<8
		return verdictIf(code >= 1000 && code < 2000 && printable(b[7:]))
	}
	return s.wait()
}

func detectPostgreSQL(s *Segment) Verdict {
	if s.talking() {
		return s.goesOn()
	}
	c := cursor{b: s.Payload}
	size, code := int(c.u32()), c.u32()
	if c.short || size != s.Len {
		return s.wait()
	}
	switch code {
	case 80877103, 80877104: // TLS, GSSAPI
		if size == 8 {
			return Follow
		}
	case 80877102: // cancel
		return verdictIf(size == 16)
	case 3 << 16, 3<<16 | 2: // version 3
		if name := untilNUL(c.b); printable(name) && len(c.b) > len(name) {
			return Follow
		}
	}
	return s.wait()
}

// Types of packets of TDS.
const (
	tdsBatch    = 1
	tdsRPC      = 3
	tdsReply    = 4
	tdsLogin7   = 16
	tdsPreLogin = 18
)

func detectMSSQL(s *Segment) Verdict {
	b := s.Payload
	if s.datagram() {
		if !s.OnPort(1434) || len(b) < 1 {
			return No
		}
		answer := b[0] == 5 && len(b) > 3 && bytes.HasPrefix(b[3:], []byte("ServerName;"))
		return verdictIf(answer || (b[0] == 2 || b[0] == 3) && s.Len == 1 || b[0] == 4 && printable(bytes.TrimRight(b[1:], "\x00")))
	}
	c := cursor{b: b}
	kind, status, size := c.u8(), c.u8(), int(c.u16())
	c.u16() // process
	c.u8()  // packet
	if window := c.u8(); c.short || window != 0 || status > 1 || size != s.Len {
		return s.wait()
	}
	switch kind {
	case tdsPreLogin, tdsReply: // options: the version stands first
		return s.yesOrWait(len(c.b) > 5 && c.u8() == 0 && c.u16() < 64 && c.u16() == 6)
	case tdsLogin7:
		length := int(c.u8()) | int(c.u8())<<8 // little endian
		return s.yesOrWait(length == size-8)
	case tdsBatch, tdsRPC:
		return verdictIf(s.OnPort(1433))
	}
	return s.wait()
}

func detectOracle(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	size, sum, kind, _ := int(c.u16()), c.u16(), c.u8(), c.u8()
	if header := c.u16(); c.short || size != s.Len || sum != 0 || header != 0 {
		return s.wait()
	}
	switch kind {
	case 1: // connect
		version, compatible := c.u16(), c.u16()
		return verdictIf(version>>8 == 1 && compatible>>8 == 1 && (s.OnPort(1521) || s.has("(DESCRIPTION=")))
	case 4, 5: // refuse, redirect
		return verdictIf(s.has("(DESCRIPTION="))
	case 11, 2: // resend, accept
		return s.yesOrWait(s.OnPort(1521))
	}
	return s.wait()
}
