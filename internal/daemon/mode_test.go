package daemon

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"weir/internal/link"
	"weir/internal/source/conntrack"
	"weir/uci"
)

// router returns the facts of a router on which nothing is amiss.
func router() *facts {
	return &facts{
		want: uci.ModeAuto, ports: uci.Auto,
		tracking: conntrack.Facts{Tracking: true, Accounting: true, Netlink: true},
		lan:      []string{"br-lan"}, uplinks: []string{"wan"}, forwards: true,
		cores: 4, wordBits: 64,
	}
}

// offloading makes it one with fw4's flowtable.
func offloading(f *facts, counter, hardware bool) {
	f.software, f.hardware = true, hardware
	f.tables = []link.Flowtable{{Table: "fw4", Name: "ft", Counter: counter, Hardware: hardware}}
}

func TestChoose(t *testing.T) {
	unread := func(err error) func(*facts) {
		return func(f *facts) { f.tracking.Netlink, f.tracking.Err = false, fmt.Errorf("ask: %w", err) }
	}
	uncounted := func(f *facts) { f.tracking.Accounting = false }
	uncaptured := func(f *facts) { f.capture = errNoRaw }
	want := func(m uci.Mode) func(*facts) { return func(f *facts) { f.want = m } }
	both := func(all ...func(*facts)) func(*facts) {
		return func(f *facts) {
			for _, change := range all {
				change(f)
			}
		}
	}
	tests := []struct {
		name     string
		change   func(*facts)
		mode     uci.Mode
		ports    bool
		why      string   // words in it
		problems []string // words in each, in order
	}{
		{"router", func(*facts) {}, uci.ModeHybrid, true, "routes to wan and connection tracking counts", nil},
		{"two uplinks", func(f *facts) { f.uplinks = append(f.uplinks, "lte") }, uci.ModeHybrid, true, "routes to wan and lte", nil},
		{"software offload", func(f *facts) { offloading(f, true, false) }, uci.ModeHybrid, true, "flow offload", nil},
		{"offload configured, no flowtable yet", func(f *facts) { f.software = true }, uci.ModeHybrid, true, "flow offload", nil},
		{"flowtable without counter", func(f *facts) { offloading(f, false, false) }, uci.ModeHybrid, true, "flow offload",
			[]string{"flowtable ft of table fw4 does not count: ", "update firewall4"}},
		{"one of two flowtables counts", func(f *facts) {
			offloading(f, true, false)
			f.tables = append(f.tables, link.Flowtable{Table: "mine", Name: "fast"})
		}, uci.ModeHybrid, true, "", []string{"flowtable fast of table mine"}},

		{"does not route", func(f *facts) { f.forwards = false }, uci.ModePackets, false, "ip_forward is 0", nil},
		{"does not route nor count", both(func(f *facts) { f.forwards = false }, uncounted), uci.ModePackets, false, "ip_forward", nil},
		{"no uplink", func(f *facts) { f.uplinks = nil }, uci.ModePackets, false, "no uplink is known", nil},
		{"mirror port", func(f *facts) { f.mirror = "eth1" }, uci.ModePackets, false, "eth1 has no address", nil},
		{"accounting is off", uncounted, uci.ModePackets, false, "but connection tracking does not count: nf_conntrack_acct is 0",
			[]string{"sysctl -w net.netfilter.nf_conntrack_acct=1"}},
		{"accounting is off under offload", both(uncounted, func(f *facts) { offloading(f, true, false) }), uci.ModePackets, true, "nf_conntrack_acct",
			[]string{"nf_conntrack_acct=1"}},
		{"no connection tracking", unread(conntrack.ErrNoTracking), uci.ModePackets, false, "does not track connections", []string{"kmod-nf-conntrack"}},
		{"no ctnetlink", unread(conntrack.ErrNoNetlink), uci.ModePackets, false, "without nf_conntrack_netlink", []string{"install kmod-nf-conntrack-netlink"}},
		{"no right", unread(conntrack.ErrNoRight), uci.ModePackets, false, "may not read", []string{"CAP_NET_ADMIN"}},
		{"an odd error", unread(errors.New("too many open files")), uci.ModePackets, false, "cannot be read", []string{"too many open files"}},
		{"may not capture", uncaptured, uci.ModeConntrack, false, "may not capture: it lacks CAP_NET_RAW", []string{"flows have no names"}},
		{"nothing to capture", func(f *facts) { f.lan = nil }, uci.ModeConntrack, false, "no device of the house", nil},
		{"may do nothing", both(uncaptured, unread(conntrack.ErrNoRight)), uci.ModePackets, false, "may not read", []string{"CAP_NET_ADMIN"}},

		{"packets", want(uci.ModePackets), uci.ModePackets, false, "as configured", nil},
		{"packets without accounting", both(want(uci.ModePackets), uncounted), uci.ModePackets, false, "as configured", nil},
		{"packets under offload", both(want(uci.ModePackets), func(f *facts) { offloading(f, true, false) }), uci.ModePackets, true, "as configured", nil},
		{"packets on the bridge under offload", both(want(uci.ModePackets), func(f *facts) { offloading(f, true, false); f.ports = uci.Off }),
			uci.ModePackets, false, "as configured", []string{"3 of 300"}},
		{"packets under hardware offload", both(want(uci.ModePackets), func(f *facts) { offloading(f, true, true) }),
			uci.ModePackets, true, "as configured", []string{"flow_offloading_hw to 0"}},
		{"packets behind a mirror port", both(want(uci.ModePackets), func(f *facts) { f.mirror = "eth1"; f.software, f.ports = true, uci.Off }),
			uci.ModePackets, false, "as configured", nil},
		{"conntrack", want(uci.ModeConntrack), uci.ModeConntrack, false, "as configured", nil},
		{"conntrack without accounting", both(want(uci.ModeConntrack), uncounted), uci.ModeConntrack, false, "as configured",
			[]string{"nothing is counted: connection tracking does not count; run"}},
		{"conntrack without the right to capture", both(want(uci.ModeConntrack), uncaptured), uci.ModeConntrack, false, "as configured", nil},
		{"conntrack with a flowtable without counter", both(want(uci.ModeConntrack), func(f *facts) { offloading(f, false, false) }),
			uci.ModeConntrack, true, "as configured", []string{"does not count"}},
		{"hybrid", want(uci.ModeHybrid), uci.ModeHybrid, true, "as configured", nil},
		{"hybrid where nothing is routed", both(want(uci.ModeHybrid), func(f *facts) { f.forwards = false }), uci.ModeHybrid, true, "as configured", nil},
		{"hybrid without accounting", both(want(uci.ModeHybrid), uncounted), uci.ModePackets, false, "hybrid is configured, but connection tracking does not count",
			[]string{"packets are counted instead of connections: connection tracking does not count; run"}},
		{"hybrid without the right to capture", both(want(uci.ModeHybrid), uncaptured), uci.ModeConntrack, false, "hybrid is configured, but weir may not capture",
			[]string{"flows have no names"}},
		{"hybrid without either", both(want(uci.ModeHybrid), uncaptured, uncounted), uci.ModeConntrack, false, "may not capture",
			[]string{"nothing is counted: connection tracking does not count", "flows have no names"}},
		{"ports on", func(f *facts) { f.ports, f.forwards = uci.On, false }, uci.ModePackets, true, "", nil},
		{"ports off", func(f *facts) { f.ports = uci.Off }, uci.ModeHybrid, false, "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := router()
			tt.change(f)
			c := choose(f)
			if c.mode != tt.mode || c.ports != tt.ports || !strings.Contains(c.why, tt.why) || c.why == "" {
				t.Errorf("%s, ports %v, because %s; want %s, ports %v, because … %s", c.mode, c.ports, c.why, tt.mode, tt.ports, tt.why)
			}
			var all strings.Builder
			for _, p := range c.problems {
				if !p.Warning || p.Section != "main" || p.Option == "" {
					t.Errorf("problem %+v", p)
				}
				all.WriteString(p.Message + "\n")
			}
			for _, words := range tt.problems {
				if !strings.Contains(all.String(), words) {
					t.Errorf("%q is not among the problems:\n%s", words, all.String())
				}
			}
			if tt.problems == nil && len(c.problems) > 0 {
				t.Errorf("problems:\n%s", all.String())
			}
		})
	}
}

func TestChooseBudget(t *testing.T) {
	for _, tt := range []struct{ cores, wordBits, want int }{{1, 32, smallBudget}, {4, 32, 4 * smallBudget}, {1, 64, 0}, {8, 64, 0}} {
		f := router()
		f.cores, f.wordBits = tt.cores, tt.wordBits
		if got := choose(f).budget; got != tt.want {
			t.Errorf("%d cores of %d bits: %d, want %d", tt.cores, tt.wordBits, got, tt.want)
		}
	}
}
