package conntrack

import (
	"sync"

	"weir/internal/logfmt"
	"weir/internal/source"
)

// States of source.Status.
const (
	stateStarting = "starting"
	stateRunning  = "running"
	stateWaiting  = "waiting"
	stateEnded    = "ended"
	stateFailed   = "failed"
)

// Source reads connection tracking. It implements source.Source.
type Source struct {
	cfg Config
	log *logfmt.Logger

	mu       sync.Mutex
	state    string          // guarded by mu
	note     string          // guarded by mu
	tracking source.Tracking // guarded by mu
}

// New returns a source for cfg. It opens nothing.
func New(cfg Config, log *logfmt.Logger) *Source {
	return &Source{cfg: cfg.withDefaults(), log: log, state: stateStarting}
}

// Status implements source.Source.
func (s *Source) Status() source.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	tracking := s.tracking
	return source.Status{Name: "conntrack", Kind: "conntrack", State: s.state, Note: s.note, Tracking: &tracking}
}

// publish sets what Status returns. A note is logged when it is new.
func (s *Source) publish(state, note string, tracking *source.Tracking) {
	s.mu.Lock()
	if note != "" && note != s.note {
		s.log.Warn("connection tracking", "note", note)
	}
	s.state, s.note = state, note
	if tracking != nil {
		s.tracking = *tracking
	}
	s.mu.Unlock()
}
