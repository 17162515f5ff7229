package dpi

// http2 recognises HTTP/2 without TLS by the preface that every client begins with
// (RFC 9113 section 3.4).
var http2 = Detector{HTTP2, OverTCP, detectHTTP2,
	"the preface that every client begins with"}

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func detectHTTP2(s *Segment) Verdict {
	p := s.Payload
	switch n := min(len(p), len(http2Preface)); {
	case http2Preface[:n] != string(p[:n]) && !s.FromClient && !s.Joined:
		return s.wait() // the server's settings may come first
	case http2Preface[:n] != string(p[:n]):
		return No
	case n < len(http2Preface):
		s.Keep()
		return Perhaps
	}
	return Yes
}
