//go:build integration

package offload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/test/ask"
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
	status   map[string]any
	drops    uint64
	coverage float64 // per cent of what the uplink carried, by weir's own account
}

// state is who forwards connections, in weir's words.
func (ft table) state() string {
	if ft.offload {
		return "software"
	}
	return "none"
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
			passed += x.count.Bytes()
			counted += o.rows[x.connection].Bytes()
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
		r.judgeCoverage(t, o)
		r.judgeFlowtable(t, o)
		want := 0
		if o.mode.tracks() {
			want = r.through()
		}
		if got := r.offload[o.mode.name]; got != want {
			t.Errorf("%s: says of %d connections that %s forwards them, want %d", o.mode.name, got, r.table.state(), want)
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

// judgeCoverage wants weir to know how much of the uplink's traffic it sees, and
// to say why where that is not all.
func (r *result) judgeCoverage(t *testing.T, o *observed) {
	t.Helper()
	reasons := texts(o.status, "coverage.0.reasons", "cause")
	switch {
	case o.mode.expect(r.table):
		if o.coverage < 99.5 {
			t.Errorf("%s: coverage %v %%: %v", o.mode.name, o.coverage, ask.At(o.status, "coverage.0"))
		}
	case o.coverage > 50:
		t.Errorf("%s: coverage %v %% of bytes that it does not see", o.mode.name, o.coverage)
	case o.mode.tracks() && !strings.Contains(reasons, "no_counter"):
		t.Errorf("%s: reasons of coverage: %q", o.mode.name, reasons)
	}
}

// judgeFlowtable wants weir to know the kernel's flowtable and to warn of what is
// wrong with it.
func (r *result) judgeFlowtable(t *testing.T, o *observed) {
	t.Helper()
	var want any = []any{}
	if r.table.offload {
		var all []any
		for _, d := range devices {
			all = append(all, d)
		}
		want = []any{map[string]any{"table": fw4, "name": flowtable, "devices": all, "counter": r.table.counter, "hardware": false}}
	}
	if diff := cmp.Diff(want, ask.At(o.status, "offload.flowtables")); diff != "" {
		t.Errorf("%s: flowtables (-want +got):\n%s", o.mode.name, diff)
	}
	warnings := texts(o.status, "config.errors", "message")
	wantCount := o.mode.tracks() && r.table.offload && !r.table.counter
	if told := strings.Contains(warnings, "flowtable ft of table fw4 does not count"); told != wantCount {
		t.Errorf("%s: warnings: %q", o.mode.name, warnings)
	}
	wantPorts := o.mode.name == modes[0].name && r.table.offload
	if told := strings.Contains(warnings, "flow offload leads them past the bridge"); wantPorts && !told {
		t.Errorf("%s: warnings: %q", o.mode.name, warnings)
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
	b.WriteString("| flowtable | mode | bytes passed | weir counted | | its coverage | names of servers | offload |\n|---|---|---:|---:|---:|---:|---|---|\n")
	for i := range results {
		r := &results[i]
		for j := range r.observed {
			o := &r.observed[j]
			passed, counted := r.sums(o)
			fmt.Fprintf(&b, "| %s | %s | %d | %d | %s | %.1f %% | %s | %s |\n",
				r.table.name, o.mode.name, passed, counted, share(counted, passed), o.coverage, r.named(o), r.forwarded(o))
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
		return "null"
	}
	return fmt.Sprintf("%s: %d of %d", r.table.state(), r.offload[o.mode.name], r.through())
}
