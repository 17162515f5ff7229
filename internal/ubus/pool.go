package ubus

import "sync"

// pool runs tasks in goroutines of their own, a few at once; the others wait in
// a bounded queue. No goroutine stays without a task.
type pool struct {
	limits Limits
	mu     sync.Mutex
	all    sync.WaitGroup
	busy   int
	bytes  int // what the waiting tasks hold
	queue  []task
}

type task struct {
	run  func()
	size int
}

// start runs a task now or later; it reports false if too many wait.
func (p *pool) start(t task) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy < p.limits.Handlers {
		p.busy++
		p.all.Go(func() { p.drain(t) })
		return true
	}
	if len(p.queue) >= p.limits.Waiting || p.bytes+t.size > p.limits.WaitingBytes {
		return false
	}
	p.queue = append(p.queue, t)
	p.bytes += t.size
	return true
}

// drain runs a task and then what waits.
func (p *pool) drain(t task) {
	for more := true; more; {
		t.run()
		t, more = p.next()
	}
}

func (p *pool) next() (task, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.busy--
		p.queue = nil
		return task{}, false
	}
	t := p.queue[0]
	p.queue[0] = task{}
	p.queue = p.queue[1:]
	p.bytes -= t.size
	return t, true
}

// wait returns when all tasks have ended. None may be started any more.
func (p *pool) wait() { p.all.Wait() }
