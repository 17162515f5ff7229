//go:build integration

package afpacket

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/test/netns"
)

// BenchmarkForward measures the CPU time, of process and kernel, for each segment
// of bulk TCP that the router forwards: without capture, with all packets
// captured on the ports of the bridge, and with those of hybrid mode. The work of
// filters in the kernel is in it. It tells the least of many short turns, because
// other work on the machine disturbs most of them.
func BenchmarkForward(b *testing.B) {
	const turns, segments = 40, 20_000
	lan := []Interface{{Name: "lan", Device: netns.Bridge, Ports: true}}
	ways := []struct {
		name   string
		cfg    *Config
		optmem int // for filters, 0 for enough
	}{
		{"nothing", nil, 0},
		{"packets", &Config{Interfaces: lan, Snaplen: 256}, 0},
		{"hybrid", &Config{Interfaces: lan, Hybrid: true}, 0},
		{"brief", &Config{Interfaces: lan, Hybrid: true}, 6144},
	}
	home := netns.New(b, netns.Options{Silent: true})
	down := tcpFlow(netns.ServerMAC, netns.WANMAC, netns.ServerIP6, 443, netns.Client1IP6, 40000, 1400)
	up := tcpFlow(netns.Client1MAC, netns.RouterMAC, netns.Client1IP6, 40000, netns.ServerIP6, 443, 1400)
	least := make([][2]float64, len(ways))
	for b.Loop() {
		for i, w := range ways {
			if w.optmem > 0 {
				home.Router.Sysctl(b, fmt.Sprint("net.core.optmem_max=", w.optmem))
			}
			stop := func() error { return nil }
			if w.cfg != nil {
				stop = capture(b, home.Router, *w.cfg, new(longest)).stop
			}
			for range turns {
				for d, f := range []netns.Flow{down, up} {
					from := []*netns.Namespace{home.Server, home.Client1}[d]
					before := forwardingCPU(b)
					send(b, from, netns.Eth, []netns.Flow{f}, segments, 0)
					cost := float64(forwardingCPU(b)-before) / segments
					if least[i][d] == 0 || cost < least[i][d] {
						least[i][d] = cost
					}
				}
			}
			if err := stop(); err != nil {
				b.Fatal(err)
			}
		}
	}
	for i, w := range ways {
		b.Logf("%-8s down %5.0f ns a segment (%+5.0f), up %5.0f ns (%+5.0f)", w.name,
			least[i][0], least[i][0]-least[0][0], least[i][1], least[i][1]-least[0][1])
		b.ReportMetric(least[i][0], w.name+"-down-ns/segment")
	}
}

// forwardingCPU returns the CPU time of all that forwards, sends and captures
// here: this process, to which the kernel bills most of its work on packets, and
// the kernel's own threads for the rest. What else runs on the machine is not in it.
func forwardingCPU(b *testing.B) time.Duration {
	b.Helper()
	threads, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		b.Fatal(err)
	}
	total := processCPU(b)
	for _, path := range threads {
		name, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(name), "ksoftirqd/") {
			continue // it may have ended meanwhile
		}
		stat, err := os.ReadFile(filepath.Join(filepath.Dir(path), "schedstat"))
		if err != nil {
			b.Fatal(err)
		}
		var ran int64 // ns; Documentation/scheduler/sched-stats.rst
		if _, err := fmt.Sscan(string(stat), &ran); err != nil {
			b.Fatal(err)
		}
		total += time.Duration(ran)
	}
	return total
}
