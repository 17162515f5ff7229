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
func BenchmarkForwarding(b *testing.B) {
	prefer(b)
	routers := newRouters(b, netns.Options{})
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
		inTurns(routers, func(round int, r *router) {
			rate, err := download(r.Home, sites[r], slice)
			if err != nil {
				b.Fatal(err)
			}
			rates[r.mode] = append(rates[r.mode], rate*8/1e6)
		})
		report(b, rates)
	}
}

// report compares the rates of each mode with those without weir, turn by turn.
func report(b *testing.B, rates map[string][]float64) {
	b.Helper()
	var table strings.Builder
	for _, mode := range modes {
		shares := make([]float64, len(rates[mode]))
		for i, rate := range rates[mode] {
			shares[i] = rate / rates[none][i]
		}
		low, share, high := quartiles(shares)
		fmt.Fprintf(&table, "%-9s  %5.0f Mbit/s   %5.1f %% (%.1f to %.1f) of none at the same time\n",
			mode, median(rates[mode]), 100*share, 100*low, 100*high)
		if share < leastThroughput {
			b.Errorf("%s: %.1f %% of the throughput without weir, at least %.0f %%", mode, 100*share, 100*leastThroughput)
		}
	}
	b.Logf("forwarding of 1,500-byte packets, unpaced: medians of %d turns of %v (quartiles), load %s\n%s", *rounds*perRound, slice, load(b), table.String())
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
