package usage

import (
	"slices"
	"sync"
)

// MaxUplinks bounds Meters.
const MaxUplinks = 16

// Meters are the meters of all uplinks. The zero value is ready, and may be used
// from several goroutines at once.
type Meters struct {
	mu  sync.Mutex
	all []*Meter
}

// Set says which uplinks there are from now on. The meter of one that stays goes
// on; those after the first MaxUplinks have none.
func (s *Meters) Set(uplinks []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.all
	s.all = nil
	for _, name := range uplinks[:min(len(uplinks), MaxUplinks)] {
		m := meterOf(before, name)
		if m == nil {
			m = NewMeter(name)
		}
		if meterOf(s.all, name) == nil {
			s.all = append(s.all, m)
		}
	}
}

// Feed feeds the meter of an uplink, see Meter.Feed; one without a meter measures
// nothing.
func (s *Meters) Feed(uplink string, sample Sample) (Step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := meterOf(s.all, uplink); m != nil {
		return m.Feed(sample)
	}
	return Step{}, false
}

// Reports returns how each uplink does, in the order of Set. They belong to the
// caller.
func (s *Meters) Reports() []Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Report, len(s.all))
	for i, m := range s.all {
		out[i] = m.Report()
	}
	return out
}

// Spans returns the last hour and day of an uplink, see Meter.Spans.
func (s *Meters) Spans(uplink string) (minutes, hours []Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := meterOf(s.all, uplink); m != nil {
		return m.Spans()
	}
	return nil, nil
}

func meterOf(all []*Meter, name string) *Meter {
	if i := slices.IndexFunc(all, func(m *Meter) bool { return m.uplink == name }); i >= 0 {
		return all[i]
	}
	return nil
}
