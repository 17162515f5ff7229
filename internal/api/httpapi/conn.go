package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// After a refusal, what the client still sends is read for a while: closing a
// connection with unread bytes in it would take the refusal away from the client.
const (
	lingerTime = 500 * time.Millisecond
	lingerSize = 256 << 10
)

// buffers are what a connection needs beyond its goroutine. They go from one
// connection to the next.
type buffers struct {
	in      *bufio.Reader // as large as a header may be
	out     *bufio.Writer
	pending []byte // the beginning of a reply whose length is not known yet
}

func newBuffers() *buffers {
	return &buffers{
		in: bufio.NewReaderSize(nil, maxHeader), out: bufio.NewWriterSize(nil, 4<<10),
		pending: make([]byte, 0, 4<<10),
	}
}

// release lets go of the connection.
func (b *buffers) release() {
	b.in.Reset(nil)
	b.out.Reset(nil)
	b.pending = b.pending[:0]
}

// conn is one connection. Its goroutine owns it, except that others may close it.
type conn struct {
	net.Conn
	*buffers
	s *connServer
}

func newConn(s *connServer, nc net.Conn, b *buffers) *conn {
	b.in.Reset(nc)
	b.out.Reset(nc)
	return &conn{Conn: nc, buffers: b, s: s}
}

// serve answers requests, in their order, until one of both sides wants to end.
func (c *conn) serve() {
	now := time.Now()
	c.SetDeadline(now.Add(headerTime)) // which holds for a TLS handshake too
	for first := true; ; first = false {
		if !first {
			c.SetReadDeadline(time.Now().Add(idleTime))
		}
		if _, err := c.in.Peek(1); err != nil {
			return
		}
		if !c.s.setBusy(c, true) {
			return
		}
		if !first {
			now = time.Now()
			c.SetReadDeadline(now.Add(headerTime))
		}
		if !c.answer(now) || !c.s.setBusy(c, false) {
			return
		}
	}
}

// answer reads a request that began at begin and answers it. It reports whether
// another may follow.
func (c *conn) answer(begin time.Time) (again bool) {
	r, err := readRequest(c.in)
	c.SetReadDeadline(begin.Add(readTime))
	c.SetWriteDeadline(time.Now().Add(writeTime))
	if err != nil {
		c.refuse(err)
		return false
	}
	ctx, cancel := context.WithCancel(c.s.base)
	defer cancel()
	limit := time.AfterFunc(writeTime, cancel)
	defer limit.Stop()
	w := newResponse(c, r, cancel, limit)
	if !c.s.handle(ctx, w, r) {
		w.abort()
		return false
	}
	w.finish()
	if !r.body.ended {
		c.linger()
	}
	return !w.close
}

// refuse answers a request that could not be read. Nothing is said to who left
// or was too slow.
func (c *conn) refuse(err error) {
	var bad *requestError
	if !errors.As(err, &bad) {
		return
	}
	io.WriteString(c.out, statusLine(bad.status)+"Content-Type: text/plain; charset=utf-8\r\n"+
		"X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"+bad.message+"\n")
	if c.out.Flush() == nil {
		c.linger()
	}
}

// linger ends the sending side and reads what the client has under way.
func (c *conn) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.SetReadDeadline(time.Now().Add(lingerTime))
	io.CopyN(io.Discard, c.Conn, lingerSize)
}

// watch calls gone when the client hangs up before stop is called. Nobody else may
// read from c meanwhile.
func (c *conn) watch(gone func()) (stop func()) {
	c.SetReadDeadline(time.Time{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := c.in.Peek(1); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			gone()
		}
	}()
	return func() {
		c.SetReadDeadline(time.Now())
		<-ended
	}
}
