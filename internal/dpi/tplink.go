package dpi

import "bytes"

// tplink recognises the Smart Home Protocol of TP-Link's plugs and lamps: JSON of
// which each byte is combined with the encrypted byte before it, the first with
// 171; over TCP its length stands before it. Newer devices are found by a header
// and JSON in clear.
var tplink = Detector{TPLink, OverTCP | OverUDP, detectTPLink,
	"JSON of which each byte is combined with the one before it"}

const (
	tplinkKey       = 171
	tplinkWindow    = 2048 // bytes of JSON that are read
	tplinkProof     = 8    // that must be text
	tplinkDiscovery = 20002
)

func detectTPLink(s *Segment) Verdict {
	b := s.Payload
	if s.datagram() && s.OnPort(tplinkDiscovery) {
		c := cursor{b: b}
		version, zero, _, size := c.u8(), c.u8(), c.u16(), int(c.u16())
		return verdictIf(version == 2 && zero <= 1 && !c.short && size+16 == s.Len)
	}
	if !s.datagram() {
		c := cursor{b: b}
		if size := c.u32(); size < 2 || size > 1<<16 {
			return s.wait()
		}
		b = c.b
	}
	if len(b) < tplinkProof || b[0]^tplinkKey != '{' {
		return s.wait()
	}
	key, text := byte(tplinkKey), s.text()
	for _, c := range b[:min(len(b), tplinkWindow)] {
		text = append(text, c^key)
		key = c
	}
	if !printable(text[:tplinkProof]) || text[1] != '"' && text[1] != '}' {
		return No
	}
	s.Facts.DeviceName = jsonString(text, `"alias":"`)
	s.Facts.DeviceModel = jsonString(text, `"model":"`)
	return Yes
}

// jsonString returns what stands between a key and the next quote.
func jsonString(b []byte, key string) []byte {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return nil
	}
	b = b[i+len(key):]
	end := bytes.IndexByte(b, '"')
	if end <= 0 {
		return nil
	}
	return b[:end]
}
