package usage

import (
	"slices"
	"time"

	"weir/internal/clock"
)

// What a Meter remembers.
const (
	minutes = 60
	hours   = 24
)

// afterBypass is how long a lower device goes on being read after flow offload
// was last seen to pass the upper one by: idle moments prove nothing.
const afterBypass = 10 * time.Minute

// Meter compares what one uplink's interface counts with what flows add up to.
// Use NewMeter.
type Meter struct {
	uplink string
	watch  clock.Watch
	last   Sample
	begun  bool // there was a sample
	primed bool // last is a base to count from

	top      Layer         // the first of the last Stack that was not empty
	layer    int           // of last.Stack that was read
	bypassed time.Duration // when flow offload was last seen to pass the upper device by

	minutes, hours []Span // oldest first, the open one last
	seen           [NumCauses]sighting
}

// sighting is when a cause came about, on the clock that is never set.
type sighting struct {
	known       bool
	first, last time.Duration
}

// NewMeter returns a Meter of the uplink with that name.
func NewMeter(uplink string) *Meter { return &Meter{uplink: uplink} }

// Feed takes a sample and returns what was measured since the one before. It is
// false when there is nothing to count from: for the first sample, while the
// uplink is down, after it changed its device, when a side's counters began anew,
// and while flows were not summed up again since the sample before, which then
// goes on being the base.
func (m *Meter) Feed(s Sample) (Step, bool) {
	s.Stack = slices.Clone(s.Stack[:min(len(s.Stack), MaxLayers)])
	m.turn(s.At)
	m.note(&s)
	step, ok, keep := m.measure(&s)
	m.begun = true
	if len(s.Stack) > 0 {
		m.top = s.Stack[0]
	}
	if keep {
		m.last.Causes = s.Causes
	} else {
		m.last, m.primed = s, len(s.Stack) > 0
	}
	return step, ok
}

// turn opens the minute and hour of now, and moves what is there when the wall
// clock was set, so that nothing lies in the future.
func (m *Meter) turn(now clock.Reading) {
	if step := m.watch.Step(now); step != 0 {
		shift(m.minutes, step, time.Minute)
		shift(m.hours, step, time.Hour)
	}
	m.minutes = turned(m.minutes, now.Wall, time.Minute, minutes)
	m.hours = turned(m.hours, now.Wall, time.Hour, hours)
}

// shift moves spans by a step of the clock, back to the last whole unit.
func shift(spans []Span, step, unit time.Duration) {
	whole := step.Truncate(unit)
	if whole > step {
		whole -= unit
	}
	for i := range spans {
		spans[i].Start = spans[i].Start.Add(whole)
	}
}

// turned opens the span of now unless it is open, and drops those that are more
// than most units old.
func turned(spans []Span, now time.Time, unit time.Duration, most int) []Span {
	start := now.Truncate(unit)
	if n := len(spans); n == 0 || spans[n-1].Start.Before(start) {
		spans = append(spans, Span{Start: start})
	}
	oldest := start.Add(-time.Duration(most-1) * unit)
	drop := 0
	for drop < len(spans)-1 && spans[drop].Start.Before(oldest) {
		drop++
	}
	return slices.Delete(spans, 0, drop)
}

// note takes what a sample tells of causes.
func (m *Meter) note(s *Sample) {
	for i, n := range s.Causes {
		c := Cause(i)
		if c.idle() {
			continue // add decides
		}
		if !c.State() {
			before := m.last.Causes[i]
			switch {
			case !m.begun:
				n = 0 // it came about before this began
			case n >= before:
				n -= before
			}
		}
		m.cause(c, n, s.At.Up)
	}
}

