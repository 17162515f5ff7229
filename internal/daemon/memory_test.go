package daemon

import (
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"weir/uci"
)

func TestProcField(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meminfo")
	text := "MemTotal:      524288 kB\nMemFree:\nHugePages: many\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, field string
		want              int64
		ok                bool
	}{
		{"there", path, "MemTotal:", 524288, true},
		{"without a value", path, "MemFree:", 0, false},
		{"not a number", path, "HugePages:", 0, false},
		{"no such line", path, "SwapTotal:", 0, false},
		{"no such file", path + "2", "MemTotal:", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := procField(tt.path, tt.field); got != tt.want || ok != tt.ok {
				t.Errorf("%d, %v", got, ok)
			}
		})
	}
}

func TestOwnMemory(t *testing.T) {
	if total := memTotal(); total < 16*mib {
		t.Errorf("this machine has %d bytes of memory", total)
	}
	if n := rss(); n < 1*mib || n > 16<<30 {
		t.Errorf("this process has %d bytes", n)
	}
	if n := heapInUse(); n == 0 {
		t.Error("an empty heap")
	}
}

func TestLimitMemory(t *testing.T) {
	limit := debug.SetMemoryLimit(-1)
	percent := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) })
	d := &Daemon{boot: uci.Default()}
	tests := []struct {
		name       string
		configured int
		flows      int
		env        string
		min, max   uint64
	}{
		{"configured", 20, 1 << 20, "", 20 * mib, 20 * mib},
		{"from the machine", 0, 8192, "", 8 * mib, 128 * mib},
		{"a table that needs more", 0, 1 << 20, "", 512 * mib, 512 * mib},
		{"from the environment", 20, 8192, "64MiB", 0, 0}, // the runtime has read it itself
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			debug.SetMemoryLimit(math.MaxInt64)
			t.Setenv("GOMEMLIMIT", tt.env)
			cfg := uci.Default()
			cfg.Main.MemoryLimit, cfg.Main.MaxFlows = tt.configured, tt.flows
			d.limitMemory(cfg)
			if got := memoryLimit(); got < tt.min || got > tt.max {
				t.Errorf("limit %d, want %d to %d", got, tt.min, tt.max)
			}
		})
	}
}

func TestStoreSize(t *testing.T) {
	cfg := uci.Default()
	if n := storeSize(cfg); n < 2*mib || n > 16*mib {
		t.Errorf("chosen: %d", n)
	}
	cfg.Store.MaxSize = 5 * mib
	if n := storeSize(cfg); n != 5*mib {
		t.Errorf("configured 5 MiB: %d", n)
	}
}
