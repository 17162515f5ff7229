package dpi

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"reflect"
	"testing"
	"unsafe"

	"weir/internal/packet"
	"weir/internal/source/pcap"
	"weir/test/corpus"
)

// A fuzzed exchange is a header of eight bytes (kind, two ports, room), and then
// pieces: two bytes of flags and length, and the payload.
const (
	fuzzTCP      = 1 << iota // first byte: the transport
	fuzzSYN                  // both directions begin with a SYN
	fuzzServer   = 1 << 15   // a piece's flags: who sends it
	fuzzCut      = 1 << 14   // the snap length took its second half
	fuzzShuffle  = 1 << 13   // it comes 100 bytes early
	fuzzLength   = 1<<11 - 1
	maxFuzzSteps = 24
)

// appendPiece appends a payload as FuzzDetectors reads it.
func appendPiece(dst, payload []byte, fromClient bool) []byte {
	payload = payload[:min(len(payload), fuzzLength)]
	flags := uint16(len(payload))
	if !fromClient {
		flags |= fuzzServer
	}
	return append(binary.BigEndian.AppendUint16(dst, flags), payload...)
}

// seedExchanges adds the first payloads of every flow of the corpus.
func seedExchanges(f *testing.F) {
	f.Helper()
	for _, path := range corpus.Files(f, "pcap", "*") {
		for _, x := range exchanges(f, path) {
			f.Add(x)
		}
	}
}

// exchanges reads the first payloads of the flows of a capture, two flows for
// each transport and server port.
func exchanges(tb testing.TB, path string) (all [][]byte) {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	r, err := pcap.NewReader(file)
	if err != nil {
		return nil // formats that are not read
	}
	type key struct {
		proto    uint8
		src, dst packet.Addr
		from, to uint16
	}
	flows := map[key]int{}
	perPort := map[uint32]int{}
	batch := make([]packet.Raw, 64)
	var p packet.Packet
	for {
		n, err := r.Batch(batch)
		for i := range batch[:n] {
			if packet.Decode(&batch[i], &p) != packet.OK || len(p.Payload) == 0 || p.FragOffset != 0 || p.Proto != packet.ProtoTCP && p.Proto != packet.ProtoUDP {
				continue
			}
			there, back := key{p.Proto, p.Src, p.Dst, p.SrcPort, p.DstPort}, key{p.Proto, p.Dst, p.Src, p.DstPort, p.SrcPort}
			at, fromClient := flows[there], true
			if at == 0 {
				at, fromClient = flows[back], false
			}
			if at == 0 {
				service := uint32(p.Proto)<<16 | uint32(min(p.SrcPort, p.DstPort))
				if perPort[service]++; perPort[service] > 2 {
					continue
				}
				x := []byte{0, byte(p.SrcPort >> 8), byte(p.SrcPort), byte(p.DstPort >> 8), byte(p.DstPort), 0, 0, 0}
				if p.Proto == packet.ProtoTCP {
					x[0] = fuzzTCP
				}
				all = append(all, x)
				at, fromClient = len(all), true
				flows[there] = at
			}
			if len(all[at-1]) < 4<<10 {
				all[at-1] = appendPiece(all[at-1], p.Payload, fromClient)
			}
		}
		if errors.Is(err, io.EOF) || err != nil {
			return all
		}
	}
}

// Whatever is said, the detectors neither panic nor grow, the inspection ends,
// and what they tell lies in the packet or in the Inspector.
func FuzzDetectors(f *testing.F) {
	seedExchanges(f)
	f.Fuzz(func(t *testing.T, x []byte) {
		if len(x) < 8 {
			return
		}
		in := NewInspector(Config{Flows: 2, Streams: 2})
		p := packet.Packet{Proto: packet.ProtoUDP}
		if x[0]&fuzzTCP != 0 {
			p.Proto = packet.ProtoTCP
		}
		ports := [2]uint16{binary.BigEndian.Uint16(x[1:]), binary.BigEndian.Uint16(x[3:])}
		h := in.Open(p.Proto)
		var seq [2]uint32
		if x[0]&fuzzSYN != 0 && p.Proto == packet.ProtoTCP {
			for way := range seq {
				p.TCPFlags = packet.SYN
				in.Inspect(h, &p, way == 0, new(Facts))
				seq[way]++
			}
			p.TCPFlags = 0
		}
		x = x[8:]
		for step := 0; len(x) >= 2 && step < maxFuzzSteps; step++ {
			flags := binary.BigEndian.Uint16(x)
			n := min(int(flags&fuzzLength), len(x)-2)
			way := int(flags >> 15)
			p.Payload, p.PayLen = x[2:2+n:2+n], uint32(n)
			p.SrcPort, p.DstPort, p.Seq = ports[way], ports[1-way], seq[way]
			if flags&fuzzShuffle != 0 {
				p.Seq += 100
			} else {
				seq[way] += uint32(n)
			}
			if flags&fuzzCut != 0 {
				p.Payload = p.Payload[: n/2 : n/2]
			}
			x = x[2+n:]
			var facts Facts
			r := in.Inspect(h, &p, way == 0, &facts)
			checkFacts(t, in, &p, &facts)
			if r.Done {
				h = 0
				break
			}
			if step >= maxPackets+1 && p.Proto == packet.ProtoUDP && n > 0 && r.Protocol == NoProtocol && in.states[h].packets >= maxPackets {
				t.Fatalf("undecided after %d payloads", step)
			}
		}
		in.Close(h)
		if s := in.Stats(); s.Undecided != 0 || len(in.idle) != len(in.streams) || len(in.streams) > 2 || len(in.states) > 3 {
			t.Fatalf("%+v, %d of %d streams free, %d states", s, len(in.idle), len(in.streams), len(in.states))
		}
	})
}

