package dpi

import "bytes"

// wsd recognises WS-Discovery (OASIS, 2005/04 and 1.1): SOAP in datagrams that
// names the protocol's namespace. Cameras say their name and model in scopes
// (ONVIF Core Specification section 7.3.2.2).
var wsd = Detector{WSD, OverUDP, detectWSD,
	"SOAP in a datagram that names the protocol's namespace"}

func detectWSD(s *Segment) Verdict {
	b := s.Payload[:min(len(s.Payload), 4096)]
	start := bytes.IndexByte(b[:min(len(b), 8)], '<') // behind a mark of UTF-8, or space
	if start < 0 {
		return No
	}
	b = b[start:]
	if !s.has("/ws/2005/04/discovery", "/ws-dd/ns/discovery/") {
		return verdictIf(s.OnPort(3702) && s.has("Envelope"))
	}
	s.Facts.DeviceModel = scope(b, "onvif.org/hardware/")
	s.Facts.DeviceName = scope(b, "onvif.org/name/")
	return Yes
}

// scope returns what follows a prefix in a list of scopes.
func scope(b []byte, prefix string) []byte {
	i := bytes.Index(b, []byte(prefix))
	if i < 0 {
		return nil
	}
	b = b[i+len(prefix):]
	if end := bytes.IndexAny(b, " <\r\n\t"); end >= 0 {
		return b[:end]
	}
	return nil
}
