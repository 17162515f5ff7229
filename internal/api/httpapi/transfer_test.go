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
	"strings"
	"testing"
	"time"

	"weir/internal/api/apitest"
)

func TestDownloads(t *testing.T) {
	h := serve(t, Config{}, false)
	c := h.client(t)
	tests := []struct {
		name, verb, path, kind, file, body string
		status                             int
	}{
		{"CSV", "GET", "/api/v1/export?kind=devices", "text/csv; charset=utf-8; header=present", "weir-devices-2025-06-15-1515.csv", "id,name,", 200},
		{"NDJSON", "POST", "/api/v1/export?kind=flows&format=ndjson", "application/x-ndjson", "weir-flows-2025-06-15-1515.ndjson", `{"id":`, 200},
		{"backup", "POST", "/api/v1/backup", "application/octet-stream", "weir-2025-06-15-1515.backup", apitest.Backup, 200},
		{"wrong argument", "GET", "/api/v1/export?kind=device", "application/json", "", `{"code":"invalid_argument","message":"export: argument kind cannot be \"device\"","hint":"did you mean devices?"}`, 400},
		{"argument twice", "GET", "/api/v1/export?kind=flows&kind=flows", "application/json", "", `{"code":"invalid_argument","message":"an argument is given twice: \"kind\"","hint":null}`, 400},
		{"reading a backup", "GET", "/api/v1/backup", "application/json", "", `{"code":"not_supported","message":"GET is not answered here","hint":"use POST"}`, 405},
		{"asking for its length", "HEAD", "/api/v1/export?kind=flows", "application/json", "", "", 405},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.verb, "http://weir"+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, body := do(t, c, req)
			if res.StatusCode != tt.status || res.Header.Get("Content-Type") != tt.kind || !strings.HasPrefix(body, tt.body) {
				t.Errorf("%d %s %s", res.StatusCode, res.Header.Get("Content-Type"), body)
			}
			want := ""
			if tt.file != "" {
				want = `attachment; filename="` + tt.file + `"`
			}
			if got := res.Header.Get("Content-Disposition"); got != want {
				t.Errorf("file %s, want %s", got, want)
			}
		})
	}
}

