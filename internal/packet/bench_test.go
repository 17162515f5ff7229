package packet

import (
	"testing"
	"time"

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
// a DecodingLayerParser with preallocated layers. The last one takes turns
// between both, so that a busy machine slows both alike, and reports the ratio.
func BenchmarkDecode(b *testing.B) {
	rs := ethernetFrames(b)
	var p Packet
	var seen [NumOutcomes]int
	weir := func() {
		for i := range rs {
			seen[Decode(&rs[i], &p)]++
		}
	}
	parser := newParser()
	gopacket := func() {
		for i := range rs {
			parser.decode(rs[i].Data)
		}
	}
	for _, bm := range []struct {
		name string
		pass func()
	}{{"decode/weir", weir}, {"decode/gopacket-parser", gopacket}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.pass()
			}
			perPacket(b, len(rs))
		})
	}
	b.Run("decode/in-turn", func(b *testing.B) {
		var ours, theirs time.Duration
		for b.Loop() {
			start := time.Now()
			weir()
			middle := time.Now()
			gopacket()
			ours, theirs = ours+middle.Sub(start), theirs+time.Since(middle)
		}
		b.ReportMetric(float64(theirs)/float64(ours), "times-faster")
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
	exts    layers.IPv6ExtensionSkipper
	sctp    layers.SCTP
	gre     layers.GRE
	payload gopacket.Payload
	decoded []gopacket.LayerType
}

func newParser() *parser {
	p := new(parser)
	p.DecodingLayerParser = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet,
		&p.eth, &p.dot1q, &p.ip4, &p.ip6, &p.tcp, &p.udp, &p.icmp4, &p.icmp6, &p.exts, &p.sctp, &p.gre, &p.payload)
	p.IgnoreUnsupported = true
	return p
}

// decode parses one frame. Errors are of no interest to the benchmark.
func (p *parser) decode(data []byte) { _ = p.DecodeLayers(data, &p.decoded) }
