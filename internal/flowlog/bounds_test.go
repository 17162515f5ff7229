package flowlog_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"weir/internal/flowlog"
	"weir/internal/packet"
)

// TestFullest checks that a block is read back that holds as much as a Builder
// takes, whatever of it comes to its bound first.
func TestFullest(t *testing.T) {
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}) }
	tests := []struct {
		name string
		flow func(i int) flowlog.Flow
	}{
		{"flows", func(i int) flowlog.Flow { return flowlog.Flow{ID: uint64(i)} }},
		{"addresses", func(i int) flowlog.Flow {
			return flowlog.Flow{Client: flowlog.Endpoint{IP: addr(2 * i)}, Server: flowlog.Endpoint{IP: addr(2*i + 1)}}
		}},
		{"translations", func(i int) flowlog.Flow {
			at := func(n int) packet.Addr { return packet.AddrOf(addr(1000 + 4*i + n)) }
			return flowlog.Flow{NAT: &flowlog.NAT{Orig: packet.Tuple{Src: at(0), Dst: at(1)}, Reply: packet.Tuple{Src: at(2), Dst: at(3)}}}
		}},
		{"texts", func(i int) flowlog.Flow {
			return flowlog.Flow{Host: fmt.Sprint("h", i), Server: flowlog.Endpoint{Name: fmt.Sprint("s", i)}}
		}},
		{"devices", func(i int) flowlog.Flow {
			return flowlog.Flow{Client: flowlog.Endpoint{Device: 1<<31 + uint32(2*i)}, Server: flowlog.Endpoint{Device: 1<<31 + uint32(2*i+1)}}
		}},
		{"long texts", func(i int) flowlog.Flow {
			return flowlog.Flow{Host: strings.Repeat(string(rune('a'+i%26)), 2000)}
		}},
		{"texts that nobody expects", func(i int) flowlog.Flow {
			var d flowlog.Detail
			x := uint32(i + 1)
			for _, s := range []*string{&d.ALPN, &d.Version, &d.JA4, &d.Method, &d.URL, &d.UserAgent, &d.Server, &d.ContentType, &d.Subject} {
				b := make([]byte, flowlog.MaxText)
				for j := range b {
					x = x*1664525 + 1013904223
					b[j] = byte(x>>30) & 1 // the two that are quoted
				}
				*s = string(b)
			}
			return flowlog.Flow{Detail: &d}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := flowlog.NewBuilder()
			n := 0
			for f := tt.flow(n); b.Append(&f); f = tt.flow(n) {
				n++
			}
			block := b.Close()
			if p, err := flowlog.Parse(block.Bytes); err != nil || p.Count != n {
				t.Fatalf("%d flows of %d: %v", p.Count, n, err)
			}
			if got := len(read(t, block.Bytes, flowlog.Filter{})); got != n {
				t.Errorf("%d flows, want %d", got, n)
			}
		})
	}
}
