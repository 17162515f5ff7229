package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// talkTo runs f as a client of a server of its own.
func talkTo(t *testing.T, h handler, f func(io.ReadWriteCloser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes()
		s := newConnServer(h, nil)
		ended := make(chan error)
		go func() { ended <- s.serve(ln) }()
		c := ln.dial()
		f(c)
		s.stop(t.Context())
		c.Close()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// listen serves h on a free port of this machine and returns its address.
func listen(t *testing.T, h handler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newConnServer(h, nil)
	ended := make(chan error)
	go func() { ended <- s.serve(ln) }()
	t.Cleanup(func() {
		s.stop(context.Background())
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return ln.Addr().String()
}

// sized answers with as many bytes as the path says, in two parts, or with the
// body of the request.
func sized(_ context.Context, w *response, r *request) {
	body, err := w.c.readBody(r.body)
	if err != nil {
		w.begin(413)
		return
	}
	if n, _ := strconv.Atoi(r.url.Path[1:]); n > 0 {
		body = bytes.Repeat([]byte("x"), n)
	}
	w.Write(body[:len(body)/2])
	w.Write(body[len(body)/2:])
}

// TestGoClient checks that Go's client gets and sends bodies of all kinds over
// one connection.
func TestGoClient(t *testing.T) {
	url := "http://" + listen(t, sized)
	tr := &http.Transport{ExpectContinueTimeout: time.Minute}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	var first string
	for _, method := range []string{"GET", "HEAD", "POST", "chunks", "expect"} {
		for _, n := range []int{1, 4096, 4097, 8193, 60000} {
			path, want := "/"+strconv.Itoa(n), n
			var body io.Reader
			if method != "GET" && method != "HEAD" {
				path, body = "/", bytes.NewReader(bytes.Repeat([]byte("x"), n))
			}
			if method == "chunks" {
				body = io.MultiReader(body) // hides the length
			}
			verb := map[string]string{"GET": "GET", "HEAD": "HEAD"}[method]
			if verb == "" {
				verb = "POST"
			}
			req, err := http.NewRequest(verb, url+path, body)
			if err != nil {
				t.Fatal(err)
			}
			if method == "expect" {
				req.Header.Set("Expect", "100-continue")
			}
			trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
				if local := i.Conn.LocalAddr().String(); first == "" {
					first = local
				} else if local != first {
					t.Errorf("%s %d: another connection", method, n)
				}
			}}
			res, got := do(t, c, req.WithContext(httptrace.WithClientTrace(t.Context(), trace)))
			if method == "HEAD" {
				want = 0
			}
			if res.StatusCode != 200 || got != strings.Repeat("x", want) {
				t.Errorf("%s %d: %d, %d bytes", method, n, res.StatusCode, len(got))
			}
		}
	}
}

// TestCurl does the same with curl, where there is one.
func TestCurl(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("SKIPPED: curl is not installed")
	}
	url := "http://" + listen(t, sized) + "/"
	long := strings.Repeat("x", 20000)
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"two on one connection", []string{url + "3", url + "4", "-w", " %{num_connects} "}, "xxx 1 xxxx 0 "},
		{"chunked reply", []string{url + "20000", url + "3"}, long + "xxx"},
		{"head", []string{"-I", url + "3"}, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"},
		{"HTTP/1.0", []string{"-0", url + "20000"}, long},
		{"post", []string{"-d", "abc", url}, "abc"},
		{"chunked post that waits", []string{"-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "-d", long, url}, long},
		{"too much", []string{"-d", strings.Repeat(long, 4), url, "-w", "%{http_code}"}, "413"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := exec.Command(curl, append([]string{"-sS", "--noproxy", "*", "--max-time", "10"}, tt.args...)...).CombinedOutput()
			if err != nil || string(got) != tt.want {
				t.Errorf("%v: got %.200q, want %.200q", err, got, tt.want)
			}
		})
	}
}

// TestRefusalArrives checks that a client which goes on sending what nobody
// reads gets the reply, and not a reset.
func TestRefusalArrives(t *testing.T) {
	addr := listen(t, func(_ context.Context, w *response, _ *request) { w.begin(403) })
	for _, head := range []string{"POST / HTTP/1.1\r\nHost: weir\r\nContent-Length: 100000\r\n\r\n", "nonsense\r\n\r\n"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, head+strings.Repeat("x", 100000)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond) // the reply is there, and all that was sent
		b, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 40") {
			t.Errorf("got %q, %v", b, err)
		}
	}
}

