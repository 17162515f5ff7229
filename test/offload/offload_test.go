//go:build integration

package offload

import (
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"weir/test/ask"
	"weir/test/netns"
)

// Sizes of the transfers in bytes. The small ones are what a connection needs to
// be taken over by the flowtable; the large ones are what weir could miss.
var (
	small = request{up: 2_000, down: 2_000}
	large = request{up: 300_000, down: 2_000_000}
)

// TestSoftwareOffload compares, for every flowtable, what each mode counts with
// what the clients' devices sent and received.
func TestSoftwareOffload(t *testing.T) {
	require(t)
	var results []result
	for _, ft := range tables {
		t.Run(ft.name, func(t *testing.T) { results = append(results, measure(t, ft)) })
	}
	t.Log("\n" + render(results))
}

// measure runs the traffic with one flowtable under the eyes of all modes.
func measure(t *testing.T, ft table) result {
	home := newHome(t, ft)
	s := newServer(t)
	s.listen(t, home.Server, netns.ServerIP)
	s.listen(t, home.Server, netns.ServerIP6)
	s.listen(t, home.Client2, netns.Client2IP)
	meters := []*netns.Meter{
		netns.NewMeter(t, home.Client1, netns.Client1IP, netns.Client1IP6),
		netns.NewMeter(t, home.Client2, netns.Client2IP, netns.Client2IP6),
	}
	r := result{table: ft, names: map[string]*names{"br-lan": startWatch(t, home, "br-lan"), "ports": startWatch(t, home, "ports")}}
	var daemons []*daemon
	for _, m := range modes {
		daemons = append(daemons, start(t, home, m))
	}
	for _, d := range daemons {
		d.ready(t)
	}
	all := connections(home)
	for _, x := range all {
		x.open(t)
	}
	r.run(t, home, all, daemons)
	settle(t, daemons) // before they end: an ended flow leaves soon

	for _, x := range all {
		m := meters[0]
		if x.from == home.Client2 {
			m = meters[1]
		}
		r.truth = append(r.truth, truth{x, m.Passed()[x.connection]})
	}
	for _, d := range daemons {
		r.add(t, d)
	}
	r.judge(t)
	return r
}

// run runs the traffic: a little of everything until the flowtable forwards it,
// a lot of everything, a pause in which the flowtable gives datagrams back, and
// a little again.
func (r *result) run(t *testing.T, home *netns.Home, all []*exchange, daemons []*daemon) {
	t.Helper()
	transfer(t, all, small)
	if r.table.offload {
		until(t, "the flowtable forwards every connection through the router", func() bool {
			transfer(t, all, small)
			return len(offloaded(t, home, all)) == outside(all)
		})
	}
	before := r.devices(t, home)
	transfer(t, all, large)
	after := r.devices(t, home)
	r.passed = make(map[string]uint64)
	for name := range after {
		r.passed[name] = after[name] - before[name]
	}
	r.offload = states(t, all, daemons, r.table)
	if r.table.offload {
		until(t, "the flowtable gives silent datagrams back", func() bool {
			for x := range offloaded(t, home, all) {
				if x.proto == 17 {
					return false
				}
			}
			return true
		})
	}
	transfer(t, all, small)
	for _, d := range daemons {
		d.look(t)
	}
}

// devices returns the packets that devices of the router moved so far.
func (r *result) devices(t *testing.T, home *netns.Home) map[string]uint64 {
	t.Helper()
	moved := make(map[string]uint64)
	for _, d := range []string{netns.Bridge, netns.Port1, netns.Port2, netns.WAN} {
		moved[d] = statistics(t, home, d)
	}
	return moved
}

// outside counts the connections through the router.
func outside(all []*exchange) (n int) {
	for _, x := range all {
		if !x.inside {
			n++
		}
	}
	return n
}

// transfer makes all exchanges at once.
func transfer(t *testing.T, all []*exchange, r request) {
	t.Helper()
	var running sync.WaitGroup
	errs := make([]error, len(all))
	for i, x := range all {
		running.Go(func() { errs[i] = x.transfer(r) })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// states returns for each daemon that tells who forwards connections of how many
// of those through the router it says that it is the one who does. It keeps all of
// them busy until all daemons have found them so.
func states(t *testing.T, all []*exchange, daemons []*daemon, ft table) map[string]int {
	t.Helper()
	found := make(map[string]int)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		transfer(t, all, small)
		complete := true
		for _, d := range daemons {
			n := 0
			rows := d.look(t)
			for _, x := range all {
				if !x.inside && rows[x.connection].offload == ft.state() {
					n++
				}
			}
			found[d.mode.name] = max(found[d.mode.name], n)
			complete = complete && (!d.mode.tracks() || n == outside(all))
		}
		if complete {
			break
		}
	}
	return found
}

// settle waits until every daemon has read connection tracking as a whole since
// it was called, and what it knows of flows does not change any more. A dump that
// takes long, as it may on an emulated machine, puts off the next one up to a
// minute.
func settle(t *testing.T, daemons []*daemon) {
	t.Helper()
	const silence, longest = 2 * time.Second, 3 * time.Minute
	begin := time.Now()
	since := begin
	dumps := make(map[*daemon]uint64)
	for _, d := range daemons {
		dumps[d] = d.dumps(t)
	}
	for read := false; !read || time.Since(since) < silence; time.Sleep(250 * time.Millisecond) {
		read = true
		for _, d := range daemons {
			before := maps.Clone(d.last)
			if !maps.Equal(before, d.look(t)) {
				since = time.Now()
			}
			// The first dump to end may have begun before.
			read = read && (!d.mode.tracks() || d.dumps(t) >= dumps[d]+2)
		}
		if time.Since(begin) > longest {
			t.Fatal("waited in vain: flows come to rest")
		}
	}
}

// add takes in what a daemon counted.
func (r *result) add(t *testing.T, d *daemon) {
	t.Helper()
	status := d.call(t, "status")
	o := observed{mode: d.mode, status: status, drops: ask.Number(status, "drops.packets"), rows: make(map[connection]row)}
	o.coverage, _ = ask.At(status, "coverage.0.pct").(float64)
	for _, truth := range r.truth {
		o.rows[truth.connection] = d.last[truth.connection]
	}
	r.observed = append(r.observed, o)
}

// tracks reports whether the mode reads connection tracking.
func (m mode) tracks() bool {
	return strings.Contains(m.options, "conntrack") || strings.Contains(m.options, "hybrid")
}
