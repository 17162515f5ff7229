package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strconv"

	"weir/internal/journal"
	"weir/internal/source"
)

// running is one source with the task that runs it.
type running struct {
	origin origin
	source source.Source
	task   *task
}

// setSources makes the plan come true: sources that run and are planned go on,
// others are stopped, and then the new ones start. A planned source that failed
// gets another chance. Called with reload held.
func (d *Daemon) setSources(p plan) {
	d.mu.Lock()
	stop := slices.Clone(d.sources)
	next := make([]running, len(p.sources))
	for i, o := range p.origins {
		next[i] = running{origin: o, source: p.sources[i]}
		same := func(r running) bool { return !r.task.failed() && reflect.DeepEqual(r.origin, o) }
		if at := slices.IndexFunc(stop, same); at >= 0 {
			next[i] = stop[at]
			stop = slices.Delete(stop, at, at+1)
		}
	}
	d.mu.Unlock()
	d.stopSources(stop)
	if !slices.ContainsFunc(next, func(r running) bool { return r.origin.tracking }) {
		d.engine.Untracked()
	}
	all := d.withPoints(p.watched)
	d.mu.Lock()
	d.watched = all
	d.mu.Unlock()
	d.relocate() // before anything is counted
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range next {
		if next[i].task == nil {
			next[i].task = d.startSource(next[i])
		}
	}
	d.sources = next
}

// stopSources stops sources and waits for what they have left to tell.
func (d *Daemon) stopSources(all []running) {
	for _, r := range all {
		d.tasks.stop(r.task)
	}
}

// withPoints gives watched networks their observation points, in the order of the
// configuration.
func (d *Daemon) withPoints(all []watched) []watched {
	var out []watched
	for _, w := range all {
		point, err := d.engine.Interface(w.name)
		if err != nil {
			d.log.Error("an interface has no row of its own", "error", err)
			continue
		}
		w.point = point
		out = append(out, w)
	}
	return out
}

func (d *Daemon) startSource(r running) *task {
	name := r.source.Status().Name
	if f := r.origin.file; f != nil {
		pace := "max"
		if f.Pace > 0 {
			pace = strconv.FormatFloat(f.Pace, 'g', -1, 64) + "x"
		}
		d.log.Info("reading", "interface", name, "path", f.Path, "pace", pace, "loop", f.Loop)
	}
	return d.tasks.startSource(name, func(ctx context.Context) error {
		err := r.source.Run(ctx, sink{d.engine, d.swept})
		if err == nil {
			return nil
		}
		if r.origin.file != nil {
			err = explain(err, "make it, or set another option path or enabled 0 in its config source", fs.ErrNotExist)
			err = explain(err, readable, fs.ErrPermission)
		}
		return fmt.Errorf("source %s: %w", name, err)
	})
}

// logEnd tells how a source ended that had an end.
func (d *Daemon) logEnd(t *task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.sources {
		if r.task == t {
			st := r.source.Status()
			d.log.Info("source "+st.State, "name", st.Name, "note", st.Note)
		}
	}
}

// taskEnded decides what the end of a task means. A source that fails leaves the
// others running; the last one takes the daemon with it, for it would only
// pretend to watch.
func (d *Daemon) taskEnded(t *task) error {
	d.reload.Lock() // which may be replacing the sources
	defer d.reload.Unlock()
	if !d.tasks.has(t) {
		return nil
	}
	if t.err == nil {
		d.logEnd(t)
		return nil
	}
	if !t.isSource {
		return t.err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []error // of this one and those that failed at the same time
	for _, r := range d.sources {
		if !r.task.failed() {
			d.log.Error("a source failed; the others go on", "error", t.err)
			d.happened(journal.Source, t.name, "%v", t.err)
			t.told = true
			return nil
		}
		if !r.task.told {
			all = append(all, r.task.err)
		}
	}
	return errors.Join(all...)
}
