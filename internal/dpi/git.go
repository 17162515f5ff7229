package dpi

import "bytes"

// git recognises Git's own protocol by the request that a client begins with
// (gitprotocol-pack: pkt-line, command, path, host).
var git = Detector{Git, OverTCP, detectGit,
	"the request that a client begins with: pkt-line, command, path and host"}

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
