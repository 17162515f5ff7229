package dpi

// mysql recognises MySQL and MariaDB by the greeting of the server (MySQL
// Internals, protocol 10), or its refusal.
var mysql = Detector{MySQL, OverTCP, detectMySQL,
	"the server's greeting or refusal"}

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
