package dpi

import (
	"bytes"
	"testing"

	"weir/internal/packet"
)

// inspectAnew shows one payload to a flow of its own, over and over.
func inspectAnew(b *testing.B, proto uint8, port uint16, payload []byte) {
	b.Helper()
	in := NewInspector(Config{})
	p := &packet.Packet{Proto: proto, SrcPort: 40000, DstPort: port, Seq: 1, Payload: payload, PayLen: uint32(len(payload))}
	var f Facts
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		f = Facts{}
		h := in.Open(proto)
		if r := in.Inspect(h, p, true, &f); !r.Done {
			in.Close(h)
		}
	}
}

// BenchmarkClientHello reads a ClientHello as browsers send it: host, ALPN, JA4.
func BenchmarkClientHello(b *testing.B) {
	inspectAnew(b, packet.ProtoTCP, 443, record(recordHandshake, exampleHello()))
}

// BenchmarkQUICInitial derives keys, decrypts, and reads a ClientHello.
func BenchmarkQUICInitial(b *testing.B) {
	ch := exampleHello()
	inspectAnew(b, packet.ProtoUDP, 443, initial(b, 1, 0, 1162, crypto(ch, 0, len(ch))))
}

// BenchmarkQUICInitialInPieces does it for CRYPTO frames in another order.
func BenchmarkQUICInitialInPieces(b *testing.B) {
	ch := exampleHello()
	inspectAnew(b, packet.ProtoUDP, 443, initial(b, 1, 0, 1162, crypto(ch, 150, len(ch)), crypto(ch, 0, 60), crypto(ch, 60, 150)))
}

// BenchmarkRequest reads a request's head.
func BenchmarkRequest(b *testing.B) {
	inspectAnew(b, packet.ProtoTCP, 80, []byte("GET /a/path?with=query HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"+
		"Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nCookie: id=0123456789abcdef\r\n\r\n"))
}

// noise is what no protocol begins with.
var noise = bytes.Repeat([]byte{0xe7, 0x1f, 0xa9, 0x5c, 0x83, 0xd2, 0x36}, 100)

// BenchmarkUndecided is the cost of all detectors for a first payload that none of
// them knows.
func BenchmarkUndecided(b *testing.B) {
	b.Run("tcp", func(b *testing.B) { inspectAnew(b, packet.ProtoTCP, 54321, noise) })
	b.Run("udp", func(b *testing.B) { inspectAnew(b, packet.ProtoUDP, 54322, noise) })
}
