package usage

import (
	"testing"

	"weir/internal/link"
)

func TestCounted(t *testing.T) {
	const top = wrapAt
	tests := []struct {
		name        string
		before, now link.Counters
		want        Counts
		ok          bool
	}{
		{"nothing", link.Counters{RxBytes: 5, RxPackets: 1}, link.Counters{RxBytes: 5, RxPackets: 1}, Counts{}, true},
		{
			"both ways",
			link.Counters{RxBytes: 1000, RxPackets: 10, TxBytes: 500, TxPackets: 5},
			link.Counters{RxBytes: 4000, RxPackets: 12, TxBytes: 700, TxPackets: 7},
			Counts{RxBytes: 3000, RxPackets: 2, TxBytes: 200, TxPackets: 2}, true,
		},
		{
			"beyond 32 bits", link.Counters{RxBytes: top - 100, RxPackets: 10}, link.Counters{RxBytes: top + 1400, RxPackets: 11},
			Counts{RxBytes: 1500, RxPackets: 1}, true,
		},
		{
			"bytes wrap", link.Counters{RxBytes: top - 100, RxPackets: 10}, link.Counters{RxBytes: 1400, RxPackets: 11},
			Counts{RxBytes: 1500, RxPackets: 1}, true,
		},
		{
			"bytes of what is sent wrap", link.Counters{TxBytes: top - 1000, TxPackets: 10, RxBytes: 9, RxPackets: 1}, link.Counters{TxBytes: 2000, TxPackets: 12, RxBytes: 99, RxPackets: 2},
			Counts{TxBytes: 3000, TxPackets: 2, RxBytes: 90, RxPackets: 1}, true,
		},
		{
			"packets wrap", link.Counters{RxBytes: 1 << 40, RxPackets: top - 1}, link.Counters{RxBytes: 1<<40 + 200, RxPackets: 1},
			Counts{RxBytes: 200, RxPackets: 2}, true,
		},
		{"a reset takes both", link.Counters{RxBytes: 1 << 40, RxPackets: 1 << 30}, link.Counters{RxBytes: 60, RxPackets: 1}, Counts{}, false},
		{"a reset of 32 bits", link.Counters{RxBytes: 3 << 30, RxPackets: 1 << 21}, link.Counters{RxBytes: 60, RxPackets: 1}, Counts{}, false},
		{"a reset to nothing", link.Counters{RxBytes: 100, RxPackets: 1, TxBytes: 100, TxPackets: 1}, link.Counters{}, Counts{}, false},
		{"only what is sent", link.Counters{TxBytes: 1 << 33, TxPackets: 9}, link.Counters{TxBytes: 7, TxPackets: 8}, Counts{}, false},
		{"more than fits into the frames", link.Counters{RxBytes: 100, RxPackets: 10}, link.Counters{RxBytes: 50, RxPackets: 11}, Counts{}, false},
		{"no frame", link.Counters{RxBytes: 100, RxPackets: 10}, link.Counters{RxBytes: 99, RxPackets: 10}, Counts{}, false},
		{"no wrap beyond 32 bits", link.Counters{RxBytes: 1 << 40, RxPackets: 10}, link.Counters{RxBytes: 1<<40 - 1, RxPackets: 11}, Counts{}, false},
		{"packets back alone", link.Counters{RxBytes: 100, RxPackets: 100}, link.Counters{RxBytes: 200, RxPackets: 99}, Counts{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := counted(tt.before, tt.now)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %+v, %v, want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// FuzzCounted checks that no counters, however they jump, give more than frames
// can hold or can be read as a step back.
func FuzzCounted(f *testing.F) {
	f.Add(uint64(wrapAt-100), uint64(10), uint64(1400), uint64(11))
	f.Add(uint64(1<<40), uint64(1<<30), uint64(60), uint64(1))
	f.Add(uint64(5), uint64(wrapAt-1), uint64(77), uint64(1))
	f.Fuzz(func(t *testing.T, bytes0, packets0, bytes1, packets1 uint64) {
		bytes, packets, ok := way(bytes0, bytes1, packets0, packets1)
		if !ok {
			return
		}
		if bytes1 >= bytes0 && bytes != bytes1-bytes0 || packets1 >= packets0 && packets != packets1-packets0 {
			t.Errorf("a step forward counts %d bytes, %d packets", bytes, packets)
		}
		if (bytes1 < bytes0 || packets1 < packets0) && (bytes > packets*mostFrame || bytes < packets*leastFrame) {
			t.Errorf("a wrap counts %d bytes in %d packets", bytes, packets)
		}
	})
}