// A file that fails before anything of it was sent is an error like any other; one
// that fails later is cut, which the client sees.
func TestDownloadThatFails(t *testing.T) {
	h := serve(t, Config{}, false)
	h.StorageErr = errors.New("the disk is gone")
	c := h.client(t)
	res, body := post(t, c, "/api/v1/backup", nil)
	if res.StatusCode != 500 || body != `{"code":"failed","message":"the disk is gone","hint":null}` || res.Header.Get("Content-Disposition") != "" {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	h.Repeat = 10000
	req, err := http.NewRequest("POST", "http://weir/api/v1/backup", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err = c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if res.StatusCode != 200 || !errors.Is(err, io.ErrUnexpectedEOF) || n < 100_000 {
		t.Errorf("%d: %d bytes, %v", res.StatusCode, n, err)
	}
	if s := h.server.Stats(); s.Failed != 2 {
		t.Errorf("%+v", s)
	}
}

func TestUploads(t *testing.T) {
	h := serve(t, Config{}, false)
	c := h.client(t)
	backup := apitest.Backup + strings.Repeat("x", 200_000)
	for name, body := range map[string]io.Reader{
		"with its length": strings.NewReader(backup), "in chunks": io.MultiReader(strings.NewReader(backup)),
	} {
		req, err := http.NewRequest("POST", "http://weir/api/v1/restore", body)
		if err != nil {
			t.Fatal(err)
		}
		res, got := do(t, c, req)
		if res.StatusCode != 200 || !strings.Contains(got, `"slots":511`) || h.RestoredBytes() != int64(len(backup)) {
			t.Errorf("%s: %d %s, %d bytes", name, res.StatusCode, got, h.RestoredBytes())
		}
	}
	if res, got := post(t, c, "/api/v1/restore", []byte("hello")); res.StatusCode != 400 || !strings.Contains(got, "this is no backup of weir") {
		t.Errorf("no backup: %d %s", res.StatusCode, got)
	}
	if res, got := post(t, c, "/api/v1/restore?from=1", []byte(backup)); res.StatusCode != 400 || !strings.Contains(got, `unknown argument \"from\"`) {
		t.Errorf("an argument: %d %s", res.StatusCode, got)
	}
	raw := h.dial(t)
	fmt.Fprintf(raw, "POST /api/v1/restore HTTP/1.1\r\nHost: weir\r\nContent-Length: %d\r\n\r\n", maxUpload+1)
	if res, got := readResponse(t, raw); res.StatusCode != 413 || !strings.Contains(got, "the body is larger than 64 MiB") {
		t.Errorf("too large: %d %s", res.StatusCode, got)
	}
	raw = h.dial(t)
	fmt.Fprintf(raw, "POST /api/v1/restore HTTP/1.1\r\nHost: weir\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nweir\r\nno size\r\n")
	if res, got := readResponse(t, raw); res.StatusCode != 400 || !strings.Contains(got, "the body is incomplete or malformed") {
		t.Errorf("malformed: %d %s", res.StatusCode, got)
	}
}

// dial connects to the server's socket.
func (h *house) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("unix", h.socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

func readResponse(t *testing.T, c net.Conn) (*http.Response, string) {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
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

// Slow readers of files take no place from calls, and there are two of them at
// most; when they leave, the work for them ends.
func TestSlowDownloads(t *testing.T) {
	h := serve(t, Config{}, false)
	h.Repeat = 1 << 30
	const ask = "GET /api/v1/export?kind=flows HTTP/1.1\r\nHost: weir\r\n\r\n"
	slow := make([]net.Conn, maxTransfers)
	for i := range slow {
		slow[i] = h.dial(t)
		io.WriteString(slow[i], ask)
		if _, err := io.ReadFull(slow[i], make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	c := h.client(t)
	if res, body := get(t, c, "/api/v1/export?kind=devices"); res.StatusCode != 503 || !strings.Contains(body, "2 files are under way") || res.Header.Get("Retry-After") != "10" {
		t.Errorf("one too many: %d %s", res.StatusCode, body)
	}
	if res, body := get(t, c, "/api/v1/status"); res.StatusCode != 200 {
		t.Errorf("a call: %d %s", res.StatusCode, body)
	}
	for _, s := range slow {
		s.Close()
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		res, body := get(t, c, "/api/v1/export?kind=devices")
		if res.StatusCode == 200 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the places are not free again: %d %s", res.StatusCode, body)
		}
	}
}

// A client that leaves while nothing is sent to it ends the work as well; one that
// asks for more is answered afterwards.
func TestWatch(t *testing.T) {
	entered, ended := make(chan bool), make(chan error, 1)
	at := listen(t, func(ctx context.Context, w *response, r *request) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		stop := w.c.watch(cancel)
		defer stop()
		entered <- true
		if r.url.Path == "/wait" {
			<-ctx.Done()
			ended <- ctx.Err()
			return
		}
		io.WriteString(w, r.url.Path)
	})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(20 * time.Second))
		return c
	}
	c := dial()
	io.WriteString(c, "GET /wait HTTP/1.1\r\nHost: weir\r\n\r\n")
	<-entered
	c.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the work goes on without its client")
	}
	c = dial()
	io.WriteString(c, "GET /1 HTTP/1.1\r\nHost: weir\r\n\r\nGET /2 HTTP/1.1\r\nHost: weir\r\n\r\n")
	in := bufio.NewReader(c)
	for _, want := range []string{"/1", "/2"} {
		<-entered
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if got.ReadFrom(res.Body); got.String() != want {
			t.Errorf("got %s, want %s", got.String(), want)
		}
	}
}
