package dpi

// dtls recognises DTLS (RFC 6347, and RFC 9147 up to its ServerHello) by records
// that fill the datagram. It sees the ClientHello, in pieces or not, and the
// ServerHello.
var dtls = Detector{DTLS, OverUDP, detectDTLS,
	"records that fill the datagram, with ClientHello and ServerHello"}

const (
	recordConnectionID = 25 // RFC 9146: a connection ID stands before the length
	helloVerifyRequest = 3
	dtlsRecordHeader   = 13
	versionDTLSDraft   = 0x0100 // OpenSSL before 0.9.8f
	maxDTLSRecords     = 8      // of a datagram that are looked at
)

func detectDTLS(s *Segment) Verdict {
	v := No
	left := s.Len
	for c := (cursor{b: s.Payload}); left > 0; {
		kind, body, size, ok := readDTLSRecord(&c)
		if !ok || size > left {
			return No
		}
		left -= size
		if kind == recordHandshake {
			v = max(v, s.dtlsHandshake(body))
		}
		if kind == recordConnectionID || body.short || size == 0 {
			break // its length is not known, or the capture ends here
		}
	}
	if v == No {
		return Yes // past the hellos
	}
	return v
}

// readDTLSRecord reads a record's header and what there is of its body, and
// returns its size. It reports false for what cannot be one.
func readDTLSRecord(c *cursor) (kind uint8, body cursor, size int, ok bool) {
	kind = c.u8()
	version := c.u16()
	epoch := c.u16()
	c.bytes(6) // sequence number
	if c.short || kind < recordChangeCipher || version != versionDTLS10 && version != versionDTLS12 && version != versionDTLSDraft {
		return kind, body, 0, false
	}
	if kind == recordConnectionID {
		return kind, body, dtlsRecordHeader, epoch > 0
	}
	n := int(c.u16())
	if c.short || kind > recordData || n == 0 || n > maxRecord || kind == recordData && epoch == 0 {
		return kind, body, 0, false
	}
	return kind, c.part(n), dtlsRecordHeader + n, true
}

// dtlsHandshake reads a handshake message (RFC 6347 section 4.2.2) and returns No
// for those that tell nothing, such as encrypted ones.
func (s *Segment) dtlsHandshake(c cursor) Verdict {
	kind, length := c.u8(), c.u24()
	c.u16() // message number
	from, n := c.u24(), c.u24()
	piece := c.part(n)
	if from+n > length || length > maxRecord || c.more() && kind != clientHelloType {
		return No
	}
	switch kind {
	case clientHelloType:
		message := piece.b
		if n < length {
			if message = s.Assemble(from, piece.b); len(message) < length {
				return Follow
			}
		}
		h, ok := readClientHello(message, true)
		if !ok || h.version>>8 != 0xfe && h.version != versionDTLSDraft {
			return No
		}
		h.whole = h.whole && !piece.short
		h.tell(s.Facts, 'd')
		return Follow
	case helloVerifyRequest:
		return Follow
	case serverHelloType:
		if h, ok := readServerHello(piece.b); ok && from == 0 {
			s.Facts.Version = versionName(h.version)
			if h.alpn != nil {
				s.Facts.ALPN = h.alpn
			}
		}
	}
	return No
}
