package link

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
)

// Watcher follows the changes of one network namespace.
type Watcher struct {
	events *netlink.Conn // member of the multicast groups
	lists  *netlink.Conn // dumps, so that they do not mix with events
	topics Topic
}

// Open returns a Watcher on the interfaces of the network namespace the calling
// thread is in, and on what topics ask for; on everything where they are none. It
// takes effect at once: what changes after Open returns is told by Run.
func Open(topics ...Topic) (*Watcher, error) {
	lists, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	all := union(topics)
	events, err := netlink.Dial(familyRoute, &netlink.Config{Groups: all.groups()})
	if err != nil {
		lists.Close()
		return nil, fmt.Errorf("open rtnetlink socket for events: %w", err)
	}
	return &Watcher{events: events, lists: lists, topics: all}, nil
}

// Close frees the sockets. It must not be called while Run runs.
func (w *Watcher) Close() error {
	return errors.Join(w.events.Close(), w.lists.Close())
}

// Run tells what is there, then Synced, then every change as it happens, until
// ctx is done; then it returns nil. When the kernel's queue overflows it lists
// everything again, tells the difference and Synced. Changes of counters alone,
// or of the kernel's trust in a neighbour, are not told. The calls of tell come one at a time from the goroutine of Run.
func (w *Watcher) Run(ctx context.Context, tell func(Event)) error {
	stop := context.AfterFunc(ctx, func() {
		// A deadline in the past ends Receive; it fails only once closed.
		_ = w.events.SetReadDeadline(time.Unix(1, 0))
	})
	defer stop()

	state := new(State)
	for resync := true; ctx.Err() == nil; {
		if resync {
			now, err := dump(w.lists, w.topics)
			if err != nil {
				return err
			}
			for _, e := range now.Events(state) {
				tell(e)
			}
			state = now
			tell(Event{Op: Synced})
		}
		lost, err := w.follow(ctx, state, tell)
		if err != nil {
			return err
		}
		if resync = lost; lost {
			if err := w.drain(); err != nil {
				return err
			}
		}
	}
	return nil
}

// follow tells events until ctx is done or some were lost, which it reports.
func (w *Watcher) follow(ctx context.Context, state *State, tell func(Event)) (lost bool, err error) {
	for {
		msgs, err := w.events.Receive()
		switch {
		case errors.Is(err, syscall.ENOBUFS):
			return true, nil
		case errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
			return false, nil
		case err != nil:
			return false, fmt.Errorf("receive rtnetlink events: %w", err)
		}
		for _, m := range msgs {
			for _, e := range events(m, state, w.topics) {
				if state.Apply(e) {
					tell(e)
				}
			}
		}
	}
}
