package geo

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/logfmt"
)

// depot is a folder of databases with their checksums.
type depot struct{ dir string }

func newDepot(t *testing.T, files map[string][]byte) *depot {
	t.Helper()
	d := &depot{t.TempDir()}
	d.put(t, files)
	return d
}

func (d *depot) put(t *testing.T, files map[string][]byte) {
	t.Helper()
	var sums strings.Builder
	for name, data := range files {
		sum := sha256.Sum256(data)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), name)
		d.write(t, name, data)
	}
	d.write(t, sumsName, []byte(sums.String()))
}

func (d *depot) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.dir, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// countryDB is a database whose IPv4 addresses are all in one country.
func countryDB(t *testing.T, country string) []byte {
	t.Helper()
	data, err := os.ReadFile(build(t, Country, []byte("0.0.0.0,255.255.255.255,"+country+"\n")))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// contents returns the files of a folder: what temporary files are left is seen.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestUpdate(t *testing.T) {
	asn, err := os.ReadFile(build(t, ASN, []byte(everywhere)))
	if err != nil {
		t.Fatal(err)
	}
	d := newDepot(t, map[string][]byte{"country.db": countryDB(t, "DE"), "asn.mmdb": asn, "other.db": []byte("ignored")})
	server := httptest.NewServer(http.FileServer(http.Dir(d.dir)))
	defer server.Close()
	secure := httptest.NewTLSServer(http.FileServer(http.Dir(d.dir)))
	defer secure.Close()
	dialTLS := (&tls.Dialer{Config: secure.Client().Transport.(*http.Transport).TLSClientConfig}).DialContext
	for name, from := range map[string]string{"folder": d.dir, "http": server.URL, "http, slash": server.URL + "/", "https": secure.URL} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			u := Updater{From: from, DialTLS: dialTLS, Files: Files{Country: filepath.Join(dir, "country.db"), ASN: filepath.Join(dir, "asn.mmdb")}}
			changed, err := u.Update(t.Context())
			if diff := cmp.Diff([]string{u.Files.Country, u.Files.ASN}, changed); diff != "" || err != nil {
				t.Fatalf("error %v, changed (-want +got):\n%s", err, diff)
			}
			var p Places
			defer p.Close()
			if err := p.Load(u.Files); err != nil {
				t.Fatal(err)
			}
			if c, n := p.Lookup(address(t, "8.8.8.8")); string(c[:]) != "DE" || n != 64496 {
				t.Errorf("%q AS%d", c, n)
			}
			if changed, err := u.Update(t.Context()); len(changed) > 0 || err != nil {
				t.Errorf("again: changed %q, error %v", changed, err)
			}
			if diff := cmp.Diff([]string{"asn.mmdb", "country.db"}, contents(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUpdateKeeps wants the old file whatever is wrong with the new one.
func TestUpdateKeeps(t *testing.T) {
	good, asn := countryDB(t, "FR"), build(t, ASN, []byte(everywhere))
	asnData, err := os.ReadFile(asn)
	if err != nil {
		t.Fatal(err)
	}
	damaged := countryDB(t, "FR")
	damaged[len(damaged)-100] ^= 1
	tests := []struct {
		name  string
		spoil func(d *depot)
		want  string
	}{
		{"no checksums", func(d *depot) { os.Remove(filepath.Join(d.dir, sumsName)) }, "no such file"},
		{"empty checksums", func(d *depot) { d.write(t, sumsName, []byte("\n")) }, "lists no checksums"},
		{"not listed", func(d *depot) { d.put(t, map[string][]byte{"x.db": good}) }, "does not list it"},
		{"other content", func(d *depot) { d.write(t, "country.db", append(good, 0)) }, "has checksum"},
		{"no database", func(d *depot) { d.put(t, map[string][]byte{"country.db": []byte("<html>")}) }, "is neither an MMDB"},
		{"damaged", func(d *depot) { d.put(t, map[string][]byte{"country.db": damaged}) }, "a checksum is wrong"},
		{"other kind", func(d *depot) { d.put(t, map[string][]byte{"country.db": asnData}) }, "is a database of asn, not of country"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDepot(t, map[string][]byte{"country.db": good})
			tt.spoil(d)
			old := countryDB(t, "DE")
			path := writeFile(t, "country.db", old)
			u := Updater{From: d.dir, Files: Files{Country: path}, RetryAfter: time.Millisecond}
			changed, err := u.Update(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(changed) > 0 {
				t.Errorf("changed %q, error %v, want %q", changed, err, tt.want)
			}
			if now, _ := os.ReadFile(path); string(now) != string(old) {
				t.Error("the file changed")
			}
			if diff := cmp.Diff([]string{"country.db"}, contents(t, filepath.Dir(path))); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := (&Updater{From: newDepot(t, map[string][]byte{"a": nil}).dir}).Update(t.Context()); err == nil || !strings.Contains(err.Error(), "no database is configured") {
		t.Errorf("nothing configured: error %v", err)
	}
}

// TestFetch lets a server misbehave.
func TestFetch(t *testing.T) {
	answer := func(head string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, head)
				conn.Close()
			}
		}
	}
	mux := http.NewServeMux()
	for path, head := range map[string]string{
		"/ok":       "HTTP/1.0 200 OK\r\n\r\nhello",
		"/length":   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"/short":    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
		"/long":     "HTTP/1.1 200 OK\r\n\r\n" + strings.Repeat("x", 11),
		"/longer":   "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
		"/minus":    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
		"/chunked":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		"/moved":    "HTTP/1.1 302 Found\r\nLocation: /ok\r\n\r\n",
		"/loop":     "HTTP/1.1 302 Found\r\nLocation: loop\r\n\r\n",
		"/ftp":      "HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\n\r\n",
		"/tls":      "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\n\r\n",
		"/nowhere":  "HTTP/1.1 302 Found\r\n\r\n",
		"/gone":     "HTTP/1.1 404 Not Found\r\n\r\n",
		"/busy":     "HTTP/1.1 503 Busy\r\n\r\n",
		"/other":    "220 ftp ready\r\n",
		"/nothing":  "",
		"/cut":      "HTTP/1.1 200 OK\r\nContent-",
		"/head":     "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 20) + "\r\n",
		"/headline": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", maxHead) + "\r\n\r\n",
	} {
		mux.HandleFunc(path, answer(head))
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	tests := []struct {
		name, want string
		again      bool
	}{
		{"ok", "", false}, {"length", "", false}, {"moved", "", false},
		{"short", "ended after 5 of 6 bytes", true},
		{"long", "has more than 10 bytes", true},
		{"longer", "has 99999999 bytes, at most 10", true},
		{"minus", "a length that is no number", true},
		{"chunked", "answers in pieces", true},
		{"loop", "more than 4 redirections", true},
		{"ftp", "neither a folder nor", false},
		{"tls", "this build has no TLS", false},
		{"nowhere", "answers 302 Found", false},
		{"gone", "answers 404 Not Found", false},
		{"busy", "answers 503 Busy", true},
		{"other", "does not answer in HTTP", true},
		{"nothing", "unexpected EOF", true},
		{"cut", "unexpected EOF", true},
		{"head", "a head that is too long", true},
		{"headline", "a head that is too long", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			err := (&fetcher{base: server.URL}).get(t.Context(), tt.name, &b, 10)
			switch {
			case tt.want == "":
				if err != nil || b.String() != "hello" {
					t.Errorf("%q, error %v", b.String(), err)
				}
			case err == nil || !strings.Contains(err.Error(), tt.want):
				t.Errorf("error %v, want %q", err, tt.want)
			case again(err) != tt.again:
				t.Errorf("%v: again %t, want %t", err, again(err), tt.again)
			}
		})
	}
}

// TestFetchCancelled ends a fetch from a server that says nothing.
func TestFetchCancelled(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	u := Updater{From: "http://" + l.Addr().String(), Files: Files{Country: "x"}}
	if _, err := u.Update(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// house is a network of pipes, for time that is not real: each connection serves
// one request from a depot, or fails.
type house struct {
	mu    sync.Mutex
	files map[string]string
	fail  int // connections that are refused first
	asked []time.Duration
	start time.Time
}

func (h *house) dial(context.Context, string, string) (net.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, time.Since(h.start))
	if h.fail > 0 {
		h.fail--
		return nil, errors.New("no route")
	}
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		var b [512]byte
		n, _ := there.Read(b[:])
		h.mu.Lock()
		body := h.files[strings.Fields(string(b[:n]))[1]]
		h.mu.Unlock()
		_, _ = io.WriteString(there, "HTTP/1.0 200 OK\r\n\r\n"+body)
	}()
	return here, nil
}

func newHouse(t *testing.T, country string) *house {
	t.Helper()
	data := countryDB(t, country)
	sum := sha256.Sum256(data)
	return &house{start: time.Now(), files: map[string]string{
		"/geo/country.db": string(data), "/geo/SHA256SUMS": strings.ToUpper(hex.EncodeToString(sum[:])) + " *country.db\n",
	}}
}

func TestUpdateRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "DE")
		h.fail = 3
		u := Updater{From: "http://geo.example/geo", Dial: h.dial, Files: Files{Country: filepath.Join(t.TempDir(), "country.db")}}
		if changed, err := u.Update(t.Context()); len(changed) != 1 || err != nil {
			t.Errorf("changed %q, error %v", changed, err)
		}
		want := []time.Duration{0, 5 * time.Second, 15 * time.Second, 35 * time.Second, 35 * time.Second}
		if diff := cmp.Diff(want, h.asked); diff != "" {
			t.Errorf("connections (-want +got):\n%s", diff)
		}
		h.fail = 4
		if changed, err := u.Update(t.Context()); len(changed) != 0 || err == nil || !strings.Contains(err.Error(), "no route") {
			t.Errorf("changed %q, error %v", changed, err)
		}
	})
}

