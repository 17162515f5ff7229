package daemon

import (
	"context"
	"sync"
	"time"

	"weir/internal/ubus"
)

// busRetry is how long after a failure the bus is not tried again.
const busRetry = 15 * time.Second

// bus is a connection to ubusd by which others are asked. It is made when it is
// needed, and again when it ended; where there is no ubusd, calls fail at once and
// say so. It may be used by several goroutines.
type bus struct {
	path string // of ubusd's socket

	mu     sync.Mutex // held while connecting, too
	client *ubus.Client
	failed time.Time // when connecting failed last, by the monotonic clock
	err    error     // why there is no connection, nil when there is one
}

// Call implements openwrt.Caller.
func (b *bus) Call(ctx context.Context, object, method string, args ubus.Msg) (ubus.Msg, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	return c.Call(ctx, object, method, args)
}

// list returns the paths of the objects that match a pattern.
func (b *bus) list(ctx context.Context, pattern string) ([]string, error) {
	c, err := b.connect(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.List(ctx, pattern)
	paths := make([]string, len(found))
	for i := range found {
		paths[i] = found[i].Path
	}
	return paths, err
}

// connect returns the connection that there is, or a new one.
func (b *bus) connect(ctx context.Context) (*ubus.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		select {
		case <-b.client.Done():
			b.client.Close()
			b.client = nil
		default:
			return b.client, nil
		}
	}
	if b.err != nil && time.Since(b.failed) < busRetry {
		return nil, b.err
	}
	b.client, b.err = ubus.Connect(ctx, b.path)
	b.failed = time.Now()
	return b.client, b.err
}

// reachable reports whether there is a connection, or could be one.
func (b *bus) reachable(ctx context.Context) bool {
	_, err := b.connect(ctx)
	return err == nil
}

// why returns why there was no connection when it was needed last, nil if there was.
func (b *bus) why() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// close ends the connection.
func (b *bus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.client != nil {
		b.client.Close()
		b.client = nil
	}
}
