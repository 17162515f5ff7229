package dpi

import "bytes"

// rtsp recognises RTSP (RFC 2326, RFC 7826) by its request and status lines, also
// where it is tunnelled by HTTP (Apple, Tunnelling RTSP and RTP through HTTP), and
// AirPlay, which speaks it, by what Apple's software calls itself and by requests
// that nothing else makes.
var rtsp = Detector{RTSP, OverTCP | OverUDP, detectRTSP,
	"a request line or a status line, also tunnelled by HTTP"}

// maxTextHead is how much of a text message is looked at.
const maxTextHead = 1024

var (
	rtspVersion   = []byte("RTSP/")
	rtspTunnelled = []byte(": application/x-rtsp-tunnelled\r\n") // accepted or sent
)

var rtspMethods = []string{"OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PLAY_NOTIFY", "PAUSE", "TEARDOWN", "ANNOUNCE", "RECORD", "GET_PARAMETER", "SET_PARAMETER", "REDIRECT", "FLUSH", "GET", "POST", "SETRATEANCHORTIME", "SETPEERS"}

// airPlayPaths are requests of AirPlay's pairing.
var airPlayPaths = []string{"/PAIR-SETUP", "/PAIR-VERIFY", "/PAIR-PIN-START", "/FP-SETUP", "/AUTH-SETUP", "/INFO", "/REVERSE"}

func detectRTSP(s *Segment) Verdict {
	p := s.Payload
	if bytes.HasPrefix(p, rtspVersion) {
		return rtspAnswer(s)
	}
	method, rest := verb(p)
	if !oneOf(method, rtspMethods) {
		return s.wait()
	}
	line, ended := lineOf(rest)
	url, version := word(line)
	switch {
	case !ended && !bytes.HasPrefix(url, []byte("rtsp")):
		return s.more()
	case !ended: // a long address
	case bytes.HasPrefix(version, rtspVersion):
	case oneOf(url, airPlayPaths) && saysAirPlay(p, version):
		s.Is = AirPlay // over HTTP, as before RTSP was used for all of it
	case bytes.Contains(p[:min(len(p), maxTextHead)], rtspTunnelled):
	default:
		return No
	}
	s.Facts.Method, s.Facts.URL = method, url
	if s.Facts.Host = hostOfURL(url); s.Facts.Host == nil {
		s.Facts.Host = fieldOf(p, "HOST")
	}
	agent := fieldOf(p, "USER-AGENT")
	s.Facts.UserAgent = agent
	if bytes.HasPrefix(agent, []byte("AirPlay/")) || bytes.HasPrefix(agent, []byte("iTunes/")) || oneOf(url, airPlayPaths) {
		s.Is = AirPlay
	}
	return Follow
}

// saysAirPlay reports whether a request of HTTP is one of AirPlay.
func saysAirPlay(p, version []byte) bool {
	return bytes.HasPrefix(version, []byte("HTTP/1.1")) &&
		(bytes.HasPrefix(fieldOf(p, "USER-AGENT"), []byte("AirPlay/")) || isWord(fieldOf(p, "UPGRADE"), "PTTH/1.0"))
}

// rtspAnswer reads a status line and the server's name.
func rtspAnswer(s *Segment) Verdict {
	line, _ := lineOf(s.Payload)
	_, status := word(line)
	code, _, ok := isReply(status)
	if !ok {
		return No
	}
	s.Facts.Code = uint16(code)
	s.Facts.Server = fieldOf(s.Payload, "SERVER")
	if bytes.HasPrefix(s.Facts.Server, []byte("AirTunes/")) {
		s.Is = AirPlay
	}
	return Yes
}

// maxVerb is the length of the longest method with its space.
const maxVerb = 20

// verb returns the method that a text message begins with and what stands behind
// it, within the first 1 KiB; nothing for what begins otherwise.
func verb(p []byte) (method, rest []byte) {
	if len(p) == 0 || p[0] < 'A' || p[0] > 'Z' {
		return nil, nil
	}
	i := bytes.IndexByte(p[:min(len(p), maxVerb)], ' ')
	if i < 0 {
		return p[:min(len(p), maxVerb)], nil
	}
	return p[:i], p[i+1 : min(len(p), maxTextHead)]
}

// more keeps a text message whose first line goes on in the next segment.
func (s *Segment) more() Verdict {
	if s.datagram() || len(s.Payload) > maxTextHead {
		return No
	}
	s.Keep()
	return Perhaps
}

// fieldOf returns the value of a header field of a text message, whose name is
// given in upper case. It looks at the first 1 KiB.
func fieldOf(p []byte, name string) []byte {
	p = p[:min(len(p), maxTextHead)]
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			return nil // a value that was cut is worse than none
		}
		if line := p[:i]; len(line) > len(name) && line[len(name)] == ':' && hasWord(line, name) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
		p = p[i+1:]
	}
	return nil
}

// hostOfURL returns the host of an address such as rtsp://user@host:554/path or
// sip:user@host, "" when it names none.
func hostOfURL(url []byte) []byte {
	i := bytes.IndexByte(url, ':')
	if i < 0 {
		return nil
	}
	host := bytes.TrimPrefix(url[i+1:], []byte("//"))
	if i := bytes.IndexAny(host, "/;?>"); i >= 0 {
		host = host[:i]
	}
	if i := bytes.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := bytes.IndexByte(host, ']'); i >= 0 && len(host) > 1 && host[0] == '[' {
		return host[1:i]
	}
	if i := bytes.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return host
}
