package daemon

import (
	"context"
	"sync"
)

// task is one goroutine with its own end.
type task struct {
	name     string
	isSource bool
	cancel   context.CancelFunc
	done     chan struct{}
	err      error // valid when done is closed
	told     bool  // a failure was logged; guarded by Daemon.mu
}

// failed reports whether the task has ended with an error.
func (t *task) failed() bool {
	select {
	case <-t.done:
		return t.err != nil
	default:
		return false
	}
}

// tasks starts goroutines and waits for them.
type tasks struct {
	ended chan *task // tasks that ended by themselves
	quit  chan struct{}
	mu    sync.Mutex
	all   map[*task]struct{}
}

func newTasks() *tasks {
	return &tasks{ended: make(chan *task), quit: make(chan struct{}), all: make(map[*task]struct{})}
}

// start runs f in a goroutine until stop, or until it returns.
func (ts *tasks) start(name string, f func(context.Context) error) *task {
	return ts.launch(&task{name: name}, f)
}

// startSource is start for a source, whose failure the daemon may survive.
func (ts *tasks) startSource(name string, f func(context.Context) error) *task {
	return ts.launch(&task{name: name, isSource: true}, f)
}

func (ts *tasks) launch(t *task, f func(context.Context) error) *task {
	ctx, cancel := context.WithCancel(context.Background())
	t.cancel, t.done = cancel, make(chan struct{})
	ts.mu.Lock()
	ts.all[t] = struct{}{}
	ts.mu.Unlock()
	go func() {
		t.err = f(ctx)
		asked := ctx.Err() != nil
		cancel()
		close(t.done)
		if !asked {
			select {
			case ts.ended <- t:
			case <-ts.quit:
			}
		}
	}()
	return t
}

// stop ends t and waits for it.
func (ts *tasks) stop(t *task) {
	if t == nil {
		return
	}
	t.cancel()
	<-t.done
	ts.mu.Lock()
	delete(ts.all, t)
	ts.mu.Unlock()
}

// has reports whether t was started and not stopped.
func (ts *tasks) has(t *task) bool {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	_, ok := ts.all[t]
	return ok
}

// stopAll ends what is left, and nothing is reported any more.
func (ts *tasks) stopAll() {
	close(ts.quit)
	ts.mu.Lock()
	left := make([]*task, 0, len(ts.all))
	for t := range ts.all {
		left = append(left, t)
	}
	ts.mu.Unlock()
	for _, t := range left {
		ts.stop(t)
	}
}
