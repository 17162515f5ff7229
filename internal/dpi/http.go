package dpi

import "bytes"

// http recognises HTTP/1 (RFC 9112) on any port by a request line or a status
// line, and what is spoken over it by methods and fields. It sees the head of the
// first request, over several segments if need be, and of its answer; behind an
// answer to CONNECT, the ClientHello.
var http = Detector{HTTP, OverTCP, detectHTTP,
	"a request line or a status line, on any port"}

// httpMethod is a method and what it stands for.
type httpMethod struct {
	name string
	is   Protocol
}

// httpMethods are those in use, each with the space behind it.
var httpMethods = [...]httpMethod{
	{"GET ", HTTP}, {"POST ", HTTP}, {"HEAD ", HTTP}, {"PUT ", HTTP}, {"OPTIONS ", HTTP}, {"DELETE ", HTTP}, {"PATCH ", HTTP}, {"TRACE ", HTTP},
	{"CONNECT ", HTTPConnect},
	{"NOTIFY ", HTTP}, {"SUBSCRIBE ", HTTP}, {"UNSUBSCRIBE ", HTTP}, // UPnP
	{"PROPFIND ", WebDAV}, {"PROPPATCH ", WebDAV}, {"MKCOL ", WebDAV}, {"COPY ", WebDAV}, {"MOVE ", WebDAV}, {"LOCK ", WebDAV}, {"UNLOCK ", WebDAV}, // RFC 4918
	{"REPORT ", WebDAV}, {"SEARCH ", WebDAV}, {"MKCALENDAR ", WebDAV}, {"CHECKOUT ", WebDAV}, {"MERGE ", WebDAV}, // RFC 3253, 5323, 4791
	{"BITS_POST ", HTTP}, {"CCM_POST ", HTTP}, {"RPC_IN_DATA ", HTTP}, {"RPC_OUT_DATA ", HTTP}, // Microsoft
	{"SOURCE ", Icecast},
}

// longestMethod is the length of the longest with its space.
const longestMethod = 13

// maxFields bounds the fields of a head that are looked at.
const maxFields = 64

// httpHead is the head of a message, as far as it is there.
type httpHead struct {
	host, agent, server, contentType, upgrade []byte

	soap bool // has a field SOAPAction
	icy  bool // has a field of Icecast's servers
	body []byte
	done bool // the empty line was there
}

func detectHTTP(s *Segment) Verdict {
	p := s.Payload
	switch {
	case s.Is == HTTPConnect && s.FromClient && s.Answered().Packets > 0:
		return s.goesOn() // with TLS, usually
	case isStatusLine(p):
		return s.httpAnswer(p)
	}
	m := methodOf(p)
	switch {
	case m == nil:
		return s.otherThanHTTP()
	case s.st.follow != 0 && !s.kept():
		return Follow // a head was read: this is in its body, or the next one
	}
	return s.httpRequest(m)
}

// otherThanHTTP is the verdict on what is no head: the rest of one, the beginning
// of one, or in a connection joined in the middle the rest of a body.
func (s *Segment) otherThanHTTP() Verdict {
	switch {
	case s.st.follow != 0:
		if s.FromClient {
			return Follow
		}
		return Yes
	case s.Joined:
		return Perhaps
	case len(s.Payload) < longestMethod && beginsMethod(s.Payload):
		s.Keep()
		return Perhaps
	}
	return No
}

// methodOf returns the method that p begins with, nil for none.
func methodOf(p []byte) *httpMethod {
	if len(p) == 0 || p[0] < 'A' || p[0] > 'U' {
		return nil
	}
	for i := range httpMethods {
		if n := httpMethods[i].name; len(p) >= len(n) && string(p[:len(n)]) == n {
			return &httpMethods[i]
		}
	}
	return nil
}

// beginsMethod reports whether p may be the beginning of a method or status line.
func beginsMethod(p []byte) bool {
	for i := range httpMethods {
		if n := httpMethods[i].name; len(p) < len(n) && n[:len(p)] == string(p) {
			return true
		}
	}
	return len(p) < len(statusLine) && statusLine[:len(p)] == string(p)
}

