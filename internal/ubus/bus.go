package ubus

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// How long a Bus waits before it connects again.
const (
	minDelay = 250 * time.Millisecond
	maxDelay = 30 * time.Second
)

// Bus keeps a connection to ubusd while [Bus.Run] runs. Its fields, objects and
// feeds are set before; Call, Send and Stats may be called at any time.
type Bus struct {
	Path    string // of ubusd's socket; DefaultPath when empty
	Objects []*Object
	Limits  Limits
	// Dial, if set, connects in another way than to the socket at Path.
	Dial func(context.Context) (net.Conn, error)
	// Report, if set, is told nil when everything is published, and else why
	// not, or why the connection ended. It is called by Run.
	Report func(error)

	feeds []*Feed
	count counters

	mu     sync.Mutex
	client *Client // nil while there is no connection; guarded by mu
}

// Listen returns a feed of events, like [Client.Listen], which goes on when
// ubusd restarts. It is called before Run.
func (b *Bus) Listen(pattern string) *Feed { return b.feed(pattern, false) }

// Subscribe returns a feed of notifications, like [Client.Subscribe], which goes
// on when ubusd restarts. It is called before Run.
func (b *Bus) Subscribe(pattern string) *Feed { return b.feed(pattern, true) }

func (b *Bus) feed(pattern string, objects bool) *Feed {
	f := newFeed(pattern, objects, b.Limits.withDefaults().Feed)
	b.feeds = append(b.feeds, f)
	return f
}

// Call calls a method, like [Client.Call]; [ErrClosed] without a connection.
func (b *Bus) Call(ctx context.Context, object, method string, args Msg) (Msg, error) {
	if c := b.connection(); c != nil {
		return c.Call(ctx, object, method, args)
	}
	return nil, fmt.Errorf("ubus call %s %s: %w", object, method, ErrClosed)
}

// Send sends an event, like [Client.Send]; [ErrClosed] without a connection.
func (b *Bus) Send(ctx context.Context, event string, data Msg) error {
	if c := b.connection(); c != nil {
		return c.Send(ctx, event, data)
	}
	return fmt.Errorf("send event %s: %w", event, ErrClosed)
}

func (b *Bus) connection() *Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.client
}

// Stats returns what happened on all connections.
func (b *Bus) Stats() Stats { return b.count.read() }

// Run connects, publishes the objects and starts the feeds, and begins anew
// with growing delay whenever the connection ends, until ctx does.
func (b *Bus) Run(ctx context.Context) error {
	delay := time.Duration(0)
	for {
		began := time.Now()
		err := b.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.report(err)
		if time.Since(began) >= maxDelay {
			delay = 0 // it was a good connection
		}
		delay = min(max(2*delay, minDelay), maxDelay)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(delay):
		}
	}
}

func (b *Bus) report(err error) {
	if b.Report != nil {
		b.Report(err)
	}
}

// session serves one connection until it ends.
func (b *Bus) session(ctx context.Context) error {
	conn, err := b.dial(ctx)
	if err != nil {
		return err
	}
	c, err := newClient(ctx, conn, b.Limits, &b.count)
	if err != nil {
		return err
	}
	defer c.Close()
	b.setClient(c)
	defer b.setClient(nil)
	for _, o := range b.Objects {
		if err := c.Publish(ctx, o); err != nil {
			return err
		}
	}
	// A feed that is not for our user does not keep the objects off the bus.
	var refused error
	for _, f := range b.feeds {
		if err := c.attach(ctx, f); err != nil {
			refused = err
		}
	}
	b.report(refused)
	select {
	case <-ctx.Done():
		return nil
	case <-c.Done():
		return fmt.Errorf("connection to ubusd: %w", c.Err())
	}
}

func (b *Bus) dial(ctx context.Context) (net.Conn, error) {
	switch {
	case b.Dial != nil:
		return b.Dial(ctx)
	case b.Path == "":
		return dialUnix(ctx, DefaultPath)
	}
	return dialUnix(ctx, b.Path)
}

func (b *Bus) setClient(c *Client) {
	b.mu.Lock()
	b.client = c
	b.mu.Unlock()
}
