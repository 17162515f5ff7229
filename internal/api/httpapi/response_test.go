package httpapi

import (
	"context"
	"io"
	"strings"
	"testing"
)

// TestFraming checks replies byte by byte.
func TestFraming(t *testing.T) {
	const host = "Host: weir\r\n"
	write := func(status int, parts ...int) handler {
		return func(_ context.Context, w *response, _ *request) {
			w.set("A", "b")
			w.begin(status)
			w.set("Too", "late")
			w.begin(500)
			for _, n := range parts {
				if k, err := w.Write([]byte(strings.Repeat("x", n))); err != nil && status != 204 || err == nil && k != n {
					t.Errorf("wrote %d of %d, %v", k, n, err)
				}
			}
		}
	}
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name string
		h    handler
		sent string
		want string
	}{
		{"short", write(200, 1, 2), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nxxx"},
		{"nothing", write(404), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 0\r\n\r\n"},
		{"fits", write(200, 4000, 96), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 4096\r\n\r\n" + x(4096)},
		{"long", write(200, 4096, 0, 1, 17), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + x(4096) + "\r\n1\r\nx\r\n11\r\n" + x(17) + "\r\n0\r\n\r\n"},
		{"long at once", write(200, 5000), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n" + x(5000) + "\r\n0\r\n\r\n"},
		{"HEAD, short", write(200, 3), "HEAD / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\n"},
		{"HEAD, long", write(200, 5000, 5000), "HEAD / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"no body", write(204, 1), "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"},
		{"HTTP/1.0, short", write(200, 3), "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxxx"},
		{"HTTP/1.0, kept", write(200, 3), "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nxxx"},
		{"HTTP/1.0, long", write(200, 5000), "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n" + x(5000)},
		{"body left unread", write(200, 1), "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nx", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"},
		{"close", write(200), "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"a value that would split it", func(_ context.Context, w *response, _ *request) {
			w.set("A", "1")
			w.set("A", "b\r\nSet-Cookie: c\r\n\r\n<html>\x00")
		}, "GET / HTTP/1.1\r\n" + host + "\r\n", "HTTP/1.1 200 OK\r\nA: b  Set-Cookie: c    <html> \r\nContent-Length: 0\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := talk(t, tt.h, tt.sent); got != tt.want {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
		})
	}
}

// TestClientLeaves checks that work for a client that has left ends.
func TestClientLeaves(t *testing.T) {
	ended := false
	h := func(ctx context.Context, w *response, _ *request) {
		var err error
		for range 1000 {
			if _, err = io.WriteString(w, strings.Repeat("x", 10000)); err != nil {
				break
			}
		}
		<-ctx.Done()
		ended = err != nil
	}
	talkTo(t, h, func(c io.ReadWriteCloser) {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: weir\r\n\r\n")
		c.Read(make([]byte, 100))
		c.Close()
	})
	if !ended {
		t.Error("writing went on")
	}
}
