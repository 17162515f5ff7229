package daemon

import (
	"context"
	"slices"
	"strings"
	"time"

	"weir/internal/api"
	"weir/internal/source"
	"weir/uci"
)

// How often what the mode depends on is looked at, and how long another mode must
// be the better one before it is taken: a firewall that is reloaded takes its
// flowtables down for a moment.
const (
	quickEvery = 5 * time.Second
	lookEvery  = time.Minute
	settleTime = 4 * time.Second // with quickEvery: at the second look
)

// steady is the choice in force. Another one takes its place when it has been the
// right one for settleTime.
type steady struct {
	choice
	next  choice    // another one, if since is not zero
	since time.Time // when it was first made
}

// take takes the choice that the facts at the time now suggest, at once or when
// it has settled, and reports whether sources must change. What the choice says
// in words follows without that.
func (s *steady) take(c choice, now time.Time, atOnce bool) (changed bool) {
	switch {
	case s.choice.same(&c):
		s.choice, s.since = c, time.Time{}
		return false
	case atOnce, s.pending() && s.next.same(&c) && now.Sub(s.since) >= settleTime:
		s.choice, s.since = c, time.Time{}
		return true
	case !s.pending() || !s.next.same(&c):
		s.since = now
	}
	s.next = c
	return false
}

// pending reports whether another choice is about to be taken.
func (s *steady) pending() bool { return !s.since.IsZero() }

// same reports whether c and o make the same sources.
func (c *choice) same(o *choice) bool {
	return c.mode == o.mode && c.ports == o.ports && c.budget == o.budget && c.bridged == o.bridged
}

// observeLoop looks at what the mode depends on, and at the leases of ports.
func (d *Daemon) observeLoop(ctx context.Context) error {
	ticker := time.NewTicker(quickEvery)
	defer ticker.Stop()
	seen, looked := d.proc.quick(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		d.remap(false)
		now := d.proc.quick()
		d.mu.Lock()
		pending := d.steady.pending()
		d.mu.Unlock()
		if d.moved.Swap(false) || pending || now != seen || time.Since(looked) >= lookEvery {
			seen, looked = now, time.Now()
			d.observe(ctx)
			d.meetAll()
		}
	}
}

// observe looks at the facts and changes the mode when they say so.
func (d *Daemon) observe(ctx context.Context) {
	f, c := d.look(d.config.Load())
	if !d.adopt(f, c, false) && !d.lostTracking() {
		return
	}
	d.reload.Lock()
	defer d.reload.Unlock()
	if d.stopping || ctx.Err() != nil {
		return
	}
	p, err := d.plan(d.config.Load(), d.inForce())
	if err != nil {
		d.log.Error("observe in another way", "error", err)
		return
	}
	d.logChoice(p)
	d.setSources(p)
}

// lostTracking reports whether reading connection tracking has failed, which a
// plan tries again.
func (d *Daemon) lostTracking() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.sources, func(r running) bool { return r.origin.tracking && r.task.failed() })
}

// look makes a choice from the facts as they are.
func (d *Daemon) look(cfg *uci.Config) (*facts, choice) {
	f := d.facts(cfg)
	return f, choose(f)
}

// adopt brings the choice in force up to date and tells of problems that came
// and went. It reports whether the sources must change.
func (d *Daemon) adopt(f *facts, c choice, atOnce bool) (changed bool) {
	d.mu.Lock()
	before := d.steady.problems
	changed = d.steady.take(c, time.Now(), atOnce)
	after, known := d.steady.problems, d.known
	d.known = f
	c = d.steady.choice
	d.mu.Unlock()
	d.tellOffload(known, f, c, changed)
	d.noteFacts(known, f, c, changed)
	for _, p := range without(after, before) {
		d.log.Warn(p.Message)
	}
	for _, p := range without(before, after) {
		d.log.Info("no longer: " + p.Message)
	}
	return changed
}

// inForce returns the choice that is in force.
func (d *Daemon) inForce() choice {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.steady.choice
}

// without returns the problems of all that are not among known.
func without(all, known []api.Problem) []api.Problem {
	var out []api.Problem
	for _, p := range all {
		if !slices.Contains(known, p) {
			out = append(out, p)
		}
	}
	return out
}

// logChoice tells in a line what is counted where.
func (d *Daemon) logChoice(p plan) {
	var points []string
	for _, w := range p.watched {
		points = append(points, w.name+" ("+w.device+")")
	}
	attrs := []any{"mode", p.choice.mode, "why", p.choice.why, "interfaces", strings.Join(points, ", ")}
	switch p.choice.mode {
	case uci.ModePackets:
		attrs = append(attrs, "bytes", "from packets")
	case uci.ModeConntrack:
		attrs = append(attrs, "bytes", "from connection tracking")
	case uci.ModeHybrid:
		attrs = append(attrs, "bytes", "from connection tracking", "names", "from packets")
	}
	if p.choice.mode != uci.ModeConntrack {
		attrs = append(attrs, "bridge_ports", p.choice.ports)
	}
	d.log.Info("counting", attrs...)
}

// sink is the engine, and tells the daemon when connection tracking was read.
type sink struct {
	source.Sink
	swept func(at int64)
}

// Swept implements source.Sink.
func (s sink) Swept(at int64) {
	s.Sink.Swept(at)
	s.swept(at)
}
