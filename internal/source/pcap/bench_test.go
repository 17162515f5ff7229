package pcap

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/gopacket/pcapgo"

	"weir/internal/packet"
)

// benchSizes are frame lengths of about the mean of a home's traffic.
var benchSizes = []int{66, 74, 66, 1514, 90, 118, 66, 1514, 70, 66, 342, 66}

func benchClassic(size int) (capture []byte, frames int) {
	w := build(le).head(0xa1b2c3d4, 1)
	for len(w.b) < size {
		w.record(1_700_000_000+uint32(frames/5000), uint32(frames%5000*200), make([]byte, benchSizes[frames%len(benchSizes)]))
		frames++
	}
	return w.b, frames
}

func benchNG(size int) (capture []byte, frames int) {
	w := build(le).section().iface(1, 0)
	for len(w.b) < size {
		w.packet(0, 1_700_000_000_000_000+uint64(frames*200), make([]byte, benchSizes[frames%len(benchSizes)]))
		frames++
	}
	return w.b, frames
}

// BenchmarkRead reads 50 MB from a file; ns/frame includes the system calls.
func BenchmarkRead(b *testing.B) {
	for _, bm := range []struct {
		name string
		make func(int) ([]byte, int)
	}{{"pcap", benchClassic}, {"pcapng", benchNG}} {
		capture, frames := bm.make(50 << 20)
		path := filepath.Join(b.TempDir(), bm.name)
		if err := os.WriteFile(path, capture, 0o600); err != nil {
			b.Fatal(err)
		}
		for _, rb := range []struct {
			name string
			read func(io.Reader) (int, error)
		}{
			{"syscalls", readNothing}, {"batch", readBatches}, {"gopacket", readGopacket},
		} {
			b.Run(bm.name+"/"+rb.name, func(b *testing.B) {
				b.SetBytes(int64(len(capture)))
				b.ReportAllocs()
				for b.Loop() {
					f, err := os.Open(path)
					if err != nil {
						b.Fatal(err)
					}
					n, err := rb.read(f)
					f.Close()
					if err != nil || rb.name != "syscalls" && n != frames {
						b.Fatal(n, err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frames), "ns/frame")
			})
		}
	}
}

func readNothing(r io.Reader) (int, error) {
	buf := make([]byte, readSize)
	for {
		if _, err := r.Read(buf); err == io.EOF {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
	}
}

func readBatches(r io.Reader) (int, error) {
	rd, err := NewReader(r)
	if err != nil {
		return 0, err
	}
	var dst [256]packet.Raw
	for total := 0; ; {
		n, err := rd.Batch(dst[:])
		if err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
		total += n
	}
}

// readGopacket reads as fast as gopacket can.
func readGopacket(r io.Reader) (int, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	all := io.MultiReader(bytes.NewReader(head[:]), r)
	if le.Uint32(head[:]) == 0x0a0d0d0a {
		g, err := pcapgo.NewNgReader(all, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			return 0, err
		}
		for n := 0; ; n++ {
			if _, _, err := g.ZeroCopyReadPacketData(); err == io.EOF {
				return n, nil
			} else if err != nil {
				return n, err
			}
		}
	}
	g, err := pcapgo.NewReader(all)
	if err != nil {
		return 0, err
	}
	for n := 0; ; n++ {
		if _, _, err := g.ZeroCopyReadPacketData(); err == io.EOF {
			return n, nil
		} else if err != nil {
			return n, err
		}
	}
}
