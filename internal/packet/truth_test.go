package packet

import (
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"weir/test/corpus"
)

// tuple is a 5-tuple as the packets of one direction have it.
type tuple struct {
	proto    uint8
	src, dst netip.AddrPort
}

func (t tuple) reverse() tuple { return tuple{t.proto, t.dst, t.src} }

// counts are the packets, frame bytes, IP bytes and payload bytes of a tuple.
type counts struct {
	Packets, Frame, IP, Pay uint64
	Frags                   bool // first fragments among them
}

// flow is one flow as tshark counted it, client to server first.
type flow struct {
	Proto        int
	Src, Dst     netip.Addr
	Sport, Dport uint16
	Pk, L2, L3   [2]uint64
	Pay          [2]uint64
	Flags        []string
}

func (f *flow) has(flag string) bool { return slices.Contains(f.Flags, flag) }

func (f *flow) tuple() tuple {
	proto := uint8(f.Proto)
	if f.Proto < 0 { // later IPv6 fragments, whose protocol tshark does not tell
		proto = ProtoUDP
	}
	return tuple{proto, netip.AddrPortFrom(f.Src, f.Sport), netip.AddrPortFrom(f.Dst, f.Dport)}
}

// payTold reports whether the truth tells the payload of f as Decode does, but
// for first fragments: with them tshark counts the whole datagram.
func (f *flow) payTold() bool {
	switch {
	case f.Proto != ProtoTCP && f.Proto != ProtoUDP:
		return false // not told at all
	case f.has("frag"):
		return false // and nothing for later fragments
	case f.has("malformed") && f.Proto == ProtoTCP:
		return false // tshark gives up before the payload where only that was cut off
	}
	return true
}

// inner reports whether f is a flow inside a tunnel, which Decode leaves alone.
func (f *flow) inner() bool {
	return slices.ContainsFunc(f.Flags, func(s string) bool { return strings.HasPrefix(s, "layer") })
}

func readTruth(t *testing.T, name string) []flow {
	t.Helper()
	file, err := os.Open(corpus.Path(t, "truth", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var fs []flow
	for in := json.NewDecoder(file); ; {
		var f flow
		if err := in.Decode(&f); err == io.EOF {
			return fs
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fs = append(fs, f)
	}
}

// addUp decodes a capture and adds up what it says of each tuple.
func addUp(t *testing.T, name string, rs []Raw) map[tuple]counts {
	t.Helper()
	sum := map[tuple]counts{}
	var p Packet
	for i := range rs {
		switch o := Decode(&rs[i], &p); o {
		case NotIP:
		case OK:
			k := tuple{p.Proto, netip.AddrPortFrom(p.Src.IP(), p.SrcPort), netip.AddrPortFrom(p.Dst.IP(), p.DstPort)}
			c := sum[k]
			sum[k] = counts{c.Packets + 1, c.Frame + uint64(rs[i].Len), c.IP + p.Bytes, c.Pay + uint64(p.PayLen), c.Frags || p.MoreFrags && p.FragOffset == 0}
		default:
			t.Errorf("%s: frame %d is %v", name, i+1, o)
		}
	}
	return sum
}

// TestTruth adds up what Decode says by 5-tuple and compares it with what
// tshark says of the same captures.
func TestTruth(t *testing.T) {
	flows, pays := 0, 0
	eachCapture(t, "pcap", func(name string, rs []Raw) {
		sum := addUp(t, name, rs)
		for _, f := range readTruth(t, name) {
			if f.inner() {
				continue
			}
			flows++
			for dir, k := range []tuple{f.tuple(), f.tuple().reverse()} {
				got, want := sum[k], counts{f.Pk[dir], f.L2[dir], f.L3[dir], f.Pay[dir], false}
				delete(sum, k)
				if f.payTold() && !got.Frags {
					pays++
				} else {
					got.Pay, want.Pay = 0, 0
				}
				got.Frags = false
				if got != want {
					t.Errorf("%s: %v flags %v: got %+v, want %+v", name, k, f.Flags, got, want)
				}
			}
		}
		for k, c := range sum {
			t.Errorf("%s: %v is not in the truth: %+v", name, k, c)
		}
	})
	t.Logf("%d flows equal in packets, frame and IP bytes, %d of their directions in payload", flows, pays)
}