// checkFacts fails when a slice of the Facts lies elsewhere than in the payload,
// the Inspector or a constant.
func checkFacts(t *testing.T, in *Inspector, p *packet.Packet, facts *Facts) {
	t.Helper()
	v := reflect.ValueOf(facts).Elem()
	for i := range v.NumField() {
		b, ok := v.Field(i).Interface().([]byte)
		if !ok || len(b) == 0 {
			continue
		}
		var sum byte
		for _, c := range b {
			sum += c // every byte can be read
		}
		if cap(b) > len(p.Payload) && !inside(b, in.scratch[:]) && !inStreams(in, b) && len(b) > 64 {
			t.Errorf("%s: %q (%d) lies outside of what was sent", v.Type().Field(i).Name, b, sum)
		}
	}
}

func inStreams(in *Inspector, b []byte) bool {
	for _, s := range in.streams {
		if inside(b, s.data[:]) {
			return true
		}
	}
	return false
}

// inside reports whether b lies in room.
func inside(b, room []byte) bool {
	from, start := uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(unsafe.Pointer(unsafe.SliceData(room)))
	return from >= start && from+uintptr(len(b)) <= start+uintptr(len(room))
}

// Captures cut payloads anywhere: every first payload of the corpus, and every
// beginning of it, is looked at without harm, on its ports and on others'.
func TestCutPayloadsDoNoHarm(t *testing.T) {
	const longest = 100
	ports := []uint16{21, 43, 53, 69, 123, 137, 138, 161, 389, 427, 464, 502, 513, 514, 515, 1434, 1521, 1883, 3306, 4789, 5060, 5246, 5351, 5353, 6379, 9042, 9100, 11211}
	in := NewInspector(Config{Flows: 2, Streams: 2})
	for _, path := range corpus.Files(t, "pcap", "*") {
		for i, x := range exchanges(t, path) {
			p := packet.Packet{Proto: packet.ProtoUDP, SrcPort: binary.BigEndian.Uint16(x[1:]), DstPort: binary.BigEndian.Uint16(x[3:])}
			if x[0]&fuzzTCP != 0 {
				p.Proto = packet.ProtoTCP
			}
			n := int(binary.BigEndian.Uint16(x[8:]) & fuzzLength)
			for cut := range min(n, longest) {
				for _, port := range []uint16{p.DstPort, ports[(i+cut)%len(ports)]} {
					p.DstPort = port
					h := in.Open(p.Proto)
					p.Payload, p.PayLen = x[10:10+cut:10+cut], uint32(n)
					var facts Facts
					if !in.Inspect(h, &p, true, &facts).Done {
						in.Close(h)
					}
					checkFacts(t, in, &p, &facts)
				}
			}
		}
	}
}

// Nothing is allocated, whatever a flow says: every flow of the corpus is shown to
// an Inspector whose slabs are warm.
func TestDetectorsAllocateNothing(t *testing.T) {
	var all [][]byte
	for _, path := range corpus.Files(t, "pcap", "*") {
		all = append(all, exchanges(t, path)...)
	}
	in := NewInspector(Config{Flows: 2, Streams: 2})
	p := packet.Packet{}
	var facts Facts
	show := func(x []byte) (r Result) {
		p = packet.Packet{Proto: packet.ProtoUDP}
		if x[0]&fuzzTCP != 0 {
			p.Proto = packet.ProtoTCP
		}
		h := in.Open(p.Proto)
		ports := [2]uint16{binary.BigEndian.Uint16(x[1:]), binary.BigEndian.Uint16(x[3:])}
		var seq [2]uint32
		for x = x[8:]; len(x) >= 2; {
			flags := binary.BigEndian.Uint16(x)
			n, way := int(flags&fuzzLength), int(flags>>15)
			p.Payload, p.PayLen, p.Seq = x[2:2+n], uint32(n), seq[way]
			p.SrcPort, p.DstPort = ports[way], ports[1-way]
			seq[way] += uint32(n)
			x = x[2+n:]
			facts = Facts{}
			if r = in.Inspect(h, &p, way == 0, &facts); r.Done {
				return r
			}
		}
		return in.Close(h)
	}
	for _, x := range all {
		show(x) // streams are made when they are first needed
	}
	for _, x := range all {
		initials := 0
		if n := testing.AllocsPerRun(1, func() { initials = quicDatagrams(x); show(x) }); n > float64(2*initials) {
			t.Errorf("%v allocations for ports %d and %d", n, binary.BigEndian.Uint16(x[1:]), binary.BigEndian.Uint16(x[3:]))
		}
	}
}
