package afpacket

import (
	"strings"
	"sync"
	"sync/atomic"

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

// Source captures from the interfaces of its Config. It implements source.Source.
type Source struct {
	cfg    Config
	log    *logfmt.Logger
	points []point // one per Config.Interfaces

	mu    sync.Mutex
	state string          // guarded by mu
	rings map[tapID]*ring // guarded by mu; those that capture

	level     int    // of the budget, guarded by mu
	levelNote string // guarded by mu
	tightened atomic.Uint64
}

// point is one observation point: what it counted, and what the user should
// know of it.
type point struct {
	number                uint8 // the sink's number for it, set when Run begins
	packets, bytes, drops atomic.Uint64
	last                  atomic.Int64
	tracked               atomic.Uint64 // of packets, those of hybrid mode that add nothing
	note                  string        // guarded by Source.mu
}

// Passed is what the filters of hybrid mode let through since the source began.
type Passed struct {
	Naming    uint64 // frames that name flows that connection tracking counts
	Counted   uint64 // frames that it does not count
	Tightened uint64 // times the rate of naming frames was above the budget
	Level     int    // of the filters at present, 0 for the loosest
}

// Passed returns the counters of hybrid mode. It may be called at any time, from
// any goroutine.
func (s *Source) Passed() Passed {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := Passed{Naming: s.naming(), Tightened: s.tightened.Load(), Level: s.level}
	for i := range s.points {
		p.Counted += s.points[i].packets.Load()
	}
	p.Counted -= min(p.Counted, p.Naming)
	return p
}

func (s *Source) naming() (n uint64) {
	for i := range s.points {
		n += s.points[i].tracked.Load()
	}
	return n
}

// New returns a source for cfg, or what is wrong with cfg. It opens nothing.
func New(cfg Config, log *logfmt.Logger) (*Source, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Source{
		cfg:    cfg,
		log:    log,
		points: make([]point, len(cfg.Interfaces)),
		state:  stateStarting,
		rings:  make(map[tapID]*ring),
	}, nil
}

// Status implements source.Source. Its name lists the devices; a merged frame
// counts as one packet with its merged length.
func (s *Source) Status() source.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := source.Status{Kind: "afpacket", State: s.state}
	for _, r := range s.rings {
		r.collect()
	}
	var devices, notes []string
	for i := range s.points {
		p := &s.points[i]
		st.Points = append(st.Points, source.Point{
			Interface:   s.cfg.Interfaces[i].Name,
			Packets:     p.packets.Load(),
			Bytes:       p.bytes.Load(),
			Drops:       p.drops.Load(),
			LastPacket:  p.last.Load(),
			Promiscuous: s.promiscuous(i),
		})
		devices = append(devices, s.cfg.Interfaces[i].Device)
		if p.note != "" {
			notes = append(notes, p.note)
		}
	}
	if s.levelNote != "" {
		notes = append(notes, s.levelNote)
	}
	st.Name, st.Note = strings.Join(devices, ","), strings.Join(notes, "; ")
	return st
}

// promiscuous reports whether all rings of an observation point are. It is
// called with mu held.
func (s *Source) promiscuous(point int) bool {
	some := false
	for id, r := range s.rings {
		if id.point == point {
			if !r.promiscuous {
				return false
			}
			some = true
		}
	}
	return some
}

func (s *Source) setState(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}
