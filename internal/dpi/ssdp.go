package dpi

import "bytes"

// ssdp recognises SSDP (UPnP Device Architecture 2.0 section 1): requests and
// answers of HTTP in datagrams. Devices say in a header what they are.
var ssdp = Detector{SSDP, OverUDP, detectSSDP,
	"requests and answers of HTTP in datagrams"}

func detectSSDP(s *Segment) Verdict {
	if c := s.Payload[0]; c != 'M' && c != 'N' && c != 'H' {
		return No
	}
	line, ended := s.line()
	switch {
	case bytes.HasPrefix(line, []byte("M-SEARCH * HTTP/1.")), bytes.HasPrefix(line, []byte("NOTIFY * HTTP/1.")):
	case bytes.HasPrefix(line, []byte("HTTP/1.")) && bytes.HasSuffix(bytes.TrimRight(line, " "), []byte(" 200 OK")) && s.has("\nST:", "\nUSN:", "\nST ", "\nUsn:", "\nSt:", "\nst:", "\nusn:"):
	default:
		return No
	}
	if !ended && s.whole() {
		return verdictIf(s.OnPort(1900))
	}
	f := s.Facts
	for rest := s.Payload[min(len(line)+1, len(s.Payload)):]; len(rest) > 0; {
		line, ended = lineOf(rest)
		if name, value, ok := bytes.Cut(line, []byte(":")); ok {
			value = bytes.TrimSpace(value)
			switch {
			case isWord(name, "HOST"):
				f.Host = value
			case isWord(name, "SERVER"):
				f.Server, f.DeviceModel = value, upnpProduct(value)
			case isWord(name, "USER-AGENT"):
				f.UserAgent = value
			}
		}
		if !ended {
			break
		}
		rest = rest[min(bytes.IndexByte(rest, '\n')+1, len(rest)):]
	}
	return Yes
}

// has reports whether one of the texts is within the payload's first 1,500 bytes.
func (s *Segment) has(texts ...string) bool {
	b := s.Payload[:min(len(s.Payload), 1500)]
	for _, t := range texts {
		if bytes.Contains(b, []byte(t)) {
			return true
		}
	}
	return false
}

// upnpProduct returns the third part of a SERVER header, "OS/version UPnP/1.0
// product/version": what the device is.
func upnpProduct(server []byte) []byte {
	i := bytes.Index(server, []byte("UPnP/"))
	if i < 0 {
		return nil
	}
	_, product := word(server[i:])
	return bytes.TrimLeft(product, " ,")
}
