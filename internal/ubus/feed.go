package ubus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// Event is an event of the bus, or a notification of one object.
type Event struct {
	Object string // whose notification it is; empty for events
	Name   string
	Data   Msg
}

// Feed is a queue of events. It lasts as long as the Client or Bus it comes
// from; its channel is never closed.
type Feed struct {
	C <-chan Event

	queue   chan Event
	pattern string
	objects bool // pattern is of paths of objects, not of events
	dropped atomic.Uint64
}

func newFeed(pattern string, objects bool, size int) *Feed {
	queue := make(chan Event, size)
	return &Feed{C: queue, queue: queue, pattern: pattern, objects: objects}
}

// Dropped returns how many events found the queue full, and how many objects
// could not be followed.
func (f *Feed) Dropped() uint64 { return f.dropped.Load() }

func (f *Feed) put(e Event) {
	select {
	case f.queue <- e:
	default:
		f.dropped.Add(1)
	}
}

// matches applies a pattern as ubusd does.
func matches(pattern, name string) bool {
	if start, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, start)
	}
	return pattern == name
}

// Listen returns a feed of the events whose name matches a pattern: a name, the
// beginning of names and a "*", or "*" for all that we may hear. Examples are
// "ubus.object.*" and "network.interface".
func (c *Client) Listen(ctx context.Context, pattern string) (*Feed, error) {
	f := newFeed(pattern, false, c.limits.Feed)
	return f, c.attach(ctx, f)
}

// Subscribe returns a feed of the notifications of the objects whose path
// matches a pattern such as "hostapd.*", also of those that appear later.
func (c *Client) Subscribe(ctx context.Context, pattern string) (*Feed, error) {
	f := newFeed(pattern, true, c.limits.Feed)
	return f, c.attach(ctx, f)
}

// attach connects a feed to this connection.
func (c *Client) attach(ctx context.Context, f *Feed) error {
	if !f.objects {
		if err := c.listen(ctx, f.pattern, &local{feed: f}); err != nil {
			return fmt.Errorf("listen to events %s: %w", f.pattern, err)
		}
		return nil
	}
	w := &watch{client: c, feed: f, targets: map[string]uint32{}}
	// Who appears while the list is on its way is heard of twice, never not.
	err := c.listen(ctx, "ubus.object.add", &local{watch: w})
	if err == nil {
		err = w.followAll(ctx)
	}
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", f.pattern, err)
	}
	return nil
}

// listen has ubusd send events to an object of ours that has no name.
func (c *Client) listen(ctx context.Context, pattern string, what *local) error {
	id, err := c.add(ctx, "", nil, what)
	if err != nil {
		return err
	}
	args := AppendString(AppendInt32(nil, "object", int32(id)), "pattern", pattern)
	end, _, err := c.invoke(ctx, eventObject, "register", args)
	if err == nil && end.status != OK {
		err = end.status
	}
	if err != nil {
		c.remove(id)
	}
	return err
}

// deliver takes an event or a notification.
func (c *Client) deliver(l *local, m *message) {
	if m.peer != 0 && !m.silent {
		// hostapd asks its subscribers whether a station may join: we never say
		// no, and never keep it waiting.
		end := outgoing{header: header{kind: msgStatus, seq: m.seq, peer: m.peer}, answer: true, object: m.object}
		c.send(&end, nil)
	}
	switch {
	case m.data.Check() != nil:
		c.count.malformed.Add(1)
	case l.feed != nil:
		l.feed.put(Event{Object: l.path, Name: string(m.method), Data: m.data})
	case l.watch != nil && m.peer == 0: // ubusd's own word, not a call by a peer
		l.watch.appeared(m.data)
	}
}

// watch follows the objects that match a feed's pattern. Each has a receiving
// object of its own, because notifications do not say whose they are.
type watch struct {
	client  *Client
	feed    *Feed
	targets map[string]uint32 // what is followed, by path; guarded by client.mu
}

// followAll follows what is there.
func (w *watch) followAll(ctx context.Context) error {
	all, err := w.client.List(ctx, w.feed.pattern)
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return err
	}
	for _, found := range all {
		if err := w.follow(ctx, found.Path, found.ID); err != nil {
			return err
		}
	}
	return nil
}

// appeared takes the event ubus.object.add.
func (w *watch) appeared(data Msg) {
	path := data.Text("path")
	id, _ := data.Int("id")
	if id == 0 || !matches(w.feed.pattern, path) {
		return
	}
	run := func() { w.follow(w.client.ctx, path, uint32(id)) }
	if !w.client.work.start(task{run: run}) {
		w.feed.dropped.Add(1)
	}
}

// follow subscribes to one object. Only the end of the connection is an error:
// what is gone already, our own, or not for us, is left alone.
func (w *watch) follow(ctx context.Context, path string, id uint32) error {
	if !w.enter(path, id) {
		return nil
	}
	c := w.client
	receiver, err := c.add(ctx, "", nil, &local{feed: w.feed, watch: w, path: path, target: id})
	if err == nil {
		var end *message
		end, _, err = c.request(ctx, &outgoing{header: header{kind: msgSubscribe}, object: receiver, target: id}, nil)
		if err == nil && end.status == OK {
			return nil
		}
		c.remove(receiver)
	}
	w.leave(path, id)
	var status Status
	if errors.As(err, &status) {
		return nil
	}
	return err
}

// enter reports whether an object is to be followed that was not.
func (w *watch) enter(path string, id uint32) bool {
	w.client.mu.Lock()
	defer w.client.mu.Unlock()
	old, followed := w.targets[path]
	if old == id {
		return false
	}
	if !followed && len(w.targets) >= MaxTargets {
		w.feed.dropped.Add(1)
		return false
	}
	w.targets[path] = id
	return true
}

func (w *watch) leave(path string, id uint32) {
	w.client.mu.Lock()
	defer w.client.mu.Unlock()
	if w.targets[path] == id {
		delete(w.targets, path)
	}
}

// unsubscribed takes ubusd's word that an object we followed is gone.
func (c *Client) unsubscribed(m *message) {
	l := c.local(m.object)
	if l == nil || l.watch == nil || l.path == "" {
		c.count.unexpected.Add(1)
		return
	}
	l.watch.leave(l.path, l.target)
	c.remove(m.object)
}
