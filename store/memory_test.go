package store

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"weir/internal/rollup"
)

// mapped returns how many bytes of the address space map the file at path.
func mapped(t *testing.T, path string) (total uint64) {
	t.Helper()
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var from, to uint64
		if strings.HasSuffix(lines.Text(), path) {
			if _, err := fmt.Sscanf(lines.Text(), "%x-%x", &from, &to); err != nil {
				t.Fatal(err)
			}
			total += to - from
		}
	}
	return total
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryDoesNotGrow writes, prunes and reads for weeks. The mapping starts
// small, because a 32-bit router has little address space, and ends at the next
// power of two above the file's limit; the heap stays as it was.
func TestMemoryDoesNotGrow(t *testing.T) {
	const limit = 1 << 20
	s := open(t, filepath.Join(t.TempDir(), FileName), Options{MaxSize: limit})
	if n := mapped(t, s.path); n == 0 || n > 64<<10 {
		t.Errorf("a new database maps %d bytes", n)
	}
	h := newHousehold(t)
	base := uint64(0)
	for now := int64(0); now < 16*86400; now += 300 {
		s.Append(h.fiveMinutes(now, 5))
		if now%3600 == 0 {
			commit(t, s)
			q := rollup.Query{Class: rollup.Device, ID: 1, Metric: rollup.Bytes, From: 0, To: now + 1, Points: 100}
			if _, err := s.Series(t.Context(), q, h.roll.Open); err != nil {
				t.Fatal(err)
			}
		}
		if now == 8*86400 {
			base = heap()
		}
	}
	if now := heap(); now > base+256<<10 {
		t.Errorf("the heap grew from %d to %d bytes in a week", base, now)
	}
	if n := mapped(t, s.path); n > limit {
		t.Errorf("a database limited to %d bytes maps %d", limit, n)
	}
}