// httpRequest reads a request's head.
func (s *Segment) httpRequest(m *httpMethod) Verdict {
	p := s.Payload
	line, rest, ended := bytes.Cut(p, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	target := line[len(m.name):]
	if ended {
		at := bytes.LastIndexByte(target, ' ')
		if at < 0 || !isHTTPVersion(target[at+1:]) {
			return No // RTSP and SIP have methods of the same names
		}
		target = target[:at]
	} else if !isTarget(target) {
		return No
	}
	head := readFields(rest)
	if head.done {
		s.release()
	} else if s.Keep(); !ended && s.kept() {
		return Perhaps // the version decides
	}
	f := s.Facts
	f.Method, f.URL, f.Host, f.UserAgent = p[:len(m.name)-1], target, head.host, head.agent
	if len(f.Host) == 0 {
		f.Host = authority(target, m.is == HTTPConnect)
	}
	s.Is = s.kindOfRequest(m, target, &head)
	return Follow
}

// isHTTPVersion recognises the end of a request line; Icecast's sources have a
// version of their own.
func isHTTPVersion(b []byte) bool {
	return len(b) == 8 && string(b[:7]) == statusLine || string(b) == "ICE/1.0"
}

// isTarget reports whether b, of which the end may be missing, can be the target
// of a request.
func isTarget(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	return (b[0] == '/' || b[0] == '*' || isAlphanumeric(b[0])) && printable(b)
}

// authority returns the host in the target of a request to a proxy, nil for none.
func authority(target []byte, connect bool) []byte {
	if !connect {
		_, rest, ok := bytes.Cut(target, []byte("://"))
		if !ok || target[0] == '/' {
			return nil
		}
		target, _, _ = bytes.Cut(rest, []byte("/"))
	}
	return target
}

const statusLine = "HTTP/1."

// isStatusLine recognises an answer's first line, and the one of old servers of
// radio.
func isStatusLine(p []byte) bool {
	if len(p) < 12 {
		return false
	}
	if string(p[:7]) == "ICY 200" {
		return true
	}
	return string(p[:len(statusLine)]) == statusLine && p[8] == ' ' && p[9] >= '1' && p[9] <= '5' && isDigits(p[10:12])
}

// httpAnswer reads an answer's head.
func (s *Segment) httpAnswer(p []byte) Verdict {
	line, rest, _ := bytes.Cut(p, []byte("\n"))
	code := uint16(200)
	if line[0] == 'H' {
		code = uint16(line[9]-'0')*100 + uint16(line[10]-'0')*10 + uint16(line[11]-'0')
	}
	head := readFields(rest)
	if code/100 == 1 && code != 101 && s.st.follow != 0 {
		if isStatusLine(head.body) {
			return s.httpAnswer(head.body) // the interim answer's successor came with it
		}
		return Follow
	}
	f := s.Facts
	f.Code, f.Server, f.ContentType = code, head.server, head.contentType
	s.Is = kindOfAnswer(s.Is, code, &head)
	if line[0] == 'I' {
		s.Is = Icecast
	}
	switch {
	case s.Is == HTTPConnect && code/100 == 2:
		return Follow
	case head.done:
		return Yes
	}
	s.Keep()
	if !s.kept() {
		return Yes
	}
	return Follow
}

// readFields reads the fields of a head up to the empty line.
func readFields(b []byte) (h httpHead) {
	for range maxFields {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return h
		}
		if b = rest; len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if len(line) == 0 {
			h.done, h.body = true, b
			return h
		}
		h.take(line)
	}
	h.done = true
	return h
}

// take notes a field that tells something.
func (h *httpHead) take(line []byte) {
	for _, x := range [...]struct {
		name string
		to   *[]byte
	}{
		{"HOST:", &h.host}, {"USER-AGENT:", &h.agent}, {"SERVER:", &h.server},
		{"CONTENT-TYPE:", &h.contentType}, {"UPGRADE:", &h.upgrade},
	} {
		if line[0]|0x20 == x.name[0]|0x20 && hasWord(line, x.name) {
			*x.to = bytes.TrimSpace(line[len(x.name):])
			return
		}
	}
	h.soap = h.soap || hasWord(line, "SOAPACTION:")
	h.icy = h.icy || hasWord(line, "ICY-NAME:") || hasWord(line, "ICY-BR:")
}
