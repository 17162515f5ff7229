package dpi

import "bytes"

// tinc recognises tinc's connection for control by the line that both ends begin
// with (tinc manual, Authentication protocol): the request 0, a name, and version
// 17 of the protocol.
var tinc = Detector{Tinc, OverTCP, detectTinc,
	"the line that both ends begin a connection with"}

func detectTinc(s *Segment) Verdict {
	if !bytes.HasPrefix(s.Payload, []byte("0 ")) {
		return No
	}
	line, ended := lineOf(s.Payload)
	if !ended {
		return No
	}
	name, version := word(line[2:])
	for _, c := range name {
		if !isNameOfTinc(c) {
			return No
		}
	}
	major, minor, _ := bytes.Cut(version, []byte("."))
	return verdictIf(len(name) > 0 && string(major) == "17" && len(minor) <= 2)
}

// isNameOfTinc reports whether a name may hold c: letters, digits and _, and what
// stands for an invitation or a control connection.
func isNameOfTinc(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '?' || c == '^'
}
