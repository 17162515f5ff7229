package afpacket

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	w, err := link.Open()
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

	v := supervisor{Source: s, sink: sink}
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
}

// loop keeps the rings in step with the links until ctx is done.
func (v *supervisor) loop(ctx context.Context, events <-chan link.Event, watched chan error) error {
	var state link.State
	synced := false
	wait := retryMin
	retry := time.NewTimer(retryMax)
	defer retry.Stop()
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
		case <-retry.C:
		}
		if !synced {
			continue
		}
		whole, err := v.reconcile(&state)
		if err != nil {
			return err
		}
		retry.Stop()
		if !whole {
			retry.Reset(wait)
			wait = min(2*wait, retryMax)
		}
	}
}

// reconcile opens, stops and refilters rings until they are as planned. It
// reports whether all that can be had now is open; its error is final.
func (v *supervisor) reconcile(state *link.State) (whole bool, err error) {
	notes := make([]string, len(v.points))
	wanted := make(map[tapID]tap)
	for i, c := range v.cfg.Interfaces {
		taps, note := plan(i, c, state)
		notes[i] = note
		for _, t := range taps {
			wanted[t.id] = t
		}
	}
	v.stopUnwanted(wanted)

	whole = true
	share := max(MinRingBytes, v.cfg.RingBytes/max(1, len(wanted)))
	for id, t := range wanted {
		err := v.ensure(t, share)
		switch {
		case errors.Is(err, os.ErrPermission):
			return false, fmt.Errorf("%s: %w", t.device, err)
		case err != nil:
			whole = false
			notes[id.point] = join(notes[id.point], fmt.Sprintf("%s: %v", t.device, err))
		}
	}
	v.publish(notes, wanted)
	return whole, nil
}

// stopUnwanted stops the rings that are no longer planned.
func (v *supervisor) stopUnwanted(wanted map[tapID]tap) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, r := range v.rings {
		if t, ok := wanted[id]; !ok || !r.tap.same(t) {
			v.log.Info("capture stopped", "device", r.tap.device, "interface", v.cfg.Interfaces[id.point].Name)
			r.stop()
			delete(v.rings, id)
		}
	}
}

// ensure makes t captured with the filter it asks for.
func (v *supervisor) ensure(t tap, ringBytes int) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, ok := v.rings[t.id]; ok {
		if r.tap.sameFilter(t) {
			return nil
		}
		return r.attach(v.cfg, t)
	}
	r, err := open(v.cfg, t, &v.points[t.id.point], ringBytes)
	if err != nil {
		return err
	}
	v.rings[t.id] = r
	v.log.Info("capture started", "device", t.device, "interface", v.cfg.Interfaces[t.id.point].Name,
		"ring", len(r.mem), "promiscuous", r.promiscuous)
	v.readers.Go(func() {
		r.read(v.sink)
		r.close()
	})
	return nil
}

// publish sets state and notes and logs each note that is new.
func (v *supervisor) publish(notes []string, wanted map[tapID]tap) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, r := range v.rings {
		for _, n := range r.notes {
			notes[id.point] = join(notes[id.point], n)
		}
	}
	for i, n := range notes {
		if n != "" && n != v.points[i].note {
			v.log.Warn("capture", "interface", v.cfg.Interfaces[i].Name, "note", n)
		}
		v.points[i].note = n
	}
	v.state = stateWaiting
	for id := range v.rings {
		if wanted[id].up {
			v.state = stateRunning
		}
	}
}

// stopAll stops every ring and waits until what they hold is delivered.
func (v *supervisor) stopAll() {
	v.stopUnwanted(nil)
	v.readers.Wait()
}

// join puts notes one after the other.
func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
