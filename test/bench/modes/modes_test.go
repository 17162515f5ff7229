//go:build integration

package modes

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"weir/test/netns"
)

// Budgets.
const (
	leastRatio      = 5.0  // packets' own part to hybrid's, on long flows
	leastThroughput = 0.97 // of a router without weir
)

// Each mode has a router of its own, where weir runs all the time; the traffic goes
// from one to the next after a slice, and a round is so many slices of each. What
// else the machine does then meets all of them alike.
const (
	slice    = 400 * time.Millisecond
	perRound = 8
)

// resting are connections in the router's table beside those that are measured,
// as there are in any house.
const resting = 2000

// router is that of one mode.
type router struct {
	*netns.Home
	mode string
	weir *daemon
}

// newRouters makes those of all modes.
func newRouters(tb testing.TB, o netns.Options) (all []*router) {
	tb.Helper()
	for _, mode := range modes {
		home := newHome(tb, o)
		all = append(all, &router{home, mode, start(tb, home, mode)})
	}
	return all
}

// newHome makes a home whose router tracks and counts connections, many of which
// rest.
func newHome(tb testing.TB, o netns.Options) *netns.Home {
	tb.Helper()
	o.NAT = true
	home := netns.New(tb, o)
	home.Router.Sysctl(tb, "net.netfilter.nf_conntrack_acct=1", "net.netfilter.nf_conntrack_tcp_be_liberal=1",
		"net.netfilter.nf_conntrack_udp_timeout=7200", "net.netfilter.nf_conntrack_udp_timeout_stream=7200")
	home.Router.Run(tb, "nft", "add table inet fw; add chain inet fw forward { type filter hook forward priority 0; }; "+
		"add rule inet fw forward ct state established accept")
	var rest []netns.Flow
	for i := range resting {
		rest = append(rest, up(17, uint16(10_000+i), 100))
	}
	if _, err := home.Client1.Send(netns.Eth, rest, 1, 0); err != nil {
		tb.Fatal(err)
	}
	return home
}

// inTurns calls f for a slice of each router, in an order that changes, until all
// rounds are over.
func inTurns(all []*router, f func(*router)) {
	for i := range *rounds * perRound {
		for j := range all {
			f(all[(i+j)%len(all)])
		}
	}
}

// measure measures the same traffic in all routers.
func measure(tb testing.TB, routers []*router, traffic func(*router) error) turns {
	tb.Helper()
	all := make(turns)
	inTurns(routers, func(r *router) {
		before := forwarded(tb, r.Home)
		s := sample{spent: spentDuring(tb, r.weir.pid(), func() error { return traffic(r) })}
		s.packets = forwarded(tb, r.Home) - before
		s.entries = entries(tb, r.Home)
		all[r.mode] = append(all[r.mode], s)
	})
	return all
}

// entries returns how many connections the router tracks.
func entries(tb testing.TB, home *netns.Home) (n float64) {
	tb.Helper()
	text := home.Router.Run(tb, "cat", "/proc/sys/net/netfilter/nf_conntrack_count")
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// forwarded returns how many packets passed the router's uplink.
func forwarded(tb testing.TB, home *netns.Home) (packets float64) {
	tb.Helper()
	out := home.Router.Run(tb, "cat", "/sys/class/net/"+netns.WAN+"/statistics/rx_packets", "/sys/class/net/"+netns.WAN+"/statistics/tx_packets")
	for f := range strings.FieldsSeq(out) {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			tb.Fatal(err)
		}
		packets += n
	}
	return packets
}

// tell logs a table with how busy the machine is.
func tell(b *testing.B, all turns, what string, routers []*router) {
	b.Helper()
	var n, packets, machine, others, entries, drops float64
	for _, samples := range all {
		for _, s := range samples {
			n++
			packets += s.packets
			machine += s.machine.Seconds()
			others += s.others.Seconds()
			entries = max(entries, s.entries)
		}
	}
	for _, r := range routers {
		drops += r.weir.drops(b)
	}
	b.Logf("%s: seconds of processor time per million packets, of %d slices of %v each\n"+
		"%.0f packets a slice; %.0f connections tracked; weir dropped %.0f packets; other programs took %.0f %% of the busy time, load %s\n%s",
		what, *rounds*perRound, slice, packets/n, entries, drops, 100*others/machine, load(b), all)
}

// load returns the machine's load averages.
func load(tb testing.TB) string {
	tb.Helper()
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		tb.Fatal(err)
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

// BenchmarkLongFlows forwards at a steady rate below what the machine can do.
func BenchmarkLongFlows(b *testing.B) {
	netns.Favour(b)
	routers := newRouters(b, netns.Options{Silent: true})
	for b.Loop() {
		all := measure(b, routers, steady)
		tell(b, all, strconv.Itoa(downRate+upRate)+" packets a second of long flows", routers)
		p, h := all.own("packets"), all.own("hybrid")
		b.Logf("packets' own part, %.3f s, is %.1f times hybrid's, %.3f s", p, p/h, h)
		if h*leastRatio > p {
			b.Errorf("packets' own part is %.1f times hybrid's, at least %v", p/h, leastRatio)
		}
	}
}

// BenchmarkShortFlows opens and closes many connections, each of which has to be
// named: what is worst for hybrid.
func BenchmarkShortFlows(b *testing.B) {
	netns.Favour(b)
	routers := newRouters(b, netns.Options{})
	visits := make(map[*router]func() error)
	for _, r := range routers {
		visits[r] = newSite(b, r.Home)
	}
	for b.Loop() {
		all := measure(b, routers, func(r *router) error { return visits[r]() })
		tell(b, all, strconv.Itoa(visitRate)+" short connections a second", routers)
	}
}
