package dpi

// tls recognises TLS by its records (RFC 8446 section 5.1, SSL 3.0 and later) on
// any port, from the ClientHello on or joined in the middle, and the hello of SSL
// 2.0 that old clients begin with (RFC 5246 appendix E.2). It sees the ClientHello,
// the ServerHello and, up to TLS 1.2, the server's certificate.
var tls = Detector{TLS, OverTCP, detectTLS,
	"records, from the ClientHello on or joined in the middle, on any port"}

// Types of records.
const (
	recordChangeCipher = 20
	recordAlert        = 21
	recordHandshake    = 22
	recordData         = 23
	recordHeartbeat    = 24 // RFC 6520
)

const (
	recordHeader = 5
	maxRecord    = 1<<14 + 2048 // RFC 5246 section 6.2.3
)

func detectTLS(s *Segment) Verdict {
	if isSSL2Hello(s.Payload) {
		return Follow
	}
	if len(s.Payload) <= recordHeader {
		return beginsTLS(s)
	}
	messages, whole := s.handshakes()
	switch {
	case len(messages) == 0:
		return tlsRecords(s)
	case len(messages) < handshakeHeader+2 && !whole: // of the version
		s.Keep()
		return Perhaps
	case messages[0] == clientHelloType:
		return clientSaysTLS(s, messages)
	case messages[0] == serverHelloType || messages[0] == certificateType:
		return serverSaysTLS(s, messages, whole)
	}
	return tlsRecords(s)
}

// beginsTLS judges a payload that is shorter than a record.
func beginsTLS(s *Segment) Verdict {
	p := s.Payload
	switch {
	case p[0] < recordChangeCipher || p[0] > recordData || len(p) > 1 && p[1] != 3:
		return s.otherThanTLS()
	case p[0] == recordHandshake:
		s.Keep()
	}
	return Perhaps
}

// otherThanTLS is the verdict on a payload that is no record: in a session joined
// in the middle it may be the rest of one.
func (s *Segment) otherThanTLS() Verdict {
	switch {
	case s.st.follow != 0 && s.Answered().Packets == 0:
		return Follow // of a hello that there was no room for, or that was cut
	case s.Joined:
		return Perhaps
	}
	return No
}

// readRecord reads the header of a record and what there is of its body. It
// reports false for what cannot be one.
func readRecord(c *cursor) (kind uint8, body cursor, ok bool) {
	kind = c.u8()
	version := c.u16()
	n := int(c.u16())
	if kind < recordChangeCipher || kind > recordHeartbeat || version>>8 != 3 || version&0xff > 4 || c.short || n > maxRecord {
		return kind, body, false
	}
	switch kind {
	case recordChangeCipher:
		ok = n == 1
	case recordAlert:
		ok = n == 2 || n >= 16 && n <= 128 // in clear or encrypted
	case recordHandshake:
		ok = n >= handshakeHeader
	case recordHeartbeat:
		ok = n >= 3
	case recordData:
		ok = true // empty ones were sent to hide the first block of ciphers in CBC mode
	}
	return kind, c.part(n), ok
}

// handshakes returns the handshake messages that the payload begins with, put
// together when several records carry them, and whether another kind of record
// follows them: then there will be no more.
func (s *Segment) handshakes() (messages []byte, whole bool) {
	c := cursor{b: s.Payload}
	joined := false
	for c.more() {
		kind, body, ok := readRecord(&c)
		if !ok {
			return messages, false
		}
		if kind != recordHandshake {
			return messages, true
		}
		switch {
		case messages == nil:
			messages = body.b
		case !joined:
			joined = true
			messages = s.in.scratch[:copy(s.in.scratch[:], messages)]
			fallthrough
		default:
			n := copy(s.in.scratch[len(messages):], body.b)
			messages = s.in.scratch[:len(messages)+n]
		}
	}
	return messages, false
}

// clientSaysTLS reads a ClientHello.
func clientSaysTLS(s *Segment, messages []byte) Verdict {
	c := cursor{b: messages}
	c.u8()
	body := c.part(c.u24())
	h, ok := readClientHello(body.b, false)
	if !ok || h.version>>8 != 3 && h.version>>8 != 0x7f {
		return No
	}
	h.whole = h.whole && !body.short
	h.tell(s.Facts, 't')
	s.Is = kindOfTLS(s, &h)
	if body.short {
		s.Keep()
	} else {
		s.release()
	}
	return Follow
}

// serverSaysTLS reads what a server answers. Where the certificate is still to
// come it waits for it.
func serverSaysTLS(s *Segment, messages []byte, whole bool) Verdict {
	for c := (cursor{b: messages}); c.more(); {
		kind := c.u8()
		body := c.part(c.u24())
		switch kind {
		case serverHelloType:
			h, ok := readServerHello(body.b)
			if !ok {
				return No
			}
			if h.alpn != nil {
				s.Facts.ALPN = h.alpn
			}
			s.Facts.Version = versionName(h.version)
			if h.whole && (h.version == versionTLS13 || h.version>>8 == 0x7f) {
				return Yes // the rest is encrypted
			}
		case certificateType:
			subject, issuer := certificateNames(body)
			if subject == nil && body.short {
				break
			}
			s.Facts.Subject = subject
			if isTorCertificate(subject, issuer) {
				s.Is = Tor
			}
			return Yes
		case helloRequest, lastHandshakeType + 1:
			return Yes
		}
	}
	if whole {
		return Yes // a session that is resumed has no certificate
	}
	s.Keep()
	if !s.kept() {
		return Yes
	}
	return Follow
}

// tlsRecords judges records of which no message can be read: those of a session
// joined in the middle, or what follows the handshake.
func tlsRecords(s *Segment) Verdict {
	c := cursor{b: s.Payload}
	for n := 0; c.more() && n < 4; n++ {
		if _, body, ok := readRecord(&c); !ok {
			if n > 0 && len(c.b) == 0 {
				break // cut within a header
			}
			return s.otherThanTLS()
		} else if body.short {
			break
		}
	}
	if head := s.Sent().Head(); len(head) > recordHeader && head[0] == recordHandshake && head[recordHeader] == clientHelloType && s.Answered().Packets == 0 {
		return Follow // early data: the server's answer is still to come
	}
	s.Is = kindByPort(s)
	return Yes
}

// isSSL2Hello recognises a ClientHello of SSL 2.0, whose lengths must add up.
func isSSL2Hello(p []byte) bool {
	c := cursor{b: p}
	length := int(c.u16())
	kind, version := c.u8(), c.u16()
	ciphers, session, challenge := int(c.u16()), int(c.u16()), int(c.u16())
	return !c.short && length&0x8000 != 0 && kind == clientHelloType && (version == versionSSL2 || version>>8 == 3 && version&0xff <= 3) &&
		ciphers > 0 && ciphers%3 == 0 && (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
		length&0x7fff == 9+ciphers+session+challenge
}
