package ubus

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// Client is one connection to ubusd. All methods may be called at the same
// time; calls share the connection and their answers come in any order.
type Client struct {
	conn   net.Conn
	id     uint32
	limits Limits
	count  *counters
	ctx    context.Context // of handlers; ends with the connection
	cancel context.CancelFunc
	done   chan struct{} // closed when the reader has ended
	work   pool

	writing sync.Mutex
	out     []byte // for what is sent next; guarded by writing

	mu     sync.Mutex // guards what follows; never held while writing
	err    error      // why the connection ended
	seq    uint16
	calls  map[uint16]*call
	known  map[string]uint32 // ids of objects that were called, by path
	locals map[uint32]*local // what we published, by id
}

// local is what stands behind an object id of ours: an Object with methods, or
// the receiving end of a feed.
type local struct {
	object *Object
	feed   *Feed
	watch  *watch
	path   string // whose notifications the feed gets; empty for events
	target uint32 // its id
}

// call is a request under way. The reader fills it, under the client's mu.
type call struct {
	peer  uint32
	reply Msg            // data of the last DATA message
	each  func(*message) // called for each DATA message instead; must not block
	end   chan *message  // gets the STATUS message, and has room for it
}

// Connect opens a connection to the ubusd that listens at path.
func Connect(ctx context.Context, path string) (*Client, error) {
	conn, err := dialUnix(ctx, path)
	if err != nil {
		return nil, err
	}
	return NewClient(ctx, conn, Limits{})
}

func dialUnix(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("connect to ubusd: %w", err)
	}
	return conn, nil
}

// NewClient makes a Client of a connection, which it closes in any case. It
// waits for ubusd's greeting. The Client's life is not bound to ctx.
func NewClient(ctx context.Context, conn net.Conn, limits Limits) (*Client, error) {
	return newClient(ctx, conn, limits, new(counters))
}

func newClient(ctx context.Context, conn net.Conn, limits Limits, count *counters) (*Client, error) {
	r := bufio.NewReaderSize(conn, readerSize)
	hello, err := greet(ctx, conn, r)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("connect to ubusd: %w", err)
	}
	c := &Client{
		conn: conn, id: hello.peer, limits: limits.withDefaults(), count: count,
		done: make(chan struct{}), calls: map[uint16]*call{}, known: map[string]uint32{}, locals: map[uint32]*local{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.work = pool{limits: c.limits}
	go c.read(r)
	return c, nil
}

// greet waits for the HELLO, which names the client's id.
func greet(ctx context.Context, conn net.Conn, r *bufio.Reader) (*message, error) {
	conn.SetReadDeadline(time.Now().Add(helloTime))
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	hello, err := readMessage(r)
	if !stop() {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	if hello.kind != msgHello || hello.peer <= eventObject {
		return nil, fmt.Errorf("%w: no greeting but type %d from %d", ErrMalformed, hello.kind, hello.peer)
	}
	return hello, conn.SetReadDeadline(time.Time{})
}

// ID returns the id that ubusd gave this connection: the Peer of its calls.
func (c *Client) ID() uint32 { return c.id }

// Done is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the connection ended, once Done is closed.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Stats returns what happened since the connection began.
func (c *Client) Stats() Stats { return c.count.read() }

// Close ends the connection and waits for the handlers that run. It must not be
// called by one of them.
func (c *Client) Close() {
	c.fail(ErrClosed)
	<-c.done
	c.work.wait()
}

// fail ends the connection; the first reason stays.
func (c *Client) fail(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.mu.Unlock()
	c.cancel()
	c.conn.Close()
}

// closed returns why there is no connection.
func (c *Client) closed() error {
	err := c.Err()
	if err == nil || err == ErrClosed {
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

// read takes messages from the connection until it ends.
func (c *Client) read(r *bufio.Reader) {
	defer close(c.done)
	for {
		m, err := readMessage(r)
		if err != nil {
			c.fail(err)
			c.unpublish()
			return
		}
		switch m.kind {
		case msgStatus, msgData:
			c.answer(m)
		case msgInvoke:
			c.invoked(m)
		case msgNotify:
			c.watched(m)
		case msgUnsubscribe:
			c.unsubscribed(m)
		default:
			c.count.unexpected.Add(1)
		}
	}
}

// answer hands an answer to the request it is for. Whoever owns an object can
// make ubusd send us an answer with any number; its peer, which ubusd sets,
// tells whether it is the object we asked.
func (c *Client) answer(m *message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.calls[m.seq]
	switch {
	case k == nil || k.peer != m.peer:
		if m.seq != 0 { // what nobody waits for has number 0
			c.count.unexpected.Add(1)
		}
	case m.kind == msgStatus:
		delete(c.calls, m.seq)
		k.end <- m
	case k.each != nil:
		k.each(m)
	default:
		k.reply = m.data
	}
}

// send writes one or two messages at once. Large data of the first is written from
// where it is.
func (c *Client) send(first, second *outgoing) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	b, err := appendStart(c.out[:0], first)
	if err != nil {
		return err
	}
	large, split := len(first.data) > copied, len(b)
	if !large {
		b = append(b, first.data...)
	}
	b = pad(b, len(first.data))
	if second != nil {
		b, err = appendMessage(b, second) // a few words
	}
	if c.out = b[:0]; cap(b) > 16<<10 {
		c.out = nil // a large signature shall not stay
	}
	if err != nil {
		return err
	}
	c.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if large {
		pieces := net.Buffers{b[:split], first.data, b[split:]}
		_, err = pieces.WriteTo(c.conn)
	} else {
		_, err = c.conn.Write(b)
	}
	if err != nil {
		c.fail(err) // a part of it may be written: nothing can follow
		return c.closed()
	}
	return nil
}

// request sends a request and waits for its STATUS.
func (c *Client) request(ctx context.Context, out *outgoing, each func(*message)) (end *message, reply Msg, err error) {
	if _, limited := ctx.Deadline(); !limited {
		// ubusd forgets calls whose object goes away before it answers.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTime)
		defer cancel()
	}
	k := &call{peer: out.peer, each: each, end: make(chan *message, 1)}
	if out.seq, err = c.enter(k); err != nil {
		return nil, nil, err
	}
	if err := c.send(out, nil); err != nil {
		c.leave(out.seq)
		return nil, nil, err
	}
	select {
	case end := <-k.end:
		return end, k.reply, nil
	case <-ctx.Done():
		c.leave(out.seq)
		return nil, nil, ctx.Err()
	case <-c.done:
	}
	select {
	case end := <-k.end: // it came just before the end
		return end, k.reply, nil
	default:
		return nil, nil, c.closed()
	}
}

// enter gives a request a number that no other has.
func (c *Client) enter(k *call) (uint16, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) >= maxCalls {
		return 0, ErrBusy
	}
	for {
		c.seq++
		if _, taken := c.calls[c.seq]; !taken && c.seq != 0 {
			c.calls[c.seq] = k
			return c.seq, nil
		}
	}
}

func (c *Client) leave(seq uint16) {
	c.mu.Lock()
	delete(c.calls, seq)
	c.mu.Unlock()
}
