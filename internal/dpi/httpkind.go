package dpi

import "bytes"

// kindOfRequest names what a request is made for.
func (s *Segment) kindOfRequest(m *httpMethod, target []byte, h *httpHead) Protocol {
	switch {
	case m.is != HTTP:
		return m.is
	case hasWord(h.upgrade, "WEBSOCKET"): // RFC 6455
		return WebSocket
	case h.soap || hasWord(h.contentType, "APPLICATION/SOAP+XML"):
		return SOAP
	case hasWord(h.contentType, "APPLICATION/IPP"): // RFC 8010
		return IPP
	case isJSONRPC(h):
		return JSONRPC
	case bytes.Contains(target, []byte("info_hash=")): // BEP 3, trackers
		return BitTorrent
	case isAbsolute(target) && !s.OnPort(80):
		return HTTPProxy // on port 80 some clients send it to the origin (RFC 9112 section 3.2.2)
	}
	path, _, _ := bytes.Cut(target, []byte("?"))
	switch {
	case bytes.HasSuffix(path, []byte(".m3u8")): // RFC 8216
		return HLS
	case bytes.HasSuffix(path, []byte(".mpd")): // ISO/IEC 23009-1
		return DASH
	}
	return kindOfContent(h.contentType)
}

// isAbsolute reports whether a target is one for a proxy.
func isAbsolute(target []byte) bool {
	return hasWord(target, "HTTP://") || hasWord(target, "HTTPS://") || hasWord(target, "FTP://")
}

// isJSONRPC recognises JSON-RPC by its type or by the member that every message of
// version 2 has.
func isJSONRPC(h *httpHead) bool {
	if hasWord(h.contentType, "APPLICATION/JSON-RPC") || hasWord(h.contentType, "APPLICATION/JSONREQUEST") {
		return true
	}
	body := h.body[:min(len(h.body), 200)]
	return len(body) > 0 && (body[0] == '{' || body[0] == '[') && bytes.Contains(body, []byte(`"jsonrpc"`))
}

// contentKinds are protocols by their media types, in upper case.
var contentKinds = [...]struct {
	mediaType string
	is        Protocol
}{
	{"APPLICATION/VND.APPLE.MPEGURL", HLS},
	{"APPLICATION/X-MPEGURL", HLS},
	{"AUDIO/MPEGURL", HLS},
	{"AUDIO/X-MPEGURL", HLS},
	{"APPLICATION/DASH+XML", DASH},
	{"VIDEO/VND.MPEG.DASH.MPD", DASH},
	{"APPLICATION/OCSP-", OCSP}, // RFC 6960 appendix A: request and response
	{"APPLICATION/IPP", IPP},
	{"APPLICATION/SOAP+XML", SOAP},
	{"APPLICATION/JSON-RPC", JSONRPC},
}

// kindOfContent names what a media type stands for, HTTP for nothing else.
func kindOfContent(mediaType []byte) Protocol {
	for i := range contentKinds {
		if hasWord(mediaType, contentKinds[i].mediaType) {
			return contentKinds[i].is
		}
	}
	return HTTP
}

// kindOfAnswer names the flow once there is an answer; is says what the request
// was for.
func kindOfAnswer(is Protocol, code uint16, h *httpHead) Protocol {
	switch {
	case code == 101 && hasWord(h.upgrade, "WEBSOCKET"):
		return WebSocket
	case code == 101 && hasWord(h.upgrade, "H2C"):
		return HTTP2
	case is == WebSocket:
		return HTTP // refused
	case is != HTTP:
		return is
	case h.icy || hasWord(h.server, "ICECAST"):
		return Icecast
	case isJSONRPC(h):
		return JSONRPC
	}
	return kindOfContent(h.contentType)
}
