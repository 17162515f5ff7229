package afpacket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"weir/internal/link"
	"weir/internal/source"
)

// What could not be opened is tried again after retryMin, then after twice as
// long each time, at most retryMax. Events of links make it sooner.
const (
	retryMin = time.Second
	retryMax = time.Minute
)

// Run implements source.Source. It follows the devices as they come and go and
// fails only when the sink has no room, events of links cannot be had, or the
// right to capture is missing.
func (s *Source) Run(ctx context.Context, sink source.Sink) error {
	err := s.run(ctx, sink)
	if err != nil {
		s.setState(stateFailed)
		return fmt.Errorf("capture: %w", err)
	}
	s.setState(stateEnded)
	return nil
}

func (s *Source) run(ctx context.Context, sink source.Sink) error {
	if err := mayCapture(); err != nil {
		return err
	}
	for i := range s.points {
		n, err := sink.Interface(s.cfg.Interfaces[i].Name)
		if err != nil {
			return err
		}
		s.points[i].number = n
	}
	w, err := link.Open(link.PortVLANs)
	if err != nil {
		return err
	}
	defer w.Close()

	ctx, cancel := context.WithCancel(ctx)
	events := make(chan link.Event)
	watched := make(chan error, 1)
	go func() {
		watched <- w.Run(ctx, func(e link.Event) {
			select {
			case events <- e:
			case <-ctx.Done():
			}
		})
	}()

	v := supervisor{Source: s, sink: sink, lost: make(chan struct{}, 1), budget: budget{limit: s.cfg.Budget}}
	err = v.loop(ctx, events, watched)
	cancel()
	v.stopAll()
	return errors.Join(err, <-watched)
}

// supervisor opens and stops the rings of a running source. It runs on the
// goroutine of Run alone.
type supervisor struct {
	*Source
	sink    source.Sink
	readers sync.WaitGroup
	lost    chan struct{} // of capacity 1: a ring has failed
	budget  budget
	named   uint64 // naming frames when the budget was last looked at
}

// loop keeps the rings in step with the links until ctx is done.
func (v *supervisor) loop(ctx context.Context, events <-chan link.Event, watched chan error) error {
	var state link.State
	synced := false
	wait := retryMin
	retry := time.NewTimer(retryMax)
	defer retry.Stop()
	var rate <-chan time.Time // when the budget is looked at
	if v.cfg.Hybrid {
		every := time.NewTicker(budgetStep)
		defer every.Stop()
		rate = every.C
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watched:
			watched <- nil // for who waits for its end
			return err
		case e := <-events:
			if !state.Apply(e) && e.Op != link.Synced {
				continue
			}
			synced = synced || e.Op == link.Synced
			wait = retryMin
		case <-rate:
			if !v.keepBudget() {
				continue
			}
		case <-v.lost:
		case <-retry.C:
		}
		if !synced {
			continue
		}
		retry.Stop()
		if !v.reconcile(&state) {
			retry.Reset(wait)
			wait = min(2*wait, retryMax)
		}
	}
}

// reconcile opens, stops and refilters rings until they are as planned. It
// reports false when something failed and has to be tried again.
func (v *supervisor) reconcile(state *link.State) (whole bool) {
	var wanted []tap
	notes := make([]string, len(v.points))
	for i := range v.cfg.Interfaces {
		taps, note := planner{v.cfg, state}.plan(i)
		wanted, notes[i] = append(wanted, taps...), note
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.stopUnwanted(wanted)
	whole = true
	v.state = stateWaiting
	share := max(MinRingBytes, v.cfg.RingBytes/max(1, len(wanted)))
	for _, t := range wanted {
		note := &notes[t.id.point]
		r, err := v.ensure(t, share)
		if err != nil {
			whole = false
			*note = join(*note, fmt.Sprintf("%s: %v", t.device, err))
			continue
		}
		for _, n := range r.notes {
			*note = join(*note, n)
		}
		if r.brief {
			*note = join(*note, fmt.Sprintf("%s: the kernel has no room for the whole filter, and the shorter one knows fewer protocols; raise net.core.optmem_max", t.device))
		}
		if t.up {
			v.state = stateRunning
		}
	}
	for i, n := range notes {
		if n != "" && n != v.points[i].note {
			v.log.Warn("capture", "interface", v.cfg.Interfaces[i].Name, "note", n)
		}
		v.points[i].note = n
	}
	return whole
}

// stopUnwanted stops the rings that are no longer planned. Called with mu held,
// as is ensure.
func (v *supervisor) stopUnwanted(wanted []tap) {
	for id, r := range v.rings {
		if !slices.ContainsFunc(wanted, r.tap.same) {
			v.log.Info("capture stopped", "device", r.tap.device, "interface", v.cfg.Interfaces[id.point].Name)
			r.stop()
			delete(v.rings, id)
		}
	}
}

// ensure returns the ring of t, with the filter that t asks for.
func (v *supervisor) ensure(t tap, ringBytes int) (*ring, error) {
	if r, ok := v.rings[t.id]; ok {
		if r.tap.sameFilter(t) && r.level == v.level {
			return r, nil
		}
		return r, r.attach(v.cfg, t, v.level)
	}
	r, err := open(v.cfg, t, v.level, &v.points[t.id.point], ringBytes)
	if err != nil {
		return nil, err
	}
	v.rings[t.id] = r
	v.log.Info("capture started", "device", t.device, "interface", v.cfg.Interfaces[t.id.point].Name,
		"ring", len(r.mem), "promiscuous", r.promiscuous)
	v.readers.Go(func() {
		r.read(v.sink)
		v.forget(r)
		r.close()
	})
	return r, nil
}

// keepBudget looks at what passed since the last time, and reports whether the
// filters have to follow to another level.
func (v *supervisor) keepBudget() bool {
	passed := v.naming() - v.named
	v.named += passed
	before := v.budget.level
	if !v.budget.step(passed, budgetStep) {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.budget.level > before {
		v.tightened.Add(1)
	}
	v.level, v.levelNote = v.budget.level, v.budget.note()
	v.log.Info("capture filter", "level", v.level, "note", v.levelNote)
	return true
}

// forget has a ring opened again whose reader ended though it was not stopped.
func (v *supervisor) forget(r *ring) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.rings[r.tap.id] != r {
		return
	}
	delete(v.rings, r.tap.id)
	select {
	case v.lost <- struct{}{}:
	default: // it is to look after all of them already
	}
}

// stopAll stops every ring and waits until what they hold is delivered.
func (v *supervisor) stopAll() {
	v.mu.Lock()
	v.stopUnwanted(nil)
	v.mu.Unlock()
	v.readers.Wait()
}
