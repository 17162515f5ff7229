package packet

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"weir/test/corpus"
)

// fuzzLinks are the link types in the order that fuzzing numbers them.
var fuzzLinks = []LinkType{
	LinkEthernet, LinkRaw, LinkIPv4, LinkIPv6, LinkNull, LinkLoop, LinkPPP, LinkPPPHDLC,
	LinkPPPoE, LinkLinuxSLL, LinkLinuxSLL2, LinkRawDLT, LinkRawBSD, 105,
}

// fuzzRaw makes a frame of what the fuzzer brings. Data gets a capacity of its
// own, so that reading past its end is found.
func fuzzRaw(link uint8, data []byte, cut uint32, vlan, gso uint16) Raw {
	return Raw{
		Time: 1, Iface: 2, VLAN: vlan, GSOSize: gso,
		Link: fuzzLinks[int(link)%len(fuzzLinks)],
		Data: data[:len(data):len(data)],
		Len:  uint32(len(data)) + min(cut, 1<<24),
	}
}

// seed adds hand-written frames and, where the corpus is, what seedCorpus finds.
func seed(f *testing.F) {
	f.Helper()
	for i := range fuzzLinks {
		f.Add(uint8(i), ether(etherIPv4, seg4), uint32(0), uint16(0), uint16(0))
	}
	f.Add(uint8(0), ether(etherVLAN, tag(7, etherPPPoE), pppoeHeader(pppIPv6, 65), seg6), uint32(9), uint16(5), uint16(2))
	f.Add(uint8(0), ether(53, snapHeader(etherIPv4), seg4), uint32(0), uint16(0), uint16(0))
	f.Add(uint8(3), ip6(extHopByHop, ext(extFragment), fragHeader(extDestination, 0, 1), ext(ProtoAH), ext(0), ext(ProtoTCP), tcp(5, "hi")), uint32(0), uint16(0), uint16(0))
	f.Add(uint8(3), set(ip6(extHopByHop, []byte{ProtoTCP, 0, 0xc2, 4, 0, 1, 0, 0}, tcp(5, "hi")), 4, 0, 0), uint32(1<<17), uint16(0), uint16(1400))
	done := make(chan struct{})
	go func() {
		defer close(done)
		seedCorpus(f, optional{f})
	}()
	<-done
}

// optional goes on without the corpus: to skip ends its goroutine alone.
type optional struct{ testing.TB }

func (o optional) Skipf(format string, args ...any) {
	o.Logf(format, args...)
	runtime.Goexit()
}

// seedCorpus adds one frame of each kind of the captures, and the seeds of other
// fuzzers.
func seedCorpus(f *testing.F, tb testing.TB) {
	type kind struct {
		Link           LinkType
		EtherType      uint16
		Outcome        Outcome
		Version, Proto uint8
	}
	seen := map[kind]bool{}
	for _, dir := range []string{"pcap", "formats", "netflow", "robust"} {
		eachCapture(tb, dir, func(_ string, rs []Raw) {
			for i := range rs {
				var p Packet
				o := Decode(&rs[i], &p)
				k := kind{rs[i].Link, p.EtherType, o, p.Version, p.Proto}
				if !seen[k] && len(rs[i].Data) < 2000 {
					seen[k] = true
					f.Add(linkNumber(rs[i].Link), rs[i].Data, rs[i].Len-uint32(len(rs[i].Data)), uint16(0), uint16(0))
				}
			}
		})
	}
	for _, b := range foreignSeeds(tb) {
		f.Add(uint8(0), b, uint32(0), uint16(0), uint16(0))
		f.Add(uint8(1), b, uint32(1), uint16(0), uint16(100))
	}
}

func linkNumber(t LinkType) uint8 {
	for i, l := range fuzzLinks {
		if l == t {
			return uint8(i)
		}
	}
	return uint8(len(fuzzLinks) - 1)
}

// foreignSeeds returns small files that other fuzzers keep as seeds.
func foreignSeeds(tb testing.TB) (seeds [][]byte) {
	tb.Helper()
	err := filepath.WalkDir(corpus.Path(tb, "robust"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(filepath.Ext(path), "pcap") {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > 400 {
			return err
		}
		b, err := os.ReadFile(path)
		seeds = append(seeds, b)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return seeds
}

// FuzzDecode tests that no frame breaks the promises of Decode.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, link uint8, data []byte, cut uint32, vlan, gso uint16) {
		r := fuzzRaw(link, data, cut, vlan, gso)
		p, o := check(t, &r)
		if o == OK {
			checkPadding(t, r, p)
		}
	})
}

// checkPadding tests that bytes behind an IP packet of known length change
// nothing.
func checkPadding(t *testing.T, r Raw, p Packet) {
	t.Helper()
	if p.Segments > 1 || len(p.Payload) != int(p.PayLen) {
		return // cut: more bytes would be more payload
	}
	padded := r
	padded.Data = append(bytes.Clone(r.Data), make([]byte, 16)...)
	padded.Len += 16
	var q Packet
	if o := Decode(&padded, &q); o != OK {
		t.Fatalf("with padding the outcome is %v", o)
	}
	// A length of 0 means as much as there is: the one case where padding counts.
	if q.Bytes == p.Bytes && (q.PayLen != p.PayLen || !bytes.Equal(q.Payload, p.Payload)) {
		t.Errorf("padding changed the payload from %d to %d bytes", p.PayLen, q.PayLen)
	}
}

// FuzzDecodeVsGopacket tests that Decode and gopacket disagree on nothing but
// what agree explains.
func FuzzDecodeVsGopacket(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, link uint8, data []byte, cut uint32, vlan, gso uint16) {
		if len(data) > 0xffff {
			return // gopacket keeps lengths in 16 bits
		}
		r := fuzzRaw(link, data, cut, vlan&0x0fff, gso)
		var p Packet
		o := Decode(&r, &p)
		if _, err := agree(&r, &p, o); err != nil {
			t.Errorf("%v frame: %v: %v\n%+v\n%x", r.Link, o, err, p, data)
		}
	})
}
