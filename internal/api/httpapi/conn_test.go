package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// echo answers with what it was asked.
func echo(_ context.Context, w *response, r *request) {
	body, err := w.c.readBody(r.body)
	if err != nil {
		w.begin(413)
		io.WriteString(w, err.Error())
		return
	}
	fmt.Fprintf(w, "%s %s %s", r.method, r.url.RequestURI(), body)
}

// talk sends bytes on a connection of its own and returns all that comes back
// until the server closes the connection.
func talk(t *testing.T, h handler, sent string) (got string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		s := newConnServer(h, nil)
		ended := make(chan error)
		go func() { ended <- s.serve(ln) }()
		c := ln.dial()
		go io.WriteString(c, sent)
		b, err := io.ReadAll(c)
		if err != nil {
			t.Error(err)
		}
		got = string(b)
		c.Close()
		s.stop(t.Context())
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return got
}

// replies reads replies as a client would and puts them as "STATUS BODY" on
// lines. The requests are told by their methods.
func replies(t *testing.T, got string, methods ...string) string {
	t.Helper()
	var all []string
	in := bufio.NewReader(strings.NewReader(got))
	for i := 0; ; i++ {
		method := "GET"
		if i < len(methods) {
			method = methods[i]
		}
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if errors.Is(err, io.ErrUnexpectedEOF) && in.Buffered() == 0 {
			return strings.Join(all, "\n")
		}
		if err != nil {
			t.Fatalf("%v in %q", err, got)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("%v in %q", err, got)
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", res.StatusCode, b)))
	}
}

func TestRequests(t *testing.T) {
	const host = "Host: weir\r\n"
	tests := []struct {
		name, sent, want string
	}{
		{"one", "GET /a?b=c HTTP/1.1\r\n" + host + "\r\n", "200 GET /a?b=c"},
		{"three at once", "GET /1 HTTP/1.1\r\n" + host + "\r\nPOST /2 HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nxyGET /3 HTTP/1.1\r\n" + host + "\r\n", "200 GET /1\n200 POST /2 xy\n200 GET /3"},
		{"an end is asked for", "GET /1 HTTP/1.1\r\n" + host + "Connection: x, Close\r\n\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "200 GET /1"},
		{"HTTP/1.0 ends", "GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", "200 GET /1"},
		{"HTTP/1.0 goes on", "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", "200 GET /1\n200 GET /2"},
		{"a line between", "\r\nGET /1 HTTP/1.1\r\n" + host + "\r\n\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "200 GET /1\n200 GET /2"},
		{"chunks", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\n\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "200 POST / abc0123456789\n200 GET /2"},
		{"trailers", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: y\r\nHost: z\r\n\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "200 POST / a\n200 GET /2"},
		{"whole address", "GET http://other/a HTTP/1.1\r\n" + host + "\r\n", "200 GET /a"},
		{"the server itself", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "200 OPTIONS *"},
		{"names in any case", "POST / HTTP/1.1\r\nhOST:weir\r\ncontent-length: \t1 \r\n\r\nx", "200 POST / x"},
		{"largest body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 65536\r\n\r\n" + strings.Repeat("x", 65536), "200 POST / " + strings.Repeat("x", 65536)},
		{"too long", "POST / HTTP/1.1\r\n" + host + "Content-Length: 65537\r\n\r\n" + strings.Repeat("x", 65537), "413 larger than 64 KiB"},
		{"too long for any number of ours", "POST / HTTP/1.1\r\n" + host + "Content-Length: 9223372036854775807\r\n\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "413 larger than 64 KiB"},
		{"too many chunks", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n8000\r\n" + strings.Repeat("x", 0x8000) + "\r\n8001\r\n" + strings.Repeat("x", 0x8001), "413 larger than 64 KiB"},
		{"too large a chunk", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", "413 larger than 64 KiB"},
		{"chunk without a size", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n\r\n", "413 incomplete or malformed"},
		{"size with a sign", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n", "413 incomplete or malformed"},
		{"size for C", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", "413 incomplete or malformed"},
		{"chunk without its end", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\r\nab0\r\n\r\n", "413 incomplete or malformed"},
		{"chunk line ends in LF", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1\na\r\n0\r\n\r\n", "413 incomplete or malformed"},
		{"endless chunk line", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", maxHeader), "413 incomplete or malformed"},
		{"endless trailers", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", maxFields), "413 incomplete or malformed"},
		{"nobody's body", "PUT / HTTP/1.1\r\n" + host + "\r\n", "200 PUT /"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := replies(t, talk(t, echo, tt.sent)); got != tt.want {
				t.Errorf("got\n%.200s\nwant\n%.200s", got, tt.want)
			}
		})
	}
}

// TestContinue checks that a client which waits to be told to send is told so
// once, and only when its body is wanted.
func TestContinue(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: weir\r\nExpect: 100-Continue\r\nContent-Length: "
	ignore := func(_ context.Context, w *response, _ *request) { w.begin(403) }
	late := func(_ context.Context, w *response, r *request) {
		w.Write(make([]byte, 5000))
		if _, err := w.c.readBody(r.body); err != nil {
			t.Error(err)
		}
	}
	tests := []struct {
		name string
		h    handler
		sent string
		want string
	}{
		{"wanted", echo, head + "2\r\n\r\nxyGET /2 HTTP/1.1\r\nHost: weir\r\n\r\n", "100\n200 POST / xy\n200 GET /2"},
		{"not wanted", ignore, head + "2\r\n\r\n", "403"},
		{"too long", echo, head + "65537\r\n\r\n", "413 larger than 64 KiB"},
		{"no body", echo, head + "0\r\n\r\n", "200 POST /"},
		{"HTTP/1.0", echo, strings.Replace(head, "1.1", "1.0", 1) + "2\r\n\r\nxy", "200 POST / xy"},
		{"after the reply began", late, head + "2\r\n\r\nxy", "200 " + strings.Repeat("\x00", 5000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := replies(t, talk(t, tt.h, tt.sent)); got != tt.want {
				t.Errorf("got\n%.200s\nwant\n%.200s", got, tt.want)
			}
		})
	}
}

// TestPanic checks that a handler's bug costs one connection.
func TestPanic(t *testing.T) {
	const sent = "GET / HTTP/1.1\r\nHost: weir\r\n\r\n"
	early := func(context.Context, *response, *request) { panic("a bug") }
	late := func(_ context.Context, w *response, _ *request) {
		w.Write(make([]byte, 10000))
		panic("a bug")
	}
	if got, want := replies(t, talk(t, early, sent+sent)), "500 weir failed to answer; its log says more"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(talk(t, late, sent))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reply that was broken off ended with %v", err)
	}
}
