package engine_test

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/test/corpus"
)

// truth is one line of a truth file: what two other engines counted.
type truth struct {
	Proto        int
	Src, Dst     string
	Sport, Dport uint16
	Pk, L3, Pay  [2]uint64
	Flags        []string
}

func (t *truth) flagged(names ...string) bool {
	for _, f := range t.Flags {
		for _, n := range names {
			if strings.HasPrefix(f, n) {
				return true
			}
		}
	}
	return false
}

// tuple is a 5-tuple in one direction.
type tuple struct {
	proto        uint8
	src, dst     netip.Addr
	sport, dport uint16
}

func (t tuple) reverse() tuple { return tuple{t.proto, t.dst, t.src, t.dport, t.sport} }

// sums are what one side and the other sent.
type sums struct{ packets, bytes, payload [2]uint64 }

// count passes a capture through an engine and sums its flows by 5-tuple, in the
// direction of the client.
func count(tb testing.TB, c capture) map[tuple]*sums {
	tb.Helper()
	all := make(map[tuple]*sums)
	e := engine.New(engine.Config{
		Flows: flow.Config{Max: 1 << 16, Joined: true}, CaptureTime: true,
		Ended: func(f *flow.Flow, r *flow.Record, _ engine.Named) {
			at, o := r.Client, r.Client.Other()
			k := tuple{r.Key.Proto, r.Key.Addr(at).IP(), r.Key.Addr(o).IP(), r.Key.Port(at), r.Key.Port(o)}
			s := all[k]
			if s == nil {
				if s = all[k.reverse()]; s != nil {
					at, o = o, at
				} else {
					s = &sums{}
					all[k] = s
				}
			}
			for i, end := range []flow.End{at, o} {
				s.packets[i] += r.Packets[end]
				s.bytes[i] += r.Bytes[end]
				s.payload[i] += r.Payload[end]
			}
		},
	})
	for _, p := range c.points {
		if _, err := e.Interface(p); err != nil {
			tb.Fatal(err)
		}
	}
	e.Packets(c.frames)
	e.Flush()
	return all
}

// TestTruth compares packets, IP bytes and payload of every flow of the corpus
// with what tshark and nDPI counted. The exceptions are those of the corpus
// itself: fragments, which the truth keeps apart from their first one and weir
// joins, and the inner flows of tunnels, which weir accounts to the outer one.
func TestTruth(t *testing.T) {
	corpus.Path(t, "truth")
	var flows, exact, payload, joined int
	for _, c := range corpusCaptures(t, "pcap") {
		got := count(t, c)
		known := make(map[tuple]bool)
		for _, want := range readTruth(t, corpus.Path(t, "truth", c.name+".jsonl")) {
			k := tuple{uint8(want.Proto), netip.MustParseAddr(want.Src), netip.MustParseAddr(want.Dst), want.Sport, want.Dport}
			known[k], known[k.reverse()] = true, true
			if want.flagged("frag", "layer") || want.Proto < 0 {
				continue
			}
			flows++
			s, x, y := got[k], 0, 1
			if s == nil {
				s, x, y = got[k.reverse()], 1, 0
			}
			switch {
			case s == nil:
				t.Errorf("%s: no flow %v", c.name, k)
			case s.packets[x] == want.Pk[0] && s.packets[y] == want.Pk[1] && s.bytes[x] == want.L3[0] && s.bytes[y] == want.L3[1]:
				exact++
				if want.Proto == packet.ProtoTCP || want.Proto == packet.ProtoUDP {
					if s.payload[x] == want.Pay[0] && s.payload[y] == want.Pay[1] {
						payload++
					}
				} else {
					payload++
				}
			case s.packets[x] >= want.Pk[0] && s.packets[y] >= want.Pk[1] && c.name == "ndpi__dns_fragmented.pcap":
				joined++
			default:
				t.Logf("%s: %v has packets %v bytes %v, want %v %v", c.name, k, s.packets, s.bytes, want.Pk, want.L3)
			}
		}
		for k := range got {
			if !known[k] {
				t.Errorf("%s: flow %v is not in the truth", c.name, k)
			}
		}
	}
	t.Logf("%d flows: %d exact, %d joined with their fragments; payload of %d exact", flows, exact, joined, payload)
	if exact+joined < flows*995/1000 || flows < 3000 {
		t.Errorf("%d of %d flows exact, want 99.5 %%", exact+joined, flows)
	}
	if payload < exact*995/1000 {
		t.Errorf("payload of %d of %d flows exact, want 99.5 %%", payload, exact)
	}
}

func readTruth(tb testing.TB, path string) []truth {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var all []truth
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var t truth
		if err := json.Unmarshal(s.Bytes(), &t); err != nil {
			tb.Fatalf("%s: %v", path, err)
		}
		all = append(all, t)
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

// TestHostileCaptures passes malformed captures through the whole engine: each
// frame is one of the outcomes and nothing is counted twice.
func TestHostileCaptures(t *testing.T) {
	for _, dir := range []string{"robust", "formats"} {
		for _, c := range corpusCaptures(t, dir) {
			e := fullEngine(t, c.points...)
			e.Packets(c.frames)
			e.Flush()
			var frames, packets uint64
			for _, row := range e.Interfaces() {
				frames += row.Frames
				packets += row.Packets
			}
			if int(frames) != len(c.frames) || packets > frames {
				t.Errorf("%s: %d frames and %d packets of %d", c.name, frames, packets, len(c.frames))
			}
		}
	}
}
