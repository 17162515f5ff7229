package dpi

// Handshake messages of TLS (RFC 8446 section 4) and DTLS.
const (
	helloRequest      = 0
	clientHelloType   = 1
	serverHelloType   = 2
	certificateType   = 11
	lastHandshakeType = 25 // compressed certificate, RFC 8879

	handshakeHeader = 4 // type, length
)

// Extensions that are read (IANA, TLS ExtensionType values).
const (
	extServerName        = 0
	extSignatures        = 13
	extALPN              = 16
	extSessionTicket     = 35
	extSupportedVersions = 43
	extECH               = 0xfe0d // encrypted_client_hello, RFC 9849
	extESNI              = 0xffce // encrypted_server_name, its first drafts
)

// clientHello is what a ClientHello says (RFC 8446 section 4.1.2). Slices point
// into the message.
type clientHello struct {
	version    uint16 // legacy_version
	best       uint16 // highest of supported_versions, 0 for none
	ciphers    []byte // two bytes each
	extensions []byte // the whole block, as it was sent
	signatures []byte // signature_algorithms, two bytes each
	host       []byte // server_name
	alpn       []byte // first of the protocols offered
	named      bool   // has a server_name extension
	ticket     bool   // has a session_ticket extension
	encrypted  bool   // has an extension of ECH, perhaps one that only looks like it
	whole      bool   // nothing of it is missing
}

// readClientHello reads the body of a ClientHello, of which the end may be
// missing. It reports false for what cannot be one.
func readClientHello(body []byte, datagram bool) (h clientHello, ok bool) {
	c := cursor{b: body}
	h.version = c.u16()
	c.bytes(32) // random
	session := c.u8()
	c.bytes(int(session))
	if datagram {
		c.bytes(int(c.u8())) // cookie, RFC 6347 section 4.2.1
	}
	n := int(c.u16())
	if session > 32 || !c.short && (n == 0 || n%2 != 0) {
		return h, false
	}
	h.ciphers = c.bytes(n)
	compressions := c.u8()
	c.bytes(int(compressions))
	if !c.short && compressions == 0 {
		return h, false
	}
	if c.more() {
		block := c.part(int(c.u16()))
		h.extensions = block.b
		h.readExtensions(block)
		c.short = c.short || block.short
	}
	h.whole = !c.short
	return h, true
}

// readExtensions picks from the extensions what tells something.
func (h *clientHello) readExtensions(block cursor) {
	for block.more() {
		kind, ext := block.u16(), block.part(int(block.u16()))
		if ext.short {
			return
		}
		switch kind {
		case extServerName:
			h.named = true
			h.host = readServerName(ext)
		case extALPN:
			list := ext.part(int(ext.u16()))
			h.alpn = list.bytes(int(list.u8()))
		case extSignatures:
			list := ext.part(int(ext.u16()))
			h.signatures = list.b
		case extSessionTicket:
			h.ticket = true
		case extSupportedVersions:
			h.best = bestVersion(ext.part(int(ext.u8())))
		case extECH, extESNI:
			h.encrypted = true
		}
	}
}

// readServerName returns the host name of a server_name extension (RFC 6066
// section 3).
func readServerName(ext cursor) []byte {
	list := ext.part(int(ext.u16()))
	if list.u8() != 0 { // host_name
		return nil
	}
	return list.bytes(int(list.u16()))
}

// bestVersion returns the highest number in a list of versions, as JA4 wants it, 0
// for none. (DTLS counts downwards, so that its 1.3 shows only when it is alone.)
func bestVersion(list cursor) (best uint16) {
	for list.more() {
		if v := list.u16(); !isGREASE(v) {
			best = max(best, v)
		}
	}
	return best
}

// isGREASE reports whether a number is one of those that mean nothing (RFC 8701).
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// tell puts what a ClientHello says into the Facts. transport is JA4's letter.
func (h *clientHello) tell(f *Facts, transport byte) {
	f.Host, f.ALPN = h.host, h.alpn
	f.ECH = h.encrypted && (len(h.host) == 0 || isOuterName(h.host))
	if h.whole {
		f.JA4 = h.ja4(transport)
	}
}

// outerNames are what clients ask for when the name they mean is encrypted. The
// extension by itself is no sign: browsers send one of random bytes to everybody
// else (RFC 9849 section 6.2).
var outerNames = [...]string{"cloudflare-ech.com", "cloudflare-esni.com", "public.tls-ech.dev", "cover.defo.ie"}

func isOuterName(host []byte) bool {
	for _, n := range outerNames {
		if string(host) == n {
			return true
		}
	}
	return false
}

// serverHello is what a ServerHello says.
type serverHello struct {
	version uint16 // that was chosen
	alpn    []byte
	whole   bool
}

// readServerHello reads the body of a ServerHello, of which the end may be
// missing. It reports false for what cannot be one.
func readServerHello(body []byte) (h serverHello, ok bool) {
	c := cursor{b: body}
	h.version = c.u16()
	c.bytes(32) // random
	session := c.u8()
	c.bytes(int(session))
	c.u16() // cipher
	c.u8()  // compression
	if session > 32 {
		return h, false
	}
	if c.more() {
		block := c.part(int(c.u16()))
		for block.more() {
			kind, ext := block.u16(), block.part(int(block.u16()))
			switch kind {
			case extSupportedVersions:
				h.version = ext.u16()
			case extALPN:
				list := ext.part(int(ext.u16()))
				h.alpn = list.bytes(int(list.u8()))
			}
		}
		c.short = c.short || block.short
	}
	h.whole = !c.short
	return h, true
}

// Versions as they are sent.
const (
	versionSSL2   = 0x0002
	versionSSL3   = 0x0300
	versionTLS10  = 0x0301
	versionTLS11  = 0x0302
	versionTLS12  = 0x0303
	versionTLS13  = 0x0304
	versionDTLS10 = 0xfeff
	versionDTLS12 = 0xfefd
	versionDTLS13 = 0xfefc
)

// versionNames are versions in words and in JA4.
var versionNames = [...]struct {
	number uint16
	ja4    string
	words  []byte
}{
	{versionTLS13, "13", []byte("TLSv1.3")},
	{versionTLS12, "12", []byte("TLSv1.2")},
	{versionTLS11, "11", []byte("TLSv1.1")},
	{versionTLS10, "10", []byte("TLSv1.0")},
	{versionSSL3, "s3", []byte("SSLv3")},
	{versionSSL2, "s2", []byte("SSLv2")},
	{versionDTLS10, "d1", []byte("DTLSv1.0")},
	{versionDTLS12, "d2", []byte("DTLSv1.2")},
	{versionDTLS13, "d3", []byte("DTLSv1.3")},
}

// versionName returns a version in words, nil for one that is unknown.
func versionName(v uint16) []byte {
	for i := range versionNames {
		if versionNames[i].number == v {
			return versionNames[i].words
		}
	}
	if v>>8 == 0x7f { // drafts of RFC 8446
		return versionNames[0].words
	}
	return nil
}
