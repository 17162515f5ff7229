package engine_test

import (
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"weir/internal/dpi"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// parserMap is what a program of the same purpose is built of with gopacket: a
// DecodingLayerParser with preallocated layers, and a map of counters by its
// flows.
type parserMap struct {
	parser *gopacket.DecodingLayerParser
	kinds  []gopacket.LayerType
	ip4    layers.IPv4
	ip6    layers.IPv6
	tcp    layers.TCP
	udp    layers.UDP
	flows  map[parserKey]*parserFlow
}

type parserKey struct{ net, transport gopacket.Flow }

type parserFlow struct{ packets, bytes uint64 }

func newParserMap() *parserMap {
	m := &parserMap{flows: make(map[parserKey]*parserFlow)}
	var eth layers.Ethernet
	var vlan layers.Dot1Q
	var icmp4 layers.ICMPv4
	var icmp6 layers.ICMPv6
	var payload gopacket.Payload
	m.parser = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet,
		&eth, &vlan, &m.ip4, &m.ip6, &m.tcp, &m.udp, &icmp4, &icmp6, &payload)
	m.parser.IgnoreUnsupported = true
	return m
}

// decode parses one frame; what it cannot read is left out, as weir does.
func (m *parserMap) decode(data []byte) { _ = m.parser.DecodeLayers(data, &m.kinds) }

// account adds the decoded frame to its flow, both directions in one.
func (m *parserMap) account() {
	var k parserKey
	var bytes uint64
	for _, l := range m.kinds {
		switch l {
		case layers.LayerTypeIPv4:
			k.net, bytes = m.ip4.NetworkFlow(), uint64(m.ip4.Length)
		case layers.LayerTypeIPv6:
			k.net, bytes = m.ip6.NetworkFlow(), 40+uint64(m.ip6.Length)
		case layers.LayerTypeTCP:
			k.transport = m.tcp.TransportFlow()
		case layers.LayerTypeUDP:
			k.transport = m.udp.TransportFlow()
		}
	}
	if bytes == 0 {
		return
	}
	if src, dst := k.net.Endpoints(); dst.LessThan(src) {
		k.net, k.transport = k.net.Reverse(), k.transport.Reverse()
	}
	f := m.flows[k]
	if f == nil {
		f = &parserFlow{}
		m.flows[k] = f
	}
	f.packets++
	f.bytes += bytes
}

// portsAlone has flows named by their ports, and nothing looked at.
var portsAlone = engine.Config{Inspect: dpi.Config{Flows: -1}, NoDNS: true}

// BenchmarkWhole passes the corpus's Ethernet frames through weir (decoding,
// flows, TCP analysis, hosts, devices and series, with the table of a router) and
// through gopacket's parser with a map that only counts. Neither looks at payloads:
// what that costs is BenchmarkNaming's. The in-turn benchmark
// takes turns between both, so that a busy machine slows both alike, and reports
// how many times faster weir is. The frames come at an even pace, 100,000 a
// second: the captures are of different years, some with a frame in minutes.
func BenchmarkWhole(b *testing.B) {
	frames := ethernet(b)
	e := engineThat(b, portsAlone, "eth0")
	parser := newParserMap()
	clock := frames[0].Time
	ours := func() {
		for i := 0; i < len(frames); i += 64 {
			batch := frames[i:min(i+64, len(frames))]
			for j := range batch {
				clock += int64(10 * time.Microsecond)
				batch[j].Time = clock
			}
			e.Packets(batch)
		}
	}
	theirs := func() {
		for i := range frames {
			parser.decode(frames[i].Data)
			parser.account()
		}
	}
	var p packet.Packet
	decodeOnly := func() {
		for i := range frames {
			packet.Decode(&frames[i], &p)
		}
	}
	parserOnly := func() {
		for i := range frames {
			parser.decode(frames[i].Data)
		}
	}
	for _, bm := range []struct {
		name string
		pass func()
	}{{"decode/weir", decodeOnly}, {"decode/gopacket-parser", parserOnly}, {"whole/weir", ours}, {"whole/gopacket-parser+map", theirs}} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.pass()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(frames)), "ns/packet")
		})
	}
	inTurn(b, "decode/in-turn", decodeOnly, parserOnly)
	inTurn(b, "whole/in-turn", ours, theirs)
}

func inTurn(b *testing.B, name string, ours, theirs func()) {
	b.Run(name, func(b *testing.B) {
		var a, c time.Duration
		for b.Loop() {
			start := time.Now()
			ours()
			middle := time.Now()
			theirs()
			a, c = a+middle.Sub(start), c+time.Since(middle)
		}
		b.ReportMetric(float64(c)/float64(a), "times-faster")
	})
}

// BenchmarkNaming is what names cost: the corpus's Ethernet frames pass through an
// engine that looks at payloads and DNS, and one that goes by ports. Each pass
// ends all flows, so that the next one has as many new ones: one in twelve frames
// begins a flow, which is many. The in-turn benchmark takes turns and reports the
// difference.
func BenchmarkNaming(b *testing.B) {
	frames := ethernet(b)
	flows := 0
	through := func(c engine.Config) func() {
		c.Flows, c.CaptureTime = flow.Config{Max: 8192}, true
		c.Ended = func(*flow.Flow, *flow.Record, engine.Named) { flows++ }
		e := engine.New(c)
		if _, err := e.Interface("eth0"); err != nil {
			b.Fatal(err)
		}
		clock := frames[0].Time
		return func() {
			flows = 0
			for i := 0; i < len(frames); i += 64 {
				batch := frames[i:min(i+64, len(frames))]
				for j := range batch {
					clock += int64(10 * time.Microsecond)
					batch[j].Time = clock
				}
				e.Packets(batch)
			}
			e.Flush()
		}
	}
	ours := through(engine.Config{})
	ports := through(portsAlone)
	for _, bm := range []struct {
		name string
		pass func()
	}{{"weir", ours}, {"ports-alone", ports}} {
		bm.pass() // what is kept for the next flows is made once
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.pass()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(len(frames)), "ns/packet")
			b.ReportMetric(float64(flows), "flows")
		})
	}
	b.Run("in-turn", func(b *testing.B) {
		var more time.Duration
		for b.Loop() {
			start := time.Now()
			ours()
			middle := time.Now()
			ports()
			more += middle.Sub(start) - time.Since(middle)
		}
		b.ReportMetric(float64(more)/float64(b.N)/float64(len(frames)), "more-ns/packet")
	})
}
