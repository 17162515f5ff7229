//go:build integration

package offload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"weir/test/netns"
)

// result is what came of the traffic with one flowtable.
type result struct {
	table    table
	truth    []truth
	observed []observed
	names    map[string]*names // told by frames on the bridge and on its ports
	offload  map[string]int    // connections said to be forwarded by the flowtable, by mode
	passed   map[string]uint64 // packets that devices counted while much was transferred
}

// truth is what passed of an exchange by the meter of its client.
type truth struct {
	*exchange
	count count
}

// observed is what one mode made of it.
type observed struct {
	mode     mode
	rows     map[connection]row
	warnings string
	drops    uint64
}

// expect says what a mode is to get right with a flowtable.
func (m mode) expect(ft table) (exact bool) {
	switch {
	case !ft.offload:
		return true
	case m.tracks():
		return ft.counter
	}
	return m.name != modes[0].name
}

// sums returns what passed through the router by the meters and by weir.
func (r *result) sums(o *observed) (passed, counted uint64) {
	for _, x := range r.truth {
		if !x.inside {
			passed += x.count.bytes()
			counted += o.rows[x.connection].bytes()
		}
	}
	return passed, counted
}

// judge fails the test for what is not as it must be.
func (r *result) judge(t *testing.T) {
	t.Helper()
	for i := range r.observed {
		o := &r.observed[i]
		if o.drops != 0 {
			t.Errorf("%s: %d packets dropped", o.mode.name, o.drops)
		}
		r.judgeBytes(t, o)
		if told := strings.Contains(o.warnings, "does not count"); o.mode.tracks() && told != (r.table.offload && !r.table.counter) {
			t.Errorf("%s: warnings: %q", o.mode.name, o.warnings)
		}
		if want := map[bool]int{true: r.through()}[o.mode.tracks() && r.table.offload]; r.offload[o.mode.name] != want {
			t.Errorf("%s: says that the flowtable forwards %d connections, it is %d", o.mode.name, r.offload[o.mode.name], want)
		}
	}
	r.judgeNames(t)
	// What the bridge itself counts are the connections between clients, each
	// packet at both ports of it but not at the bridge.
	ports := r.passed[netns.Port1] + r.passed[netns.Port2]
	if frozen := r.passed[netns.Bridge]*20 < ports; frozen != r.table.offload {
		t.Errorf("br-lan counted %d packets, its ports %d", r.passed[netns.Bridge], ports)
	}
}

func (r *result) judgeBytes(t *testing.T, o *observed) {
	t.Helper()
	for _, x := range r.truth {
		got := o.rows[x.connection].count
		switch {
		case x.inside && !o.mode.inside:
			if got != (count{}) {
				t.Errorf("%s: %s: counted %v, which it cannot see", o.mode.name, x.name, got)
			}
		case x.inside || o.mode.expect(r.table):
			if got != x.count {
				t.Errorf("%s: %s: counted %v, passed %v", o.mode.name, x.name, got, x.count)
			}
		}
	}
	passed, counted := r.sums(o)
	if !o.mode.expect(r.table) && counted*2 > passed {
		t.Errorf("%s: %d bytes of %d: this flowtable hides less than it did", o.mode.name, counted, passed)
	}
}

// judgeNames wants every name of a server to be told by frames on the ports, and
// on the bridge only where the flowtable does not lead them past it.
func (r *result) judgeNames(t *testing.T) {
	t.Helper()
	var want []string
	for _, x := range r.truth {
		if x.sni != "" {
			want = append(want, x.sni)
		}
	}
	slices.Sort(want)
	if got := r.names["ports"].list(); !slices.Equal(got, want) {
		t.Errorf("names in the frames on the ports: %q, want %q", got, want)
	}
	if got := r.names["br-lan"].list(); slices.Equal(got, want) == r.table.offload {
		t.Errorf("names in the frames on br-lan: %q of %q", got, want)
	}
}

// through counts the connections through the router.
func (r *result) through() (n int) {
	for _, x := range r.truth {
		if !x.inside {
			n++
		}
	}
	return n
}

// render writes the table of the documentation.
func render(results []result) string {
	var b strings.Builder
	b.WriteString("| flowtable | mode | bytes passed | weir counted | | names of servers | said to be offloaded |\n|---|---|---:|---:|---:|---:|---:|\n")
	for i := range results {
		r := &results[i]
		for j := range r.observed {
			o := &r.observed[j]
			passed, counted := r.sums(o)
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %s | %s |\n", r.table.name, o.mode.name, passed, counted, share(counted, passed), r.named(o), r.forwarded(o))
		}
	}
	b.WriteString("\n| flowtable | packets at lan1 and lan2 | at br-lan | at wan |\n|---|---:|---:|---:|\n")
	for i := range results {
		p := results[i].passed
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", results[i].table.name, p[netns.Port1]+p[netns.Port2], p[netns.Bridge], p[netns.WAN])
	}
	return b.String()
}

// share returns part in per cent of whole, "exact" when they are the same.
func share(part, whole uint64) string {
	if part == whole {
		return "exact"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// named says how many names of servers the frames told which the mode looks at.
func (r *result) named(o *observed) string {
	where := "ports"
	switch {
	case o.mode.name == modes[0].name:
		where = "br-lan"
	case !o.mode.inside:
		return "–" // it looks at none
	}
	all := 0
	for _, x := range r.truth {
		if x.sni != "" {
			all++
		}
	}
	return fmt.Sprintf("%d of %d", len(r.names[where].list()), all)
}

func (r *result) forwarded(o *observed) string {
	if !o.mode.tracks() {
		return "not known"
	}
	return fmt.Sprintf("%d of %d", r.offload[o.mode.name], r.through())
}