// TestStopTakesItsTime checks what becomes of connections at the end: idle ones
// close, a call under way ends, one that hangs is cancelled.
func TestStopTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := func(ctx context.Context, w *response, r *request) {
			wait, _ := time.ParseDuration(r.url.Path[1:])
			select {
			case <-time.After(wait):
				io.WriteString(w, "done")
			case <-ctx.Done():
				io.WriteString(w, "cancelled")
			}
		}
		ln := newPipes()
		s := newConnServer(h, nil)
		ended := make(chan error, 1)
		go func() { ended <- s.serve(ln) }()
		got := map[string]chan string{}
		for _, path := range []string{"idle", "1s", "20s"} {
			c := ln.dial()
			got[path] = make(chan string, 1)
			go func() {
				defer c.Close()
				if path != "idle" {
					fmt.Fprintf(c, "GET /%s HTTP/1.1\r\nHost: weir\r\n\r\n", path)
				}
				begin := time.Now()
				b, _ := io.ReadAll(c)
				_, body, _ := strings.Cut(string(b), "\r\n\r\n")
				got[path] <- fmt.Sprintf("%s after %v", body, time.Since(begin))
			}()
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), stopTime)
		defer cancel()
		s.stop(ctx)
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		for path, want := range map[string]string{"idle": " after 0s", "1s": "done after 1s", "20s": " after 3s"} {
			if got := <-got[path]; got != want {
				t.Errorf("%s: got %s, want %s", path, got, want)
			}
		}
	})
}

// faulty is a listener that fails in a given way before it works.
type faulty struct {
	*pipes
	errs []error
}

func (f *faulty) Accept() (net.Conn, error) {
	if len(f.errs) > 0 {
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, &net.OpError{Op: "accept", Err: err}
	}
	return f.pipes.Accept()
}

func TestAcceptErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &faulty{newPipes(), []error{syscall.EMFILE, syscall.ECONNABORTED}}
		s := newConnServer(echo, nil)
		ended := make(chan error, 1)
		go func() { ended <- s.serve(ln) }()
		c := ln.dial()
		fmt.Fprint(c, "GET /1 HTTP/1.0\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != 200 {
			t.Errorf("%v, %v", res, err)
		}
		s.stop(t.Context())
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		c.Close()

		broken := &faulty{newPipes(), []error{syscall.EBADF}}
		if err := newConnServer(echo, nil).serve(broken); !errors.Is(err, syscall.EBADF) {
			t.Errorf("serve: %v", err)
		}
	})
}

// FuzzConn feeds a connection with anything: it ends, and what comes back can be
// read by clients.
func FuzzConn(f *testing.F) {
	for _, s := range []string{
		"GET /1 HTTP/1.1\r\nHost: weir\r\n\r\nGET /5000 HTTP/1.1\r\nHost: weir\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: weir\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nX: y\r\n\r\nGET /0 HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: weir\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc\r\nHEAD /9 HTTP/1.1\r\nHost: weir\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var methods []string
		h := func(ctx context.Context, w *response, r *request) {
			methods = append(methods, r.method)
			if len(r.url.Path) <= len("/9999") { // the others' bodies are left unread
				sized(ctx, w, r)
			}
		}
		c := &canned{Reader: bytes.NewReader(data)}
		s := newConnServer(h, nil)
		newConn(s, c, newBuffers()).serve()
		in := bufio.NewReader(&c.written)
		for {
			if _, err := in.Peek(1); err == io.EOF {
				return
			}
			method := "GET" // for refusals
			if len(methods) > 0 {
				method = methods[0]
			}
			res, err := http.ReadResponse(in, &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusContinue && len(methods) > 0 {
				methods = methods[1:]
			}
		}
	})
}

// canned is a connection over which a client has sent all it ever will.
type canned struct {
	*bytes.Reader
	written bytes.Buffer
}

func (c *canned) Write(p []byte) (int, error)      { return c.written.Write(p) }
func (c *canned) Close() error                     { return nil }
func (c *canned) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (c *canned) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (c *canned) SetDeadline(time.Time) error      { return nil }
func (c *canned) SetReadDeadline(time.Time) error  { return nil }
func (c *canned) SetWriteDeadline(time.Time) error { return nil }
