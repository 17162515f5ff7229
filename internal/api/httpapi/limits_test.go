package httpapi

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"weir/internal/api/apitest"
)

func TestConcurrentCalls(t *testing.T) {
	h := serve(t, Config{}, true)
	begun, end := make(chan struct{}), make(chan struct{})
	h.Block = func() {
		begun <- struct{}{}
		<-end
	}
	c := h.client(t)
	var wg sync.WaitGroup
	codes := make(chan int, maxCalls)
	for range maxCalls {
		wg.Go(func() {
			res, err := c.Get("http://weir/api/v1/interfaces")
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			codes <- res.StatusCode
		})
		<-begun
	}
	res, body := get(t, c, "/api/v1/flows")
	if want := `{"code":"busy","message":"8 calls are under way","hint":"try again in a second"}`; res.StatusCode != 503 || body != want || res.Header.Get("Retry-After") != "1" {
		t.Errorf("got %d %s, Retry-After %q", res.StatusCode, body, res.Header.Get("Retry-After"))
	}
	if res, body := post(t, c, "/ubus", []byte(`[]`)); res.StatusCode != 503 {
		t.Errorf("JSON-RPC: %d %s", res.StatusCode, body)
	}
	if res, _ := get(t, c, "/healthz"); res.StatusCode != 200 {
		t.Errorf("health: %d", res.StatusCode)
	}
	// The other door has places of its own.
	if res, _ := h.request(t, "GET", "/api/v1/flows", "", "Authorization", "Bearer "+h.token); res.StatusCode != 200 {
		t.Errorf("TCP: %d", res.StatusCode)
	}
	close(end)
	wg.Wait()
	for range maxCalls {
		if code := <-codes; code != 200 {
			t.Errorf("a call that had begun: %d", code)
		}
	}
	if res, _ := get(t, c, "/api/v1/flows"); res.StatusCode != 200 {
		t.Errorf("afterwards: %d", res.StatusCode)
	}
	if s := h.server.Stats(); s.Busy != 2 {
		t.Errorf("%+v", s)
	}
}

func TestConnections(t *testing.T) {
	h := serve(t, Config{}, false)
	var open []net.Conn
	dial := func() (net.Conn, error) {
		c, err := net.Dial("unix", h.socket)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: weir\r\n\r\n")
		c.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, err = http.ReadResponse(bufio.NewReader(c), nil)
		return c, err
	}
	for range maxConns {
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	if _, err := dial(); err == nil {
		t.Errorf("connection %d was answered", maxConns+1)
	}
	if s := h.server.Stats(); s.Refused != 1 {
		t.Errorf("%+v", s)
	}
	open[3].Close()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if _, err := dial(); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a place that was left is not given away")
		}
		time.Sleep(time.Millisecond)
	}
}

// pipes is a listener whose connections live in memory, so that time can be
// made to pass.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// TestSlowClients checks that a client that dawdles loses its connection after a
// known time, wherever it dawdles.
func TestSlowClients(t *testing.T) {
	tests := []struct {
		name  string
		send  string
		again string // sent every second; never completes the request
		after time.Duration
	}{
		{"says nothing", "", "", headerTime},
		{"slow header", "GET /healthz HTTP/1.1\r\n", "X-A: b\r\n", headerTime},
		{"slow body", "POST /ubus HTTP/1.1\r\nHost: weir\r\nContent-Length: 60000\r\n\r\n", " ", readTime},
		{"slow REST body", "POST /api/v1/flows HTTP/1.1\r\nHost: weir\r\nContent-Length: 60000\r\n\r\n", " ", readTime},
		{"slow chunks", "POST /ubus HTTP/1.1\r\nHost: weir\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", readTime},
		{"slow second header", "GET /healthz HTTP/1.1\r\nHost: weir\r\n\r\nGET /", "x", headerTime},
		{"waits to be told to go ahead", "POST /ubus HTTP/1.1\r\nHost: weir\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", "", readTime},
		{"idle afterwards", "GET /healthz HTTP/1.1\r\nHost: weir\r\n\r\n", "", idleTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ln := newPipes()
				s, stop := start(t, ln)
				c := ln.dial()
				go io.Copy(io.Discard, c)
				begin := time.Now()
				_, err := io.WriteString(c, tt.send)
				for err == nil && time.Since(begin) < 2*tt.after {
					time.Sleep(time.Second)
					_, err = io.WriteString(c, tt.again)
					if tt.again == "" {
						err = c.SetDeadline(time.Time{}) // fails once the pipe is closed here
					}
					synctest.Wait()
					if gone(c) {
						break
					}
				}
				if took := time.Since(begin); took < tt.after || took > tt.after+2*time.Second {
					t.Errorf("ended after %v, want %v", took, tt.after)
				}
				c.Close()
				stop()
				if n := s.Stats().Busy; n != 0 {
					t.Errorf("%d calls found no slot", n)
				}
			})
		})
	}
}

func gone(c net.Conn) bool {
	c.SetWriteDeadline(time.Now().Add(-1))
	_, err := c.Write([]byte("x"))
	c.SetWriteDeadline(time.Time{})
	return err == io.ErrClosedPipe
}

// A client that does not read its reply must not hold a call for ever.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		_, stop := start(t, ln)
		c := ln.dial()
		begin := time.Now()
		io.WriteString(c, "GET /api/v1/flows HTTP/1.1\r\nHost: weir\r\n\r\n")
		for !gone(c) && time.Since(begin) < 2*writeTime {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		if took := time.Since(begin); took < writeTime || took > writeTime+2*time.Second {
			t.Errorf("ended after %v, want %v", took, writeTime)
		}
		c.Close()
		stop()
	})
}

// start runs a server on ln inside a synctest bubble.
func start(t *testing.T, ln net.Listener) (*Server, func()) {
	t.Helper()
	s := New(Config{Listeners: []net.Listener{ln}}, apitest.New().Backend())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Run(ctx) }()
	<-s.Ready()
	return s, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

// A call under way ends before the server does, but not one that hangs.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		h := apitest.New()
		h.Block = func() { time.Sleep(2 * time.Second) }
		s := New(Config{Listeners: []net.Listener{ln}}, h.Backend())
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		c := ln.dial()
		io.WriteString(c, "GET /api/v1/interfaces HTTP/1.1\r\nHost: weir\r\n\r\n")
		synctest.Wait()
		cancel()
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(b), `"br-lan"`) {
			t.Errorf("got %s, %v", b, err)
		}
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		c.Close()
	})
}
