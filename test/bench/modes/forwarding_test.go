//go:build integration

package modes

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"weir/test/netns"
)

// BenchmarkForwarding downloads as fast as the machine can, which is the limit
// then: sender, router, weir and receiver share its processors. It comes first, as
// the others give this process precedence of another kind.
//
// The budget is for a kernel that merges segments, as they all do unless told not
// to. Without merging every packet pays alone, which is told beside it.
func BenchmarkForwarding(b *testing.B) {
	b.Run("merged", func(b *testing.B) { forwarding(b, true) })
	b.Run("single", func(b *testing.B) { forwarding(b, false) })
}

// forwarding measures with segmentation offloads on or off.
func forwarding(b *testing.B, offloads bool) {
	prefer(b)
	routers := newRouters(b, netns.Options{Offloads: offloads})
	sites := make(map[*router]string)
	for _, r := range routers {
		ln := listen(b, r.Server, netip.AddrPortFrom(netns.ServerIP, 8080))
		go accept(ln, func(c net.Conn) {
			for page := make([]byte, 256<<10); ; {
				if _, err := c.Write(page); err != nil {
					return
				}
			}
		})
		sites[r] = ln.Addr().String()
	}
	for b.Loop() {
		rates := make(map[string][]float64) // Mbit/s
		inTurns(routers, func(r *router) {
			rate, err := download(r.Home, sites[r], slice)
			if err != nil {
				b.Fatal(err)
			}
			rates[r.mode] = append(rates[r.mode], rate*8/1e6)
		})
		report(b, rates, offloads)
	}
}

// report compares the rates of each mode with those without weir, turn by turn:
// the medians are judged, unless they are only told. What other work on the
// machine takes away is least in the best tenth of all turns.
func report(b *testing.B, rates map[string][]float64, judged bool) {
	b.Helper()
	var table strings.Builder
	for _, mode := range modes {
		shares := make([]float64, len(rates[mode]))
		for i, rate := range rates[mode] {
			shares[i] = 100 * rate / rates[none][i]
		}
		best := 100 * quantile(rates[mode], 0.9) / quantile(rates[none], 0.9)
		fmt.Fprintf(&table, "%-9s  %5.0f Mbit/s, %5.1f %% of none; undisturbed %5.0f Mbit/s, %5.1f %%; turn by turn %5.1f %% (%.1f to %.1f)\n", mode,
			quantile(rates[mode], 0.5), 100*quantile(rates[mode], 0.5)/quantile(rates[none], 0.5), quantile(rates[mode], 0.9), best,
			quantile(shares, 0.5), quantile(shares, 0.25), quantile(shares, 0.75))
		if share := quantile(shares, 0.5); judged && share < 100*leastThroughput {
			b.Errorf("%s: %.1f %% of the throughput without weir, at least %.0f %%", mode, share, 100*leastThroughput)
		}
	}
	b.Logf("forwarding, unpaced: medians of %d turns of %v (quartiles), load %s\n%s", *rounds*perRound, slice, load(b), table.String())
}

// prefer gives this process and what it starts precedence over the machine's other
// work, but none over the kernel's threads, nor to each other.
func prefer(tb testing.TB) {
	tb.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		tb.Fatal(err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err == nil {
			err = unix.Setpriority(unix.PRIO_PROCESS, id, -20)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) {
			tb.Logf("no precedence over other processes: %v", err)
			return
		}
	}
}
