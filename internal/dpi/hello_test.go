package dpi

import (
	"encoding/binary"
	"testing"

	"weir/internal/packet"
)

// be16 and be24 put the length of parts, together, before them.
func be16(parts ...[]byte) []byte {
	body := join(parts...)
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(body))), body...)
}

func be24(parts ...[]byte) []byte {
	body := join(parts...)
	return append([]byte{byte(len(body) >> 16), byte(len(body) >> 8), byte(len(body))}, body...)
}

func be8(parts ...[]byte) []byte {
	body := join(parts...)
	return append([]byte{byte(len(body))}, body...)
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func numbers(list ...uint16) (out []byte) {
	for _, v := range list {
		out = binary.BigEndian.AppendUint16(out, v)
	}
	return out
}

// ext is an extension.
func ext(kind uint16, content ...[]byte) []byte { return join(numbers(kind), be16(content...)) }

func sni(name string) []byte { return ext(extServerName, be16([]byte{0}, be16([]byte(name)))) }

func alpn(names ...string) []byte {
	var list []byte
	for _, n := range names {
		list = append(list, be8([]byte(n))...)
	}
	return ext(extALPN, be16(list))
}

// hello is a ClientHello's handshake message.
func hello(version uint16, ciphers []uint16, extensions ...[]byte) []byte {
	return join([]byte{clientHelloType}, be24(numbers(version), make([]byte, 32), be8(make([]byte, 32)),
		be16(numbers(ciphers...)), []byte{1, 0}, be16(extensions...)))
}

// answer is a ServerHello's handshake message.
func answer(version uint16, extensions ...[]byte) []byte {
	return join([]byte{serverHelloType}, be24(numbers(version), make([]byte, 32), be8(), numbers(0x1301), []byte{0}, be16(extensions...)))
}

// record is a record of TLS.
func record(kind byte, body ...[]byte) []byte { return join([]byte{kind, 3, 1}, be16(body...)) }

// The example of FoxIO's technical_details/JA4.md, with GREASE where clients put
// it.
var exampleCiphers = []uint16{0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035}

func exampleExtensions(first, second []byte) [][]byte {
	return [][]byte{
		ext(0x3a3a), ext(0x001b), first, ext(0x0033), second, ext(0x4469), ext(0x0017), ext(0x002d),
		ext(extSignatures, be16(numbers(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601))),
		ext(0x0005), ext(0x0023), ext(0x0012), ext(extSupportedVersions, be8(numbers(0x4a4a, 0x0304, 0x0303))),
		ext(0xff01), ext(0x000b), ext(0x000a), ext(0x0015),
	}
}

func exampleHello() []byte {
	return hello(0x0303, exampleCiphers, exampleExtensions(sni("example.com"), alpn("h2", "http/1.1"))...)
}

func TestJA4(t *testing.T) {
	many := make([]uint16, 120)
	for i := range many {
		many[i] = uint16(i + 1)
	}
	tests := []struct {
		name      string
		transport byte
		message   []byte
		want      string
	}{
		{"the specification's example", 't', exampleHello(), "t13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"over QUIC", 'q', exampleHello(), "q13d1516h2_8daaf6152771_e5627efa2ab1"},
		{"neither name nor ALPN", 't', hello(0x0303, exampleCiphers, exampleExtensions(ext(0x3a3a), ext(0x5a5a))...), "t13i151400_8daaf6152771_e5627efa2ab1"},
		{"without signature algorithms", 't', hello(0x0303, exampleCiphers,
			ext(0x001b), ext(0x0033), ext(0x4469), ext(0x0017), ext(0x002d), ext(0x000d), ext(0x0005), ext(0x0023), ext(0x0012), ext(0x002b), ext(0xff01), ext(0x000b), ext(0x000a), ext(0x0015)),
			"t12i151400_8daaf6152771_6d807ffa2a79"},
		{"no extensions", 't', hello(0x0301, []uint16{0x002f, 0x0035}), "t10i020000_" + shortHash("002f,0035") + "_000000000000"},
		{"nothing but GREASE", 't', hello(0x0300, []uint16{0x0a0a}), "ts3i000000_000000000000_000000000000"},
		{"a draft's version", 't', hello(0x0303, []uint16{0x1301}, ext(extSupportedVersions, be8(numbers(0x7f1c, 0x0303)))), "t00i010100_" + shortHash("1301") + "_" + shortHash("002b")},
		{"more than 99", 't', hello(0x0303, many), "t12i990000_"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, ok := readClientHello(tt.message[handshakeHeader:], false)
			if !ok || !h.whole {
				t.Fatalf("read %v, whole %v", ok, h.whole)
			}
			if got := h.ja4(tt.transport); string(got[:len(tt.want)]) != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// The examples of JA4.md's section on ALPN.
func TestJA4ALPN(t *testing.T) {
	tests := []struct{ alpn, want string }{
		{"h2", "h2"}, {"http/1.1", "h1"}, {"", "00"}, {"x", "xx"},
		{"\xab", "ab"}, {"\x20", "20"}, {"\xab\xcd", "ad"}, {"\x20\x61", "21"}, {"\x30\xab", "3b"}, {"\x61\x20", "60"},
		{"\x30\x31\xab\xcd", "3d"}, {"\x30\xab\xcd\x31", "01"},
	}
	for _, tt := range tests {
		if got := string(appendALPN(nil, []byte(tt.alpn))); got != tt.want {
			t.Errorf("%q is %s, want %s", tt.alpn, got, tt.want)
		}
	}
}

func TestJA4OfAListBeyondTheBound(t *testing.T) {
	h, ok := readClientHello(hello(0x0303, make([]uint16, maxJA4+1))[handshakeHeader:], false)
	if j := h.ja4('t'); !ok || j.Set() {
		t.Errorf("%v %s", ok, j)
	}
}

// A ClientHello whose end is missing tells what came before.
func TestClientHelloIsCut(t *testing.T) {
	whole := hello(0x0303, exampleCiphers, sni("example.com"), alpn("h2"), ext(0x15, make([]byte, 400)))[handshakeHeader:]
	for n := range whole {
		h, ok := readClientHello(whole[:n], false)
		if !ok || h.whole && h.extensions != nil { // without extensions it is one of SSL 3.0
			t.Fatalf("%d of %d bytes: read %v, whole %v", n, len(whole), ok, h.whole)
		}
		if s := string(h.host); s != "" && s != "example.com" {
			t.Fatalf("%d of %d bytes: host %q", n, len(whole), s)
		}
	}
	if h, _ := readClientHello(whole[:len(whole)-300], false); string(h.host) != "example.com" || string(h.alpn) != "h2" {
		t.Errorf("host %q alpn %q", h.host, h.alpn)
	}
}

func TestECH(t *testing.T) {
	tests := []struct {
		name string
		exts [][]byte
		want bool
	}{
		{"none", [][]byte{sni("cloudflare-ech.com")}, false},
		{"an outer name", [][]byte{sni("cloudflare-ech.com"), ext(extECH, []byte{0})}, true},
		{"random bytes beside a name of its own", [][]byte{sni("example.com"), ext(extECH, []byte{0})}, false},
		{"a name that is encrypted alone", [][]byte{ext(extESNI, []byte{0})}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, _ := readClientHello(hello(0x0303, exampleCiphers, tt.exts...)[handshakeHeader:], false)
			var f Facts
			if h.tell(&f, 't'); f.ECH != tt.want {
				t.Errorf("ECH %v", f.ECH)
			}
		})
	}
}

// heard is what a conversation told.
type heard struct {
	Result
	Facts
	host, alpn, version, subject string
}

// converse puts segments or datagrams before an Inspector; payloads of the client
// begin with '>', those of the server with '<', which is taken off.
func converse(t *testing.T, proto uint8, port uint16, opened bool, payloads ...[]byte) (r heard) {
	t.Helper()
	in := NewInspector(Config{})
	h := in.Open(proto)
	seq := map[bool]uint32{true: 1000, false: 5000}
	if opened && proto == packet.ProtoTCP {
		var f Facts
		in.Inspect(h, &packet.Packet{Proto: proto, SrcPort: 40000, DstPort: port, TCPFlags: packet.SYN, Seq: 999}, true, &f)
		in.Inspect(h, &packet.Packet{Proto: proto, SrcPort: port, DstPort: 40000, TCPFlags: packet.SYN | packet.ACK, Seq: 4999}, false, &f)
	}
	for _, p := range payloads {
		var f Facts
		client := p[0] == '>'
		p = p[1:]
		pk := &packet.Packet{Proto: proto, SrcPort: 40000, DstPort: port, Seq: seq[client], Payload: p, PayLen: uint32(len(p))}
		if !client {
			pk.SrcPort, pk.DstPort = pk.DstPort, pk.SrcPort
		}
		seq[client] += uint32(len(p))
		now := in.Inspect(h, pk, client, &f)
		r.take(now, &f)
		if now.Done {
			return r
		}
	}
	r.take(in.Close(h), &Facts{})
	return r
}

// take remembers what a packet told.
func (r *heard) take(now Result, f *Facts) {
	if now.Protocol != NoProtocol {
		r.Result = now
	}
	keep := func(to *string, b []byte) {
		if b != nil {
			*to = string(b)
		}
	}
	keep(&r.host, f.Host)
	keep(&r.alpn, f.ALPN)
	keep(&r.version, f.Version)
	keep(&r.subject, f.Subject)
	if f.JA4.Set() {
		r.JA4 = f.JA4
	}
	r.ECH = r.ECH || f.ECH
}

func client(p ...[]byte) []byte { return append([]byte{'>'}, join(p...)...) }
func server(p ...[]byte) []byte { return append([]byte{'<'}, join(p...)...) }

// shortHash is the first half of a part of JA4.
func shortHash(text string) string { return string(appendDigest(nil, []byte(text))) }
