package dpi

import "bytes"

// mssql recognises TDS (MS-TDS section 2.2.3) by its packet header and what the
// first packets hold, and the browser service that names its instances (MC-SQLR).
var mssql = Detector{MSSQL, OverTCP | OverUDP, detectMSSQL,
	"the header and first packets of TDS, and the service that names instances"}

// Types of packets of TDS.
const (
	tdsBatch    = 1
	tdsRPC      = 3
	tdsReply    = 4
	tdsLogin7   = 16
	tdsPreLogin = 18
)

func detectMSSQL(s *Segment) Verdict {
	b := s.Payload
	if s.datagram() {
		if !s.OnPort(1434) || len(b) < 1 {
			return No
		}
		answer := b[0] == 5 && len(b) > 3 && bytes.HasPrefix(b[3:], []byte("ServerName;"))
		return verdictIf(answer || (b[0] == 2 || b[0] == 3) && s.Len == 1 || b[0] == 4 && printable(bytes.TrimRight(b[1:], "\x00")))
	}
	c := cursor{b: b}
	kind, status, size := c.u8(), c.u8(), int(c.u16())
	c.u16() // process
	c.u8()  // packet
	if window := c.u8(); c.short || window != 0 || status > 1 || size != s.Len {
		return s.wait()
	}
	switch kind {
	case tdsPreLogin, tdsReply: // options: the version stands first
		return s.yesOrWait(len(c.b) > 5 && c.u8() == 0 && c.u16() < 64 && c.u16() == 6)
	case tdsLogin7:
		length := int(c.u8()) | int(c.u8())<<8 // little endian
		return s.yesOrWait(length == size-8)
	case tdsBatch, tdsRPC:
		return verdictIf(s.OnPort(1433))
	}
	return s.wait()
}
