package packet

import (
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// ethernetFrames returns all frames of the corpus's Ethernet captures, side by
// side in one buffer as a ring or a file hands them over.
func ethernetFrames(tb testing.TB) []Raw {
	tb.Helper()
	var all []Raw
	size := 0
	eachCapture(tb, "pcap", func(_ string, rs []Raw) {
		for _, r := range rs {
			if r.Link == LinkEthernet {
				all = append(all, r)
				size += len(r.Data)
			}
		}
	})
	buf := make([]byte, 0, size)
	for i := range all {
		n := len(buf)
		buf = append(buf, all[i].Data...)
		all[i].Data = buf[n:len(buf):len(buf)]
	}
	return all
}

// BenchmarkDecode decodes the corpus's Ethernet frames, whole and in the order
// of the captures, with Decode and with gopacket's fastest way to do the same:
// a DecodingLayerParser with preallocated layers.
func BenchmarkDecode(b *testing.B) {
	rs := ethernetFrames(b)
	b.Run("decode/weir", func(b *testing.B) {
		b.ReportAllocs()
		var p Packet
		var seen [NumOutcomes]int
		for b.Loop() {
			for i := range rs {
				seen[Decode(&rs[i], &p)]++
			}
		}
		perPacket(b, len(rs))
	})
	b.Run("decode/gopacket-parser", func(b *testing.B) {
		b.ReportAllocs()
		p := newParser()
		for b.Loop() {
			for i := range rs {
				p.decode(rs[i].Data)
			}
		}
		perPacket(b, len(rs))
	})
}

// perPacket reports the time for each of the n packets of an iteration.
func perPacket(b *testing.B, n int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/packet")
}

// parser is a DecodingLayerParser for all that a home network carries often.
type parser struct {
	*gopacket.DecodingLayerParser
	eth     layers.Ethernet
	dot1q   layers.Dot1Q
	ip4     layers.IPv4
	ip6     layers.IPv6
	tcp     layers.TCP
	udp     layers.UDP
	icmp4   layers.ICMPv4
	icmp6   layers.ICMPv6
	payload gopacket.Payload
	decoded []gopacket.LayerType
}

func newParser() *parser {
	p := new(parser)
	p.DecodingLayerParser = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet,
		&p.eth, &p.dot1q, &p.ip4, &p.ip6, &p.tcp, &p.udp, &p.icmp4, &p.icmp6, &p.payload)
	p.IgnoreUnsupported = true
	return p
}

// decode parses one frame. Errors are of no interest to the benchmark.
func (p *parser) decode(data []byte) { _ = p.DecodeLayers(data, &p.decoded) }
