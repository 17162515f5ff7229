package packet

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"

	"weir/test/corpus"
)

// frames reads the frames of a capture, as far as gopacket's readers get; data
// stays valid.
func frames(tb testing.TB, path string) []Raw {
	tb.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	var read func() ([]byte, gopacket.CaptureInfo, error)
	link := func() LinkType { return 0 }
	if ng, err := pcapgo.NewNgReader(bytes.NewReader(b), pcapgo.NgReaderOptions{WantMixedLinkType: true}); err == nil {
		read = ng.ReadPacketData
	} else if r, err := pcapgo.NewReader(bytes.NewReader(b)); err == nil {
		read, link = r.ReadPacketData, func() LinkType { return LinkType(r.LinkType()) }
	} else {
		return nil
	}
	var rs []Raw
	for {
		data, ci, err := read()
		if err != nil { // io.EOF, or damage, of which the corpus has some on purpose
			return rs
		}
		r := Raw{Time: ci.Timestamp.UnixNano(), Data: data, Len: uint32(max(ci.Length, len(data)))}
		if len(ci.AncillaryData) > 0 {
			r.Link = LinkType(ci.AncillaryData[0].(layers.LinkType))
		} else {
			r.Link = link()
		}
		if r.Link == LinkLinuxSLL2&0xff { // gopacket's link types have 8 bits
			r.Link = LinkLinuxSLL2
		}
		rs = append(rs, r)
	}
}

// eachCapture runs f over the captures of the corpus that gopacket can open.
func eachCapture(tb testing.TB, dir string, f func(name string, rs []Raw)) {
	tb.Helper()
	for _, path := range corpus.Files(tb, dir, "*.pcap*") {
		if rs := frames(tb, path); len(rs) > 0 {
			f(filepath.Base(path), rs)
		}
	}
}
