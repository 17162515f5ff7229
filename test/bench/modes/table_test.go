//go:build integration

package modes

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// sample is one slice of one mode.
type sample struct {
	spent
	packets float64 // that the router forwarded
	entries float64 // connections that it tracked
}

// turns are the samples of all modes.
type turns map[string][]sample

// perMillion returns what of says of each slice, in seconds per million packets.
func (t turns) perMillion(mode string, of func(spent) time.Duration) (all []float64) {
	for _, s := range t[mode] {
		all = append(all, of(s.spent).Seconds()/s.packets*1e6)
	}
	return all
}

// mean returns the same of all slices together.
func (t turns) mean(mode string, of func(spent) time.Duration) float64 {
	var sum time.Duration
	var packets float64
	for _, s := range t[mode] {
		sum += of(s.spent)
		packets += s.packets
	}
	return sum.Seconds() / packets * 1e6
}

// What a spent is looked at for.
func machine(s spent) time.Duration { return s.machine - s.others }
func kernel(s spent) time.Duration  { return s.ours - s.weir }
func weir(s spent) time.Duration    { return s.weir }

// undisturbed returns what traffic and kernel take while nothing else on the
// machine is in the way: other work only ever adds, as it takes caches and the
// other half of a core, so the lowest tenth of all slices tells.
func (t turns) undisturbed(mode string) float64 {
	return quantile(t.perMillion(mode, kernel), 0.1)
}

// own returns what a mode takes beside what a router without weir does: in the
// kernel, and in weir itself on average, as that does not do the same all the time.
func (t turns) own(mode string) float64 {
	return t.undisturbed(mode) - t.undisturbed(none) + t.mean(mode, weir)
}

// quantile returns what the part q of a list, which is not empty, is below.
func quantile(all []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(all))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// spread writes the median of a list with its quartiles.
func spread(all []float64) string {
	return fmt.Sprintf("%.3f (%.3f to %.3f)", quantile(all, 0.5), quantile(all, 0.25), quantile(all, 0.75))
}

// String writes the table: processor seconds per million packets.
func (t turns) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %-14s %-26s %-12s %-10s %s\n", "", "whole machine,", "traffic and kernel,", "the same,", "weir,", "own part")
	fmt.Fprintf(&b, "%-10s %-14s %-26s %-12s %-10s\n", "", "mean", "median (quartiles)", "undisturbed", "mean")
	for _, mode := range modes {
		own := "–"
		if mode != none {
			own = fmt.Sprintf("%.3f", t.own(mode))
		}
		fmt.Fprintf(&b, "%-10s %-14.3f %-26s %-12.3f %-10.3f %s\n", mode,
			t.mean(mode, machine), spread(t.perMillion(mode, kernel)), t.undisturbed(mode), t.mean(mode, weir), own)
	}
	return b.String()
}
