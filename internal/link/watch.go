package link

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/mdlayher/netlink"
)

// Messages and groups of linux/rtnetlink.h.
const (
	familyRoute = 0

	rtmNewLink    = 16
	rtmDelLink    = 17
	rtmGetLink    = 18
	rtmNewAddress = 20
	rtmDelAddress = 21
	rtmGetAddress = 22

	groupLink        = 1
	groupIPv4Address = 5
	groupIPv6Address = 9
)

// dumpAttempts bounds how often a list is taken again because the kernel's
// tables changed while it was read; dumpPause grows with each of them.
const (
	dumpAttempts = 10
	dumpPause    = 10 * time.Millisecond
)

// drainTime is how long old events are discarded after an overrun.
const drainTime = 20 * time.Millisecond

// ErrUnsettled is returned when interfaces change faster than they can be read.
var ErrUnsettled = errors.New("interfaces keep changing while they are listed")

// List returns the interfaces and addresses of the network namespace the
// calling thread is in.
func List() (*State, error) {
	c, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	defer c.Close()
	return dump(c)
}

// dump reads everything over c.
func dump(c *netlink.Conn) (*State, error) {
	for i := range dumpAttempts {
		time.Sleep(time.Duration(i) * dumpPause)
		s := new(State)
		whole, err := dumpInto(s, c)
		if err != nil {
			return nil, err
		}
		if whole {
			return s, nil
		}
	}
	return nil, ErrUnsettled
}

// dumpInto reports false when the tables changed under the dump.
func dumpInto(s *State, c *netlink.Conn) (bool, error) {
	requests := [...]struct {
		what   string
		typ    netlink.HeaderType
		header int
	}{
		{"interfaces", rtmGetLink, linkHeader},
		{"addresses", rtmGetAddress, addressHeader},
	}
	for _, r := range requests {
		replies, err := c.Execute(netlink.Message{
			Header: netlink.Header{Type: r.typ, Flags: netlink.Request | netlink.Dump},
			Data:   make([]byte, r.header),
		})
		if err != nil {
			return false, fmt.Errorf("list %s: %w", r.what, err)
		}
		for _, m := range replies {
			if m.Header.Flags&netlink.DumpInterrupted != 0 {
				return false, nil
			}
			if e, ok := parse(m); ok {
				s.Apply(e)
			}
		}
	}
	return true, nil
}

// parse turns a message into an event; false for messages that are none.
func parse(m netlink.Message) (e Event, ok bool) {
	switch m.Header.Type {
	case rtmNewLink:
		e.Op = LinkSet
		e.Link, ok = ParseLink(m.Data, binary.NativeEndian)
	case rtmDelLink:
		e.Op = LinkGone
		e.Link, ok = ParseLink(m.Data, binary.NativeEndian)
	case rtmNewAddress:
		e.Op = AddressSet
		e.Address, ok = ParseAddress(m.Data, binary.NativeEndian)
	case rtmDelAddress:
		e.Op = AddressGone
		e.Address, ok = ParseAddress(m.Data, binary.NativeEndian)
	}
	return e, ok
}

// Watcher follows the changes of one network namespace.
type Watcher struct {
	events *netlink.Conn // member of the multicast groups
	lists  *netlink.Conn // dumps, so that they do not mix with events
}

// Open returns a Watcher on the network namespace the calling thread is in.
// It takes effect at once: what changes after Open returns is told by Run.
func Open() (*Watcher, error) {
	lists, err := netlink.Dial(familyRoute, nil)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink socket: %w", err)
	}
	events, err := netlink.Dial(familyRoute, &netlink.Config{
		Groups: 1<<(groupLink-1) | 1<<(groupIPv4Address-1) | 1<<(groupIPv6Address-1),
	})
	if err != nil {
		lists.Close()
		return nil, fmt.Errorf("open rtnetlink socket for events: %w", err)
	}
	return &Watcher{events: events, lists: lists}, nil
}

// Close frees the sockets. It must not be called while Run runs.
func (w *Watcher) Close() error {
	return errors.Join(w.events.Close(), w.lists.Close())
}

// Run tells what is there, then Synced, then every change as it happens, until
// ctx is done; then it returns nil. When the kernel's queue overflows it lists
// everything again, tells the difference and Synced. Changes of counters alone
// are not told. The calls of tell come one at a time from the goroutine of Run.
func (w *Watcher) Run(ctx context.Context, tell func(Event)) error {
	stop := context.AfterFunc(ctx, func() {
		// A deadline in the past ends Receive; it fails only once closed.
		_ = w.events.SetReadDeadline(time.Unix(1, 0))
	})
	defer stop()

	state := new(State)
	for resync := true; ctx.Err() == nil; {
		if resync {
			now, err := dump(w.lists)
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

// drain discards the events that were queued before an overrun: they are older
// than the list that follows, and what undid them may be among the lost.
func (w *Watcher) drain() error {
	if err := w.events.SetReadDeadline(time.Now().Add(drainTime)); err != nil {
		return fmt.Errorf("drain rtnetlink events: %w", err)
	}
	for {
		_, err := w.events.Receive()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil && !errors.Is(err, syscall.ENOBUFS) {
			return fmt.Errorf("drain rtnetlink events: %w", err)
		}
	}
	// Should this undo the deadline that ends Run, then ctx is done already and
	// the caller's loop sees it.
	return w.events.SetReadDeadline(time.Time{})
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
			if e, ok := parse(m); ok && state.Apply(e) {
				tell(e)
			}
		}
	}
}
