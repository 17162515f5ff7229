package httpapi

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"weir/internal/logfmt"
)

// acceptPause is how long a listener rests when the machine has no descriptor
// or memory for one more connection.
const acceptPause = 100 * time.Millisecond

// handler answers a request. ctx ends when the client cannot be answered any
// more, after writeTime unless the reply takes longer.
type handler func(ctx context.Context, w *response, r *request)

// connServer serves HTTP/1.1 on the connections of one listener. Use
// newConnServer; serve and then stop may be called once each.
type connServer struct {
	handler handler
	log     *logfmt.Logger

	// base is what the contexts of all requests come from.
	base   context.Context
	cancel context.CancelFunc

	buffers sync.Pool // of *buffers, for the next connection
	running sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener   // nil before serve
	conns    map[*conn]bool // whether a request is under way
	stopping bool
}

func newConnServer(h handler, log *logfmt.Logger) *connServer {
	s := &connServer{handler: h, log: log, conns: map[*conn]bool{}}
	s.base, s.cancel = context.WithCancel(context.Background())
	s.buffers.New = func() any { return newBuffers() }
	return s
}

// serve accepts connections, each of which gets a goroutine, until stop is
// called, and then returns nil. How many there may be is up to ln.
func (s *connServer) serve(ln net.Listener) error {
	s.mu.Lock()
	s.listener = ln
	stopping := s.stopping
	s.mu.Unlock()
	if stopping {
		return ln.Close()
	}
	for {
		nc, err := ln.Accept()
		switch {
		case err == nil:
			s.start(nc)
		case s.isStopping():
			return nil
		case passes(err):
			s.log.Warn("cannot accept a connection", "at", ln.Addr().String(), "error", err)
			time.Sleep(acceptPause)
		default:
			return err
		}
	}
}

// passes reports whether an error of accept says nothing about the next one.
func passes(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *connServer) start(nc net.Conn) {
	b := s.buffers.Get().(*buffers)
	c := newConn(s, nc, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		nc.Close()
		return
	}
	s.conns[c] = false
	s.running.Go(func() {
		c.serve()
		c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		b.release()
		s.buffers.Put(b)
	})
}

// setBusy notes whether a request is under way on c, which keeps stop from
// closing it, and reports whether c may go on.
func (s *connServer) setBusy(c *conn, busy bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = busy
	return !s.stopping
}

func (s *connServer) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// stop closes the listener and idle connections, waits for requests under way
// until ctx is done, and then closes what is left. A handler that still runs
// finds its context cancelled; it is not waited for.
func (s *connServer) stop(ctx context.Context) {
	defer s.cancel()
	s.mu.Lock()
	s.stopping = true
	if s.listener != nil {
		s.listener.Close()
	}
	s.mu.Unlock()
	s.closeConns(false)

	ended := make(chan struct{})
	go func() {
		s.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		s.closeConns(true)
	}
}

// closeConns closes the connections on which no request is under way, or all.
func (s *connServer) closeConns(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, busy := range s.conns {
		if all || !busy {
			c.Close()
		}
	}
}

// handle runs the handler and reports whether it returned. A panic is a bug of
// ours that ends this connection, but not the program.
func (s *connServer) handle(ctx context.Context, w *response, r *request) (returned bool) {
	defer func() {
		if !returned {
			s.log.Error("a request failed; please report this", "method", r.method, "path", r.url.Path,
				"panic", recover(), "stack", string(debug.Stack()))
		}
	}()
	s.handler(ctx, w, r)
	return true
}
