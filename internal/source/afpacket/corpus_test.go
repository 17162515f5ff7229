package afpacket

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"weir/internal/packet"
	"weir/test/corpus"
)

// readCapture returns the frames of a capture, as far as gopacket reads it.
func readCapture(tb testing.TB, path string) (all []packet.Raw) {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var read func() ([]byte, gopacket.CaptureInfo, error)
	var link packet.LinkType
	if ng, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{WantMixedLinkType: true}); err == nil {
		read = ng.ReadPacketData
	} else if r, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		read, link = r.ReadPacketData, packet.LinkType(r.LinkType())
	} else {
		return nil
	}
	for {
		data, ci, err := read()
		if err != nil { // the end, or damage, which is another test's
			return all
		}
		if len(ci.AncillaryData) > 0 {
			link = packet.LinkType(ci.AncillaryData[0].(layers.LinkType))
		}
		if link == packet.LinkLinuxSLL2&0xff { // gopacket's link types have 8 bits
			link = packet.LinkLinuxSLL2
		}
		all = append(all, packet.Raw{Data: data, Len: uint32(max(ci.Length, len(data))), Link: link})
	}
}

// share is how much of something passed.
type share struct{ frames, passed, bytes, captured int }

func (s *share) add(r *packet.Raw, caplen int) {
	s.frames++
	s.bytes += len(r.Data)
	s.captured += caplen
	if caplen > 0 {
		s.passed++
	}
}

func percent(part, whole int) float64 { return 100 * float64(part) / float64(max(1, whole)) }

// TestCorpusNames has the filter judge real captures, and fails when a frame is
// refused that names a flow.
func TestCorpusNames(t *testing.T) {
	var total share
	var lost, wanted, middles int
	for _, path := range corpus.Files(t, "pcap", "*.pcap*") {
		f, err := NewOfflineFilter(Config{BridgedTracked: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var here share
		seen := newOracle()
		for i, r := range readCapture(t, path) {
			caplen, _ := f.Pass(&r)
			here.add(&r, caplen)
			total.add(&r, caplen)
			why := seen.wants(&r)
			switch {
			case why == "":
				continue
			case why == middleOfHello && caplen == 0:
				middles++
				t.Logf("%s: frame %d: %s", filepath.Base(path), i+1, why)
			case caplen < len(r.Data):
				lost++
				t.Errorf("%s: frame %d: %s: %d of %d bytes pass", filepath.Base(path), i+1, why, caplen, len(r.Data))
			}
			wanted++
		}
		t.Logf("%-60s %5.1f %% of %6d frames, %5.1f %% of bytes", filepath.Base(path),
			percent(here.passed, here.frames), here.frames, percent(here.captured, here.bytes))
	}
	t.Logf("all: %.1f %% of %d frames, %.1f %% of %d bytes; %d frames name flows, %d lost, %d in the middle of a ClientHello",
		percent(total.passed, total.frames), total.frames, percent(total.captured, total.bytes), total.bytes, wanted, lost, middles)
	if wanted < 1000 {
		t.Errorf("the captures have %d frames that name flows; the test wants 1,000", wanted)
	}
}

// TestCorpusLevels prints what each level of the budget passes.
func TestCorpusLevels(t *testing.T) {
	var totals [len(levels)]share
	for _, path := range corpus.Files(t, "pcap", "*.pcap*") {
		frames := readCapture(t, path)
		for l := range levels {
			f, err := NewOfflineFilter(Config{BridgedTracked: true}, nil)
			if err != nil {
				t.Fatal(err)
			}
			f.level = l
			for i := range frames {
				caplen, _ := f.Pass(&frames[i])
				totals[l].add(&frames[i], caplen)
			}
		}
	}
	for l, s := range totals {
		t.Logf("level %d: %.1f %% of frames, %.1f %% of bytes", l, percent(s.passed, s.frames), percent(s.captured, s.bytes))
		if l > 0 && s.passed >= totals[l-1].passed {
			t.Errorf("level %d passes %d frames, the looser one %d", l, s.passed, totals[l-1].passed)
		}
	}
}