// TestRun wants an update after the start, one each day, and after a failure one
// an hour later.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "DE")
		var log strings.Builder
		changes := 0
		u := Updater{
			From: "http://geo.example/geo/", Dial: h.dial, Files: Files{Country: filepath.Join(t.TempDir(), "country.db")}, Tries: 1,
			Every: 24 * time.Hour, Changed: func() { changes++ }, Log: logfmt.New(&log, nil),
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- u.Run(ctx) }()
		time.Sleep(25 * time.Hour) // the first one, and one that finds nothing new
		synctest.Wait()
		h.mu.Lock()
		next := newHouse(t, "FR")
		h.files, h.fail = next.files, 1
		h.mu.Unlock()
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("error %v", err)
		}
		at := func(hours int) time.Duration { return firstLook + time.Duration(hours)*time.Hour }
		want := []time.Duration{at(0), at(0), at(24), at(48), at(49), at(49)}
		if diff := cmp.Diff(want, h.asked); diff != "" {
			t.Errorf("connections (-want +got):\n%s", diff)
		}
		if changes != 2 || strings.Count(log.String(), "geo databases updated") != 2 || strings.Count(log.String(), "no route") != 1 {
			t.Errorf("%d changes, log:\n%s", changes, &log)
		}
	})
}

func TestDue(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "country.db")
	u := Updater{Files: Files{Country: path}, Every: 24 * time.Hour}
	if got := u.due(); got != firstLook {
		t.Errorf("no file: %s", got)
	}
	for age, want := range map[time.Duration]time.Duration{0: 24 * time.Hour, 20 * time.Hour: 4 * time.Hour, 50 * time.Hour: firstLook, -900 * time.Hour: 24 * time.Hour} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		if got := u.due(); got > want || got < want-time.Minute {
			t.Errorf("file of %s ago: %s, want %s", age, got, want)
		}
	}
}

// TestRunNever wants nothing done where nothing is configured.
func TestRunNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, "DE")
		ctx, cancel := context.WithTimeout(t.Context(), 999*time.Hour)
		defer cancel()
		for _, u := range []Updater{{From: "http://geo.example/geo", Dial: h.dial}, {Every: time.Hour, Dial: h.dial}} {
			if err := u.Run(ctx); err != nil {
				t.Error(err)
			}
		}
		if len(h.asked) > 0 {
			t.Errorf("asked %v", h.asked)
		}
	})
}
