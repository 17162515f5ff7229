package usage

import (
	"slices"
	"sort"
	"time"
)

// Report is how an uplink does. Minute is the last whole one, Hour and Day are
// the last 60 minutes and 24 hours up to now.
type Report struct {
	Uplink            string
	Read              Layer  // whose counters are read; the zero Layer while the uplink is down
	Passed            string // the device above it that flow offload passes by, "" for none
	Merged            bool   // as in Sample
	Minute, Hour, Day Span
	Reasons           []Reason // the ones that hold now first, then the newest
}

// Report returns how the uplink does as of the last sample.
func (m *Meter) Report() Report {
	r := Report{Uplink: m.uplink, Merged: m.last.Merged}
	if m.layer < len(m.last.Stack) {
		r.Read = m.last.Stack[m.layer]
		if m.layer > 0 {
			r.Passed = m.last.Stack[0].Device
		}
	}
	if n := len(m.minutes); n > 1 && m.minutes[n-2].Start.Equal(m.minutes[n-1].Start.Add(-time.Minute)) {
		r.Minute = m.minutes[n-2]
	}
	r.Hour, r.Day = sum(m.minutes), sum(m.hours)
	for c := range Cause(NumCauses) {
		if n := r.Day.Causes[c]; n > 0 {
			r.Reasons = append(r.Reasons, m.reason(c, n))
		}
	}
	sort.SliceStable(r.Reasons, func(i, j int) bool {
		a, b := &r.Reasons[i], &r.Reasons[j]
		if a.Active != b.Active {
			return a.Active
		}
		return a.Last.After(b.Last)
	})
	return r
}

// reason puts the times of a cause on the wall clock.
func (m *Meter) reason(c Cause, n uint64) Reason {
	w, now := &m.seen[c], m.last.At
	at := func(t time.Duration) time.Time { return now.Wall.Add(t - now.Up) }
	active := w.last >= now.Up
	if !c.State() {
		active = now.Up-w.last <= time.Minute
	}
	r := Reason{Cause: c, Active: active, Count: n, Since: at(w.first), Last: at(w.last)}
	if day := m.hours[0].Start; !c.State() && r.Since.Before(day) {
		r.Since = day // Count is of the day
	}
	return r
}

func sum(spans []Span) (s Span) {
	for i := range spans {
		s.Add(&spans[i])
	}
	if len(spans) > 0 {
		s.Start = spans[0].Start
	}
	return s
}

// Spans returns the last hour minute by minute and the last day hour by hour,
// oldest first, the open one last. One in which no sample came is missing.
func (m *Meter) Spans() (minutes, hours []Span) {
	return slices.Clone(m.minutes), slices.Clone(m.hours)
}
