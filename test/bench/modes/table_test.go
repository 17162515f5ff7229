//go:build integration

package modes

import (
	"fmt"
	"slices"
	"strings"
)

// sample is one round of one mode.
type sample struct {
	spent
	packets float64 // that the router forwarded
	entries float64 // connections that the router tracked
}

// perMillion returns a time as seconds per million packets.
func (s sample) perMillion(of func(spent) float64) float64 { return of(s.spent) / s.packets * 1e6 }

// What a spent is looked at for, in seconds.
func machine(s spent) float64 { return (s.machine - s.others).Seconds() }
func ours(s spent) float64    { return s.ours.Seconds() }
func weir(s spent) float64    { return s.weir.Seconds() }

// turns are the samples of all modes, one for each round.
type turns map[string][]sample

// perMillion returns the seconds per million packets of each round.
func (t turns) perMillion(mode string, of func(spent) float64) (all []float64) {
	for _, s := range t[mode] {
		all = append(all, s.perMillion(of))
	}
	return all
}

// own returns what a mode takes more than a router without weir, round by round.
func (t turns) own(mode string, of func(spent) float64) []float64 {
	all := t.perMillion(mode, of)
	for i, n := range t.perMillion(none, of) {
		all[i] -= n
	}
	return all
}

// median and quartiles of a list that is not empty.
func quartiles(all []float64) (low, median, high float64) {
	s := slices.Sorted(slices.Values(all))
	return s[len(s)/4], s[len(s)/2], s[len(s)*3/4]
}

func median(all []float64) float64 {
	_, m, _ := quartiles(all)
	return m
}

// spread writes a median with its quartiles.
func spread(all []float64) string {
	low, m, high := quartiles(all)
	return fmt.Sprintf("%.3f (%.3f to %.3f)", m, low, high)
}

// String writes the table: processor seconds per million packets.
func (t turns) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s  %-26s %-26s %-26s %-26s %s\n", "", "whole machine", "own part of that", "traffic, kernel and weir", "own part of that", "process weir alone")
	for _, mode := range modes {
		fmt.Fprintf(&b, "%-9s  %-26s %-26s %-26s %-26s %s\n", mode,
			spread(t.perMillion(mode, machine)), t.ownText(mode, machine),
			spread(t.perMillion(mode, ours)), t.ownText(mode, ours),
			spread(t.perMillion(mode, weir)))
	}
	return b.String()
}

func (t turns) ownText(mode string, of func(spent) float64) string {
	if mode == none {
		return "–"
	}
	return spread(t.own(mode, of))
}
