package daemon

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"weir/uci"
)

const mib = 1 << 20

// flowMemory is what a full table takes for each flow, with its share of hosts,
// indexes and queries, and room to collect garbage: 360 bytes are live.
const flowMemory = 512

// limitMemory bounds the Go runtime: to what the configuration says, or else to
// a fourteenth of the machine's memory between 8 and 128 MiB, or to what the flow
// table takes where that is more: below what is live the garbage collector would
// never rest. The limit makes it work harder near it and give back what is idle.
// Long before, the heap is kept within 30 % of what is in use instead of Go's
// 100 %: nearly all of it is the flow table, which holds no pointers, so
// collecting is cheap. With a full table on a 32-bit machine both together make
// 5.7 to 6.5 MB of anonymous memory where 64 MiB and 30 % make 7.2 MB.
func (d *Daemon) limitMemory(cfg *uci.Config) {
	limit := int64(cfg.Main.MemoryLimit) * mib
	if limit == 0 {
		flows := max(cfg.Main.MaxFlows, d.boot.Main.MaxFlows) // a reload changes no table
		limit = max(min(max(memTotal()/14, 8*mib), 128*mib), int64(flows)*flowMemory)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(30)
	}
}

// storeSize returns the limit of the database: as configured, or a thirty-second
// of the machine's memory between 2 and 16 MiB, since it usually lies in tmpfs.
func storeSize(cfg *uci.Config) int64 {
	if cfg.Store.MaxSize > 0 {
		return cfg.Store.MaxSize
	}
	return min(max(memTotal()/32, 2*mib), 16*mib)
}

// memTotal returns the machine's memory in bytes, or a small router's when it
// cannot be read.
func memTotal() int64 {
	const small = 128 * mib
	v, ok := procField("/proc/meminfo", "MemTotal:")
	if !ok {
		return small
	}
	return v * 1024
}

// rss returns the process's resident memory in bytes, 0 if it cannot be read.
func rss() uint64 {
	v, _ := procField("/proc/self/status", "VmRSS:")
	return uint64(v) * 1024
}

// procField returns the number after the line's name in a file of /proc.
func procField(path, name string) (int64, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), name); ok {
			fields := strings.Fields(rest)
			if len(fields) == 0 {
				return 0, false
			}
			v, err := strconv.ParseInt(fields[0], 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}
