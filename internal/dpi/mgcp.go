package dpi

import "bytes"

// mgcp recognises MGCP (RFC 3435 section 3.2) by its command lines: a verb of four
// letters, a number, an endpoint and the version.
var mgcp = Detector{MGCP, OverUDP, detectMGCP,
	"a command line: a verb, a number, an endpoint and the version"}

var mgcpVerbs = []string{"AUCX", "AUEP", "CRCX", "DLCX", "EPCF", "MDCX", "MESG", "NTFY", "RQNT", "RSIP"}

func detectMGCP(s *Segment) Verdict {
	command, rest := verb(s.Payload)
	if !oneOf(command, mgcpVerbs) {
		return s.wait()
	}
	line, _ := lineOf(rest)
	_, line = word(line) // number
	endpoint, version := word(line)
	if !bytes.HasPrefix(version, []byte("MGCP 1.")) {
		return No
	}
	s.Facts.Method = command
	if at := bytes.LastIndexByte(endpoint, '@'); at >= 0 {
		s.Facts.Host = endpoint[at+1:]
	}
	return Yes
}
