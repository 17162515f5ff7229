package home

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// initialSalt is QUIC version 1's (RFC 9001 section 5.2).
var initialSalt = []byte{
	0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
}

// initialKeys protect the Initial packets of one direction.
type initialKeys struct{ key, iv, hp []byte }

// keysFor derives the keys of side "client in" or "server in" from the
// destination connection ID of the client's first packet.
func keysFor(dcid []byte, side string) initialKeys {
	secret, err := hkdf.Extract(sha256.New, dcid, initialSalt)
	if err != nil {
		panic(err) // only in FIPS mode with a short key
	}
	s := expandLabel(secret, side, 32)
	return initialKeys{expandLabel(s, "quic key", 16), expandLabel(s, "quic iv", 12), expandLabel(s, "quic hp", 16)}
}

// expandLabel is HKDF-Expand-Label without context (RFC 8446 section 7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := vec8(u16(nil, uint16(n)), []byte("tls13 "+label))
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		panic(err) // n is small
	}
	return out
}

// initial returns a protected Initial packet (RFC 9000 section 17.2.2).
func (k initialKeys) initial(dcid, scid []byte, number uint32, frames []byte) []byte {
	hdr := binary.BigEndian.AppendUint32([]byte{0xc3}, 1) // Initial, 4-byte packet number
	hdr = vec8(vec8(hdr, dcid), scid)
	hdr = append(hdr, 0) // no token
	hdr = u16(hdr, 0x4000|uint16(4+len(frames)+16))
	at := len(hdr)
	hdr = binary.BigEndian.AppendUint32(hdr, number)

	nonce := append([]byte(nil), k.iv...)
	binary.BigEndian.PutUint32(nonce[8:], binary.BigEndian.Uint32(nonce[8:])^number)
	pkt := gcm(k.key).Seal(hdr, nonce, frames, hdr)
	var mask [16]byte
	block(k.hp).Encrypt(mask[:], pkt[at+4:at+20])
	pkt[0] ^= mask[0] & 0x0f
	for i := range 4 {
		pkt[at+i] ^= mask[1+i]
	}
	return pkt
}

func block(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // 16-byte keys
	}
	return b
}

func gcm(key []byte) cipher.AEAD {
	a, err := cipher.NewGCM(block(key))
	if err != nil {
		panic(err) // AES has the right block size
	}
	return a
}

// varint appends v in two or four bytes (RFC 9000 section 16).
func varint(b []byte, v int) []byte {
	if v < 1<<14 {
		return u16(b, 0x4000|uint16(v))
	}
	return binary.BigEndian.AppendUint32(b, 0x80000000|uint32(v))
}

// crypto appends a CRYPTO frame.
func crypto(b []byte, off int, data []byte) []byte {
	return append(varint(varint(append(b, 0x06), off), len(data)), data...)
}

// padTo fills frames up with PADDING.
func padTo(frames []byte, n int) []byte {
	return append(frames, make([]byte, max(0, n-len(frames)))...)
}

// transport returns a client's transport parameters (RFC 9000 section 18).
func (h *home) transport(scid []byte) []byte {
	param := func(b []byte, id byte, value []byte) []byte { return vec8(append(b, id), value) }
	p := param(nil, 0x01, varint(nil, 30000))
	p = param(p, 0x04, varint(nil, 15<<20))
	p = param(p, 0x05, varint(nil, 6<<20))
	p = param(p, 0x08, varint(nil, 100))
	return param(p, 0x0f, scid)
}

// quicConn is a QUIC connection seen from the bridge.
type quicConn struct {
	h          *home
	at         time.Duration
	six        bool
	cli, srv   node
	sport      uint16
	toSrv      []byte // connection ID the client sends to
	packetSize int
}

// dialQUIC opens a connection to port 443 with Initial packets that hold the
// real hello, so that an observer may decrypt it.
func (h *home) dialQUIC(at time.Duration, client, server node, name string) *quicConn {
	q := &quicConn{
		h: h, at: at, six: client.v6.IsValid() && server.v6.IsValid(),
		cli: client, srv: server, sport: h.clientPort(client), packetSize: 1250,
	}
	dcid, scid := h.bytes(8), h.bytes(0)
	keys := keysFor(dcid, "client in")
	hello := h.clientHello(client.style, name, []string{"h3"}, h.transport(scid))
	first := min(len(hello), 1100)
	q.send(true, keys.initial(dcid, scid, 0, padTo(crypto(nil, 0, hello[:first]), 1200)))
	if first < len(hello) { // a hello with a post-quantum key fills two packets
		q.at += 80 * time.Microsecond
		q.send(true, keys.initial(dcid, scid, 1, padTo(crypto(nil, first, hello[first:]), 1200)))
	}
	q.at += h.jitter(server.delay) + time.Millisecond

	q.toSrv = h.bytes(8)
	answer := append([]byte{0x02, 0, 0x40, 0x10, 0, 0}, crypto(nil, 0, h.serverHello(nil))...)
	q.send(false, keysFor(dcid, "server in").initial(scid, q.toSrv, 0, padTo(answer, 1150)))
	for range 3 {
		q.at += 60 * time.Microsecond
		q.send(false, h.longHeader(scid, q.toSrv, 1150))
	}
	q.at += h.jitter(client.delay)
	q.send(true, h.longHeader(q.toSrv, scid, 60))
	return q
}

// longHeader returns a Handshake packet of n encrypted bytes.
func (h *home) longHeader(dcid, scid []byte, n int) []byte {
	b := binary.BigEndian.AppendUint32([]byte{0xe0 | byte(h.rng.Int32N(16))}, 1)
	b = vec8(vec8(b, dcid), scid)
	return append(varint(b, n), h.bytes(n)...)
}

// send puts one datagram on the bridge.
func (q *quicConn) send(up bool, payload []byte) {
	p := from(q.at, q.srv, q.cli, q.six)
	sport, dport := uint16(443), q.sport
	if up {
		p, sport, dport = from(q.at, q.cli, q.srv, q.six), q.sport, 443
	}
	if len(payload) > 600 && payload[0]&0x80 == 0 {
		p.snap = headersOnly
	}
	q.h.udp(p, sport, dport, payload)
}

// short sends a 1-RTT packet of n bytes.
func (q *quicConn) short(up bool, n int) {
	b := []byte{0x40 | byte(q.h.rng.Int32N(64))}
	if up {
		b = append(b, q.toSrv...)
	}
	q.send(up, append(b, q.h.filler[:n]...))
}

// exchange sends a request of up bytes and an answer of down bytes, which the
// client acknowledges every ten packets.
func (q *quicConn) exchange(up, down int) *quicConn {
	flow := func(dir bool, n int, back time.Duration) {
		for i := 0; n > 0; i++ {
			q.short(dir, min(n, q.packetSize))
			n -= q.packetSize
			q.at += 150 * time.Microsecond
			if i%10 == 9 {
				now := q.at
				q.at += back
				q.short(!dir, 30)
				q.at = now
			}
		}
	}
	flow(true, up, q.srv.delay)
	q.at += q.h.jitter(q.srv.delay) + 5*time.Millisecond
	flow(false, down, q.cli.delay)
	q.at += q.cli.delay
	q.short(true, 34)
	return q
}

// wait lets time pass.
func (q *quicConn) wait(d time.Duration) *quicConn {
	q.at += q.h.jitter(d)
	return q
}
