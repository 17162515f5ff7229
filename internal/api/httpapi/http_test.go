package httpapi

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/internal/api/apitest"
)

// shortDir is a temporary directory whose name leaves room for a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "w")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// house is a running server and what it answers from.
type house struct {
	*apitest.House
	server *Server
	socket string // path of the unix socket
	tcp    string // address of the TCP door, "" for none
	token  string
	stop   func() error
}

// serve runs a server with a unix socket and, when c.Listen or c.Allow is set or
// tcp is asked for, a TCP door on a free port. It stops at the end of the test.
func serve(t *testing.T, c Config, tcp bool) *house {
	t.Helper()
	dir := shortDir(t)
	h := &house{House: apitest.New(), socket: filepath.Join(dir, "weir.sock")}
	c.Socket = h.socket
	c.TokenFile = filepath.Join(dir, "token")
	if tcp {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		h.tcp = ln.Addr().String()
		if c.Cert == "" {
			c.Listeners = append(c.Listeners, ln)
		} else {
			ln.Close()
			c.Listen = []string{h.tcp}
		}
	}
	h.server = New(c, h.Backend())
	h.run(t)
	if tcp {
		b, err := os.ReadFile(c.TokenFile)
		if err != nil {
			t.Fatal(err)
		}
		h.token = strings.TrimSpace(string(b))
	}
	return h
}

func (h *house) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.server.Run(ctx) }()
	select {
	case <-h.server.Ready():
	case err := <-ended:
		cancel()
		t.Fatal(err)
	}
	stopped := false
	h.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// client returns one that uses the unix socket.
func (h *house) client(t *testing.T) *http.Client {
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", h.socket)
	}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

// request sends one request over TCP; header lists names and values.
func (h *house) request(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+h.tcp+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	return do(t, http.DefaultClient, req)
}

func do(t *testing.T, c *http.Client, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// post sends a body over the unix socket.
func post(t *testing.T, c *http.Client, path string, body []byte) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://weir"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, c, req)
}

// get sends a GET over the unix socket.
func get(t *testing.T, c *http.Client, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://weir"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, c, req)
}
