package resolve

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/geo"
	"weir/internal/packet"
)

// Mode is which addresses are asked for.
type Mode uint32

// The modes.
const (
	Off   Mode = iota // none
	Local             // those of the house
	All               // those elsewhere, too
)

// Bounds.
const (
	queued  = 64 // addresses that wait
	workers = 4  // lookups at once: one that is waited for must not hold up all others
)

// The pace of questions, unless Config says otherwise: a resolver of a house
// answers hundreds a second, and this many do not show.
const (
	usualRate  = 5 // a second
	usualBurst = 20
)

// Config says how a Resolver asks.
type Config struct {
	Mode Mode // at the start

	// Servers are asked in their order, at most three of them. They are called for
	// again from time to time, from several goroutines. Nil or none: this machine.
	Servers func() []netip.AddrPort

	// Answer is told what came of each question, from several goroutines and never
	// after SetMode returned for an address that it rules out. The name is in lower
	// case, without the last dot, valid until Answer returns, and nil when there is
	// none or nobody answered. It makes no sense to ask again before the time is over.
	Answer func(a packet.Addr, name []byte, again time.Duration)

	Rate    int           // questions a second, 0 for 5
	Burst   int           // questions at once, 0 for 20
	Timeout time.Duration // of one try, 0 for 2 s
}

// Stats count what became of addresses. All only grow.
type Stats struct {
	Asked   uint64 // taken by Ask
	Dropped uint64 // refused by Ask because too many waited
	Found   uint64 // have a name
	None    uint64 // have none
	Unfit   uint64 // of those: have one that is not a host's name
	Failed  uint64 // nobody answered, or an error
	Strange uint64 // datagrams and streams that were not the answer
}

// Resolver asks for names. Use New.
type Resolver struct {
	cfg    Config
	queue  chan wanted
	mode   atomic.Uint32
	pace   pace
	listed servers
	silent atomic.Uint32 // lookups in a row that nobody answered

	telling sync.RWMutex // held for reading while Answer is told

	asked, dropped, found, none, unfit, failed, strange atomic.Uint64
}

// wanted is an address in the queue.
type wanted struct {
	addr  packet.Addr
	house bool
}

// New returns a Resolver that asks once Run is called.
func New(cfg Config) *Resolver {
	if cfg.Rate <= 0 {
		cfg.Rate = usualRate
	}
	if cfg.Burst <= 0 {
		cfg.Burst = usualBurst
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = usualTimeout
	}
	r := &Resolver{cfg: cfg, queue: make(chan wanted, queued), listed: servers{list: cfg.Servers}}
	r.pace = pace{every: time.Second / time.Duration(cfg.Rate), burst: cfg.Burst}
	r.mode.Store(uint32(cfg.Mode))
	return r
}

// SetMode changes which addresses are asked for, at once: what waits and is not
// covered any more is forgotten. It reports whether that changed anything.
func (r *Resolver) SetMode(m Mode) (changed bool) {
	r.telling.Lock()
	defer r.telling.Unlock()
	return Mode(r.mode.Swap(uint32(m))) != m
}

// Ask has the name of an address looked up; house says that the address is in one
// of the house's own networks. It never blocks. Config.Answer will tell what came
// of it when taken; else the address is not to be asked for or, when full, too many
// wait.
func (r *Resolver) Ask(a packet.Addr, house bool) (taken, full bool) {
	if !Mode(r.mode.Load()).covers(a, house) {
		return false, false
	}
	select {
	case r.queue <- wanted{a, house}:
		r.asked.Add(1)
		return true, false
	default:
		r.dropped.Add(1)
		return false, true
	}
}

// covers reports whether an address may be asked for.
func (m Mode) covers(a packet.Addr, house bool) bool {
	special := geo.SpecialOf(a)
	switch {
	case m == Off:
		return false
	case house:
		return special == 0 || special == geo.Private || special == geo.UniqueLocal
	}
	return m == All && special == 0
}

// Stats returns what was counted until now.
func (r *Resolver) Stats() Stats {
	return Stats{
		Asked: r.asked.Load(), Dropped: r.dropped.Load(), Found: r.found.Load(), None: r.none.Load(),
		Unfit: r.unfit.Load(), Failed: r.failed.Load(), Strange: r.strange.Load(),
	}
}

// Run asks until ctx ends, and returns nil then.
func (r *Resolver) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for range workers {
		all.Go(func() { r.work(ctx) })
	}
	all.Wait()
	return nil
}

// work looks up one address after the other.
func (r *Resolver) work(ctx context.Context) {
	l := lookup{r: r}
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-r.queue:
			if !Mode(r.mode.Load()).covers(w.addr, w.house) {
				continue
			}
			if !sleep(ctx, r.pace.next(time.Now())) || !sleep(ctx, r.rest()) {
				return
			}
			o := l.ask(ctx, w.addr)
			if ctx.Err() == nil {
				r.tell(w, &o)
			}
		}
	}
}

// tell counts what came of a lookup and hands it on.
func (r *Resolver) tell(w wanted, o *outcome) {
	if o.failed {
		r.failed.Add(1)
	} else {
		r.silent.Store(0)
		switch {
		case o.name != nil:
			r.found.Add(1)
		case o.unfit:
			r.unfit.Add(1)
			fallthrough
		default:
			r.none.Add(1)
		}
	}
	r.telling.RLock()
	defer r.telling.RUnlock()
	if Mode(r.mode.Load()).covers(w.addr, w.house) {
		r.cfg.Answer(w.addr, o.name, o.again)
	}
}

// Where nobody answers, as while the line is down, asking becomes slower.
const (
	silentLookups = 8
	longestRest   = 30 * time.Second
)

// rest returns how long to wait because nobody answered lately.
func (r *Resolver) rest() time.Duration {
	n := r.silent.Load()
	if n < silentLookups {
		return 0
	}
	return min(time.Duration(n-silentLookups+1)*time.Second, longestRest)
}

// sleep waits and reports whether ctx still lasts.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// pace spreads what happens more often than once in every, except for bursts.
type pace struct {
	every time.Duration
	burst int
	mu    sync.Mutex
	free  time.Time // when all of a burst is free again
}

// next takes the next turn and returns how long to wait for it.
func (p *pace) next(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free.Before(now) {
		p.free = now
	}
	p.free = p.free.Add(p.every)
	return p.free.Sub(now) - time.Duration(p.burst)*p.every
}
