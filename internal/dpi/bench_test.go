package dpi

import (
	"math/rand/v2"
	"testing"

	"weir/internal/packet"
)

// BenchmarkUnknown is the dearest first packet: random bytes that every detector
// is asked about.
func BenchmarkUnknown(b *testing.B) {
	payload := make([]byte, 600)
	fillNoise(rand.New(rand.NewPCG(1, 2)), payload)
	for _, transport := range []struct {
		name  string
		proto uint8
	}{{"segment", packet.ProtoTCP}, {"datagram", packet.ProtoUDP}} {
		b.Run(transport.name, func(b *testing.B) {
			in := NewInspector(Config{Flows: 1, Streams: 1})
			p := packet.Packet{Proto: transport.proto, SrcPort: 40000, DstPort: 50000, Payload: payload, PayLen: uint32(len(payload))}
			var facts Facts
			b.ReportAllocs()
			for b.Loop() {
				h := in.Open(transport.proto)
				in.Inspect(h, &p, true, &facts)
				in.Close(h)
			}
		})
	}
}
