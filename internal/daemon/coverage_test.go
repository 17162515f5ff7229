package daemon

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/link"
	"weir/internal/rollup"
	"weir/internal/source"
	"weir/internal/source/conntrack"
	"weir/internal/usage"
	"weir/uci"
)

// telling is a source that tells a status and does nothing.
type telling source.Status

func (s telling) Run(ctx context.Context, _ source.Sink) error { <-ctx.Done(); return nil }
func (s telling) Status() source.Status                        { return source.Status(s) }

func TestCauses(t *testing.T) {
	capture := telling{Points: []source.Point{{Drops: 3}, {Drops: 4}}}
	tracking := telling{Tracking: &source.Tracking{
		Overruns: 1, Vanished: 2, Resets: 3, Uncounted: 4, Forgotten: 5, Standing: 6, StandingHardware: 2,
	}}
	tables := []link.Flowtable{{Counter: true}, {}, {}}
	tests := []struct {
		name    string
		mode    uci.Mode
		known   *facts
		sources []source.Source
		want    map[usage.Cause]uint64
	}{
		{"nothing", uci.ModePackets, nil, nil, map[usage.Cause]uint64{usage.OwnUnseen: 1}},
		{"packets", uci.ModePackets, &facts{tables: tables}, []source.Source{capture}, map[usage.Cause]uint64{usage.RingDrops: 7, usage.OwnUnseen: 1}},
		{"hybrid, whose frames only name", uci.ModeHybrid, &facts{tracking: conntrack.Facts{Accounting: true}, tables: tables}, []source.Source{tracking, capture},
			map[usage.Cause]uint64{usage.Overruns: 1, usage.Vanished: 2, usage.Resets: 3, usage.Uncounted: 4, usage.Forgotten: 5, usage.Standing: 2, usage.SoftStanding: 4, usage.NoCounter: 2}},
		{"conntrack without accounting", uci.ModeConntrack, &facts{}, nil, map[usage.Cause]uint64{usage.NoAccounting: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newHouse(t, "").daemon(t)
			d.steady.mode, d.known = tt.mode, tt.known
			for _, s := range tt.sources {
				d.sources = append(d.sources, running{source: s})
			}
			got := make(map[usage.Cause]uint64)
			for c, n := range d.causes() {
				if n > 0 {
					got[usage.Cause(c)] = n
				}
			}
			if len(got)+len(tt.want) > 0 && !cmp.Equal(tt.want, got) {
				t.Error(cmp.Diff(tt.want, got))
			}
		})
	}
}

// What networks that are not watched moved is a reason of its own.
func TestUnwatchedIsACause(t *testing.T) {
	d := newHouse(t, "").daemon(t)
	c := flow.Connection{Proto: protoUDP, Bytes: [2]uint64{100, 300}}
	c.Orig = flow.Tuple{Src: addr("198.18.0.20"), Dst: addr("203.0.113.7"), SrcPort: 5000, DstPort: 53}
	c.Reply = c.Orig.Inverted()
	d.engine.Connections([]flow.Connection{c})
	if n := d.causes()[usage.Unwatched]; n != 400 {
		t.Errorf("%d bytes, want 400", n)
	}
}

// A PPPoE session is measured on its own device and the ones below.
func TestGauges(t *testing.T) {
	links := []link.Link{
		{Index: 1, Name: "eth1", Type: link.TypeEthernet},
		{Index: 2, Name: "eth1.7", Kind: "vlan", Type: link.TypeEthernet, Parent: 1, VLAN: 7},
		{Index: 3, Name: "pppoe-wan", Type: link.TypePPP},
	}
	got := gauges([]uplink{{"wan", "pppoe-wan", "eth1.7"}, {"lte", "wwan0", ""}}, links)
	if len(got) != 2 || got[0].uplink != "wan" || got[1].uplink != "lte" {
		t.Fatalf("%+v", got)
	}
	if names := got[0].stack.Names(); !slices.Equal(names, []string{"pppoe-wan", "eth1.7", "eth1"}) {
		t.Errorf("wan is measured on %v", names)
	}
	if len(got[1].stack) != 0 {
		t.Errorf("a device that is not there: %v", got[1].stack)
	}
}

// A sweep of connection tracking is measured: what the flows account for is in
// the meter's report and in the series of the uplink.
func TestSweptMeasures(t *testing.T) {
	h := newHouse(t, "")
	h.opt.Now = standing(begin)
	d := h.daemon(t)
	d.engine.Tick(begin.UnixMicro(), true)
	d.gauges = gauges([]uplink{{name: "wan", device: "lo"}}, mustLinks(t))
	d.coverage.Set([]string{"wan"})
	point, err := d.engine.Interface("wan")
	if err != nil {
		t.Fatal(err)
	}
	d.engine.SetUplinks([]engine.Uplink{{Name: "wan", Point: point}})
	s := sink{d.engine, d.swept}
	s.Swept(begin.UnixMicro())
	c := flow.Connection{Proto: protoUDP, Packets: [2]uint64{1, 1}, Bytes: [2]uint64{100, 300}}
	c.Orig = flow.Tuple{Src: addr("192.168.1.20"), Dst: addr("203.0.113.7"), SrcPort: 5000, DstPort: 53}
	c.Reply = c.Orig.Inverted()
	s.Connections([]flow.Connection{c})
	d.opt.Now = standing(begin.Add(5e9))
	s.Swept(begin.Add(5e9).UnixMicro())
	got := d.coverage.Reports()[0].Hour.Flows
	if want := (usage.Counts{TxBytes: 100, RxBytes: 300, TxPackets: 1, RxPackets: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if _, ok := d.Find(rollup.Attributed, "wan"); !ok {
		t.Error("there is no series of it")
	}
}

func mustLinks(t *testing.T) []link.Link {
	t.Helper()
	s, err := link.List()
	if err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	return s.Links()
}
