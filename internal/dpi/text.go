package dpi

import "bytes"

// printable reports whether b is a text of at least one visible ASCII character
// and nothing else.
func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(b) > 0
}

// untilNUL returns b up to its first zero byte.
func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// longestLine bounds how far the end of a line is looked for: longer ones are no
// lines of a protocol.
const longestLine = 512

// lineOf returns the first line of a text, without its end, and whether the end
// was there.
func lineOf(b []byte) (line []byte, ended bool) {
	b = b[:min(len(b), longestLine)]
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, false
	}
	if i > 0 && b[i-1] == '\r' {
		i--
	}
	return b[:i], true
}

// line returns the first line of the payload, as lineOf does. A payload that does
// not begin with text has none. The detectors of protocols made of lines all ask:
// it is found once.
func (s *Segment) line() (line []byte, ended bool) {
	if !s.lineFound {
		s.lineFound = true
		if isText(s.Payload[:min(len(s.Payload), 16)]) {
			s.firstLine, s.lineEnded = lineOf(s.Payload)
		}
	}
	return s.firstLine, s.lineEnded
}

// isText reports whether b has no bytes that text never has. Those that color and
// frame the text of IRC may be there, and letters of any alphabet.
func isText(b []byte) bool {
	for _, c := range b {
		if c < '\t' && c != 1 && c != 2 && c != 3 || c > '\r' && c < ' ' && c != 0x0f && c != 0x16 && c != 0x1d && c != 0x1f || c == 0xff {
			return false
		}
	}
	return true
}

// word returns what stands before the first space, and what stands behind it.
func word(b []byte) (first, rest []byte) {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// isWord reports whether b is name, which is in upper case, in any case.
func isWord(b []byte, name string) bool {
	return len(b) == len(name) && hasWord(b, name)
}

// hasWord reports whether b begins with name, which is in upper case, in any case.
func hasWord(b []byte, name string) bool {
	if len(b) < len(name) {
		return false
	}
	for i := range len(name) {
		c := b[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != name[i] {
			return false
		}
	}
	return true
}

// oneOf reports whether b is one of the words, which are in upper case, in any
// case.
func oneOf(b []byte, words []string) bool {
	for _, w := range words {
		if isWord(b, w) {
			return true
		}
	}
	return false
}

// isReply reports whether a line begins with a three-digit code of 1 to 5 and a
// space or hyphen, as replies of SMTP, FTP and NNTP do, and returns the code and
// the text behind it.
func isReply(line []byte) (code int, text []byte, ok bool) {
	if len(line) < 3 || line[0] < '1' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, nil, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, nil, true
	}
	return code, line[4:], line[3] == ' ' || line[3] == '-'
}

// contains reports whether a line has a word, which is in upper case, in any case.
func contains(line []byte, w string) bool {
	for i := 0; i+len(w) <= len(line); i++ {
		if hasWord(line[i:], w) {
			return true
		}
	}
	return false
}

// isNumeric reports whether b is a reply's number.
func isNumeric(b []byte) bool {
	if len(b) != 3 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// isNumber reports whether b is a number of at least one digit.
func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// decimal is the value of at most nine digits.
func decimal(digits []byte) (n int) {
	for _, c := range digits[:min(len(digits), 9)] {
		n = n*10 + int(c-'0')
	}
	return n
}

// headerLine returns what stands between a name and the end of its line.
func headerLine(b []byte, name string) []byte {
	i := bytes.Index(b, []byte(name))
	if i < 0 {
		return nil
	}
	line, _ := lineOf(b[i+len(name):])
	return line
}
