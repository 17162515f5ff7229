package dpi

import "bytes"

// redis recognises RESP, the serialization protocol of Redis: a command is an
// array of strings, and replies are only believed where one was seen, or on its
// port.
var redis = Detector{Redis, OverTCP, detectRedis,
	"a command as an array of strings, and replies where one was seen"}

func detectRedis(s *Segment) Verdict {
	b := s.Payload[:min(len(s.Payload), 64)]
	line, ended := s.line()
	if !ended || len(line) < 2 {
		return s.wait()
	}
	switch b[0] {
	case '*': // an array: of strings in commands
		second, ok := lineOf(b[min(bytes.IndexByte(b, '\n')+1, len(b)):])
		return s.yesOrWait(isNumber(line[1:]) && len(line) <= 8 && ok && len(second) > 1 && second[0] == '$' && isNumber(second[1:]))
	case '+', '-', ':', '$':
		return s.yesOrWait(s.OnPort(6379) && (b[0] != '$' && b[0] != ':' || isNumber(line[1:]) || string(line) == "$-1"))
	}
	return s.yesOrWait(s.OnPort(6379) && isWord(line, "PING"))
}
