package home

import (
	"encoding/binary"
	"time"
)

// helloStyle is the kind of TLS stack that writes a ClientHello.
type helloStyle uint8

const (
	stylePlain   helloStyle = iota // OpenSSL in a device
	styleChrome                    // BoringSSL: GREASE, X25519MLKEM768
	styleFirefox                   // NSS
	styleSafari                    // Apple: GREASE
)

var (
	// suites are the cipher suites each style offers, the best first.
	suites = map[helloStyle][]uint16{
		stylePlain:   {0x1302, 0x1303, 0x1301, 0xc02c, 0xc030, 0xc02b, 0xc02f, 0xc024, 0xc028, 0x009d, 0x009c, 0x003d, 0x003c, 0x00ff},
		styleChrome:  {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		styleFirefox: {0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
		styleSafari:  {0x1301, 0x1302, 0x1303, 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0xc00a, 0xc009, 0xc014, 0xc013, 0x009d, 0x009c, 0x0035, 0x002f},
	}
	signatureSchemes = []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601}
)

func u16(b []byte, v ...uint16) []byte {
	for _, v := range v {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// vec16 and vec8 append body behind its length.
func vec16(b, body []byte) []byte { return append(u16(b, uint16(len(body))), body...) }
func vec8(b, body []byte) []byte  { return append(append(b, byte(len(body))), body...) }

// clientHello returns a ClientHello handshake message (RFC 8446 section 4.1.2).
// A non-empty quic holds QUIC's transport parameters and leaves out what TLS
// over QUIC forbids.
func (h *home) clientHello(style helloStyle, name string, alpn []string, quic []byte) []byte {
	grease := func() uint16 { return 0x0a0a + 0x1010*uint16(h.rng.Int32N(16)) }
	greasy := style == styleChrome || style == styleSafari
	body := append([]byte{3, 3}, h.bytes(32)...)
	if len(quic) == 0 {
		body = vec8(body, h.bytes(32))
	} else {
		body = append(body, 0)
	}
	var list []byte
	if greasy {
		list = u16(list, grease())
	}
	offered := suites[style]
	if len(quic) != 0 {
		offered = offered[:3]
	}
	body = vec16(body, u16(list, offered...))
	body = append(body, 1, 0) // null compression

	var ext []byte
	add := func(id uint16, data []byte) { ext = vec16(u16(ext, id), data) }
	if greasy {
		add(grease(), nil)
	}
	add(0, vec16(nil, vec16([]byte{0}, []byte(name))))
	if len(quic) == 0 {
		add(23, nil)           // extended_master_secret
		add(0xff01, []byte{0}) // renegotiation_info
		add(11, []byte{1, 0})  // ec_point_formats
		add(35, nil)           // session_ticket
	}
	add(10, h.groups(style, grease))
	var protos []byte
	for _, p := range alpn {
		protos = vec8(protos, []byte(p))
	}
	if len(alpn) > 0 {
		add(16, vec16(nil, protos))
	}
	add(5, []byte{1, 0, 0, 0, 0}) // status_request
	add(13, vec16(nil, u16(nil, signatureSchemes...)))
	add(51, h.keyShares(style, grease))
	add(45, []byte{1, 1}) // psk_key_exchange_modes
	versions := u16(nil, 0x0304, 0x0303)
	if len(quic) != 0 {
		versions = versions[:2]
		add(0x39, quic)
	}
	if greasy {
		versions = append(u16(nil, grease()), versions...)
	}
	add(43, vec8(nil, versions))
	if greasy {
		add(27, []byte{2, 0, 2}) // compress_certificate: brotli
		add(grease(), []byte{0})
	}
	return handshake(1, vec16(body, ext))
}

// groups and keyShares are extensions of a ClientHello.
func (h *home) groups(style helloStyle, grease func() uint16) []byte {
	g := []uint16{0x001d, 0x0017, 0x0018}
	switch style {
	case styleChrome:
		g = append([]uint16{grease(), 0x11ec}, g...)
	case styleSafari:
		g = append([]uint16{grease()}, append(g, 0x0019)...)
	}
	return vec16(nil, u16(nil, g...))
}

func (h *home) keyShares(style helloStyle, grease func() uint16) []byte {
	var b []byte
	switch style {
	case styleChrome: // X25519MLKEM768 makes the hello longer than a packet
		b = vec16(u16(b, grease()), []byte{0})
		b = vec16(u16(b, 0x11ec), h.bytes(1216))
	case styleSafari:
		b = vec16(u16(b, grease()), []byte{0})
	}
	b = vec16(u16(b, 0x001d), h.bytes(32))
	if style == styleFirefox {
		b = vec16(u16(b, 0x0017), append([]byte{4}, h.bytes(64)...))
	}
	return vec16(nil, b)
}

// serverHello returns a TLS 1.3 ServerHello handshake message.
func (h *home) serverHello(session []byte) []byte {
	body := append([]byte{3, 3}, h.bytes(32)...)
	body = vec8(body, session)
	body = append(u16(body, 0x1301), 0)
	ext := vec16(u16(nil, 43), []byte{3, 4})
	ext = vec16(u16(ext, 51), vec16(u16(nil, 0x001d), h.bytes(32)))
	return handshake(2, vec16(body, ext))
}

// handshake puts the header of a handshake message before its body.
func handshake(kind byte, body []byte) []byte {
	n := len(body)
	return append([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// record puts the header of a TLS record before its body.
func record(kind byte, version uint16, body []byte) []byte {
	return vec16(u16([]byte{kind}, version), body)
}

// sealed returns a record of n encrypted bytes.
func (h *home) sealed(n int) []byte { return record(23, 0x0303, h.bytes(n)) }

var changeCipherSpec = record(20, 0x0303, []byte{1})

// startTLS runs a TLS 1.3 handshake on c.
func (c *conn) startTLS(name string, alpn ...string) *conn {
	h := c.h
	hello := h.clientHello(c.cli.node.style, name, alpn, nil)
	c.say(true, record(22, 0x0301, hello))
	c.wait(2 * time.Millisecond)
	session := hello[4+2+32+1:][:32]
	answer := append(record(22, 0x0303, h.serverHello(session)), changeCipherSpec...)
	answer = append(answer, h.sealed(h.between(2400, 4200))...) // EncryptedExtensions … Finished
	c.say(false, answer)
	c.say(true, append(append([]byte(nil), changeCipherSpec...), h.sealed(53)...))
	return c
}

// exchange sends an encrypted request of up bytes and an answer of down bytes.
func (c *conn) exchange(up, down int) *conn {
	if up > 1200 {
		c.reply(true, up)
	} else {
		c.say(true, c.h.sealed(up))
	}
	c.wait(8 * time.Millisecond)
	if down > 1200 {
		c.reply(false, down)
	} else {
		c.say(false, c.h.sealed(down))
	}
	return c
}
