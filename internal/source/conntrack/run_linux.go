package conntrack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"weir/internal/source"
)

const (
	// eventPause is how long events gather before they are read: one look at
	// many, and one call of the sink.
	eventPause = 50 * time.Millisecond
	// dumpPause is the least time between two dumps, however many events are lost.
	dumpPause = time.Second
	// dumpTime bounds a dump. One of 65,536 entries takes some tenths of a second,
	// and seconds on the slowest routers.
	dumpTime = 10 * time.Second
	// leastEvent is less memory than any queued event takes in the kernel.
	leastEvent = 512
)

// reader is a running source. All of it belongs to the goroutine of Run.
type reader struct {
	*Source
	ledger  *ledger
	sink    source.Sink
	order   order
	events  *socket
	lister  *socket // of dumps; nil after one failed
	most    int     // events that the buffer can hold
	ended   time.Time
	next    time.Time     // of the next dump
	retry   time.Duration // until the next dump while they fail
	overrun bool          // events were lost since the last dump
	failure error         // of the last dump
	advice  string        // what the user should set
}

// Run implements source.Source. It fails when connection tracking cannot be read
// at all; dumps that fail later are tried again. What was counted until ctx is
// done is handed over before it returns.
func (s *Source) Run(ctx context.Context, sink source.Sink) error {
	err := s.run(ctx, sink)
	if err != nil {
		s.publish(stateFailed, err.Error(), nil)
		return fmt.Errorf("connection tracking: %w", err)
	}
	s.publish(stateEnded, "", nil)
	return nil
}

func (s *Source) run(ctx context.Context, sink source.Sink) error {
	r, err := s.open(sink)
	if err != nil {
		return err
	}
	defer r.close()
	// A deadline in the past ends a wait for events at once.
	defer context.AfterFunc(ctx, func() { r.events.deadline(time.Unix(1, 0)) })()
	return r.loop(ctx)
}

// open returns a reader that listens to events and has made no dump yet.
func (s *Source) open(sink source.Sink) (*reader, error) {
	if f := Look(); f.Err != nil {
		return nil, f.Err
	}
	events, buffer, err := listen(s.cfg.Buffer)
	if err != nil {
		return nil, err
	}
	r := &reader{
		Source: s, ledger: newLedger(&s.cfg, sink), sink: sink, order: hostOrder(),
		events: events, most: buffer/leastEvent + 1, retry: dumpPause,
	}
	r.ledger.counts.BufferBytes = buffer
	return r, nil
}

func (r *reader) close() {
	r.events.conn.Close()
	if r.lister != nil {
		r.lister.conn.Close()
	}
}

// loop reads dumps and events until ctx is done, and a dump after that.
func (r *reader) loop(ctx context.Context) error {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for ctx.Err() == nil {
		if !time.Now().Before(r.next) {
			if err := r.sweep(); err != nil {
				return err
			}
			continue
		}
		if err := r.await(ctx); err != nil {
			return err
		}
		pause.Reset(min(eventPause, time.Until(r.next)))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
	return r.sweep()
}

// await waits for events until the next dump is due and accounts those there are.
func (r *reader) await(ctx context.Context) error {
	if err := r.events.deadline(r.next); err != nil {
		return err
	}
	if ctx.Err() != nil { // its deadline may have come before ours
		return nil
	}
	b, err := r.events.receive()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	r.ledger.at(r.cfg.Now())
	if err := r.take(b, err); err != nil {
		return err
	}
	if err := r.drain(); err != nil {
		return err
	}
	r.ledger.flush()
	r.tell()
	return nil
}

// drain accounts the events that are queued. Those that come meanwhile are read
// as well, but no more in all than the queue can hold: then all that was in it
// at the beginning is read.
func (r *reader) drain() error {
	for range r.most {
		b, err := r.events.poll()
		if b == nil && err == nil {
			return nil
		}
		if err := r.take(b, err); err != nil {
			return err
		}
	}
	return nil
}

// take accounts what a read of the events returned.
func (r *reader) take(b []byte, err error) error {
	if errors.Is(err, unix.ENOBUFS) {
		r.ledger.counts.Overruns++
		r.overrun = true
		if soon := r.soon(); soon.Before(r.next) {
			r.next = soon
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	r.ledger.readEvents(b, r.order)
	return nil
}

// sweep makes a dump. It fails only when the events cannot be read.
func (r *reader) sweep() error {
	l := r.ledger
	now := r.cfg.Now()
	l.at(now)
	if err := r.drain(); err != nil {
		return err
	}
	if r.overrun {
		r.overrun = false
		l.counts.Resyncs++
	}
	start := time.Now()
	l.beginDump()
	lost, err := r.list()
	whole := l.endDump(err == nil)
	l.flush()
	r.ended = time.Now()
	r.plan(err, r.ended.Sub(start), whole)
	if whole {
		l.counts.LastDump = now.Wall.UnixNano()
		l.counts.Max = max(0, setting("max"))
		r.advice = advise(setting("acct"), setting("events"), r.cfg.Buffer, l.counts.BufferBytes)
		r.sink.Swept(now.Wall.UnixMicro())
	}
	r.tell()
	return lost
}

// plan says when the next dump is due.
func (r *reader) plan(err error, took time.Duration, whole bool) {
	r.failure = err
	switch {
	case err != nil:
		r.next = r.ended.Add(r.retry)
		r.retry = min(2*r.retry, MaxEvery)
		return
	case !whole:
		r.next = r.soon()
	default:
		r.ledger.counts.DumpTime = took
		r.ledger.counts.Every = r.cfg.pace(took)
		r.next = r.ended.Add(r.ledger.counts.Every)
	}
	r.retry = dumpPause
}

// soon returns when a dump can be made out of turn. While events go on being lost
// dumps take no more than 1/5 of the time: more would only lose more of them, and
// the last counters of what ended wait in the kernel.
func (r *reader) soon() time.Time {
	return r.ended.Add(max(dumpPause, 4*r.ledger.counts.DumpTime))
}

// list reads a dump to its end. lost is why events can no longer be read, err why
// the dump failed.
func (r *reader) list() (lost, err error) {
	defer func() {
		if err != nil && r.lister != nil {
			// Whatever may still come of that dump goes with its socket.
			r.lister.conn.Close()
			r.lister = nil
		}
	}()
	if r.lister == nil {
		if r.lister, err = dial(dumpBuffer); err != nil {
			return nil, err
		}
	}
	sent, err := r.lister.conn.Send(netlink.Message{
		Header: netlink.Header{Type: messageGet, Flags: netlink.Request | netlink.Dump},
		Data:   anyFamily,
	})
	if err != nil {
		return nil, fmt.Errorf("ask for entries: %w", explain(err))
	}
	if err := r.lister.deadline(time.Now().Add(dumpTime)); err != nil {
		return nil, err
	}
	for {
		b, err := r.lister.receive()
		if err != nil {
			return nil, fmt.Errorf("read entries: %w", err)
		}
		r.ledger.at(r.cfg.Now())
		if err := r.drain(); err != nil {
			return err, err
		}
		done, err := r.ledger.readDump(b, r.order, sent.Header.Sequence)
		if err != nil {
			return nil, fmt.Errorf("read entries: %w", explain(err))
		}
		if done {
			return nil, nil
		}
	}
}

// tell publishes how it goes.
func (r *reader) tell() {
	state, note := stateRunning, r.advice
	switch {
	case r.failure != nil:
		state, note = stateWaiting, r.failure.Error()
	case r.ledger.counts.Dumps == 0:
		state = stateStarting
	}
	r.publish(state, note, &r.ledger.counts)
}
