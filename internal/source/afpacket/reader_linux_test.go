package afpacket

import "testing"

func TestGeometry(t *testing.T) {
	tests := []struct {
		name                string
		ring, snaplen, page int
		wantSize, wantCount int
	}{
		{"default", 512 << 10, 1600, 4 << 10, 64 << 10, 8},
		{"least", 64 << 10, 256, 4 << 10, 16 << 10, 4},
		{"share of a small ring", 100 << 10, 256, 4 << 10, 16 << 10, 6},
		{"large", 8 << 20, 1600, 4 << 10, 64 << 10, 128},
		{"large pages", 64 << 10, 256, 64 << 10, 64 << 10, 2},
		{"whole merged frames", 1 << 20, 65535, 4 << 10, 128 << 10, 8},
		{"more than the ring has room for", 64 << 10, 262144, 4 << 10, 32 << 10, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			size, count := geometry(tt.ring, tt.snaplen, tt.page)
			if size != tt.wantSize || count != tt.wantCount {
				t.Errorf("%d blocks of %d, want %d of %d", count, size, tt.wantCount, tt.wantSize)
			}
			if size%tt.page != 0 || size&(size-1) != 0 {
				t.Errorf("the kernel refuses blocks of %d", size)
			}
		})
	}
}