// cause notes that c came about n times, or is so.
func (m *Meter) cause(c Cause, n uint64, now time.Duration) {
	if n == 0 {
		return
	}
	for _, span := range []*Span{&m.minutes[len(m.minutes)-1], &m.hours[len(m.hours)-1]} {
		if c.State() {
			span.Causes[c] = max(span.Causes[c], n)
		} else {
			span.Causes[c] += n
		}
	}
	w := &m.seen[c]
	if !w.known || now-w.last > gap(c) {
		w.first = now
	}
	w.known, w.last = true, now
}

// gap is how long a cause may be away and still be the same one: what is counted
// comes now and then.
func gap(c Cause) time.Duration {
	if c.State() {
		return 2 * time.Minute
	}
	return hours * time.Hour
}

// measure returns what passed since the last sample. keep says that this one is
// waiting still.
func (m *Meter) measure(s *Sample) (step Step, ok, keep bool) {
	if len(s.Stack) == 0 {
		return Step{}, false, false
	}
	now := s.At.Up
	switch top := &s.Stack[0]; {
	case m.top.Device == "" || top.Index == m.top.Index: // no news
	case top.Device == m.top.Device:
		m.cause(Restarted, 1, now)
	default:
		m.cause(Moved, 1, now)
	}
	if !m.primed || !s.Stack.same(m.last.Stack) {
		m.layer = 0
		return Step{}, false, false
	}
	if s.FlowsAt != 0 && s.FlowsAt == m.last.FlowsAt {
		return Step{}, false, true
	}
	var flowsOK, routerOK bool
	step.Flows, flowsOK = s.Flows.since(m.last.Flows)
	step.Router, routerOK = s.Router.since(m.last.Router)
	if !flowsOK || !routerOK {
		m.cause(Recounted, 1, now)
		return Step{}, false, false
	}
	deltas, whole := m.deltas(s)
	if !whole {
		m.cause(Restarted, 1, now)
		return Step{}, false, false
	}
	m.choose(s, deltas)
	var slack uint64
	step.Interface, slack = s.Stack[m.layer].packets(deltas[m.layer])
	m.add(s, step, slack)
	return step, true, false
}

// deltas returns what each device counted since the last sample, and whether the
// counters of all of them went on.
func (m *Meter) deltas(s *Sample) ([]Counts, bool) {
	out := make([]Counts, len(s.Stack))
	for i := range out {
		var ok bool
		if out[i], ok = counted(m.last.Stack[i].Counters, s.Stack[i].Counters); !ok {
			return nil, false
		}
	}
	return out, true
}

// choose says which device is read.
func (m *Meter) choose(s *Sample, deltas []Counts) {
	now := s.At.Up
	switch at := s.Stack.LayerOf(deltas); {
	case at > 0:
		m.layer, m.bypassed = at, now
	case m.layer > 0 && now-m.bypassed > afterBypass:
		m.layer = 0
	}
}

// add adds a step to the open spans.
func (m *Meter) add(s *Sample, step Step, slack uint64) {
	took := s.At.Up - m.last.At.Up
	o := Span{Measured: took, Interface: step.Interface, Flows: step.Flows, Router: step.Router, Slack: slack, Merged: s.Merged}
	if apart := max(s.apart(), m.last.apart()); took > 0 {
		o.Skew = uint64(float64(step.Interface.Bytes()) * min(apart.Seconds()/took.Seconds(), 1))
	}
	m.minutes[len(m.minutes)-1].Add(&o)
	m.hours[len(m.hours)-1].Add(&o)
	m.judge(s)
}

// judged is over how many minutes it is judged whether flows are too many or too
// few: what one step lacks, because the two sides were read apart, the next has
// too much.
const judged = 3

// judge notes the causes that show in what was measured.
func (m *Meter) judge(s *Sample) {
	recent := sum(m.minutes[max(len(m.minutes)-judged, 0):])
	if recent.Exceeded() {
		m.cause(Exceeded, 1, s.At.Up)
	}
	for i, n := range s.Causes {
		if c := Cause(i); c.idle() && recent.lacks() {
			m.cause(c, n, s.At.Up)
		}
	}
}
