package usage

import (
	"math"
	"time"
)

// The bytes of IP and transport headers that merging a packet into the one
// before takes away: IPv4 with TCP at least, and IPv6 with TCP's time stamps at
// most.
const (
	leastHeader = 40
	mostHeader  = 72
)

// Span is what an uplink carried in a stretch of time and how much of it flows
// account for. A Step counts as a whole in the span that it ends in.
type Span struct {
	Start                    time.Time     // of the minute or hour
	Measured                 time.Duration // how much of it there are samples of
	Interface, Flows, Router Counts        // IP bytes
	Slack                    uint64        // bytes of Interface that may be link headers
	Skew                     uint64        // bytes that may have passed between reading the two sides
	Merged                   bool
	Causes                   Causes // how often each came about; of a state: not 0 if it was so
}

// Add adds o, which does not overlap.
func (s *Span) Add(o *Span) {
	s.Measured += o.Measured
	s.Interface.add(o.Interface)
	s.Flows.add(o.Flows)
	s.Router.add(o.Router)
	s.Slack += o.Slack
	s.Skew = max(s.Skew, o.Skew) // the errors of steps in a row cancel but for the ends
	s.Merged = s.Merged || o.Merged
	for c := range s.Causes {
		if Cause(c).State() {
			s.Causes[c] = max(s.Causes[c], o.Causes[c])
		} else {
			s.Causes[c] += o.Causes[c]
		}
	}
}

// Unattributed returns the bytes that no flow accounts for.
func (s *Span) Unattributed() uint64 {
	if i, f := s.Interface.Bytes(), s.Flows.Bytes(); i > f {
		return i - f
	}
	return 0
}

// Headers returns how many bytes of the difference are headers of packets that
// the kernel merged before they were counted, at least and at most. Packets that
// no flow accounts for at all are missing, too, so both are bounds of what may
// be, within the difference.
func (s *Span) Headers() (least, most uint64) {
	if !s.Merged {
		return 0, 0
	}
	one := func(iface, flows, ifacePackets, flowPackets uint64) {
		if iface > flows && ifacePackets > flowPackets {
			least += min((ifacePackets-flowPackets)*leastHeader, iface-flows)
			most += min((ifacePackets-flowPackets)*mostHeader, iface-flows)
		}
	}
	i, f := &s.Interface, &s.Flows
	one(i.TxBytes, f.TxBytes, i.TxPackets, f.TxPackets)
	one(i.RxBytes, f.RxBytes, i.RxPackets, f.RxPackets)
	return min(least, s.Unattributed()), min(most, s.Unattributed())
}

// Uncertain returns how many of the bytes that no flow accounts for may be no
// bytes of flows at all: headers of merged packets, link headers, what passed
// between reading the two sides.
func (s *Span) Uncertain() uint64 {
	_, headers := s.Headers()
	return min(headers+s.Slack+2*s.Skew, s.Unattributed())
}

// Attributed returns how much of what passed flows account for, in thousandths
// of a per cent: as counted, and with all that is uncertain. It is not known when
// the interface counted nothing.
func (s *Span) Attributed() (low, high int64, known bool) {
	i := s.Interface.Bytes()
	if i == 0 {
		return 0, 0, false
	}
	left := s.Unattributed()
	// Rounded down, so that only the whole is all.
	share := func(left uint64) int64 { return 100_000 - int64(math.Ceil(float64(left)/float64(i)*100_000)) }
	return share(left), share(left - s.Uncertain()), true
}

// lacks reports whether so much is not attributed that there must be a cause.
func (s *Span) lacks() bool {
	left := s.Unattributed() - s.Uncertain()
	return left > 64<<10 && left > s.Interface.Bytes()/20
}

// Exceeded reports whether flows account for clearly more than the interface
// counted, which then is wrong.
func (s *Span) Exceeded() bool {
	i, f := s.Interface.Bytes(), s.Flows.Bytes()
	return f > i+i/100+2*s.Skew+1500
}
