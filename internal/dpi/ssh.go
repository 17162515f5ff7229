package dpi

import "bytes"

// ssh recognises the identification string that both ends of SSH begin with
// (RFC 4253 section 4.2). A server may send other lines before it.
var ssh = Detector{SSH, OverTCP, detectSSH,
	"the line by which both ends identify themselves"}

func detectSSH(s *Segment) Verdict {
	if !bytes.HasPrefix(s.Payload, []byte("SSH-")) {
		if s.First() && s.Answered().Packets == 0 {
			return Perhaps // the other end's line may come first
		}
		return No
	}
	line, _, _ := bytes.Cut(s.Payload, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	if s.FromClient {
		s.Facts.UserAgent = line
	} else {
		s.Facts.Server = line
	}
	if s.Answered().Packets > 0 {
		return Yes
	}
	return Follow
}
