package dpi

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"weir/internal/packet"
)

// fillNoise fills p with bytes that mean nothing.
func fillNoise(r *rand.Rand, p []byte) {
	for len(p) >= 8 {
		binary.LittleEndian.PutUint64(p, r.Uint64())
		p = p[8:]
	}
	for i := range p {
		p[i] = byte(r.Uint32())
	}
}

// noisePorts are ports whose detectors ask for more than the port, and others.
var noisePorts = [...]uint16{443, 500, 4500, 1701, 3478, 1194, 51820, 4569, 2152, 53, 50000, 6881}

// What is encrypted from its first byte on stays unknown: of a million datagrams
// and as many segments, four of a flow, content proves next to nothing, and shape
// makes hardly anything likely.
func TestNoiseStaysUnknown(t *testing.T) {
	const surely, guessed = 1, 25 // of 250,000 flows and for each protocol
	for _, transport := range []struct {
		name  string
		proto uint8
	}{{"datagrams", packet.ProtoUDP}, {"segments", packet.ProtoTCP}} {
		t.Run(transport.name, func(t *testing.T) {
			flows := 250_000
			if testing.Short() {
				flows /= 10
			}
			got := inspectNoise(transport.proto, flows)
			for p := range Protocol(NumProtocols) {
				if n := got[p][FromContent]; n > surely {
					t.Errorf("%d of %d flows of noise are %s by content", n, flows, p)
				}
				if n := got[p][FromGuess]; n > guessed {
					t.Errorf("%d of %d flows of noise are %s by guess", n, flows, p)
				}
			}
		})
	}
}

// inspectNoise counts what flows of noise are taken for.
func inspectNoise(proto uint8, flows int) (got [NumProtocols][FromContent + 1]int) {
	const perFlow, longest, usual = 4, 1400, 200
	r := rand.New(rand.NewPCG(1, 2))
	in := NewInspector(Config{Flows: 2, Streams: 2})
	buf := make([]byte, longest)
	for i := range flows {
		h := in.Open(proto)
		p := packet.Packet{Proto: proto}
		ports := [2]uint16{40000, noisePorts[i%len(noisePorts)]}
		var seq [2]uint32
		var result Result
		for step := range perFlow {
			p.Payload = buf[:1+r.IntN(usual)]
			if step == 0 {
				p.Payload = buf[:1+r.IntN(longest)]
			}
			fillNoise(r, p.Payload)
			way := r.IntN(2)
			p.PayLen, p.Seq, p.SrcPort, p.DstPort = uint32(len(p.Payload)), seq[way], ports[way], ports[1-way]
			seq[way] += p.PayLen
			var f Facts
			if result = in.Inspect(h, &p, way == 0, &f); result.Done {
				break
			}
		}
		if !result.Done {
			result = in.Close(h)
		}
		got[result.Protocol][result.By]++
	}
	got[NoProtocol] = [FromContent + 1]int{}
	return got
}
