package packet

import (
	"bufio"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"testing"

	"weir/test/corpus"
)

// tuple is a 5-tuple as the packets of one direction have it.
type tuple struct {
	proto    uint8
	src, dst netip.AddrPort
}

func (t tuple) reverse() tuple { return tuple{t.proto, t.dst, t.src} }

type counts struct{ packets, frame, ip, pay uint64 }

// truth is one flow as tshark counted it, client to server first.
type truth struct {
	Proto        int
	Src, Dst     string
	Sport, Dport uint16
	Pk, L2, L3   [2]uint64
	Pay          [2]uint64
	Flags        []string
}

func (f *truth) has(flag string) bool { return slices.Contains(f.Flags, flag) }

func readTruth(t *testing.T, name string) []truth {
	t.Helper()
	file, err := os.Open(corpus.Path(t, "truth", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var fs []truth
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f truth
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fs = append(fs, f)
	}
	return fs
}

// TestTruth adds up what Decode says by 5-tuple and compares it with what
// tshark says of the same captures.
func TestTruth(t *testing.T) {
	flows := 0
	eachCapture(t, "pcap", func(name string, rs []Raw) {
		got := map[tuple]*counts{}
		for i := range rs {
			var p Packet
			if o := Decode(&rs[i], &p); o == NotIP {
				continue
			} else if o != OK {
				t.Logf("%s: frame %d: %v %+v", name, i+1, o, rs[i].Len)
			}
			k := tuple{p.Proto, netip.AddrPortFrom(p.Src.IP(), p.SrcPort), netip.AddrPortFrom(p.Dst.IP(), p.DstPort)}
			if got[k] == nil {
				got[k] = new(counts)
			}
			*got[k] = counts{got[k].packets + 1, got[k].frame + uint64(rs[i].Len), got[k].ip + p.Bytes, got[k].pay + uint64(p.PayLen)}
		}
		for _, f := range readTruth(t, name) {
			k := tuple{uint8(f.Proto), netip.AddrPortFrom(netip.MustParseAddr(f.Src), f.Sport), netip.AddrPortFrom(netip.MustParseAddr(f.Dst), f.Dport)}
			for dir, k := range []tuple{k, k.reverse()} {
				want := counts{f.Pk[dir], f.L2[dir], f.L3[dir], f.Pay[dir]}
				var g counts
				if got[k] != nil { g = *got[k] }
				if g != want { t.Errorf("%s %v %v: %v want %v", name, k,f.Flags, g, want) }
				delete(got, k)
			}
			flows++
		}
		for k, g := range got {
			t.Errorf("%s: not in the truth: %v %v", name, k, *g)
		}
	})
	t.Logf("%d flows", flows)
}
