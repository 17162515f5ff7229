package dpi

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"weir/internal/packet"
)

// RFC 9001 appendix A.1 and RFC 9369 appendix A.1.
func TestInitialKeys(t *testing.T) {
	id := []byte("\x83\x94\xc8\xf0\x3e\x51\x57\x08")
	tests := []struct {
		version         uint32
		key, iv, header string
	}{
		{1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2"},
		{0x6b3343cf, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9"},
	}
	for _, tt := range tests {
		v, _ := findQUICVersion(tt.version)
		k := v.initialKeys(id)
		if got := hex.EncodeToString(k.key[:]); got != tt.key {
			t.Errorf("version %#x: key %s, want %s", tt.version, got, tt.key)
		}
		if got := hex.EncodeToString(k.iv[:]); got != tt.iv {
			t.Errorf("version %#x: iv %s, want %s", tt.version, got, tt.iv)
		}
		if got := hex.EncodeToString(k.header[:]); got != tt.header {
			t.Errorf("version %#x: header protection %s, want %s", tt.version, got, tt.header)
		}
	}
}

// Every version's keys must be what crypto/hkdf makes of its salt.
func TestInitialKeysAgreeWithHKDF(t *testing.T) {
	for _, v := range quicVersions {
		for n := range maxConnectionID + 1 {
			id := bytes.Repeat([]byte{7}, n)
			if got, want := v.initialKeys(id), keysByHKDF(t, &v, id); got != want {
				t.Fatalf("version %#x, connection ID of %d bytes: %x, want %x", v.first, n, got, want)
			}
		}
	}
}

func keysByHKDF(t testing.TB, v *quicVersion, id []byte) (k quicKeys) {
	t.Helper()
	expand := func(secret []byte, label string, n int) []byte {
		info := join([]byte{0, byte(n)}, be8([]byte("tls13 "+label)), []byte{0})
		out, err := hkdf.Expand(sha256.New, secret, string(info), n)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	secret, err := hkdf.Extract(sha256.New, id, []byte(v.salt))
	if err != nil {
		t.Fatal(err)
	}
	prefix := "quic "
	if v.second {
		prefix = "quicv2 "
	}
	secret = expand(secret, "client in", 32)
	copy(k.key[:], expand(secret, prefix+"key", 16))
	copy(k.iv[:], expand(secret, prefix+"iv", 12))
	copy(k.header[:], expand(secret, prefix+"hp", 16))
	return k
}

var quicID = []byte{1, 2, 3, 4, 5, 6, 7, 8}

// initial is a client's Initial packet with frames, padded to size, sealed by
// crypto/cipher.
func initial(t testing.TB, version, number uint32, size int, frames ...[]byte) []byte {
	t.Helper()
	v, _ := findQUICVersion(version)
	k := keysByHKDF(t, v, quicID)
	kind := byte(quicInitial)
	if v.second {
		kind = 1
	}
	clear := join(frames...)
	clear = append(clear, make([]byte, max(0, size-len(clear)))...)
	length := 4 + len(clear) + quicTag
	header := join([]byte{quicLong | quicFixed | kind<<4 | 3}, binary.BigEndian.AppendUint32(nil, version), be8(quicID), be8(),
		[]byte{3, 9, 9, 9}, varint(length), binary.BigEndian.AppendUint32(nil, number))
	block, err := aes.NewCipher(k.key[:])
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := k.iv
	for i, b := range binary.BigEndian.AppendUint32(nil, number) {
		nonce[8+i] ^= b
	}
	out := gcm.Seal(bytes.Clone(header), nonce[:], clear, header)
	if block, err = aes.NewCipher(k.header[:]); err != nil {
		t.Fatal(err)
	}
	var mask [aes.BlockSize]byte
	at := len(header) - 4
	block.Encrypt(mask[:], out[at+packetNumber:][:quicSample])
	out[0] ^= mask[0] & 15
	for i := range 4 {
		out[at+i] ^= mask[1+i]
	}
	return out
}

// varint encodes a number below 2^30.
func varint(n int) []byte {
	if n < 64 {
		return []byte{byte(n)}
	}
	return binary.BigEndian.AppendUint32(nil, uint32(n)|2<<30)
}

// crypto is a CRYPTO frame of a part of a message.
func crypto(message []byte, from, to int) []byte {
	return join([]byte{6}, varint(from), varint(to-from), message[from:to])
}

func TestQUIC(t *testing.T) {
	ch := exampleHello()
	n := len(ch)
	long := hello(0x0303, exampleCiphers, append(exampleExtensions(sni("example.com"), alpn("h3")), ext(0x15, make([]byte, 1400)))...)
	doq := hello(0x0303, exampleCiphers, sni("dns.example"), alpn("doq"))
	doh := hello(0x0303, exampleCiphers, sni("dns.google"), alpn("h3"))
	ja4 := "q13d1516h2_8daaf6152771_e5627efa2ab1"
	pings := []byte{1, 0, 0, 0, 1}
	ack := []byte{3, 5, 0, 1, 0, 0, 0, 1, 2, 3}
	reordered := join(crypto(ch, 120, n), pings, crypto(ch, 0, 50), ack, crypto(ch, 50, 120))
	short := func(n byte, first byte) []byte { return client([]byte{first}, quicID, bytes.Repeat([]byte{n}, 40)) }
	tests := []struct {
		name     string
		port     uint16
		payloads [][]byte
		want     Protocol
		host     string
		ja4      string
		version  string
		by       By
	}{
		{"version 1", 443, [][]byte{client(initial(t, 1, 0, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUICv1", FromContent},
		{"version 2", 4443, [][]byte{client(initial(t, 0x6b3343cf, 1, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUICv2", FromContent},
		{"draft 29", 443, [][]byte{client(initial(t, 0xff00001d, 7, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUIC draft-29", FromContent},
		{"draft 34", 443, [][]byte{client(initial(t, 0xff000022, 7, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUIC draft-34", FromContent},
		{"frames in another order", 443, [][]byte{client(initial(t, 1, 0, 1162, reordered))}, QUIC, "example.com", ja4, "QUICv1", FromContent},
		{"two datagrams", 443, [][]byte{client(initial(t, 1, 0, 1162, crypto(long, 0, 900))), client(initial(t, 1, 1, 1162, crypto(long, 900, len(long))))}, QUIC, "example.com", "q13d1517h3", "QUICv1", FromContent},
		{"two datagrams, the second first", 443, [][]byte{client(initial(t, 1, 1, 1162, crypto(long, 900, len(long)))), client(initial(t, 1, 0, 1162, crypto(long, 0, 900)))}, QUIC, "example.com", "q13d1517h3", "QUICv1", FromContent},
		{"two packets in a datagram", 443, [][]byte{client(initial(t, 1, 1, 0, crypto(ch, 200, n)), initial(t, 1, 0, 1162, crypto(ch, 0, 200)))}, QUIC, "example.com", ja4, "QUICv1", FromContent},
		{"too small for a client's", 443, [][]byte{client(initial(t, 1, 0, 900, crypto(ch, 0, n)))}, QUIC, "", "", "QUICv1", FromContent},
		{"after a retry", 443, [][]byte{client(initial(t, 1, 0, 1162, crypto(long, 0, 30))),
			server([]byte{0xf0, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4}, make([]byte, 40)), client(initial(t, 1, 1, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUICv1", FromContent},
		{"after version negotiation", 443, [][]byte{client([]byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8}, quicID, make([]byte, 1200)),
			server([]byte{0x80, 0, 0, 0, 0, 0, 8}, quicID, []byte{0, 0, 0, 1}), client(initial(t, 1, 0, 1162, crypto(ch, 0, n)))}, QUIC, "example.com", ja4, "QUICv1", FromContent},
		{"DNS", 853, [][]byte{client(initial(t, 1, 0, 1162, crypto(doq, 0, len(doq))))}, DoQ, "dns.example", "q12d1502dq", "QUICv1", FromContent},
		{"DNS by ALPN", 8853, [][]byte{client(initial(t, 1, 0, 1162, crypto(doq, 0, len(doq))))}, DoQ, "dns.example", "q", "QUICv1", FromContent},
		{"joined in the middle", 443, [][]byte{short(1, 0x41), short(2, 0x52), short(3, 0x6c)}, QUIC, "", "", "", FromGuess},
		{"a counter is no connection ID", 443, [][]byte{client([]byte{0x48, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 40)), client([]byte{0x48, 0, 0, 0, 0, 0, 0, 2}, make([]byte, 40))}, NoProtocol, "", "", "", FromNothing},
		{"an early draft", 443, [][]byte{client([]byte{0xff, 0xff, 0, 0, 0x0c, 8}, make([]byte, 1200))}, QUIC, "", "", "", FromContent},
		{"no version that exists", 443, [][]byte{client([]byte{0xc0, 0x12, 0x34, 0x56, 0x78, 8}, make([]byte, 1200))}, NoProtocol, "", "", "", FromNothing},
		{"negotiation of nothing known", 443, [][]byte{server([]byte{0x80, 0, 0, 0, 0, 0, 8}, quicID, []byte{0x12, 0x34, 0x56, 0x78})}, NoProtocol, "", "", "", FromNothing},
		{"a frame that no Initial packet has", 443, [][]byte{client(initial(t, 1, 0, 1162, []byte{0x1c, 0, 0, 0}))}, QUIC, "", "", "QUICv1", FromContent},
		{"a message that is no hello", 443, [][]byte{client(initial(t, 1, 0, 1162, []byte{6, 0, 4, 2, 0, 0, 0}))}, QUIC, "", "", "QUICv1", FromContent},
		{"resolver of the web", 443, [][]byte{client(initial(t, 1, 0, 1162, crypto(doh, 0, len(doh))))}, DoH, "dns.google", "q12d1502h3", "QUICv1", FromContent},
		{"Q035 without a hello", 443, [][]byte{client([]byte("\x0d\x01\x02\x03\x04\x05\x06\x07\x08Q035\x01"), make([]byte, 40))}, QUIC, "", "", "Q035", FromContent},
		{"a header too long", 443, [][]byte{client([]byte{0xc0, 0, 0, 0, 1, 21}, make([]byte, 60))}, NoProtocol, "", "", "QUICv1", FromNothing},
		{"Q043", 443, [][]byte{client([]byte("\x09\x01\x02\x03\x04\x05\x06\x07\x08Q043\x01"), make([]byte, 12), []byte("\xa0\x01\x00\x04"), chlo("example.com"))}, QUIC, "example.com", "", "Q043", FromContent},
		{"Q046", 443, [][]byte{client([]byte("\xc3Q046\x50\x01\x02\x03\x04\x05\x06\x07\x08\x00\x00\x00\x01"), make([]byte, 12), []byte("\xa0\x01\x00\x04"), chlo("example.com"))}, QUIC, "example.com", "", "Q046", FromContent},
		{"Q050", 443, [][]byte{client(initial(t, versionQ050, 1, 1162, []byte("\x08\x00\x44\x00"), chlo("example.com")))}, QUIC, "example.com", "", "Q050", FromContent},
		{"T051", 443, [][]byte{client(initial(t, versionT051, 1, 1162, append([]byte{8}, crypto(ch, 0, n)[1:]...)))}, QUIC, "example.com", ja4, "T051", FromContent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := converse(t, packet.ProtoUDP, tt.port, true, tt.payloads...)
			got := ""
			if r.JA4.Set() {
				got = string(r.JA4[:])
			}
			if r.Protocol != tt.want || r.By != tt.by || r.host != tt.host || r.version != tt.version || tt.ja4 != "" && got[:min(len(got), len(tt.ja4))] != tt.ja4 || tt.ja4 == "" && got != "" {
				t.Errorf("got %v by %v host %q ja4 %q version %q", r.Protocol, r.By, r.host, got, r.version)
			}
		})
	}
}

// A packet cut by the snap length tells what is there.
func TestQUICCutBySnapLength(t *testing.T) {
	ch := exampleHello()
	whole := initial(t, 1, 0, 1162, crypto(ch, 0, len(ch)))
	for _, tt := range []struct {
		size int
		host string
		ja4  bool
	}{{len(whole) - 1, "example.com", true}, {300, "example.com", true}, {200, "example.com", false}, {60, "", false}} {
		in := NewInspector(Config{})
		var f Facts
		p := &packet.Packet{Proto: packet.ProtoUDP, SrcPort: 40000, DstPort: 443, Payload: whole[:tt.size], PayLen: uint32(len(whole))}
		if r := in.Inspect(in.Open(packet.ProtoUDP), p, true, &f); r.Protocol != QUIC || string(f.Host) != tt.host || f.JA4.Set() != tt.ja4 {
			t.Errorf("%d bytes: %v host %q ja4 %v", tt.size, r.Protocol, f.Host, f.JA4.Set())
		}
	}
}

// chlo is a hello of Google's QUIC Crypto.
func chlo(host string) []byte {
	values := []string{"----------", host, "Chrome/61"}
	b := []byte("CHLO\x03\x00\x00\x00")
	end := 0
	for i, tag := range []string{"PAD\x00", "SNI\x00", "UAID"} {
		end += len(values[i])
		b = binary.LittleEndian.AppendUint32(append(b, tag...), uint32(end))
	}
	return append(b, values[0]+values[1]+values[2]...)
}

func TestCHLO(t *testing.T) {
	var f Facts
	if !tellCHLO(&f, chlo("example.com")) || string(f.Host) != "example.com" || string(f.UserAgent) != "Chrome/61" {
		t.Errorf("host %q user agent %q", f.Host, f.UserAgent)
	}
	whole := chlo("example.com")
	for n := range whole {
		var f Facts
		if tellCHLO(&f, whole[:n]); f.Host != nil && string(f.Host) != "example.com" {
			t.Fatalf("%d of %d bytes: host %q", n, len(whole), f.Host)
		}
	}
}

// The two ciphers are all that an Initial packet costs.
func TestQUICAllocations(t *testing.T) {
	ch := exampleHello()
	datagram := initial(t, 1, 0, 1162, crypto(ch, 0, len(ch)))
	in := NewInspector(Config{})
	p := &packet.Packet{Proto: packet.ProtoUDP, SrcPort: 40000, DstPort: 443, Payload: datagram, PayLen: uint32(len(datagram))}
	var f Facts
	in.Close(in.Open(packet.ProtoUDP))
	n := testing.AllocsPerRun(100, func() { in.Inspect(in.Open(packet.ProtoUDP), p, true, &f) })
	if string(f.Host) != "example.com" || n > 2 {
		t.Errorf("host %q, %v allocations", f.Host, n)
	}
}

// quicDatagrams counts the datagrams of an exchange that may have an Initial
// packet to decrypt.
func quicDatagrams(x []byte) (n int) {
	if x[0]&fuzzTCP != 0 {
		return 0
	}
	for x = x[8:]; len(x) >= 2; {
		size := int(binary.BigEndian.Uint16(x) & fuzzLength)
		if p := x[2 : 2+size]; size > 5 && p[0]&quicLong != 0 {
			if v, _ := findQUICVersion(binary.BigEndian.Uint32(p[1:])); v != nil {
				n++
			}
		}
		x = x[2+size:]
	}
	return n
}

func ExampleJA4() {
	h, _ := readClientHello(exampleHello()[handshakeHeader:], false)
	j := h.ja4('t')
	fmt.Println(string(j[:]))
	// Output: t13d1516h2_8daaf6152771_e5627efa2ab1
}
