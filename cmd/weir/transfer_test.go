package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"weir/internal/api/apitest"
)

func TestTransferOddAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	tests := []struct{ name, raw, want, err string }{
		{"chunks", ok + "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde", ""},
		{"a length", ok + "Content-Length: 3\r\n\r\nabc", "abc", ""},
		{"neither", ok + "\r\nabc", "abc", ""},
		{"without the last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "abc", "odd.sock broke off: what came is not whole; its log says why"},
		{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "abc", "odd.sock broke off"},
		{"no size", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "", "odd.sock broke off"},
		{"a chunk that is longer than it says", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", "a", "odd.sock broke off"},
		{"less than its length", ok + "Content-Length: 5\r\n\r\nabc", "abc", "odd.sock broke off"},
		{"refused", "HTTP/1.1 503 Service Unavailable\r\n\r\n" + `{"code":"busy","message":"2 files are under way","hint":"try again"}`, "", "2 files are under way; try again"},
		{"refused by another server", "HTTP/1.1 404 Not Found\r\n\r\n<html>", "", "odd.sock answers: 404 Not Found"},
		{"without the token", "HTTP/1.1 401 Unauthorized\r\n\r\n{}", "", "give the daemon's token with --token-file"},
		{"not HTTP", "SSH-2.0-dropbear\r\n", "", "is it weir that answers there"},
		{"nothing", "", "", "it hung up without an answer"},
	}
	m, err := lookupMethod("export")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			err := answering(t, tt.raw).transfer(context.Background(), transfer{method: m}, &got)
			if got.String() != tt.want {
				t.Errorf("got %q, want %q", got.String(), tt.want)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestChunksByteByByte(t *testing.T) {
	raw := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n"
	body, _, err := readReply(iotest.OneByteReader(strings.NewReader(raw)))
	if err != nil || string(body) != "a0123456789" {
		t.Errorf("%q, %v", body, err)
	}
}

// FuzzReply checks that no answer makes the reader fail otherwise than with an
// error, nor read more than there is.
func FuzzReply(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 200\r\ncontent-length: 4\r\n\r\nbody"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		body, _, err := readReply(bytes.NewReader(raw))
		if len(body) > len(raw) {
			t.Errorf("%d bytes of %d, %v", len(body), len(raw), err)
		}
	})
}

// What fails leaves no file behind, and an older one as it was.
func TestDownloadThatFails(t *testing.T) {
	house := apitest.New()
	house.Repeat, house.StorageErr = 10000, errors.New("the disk is gone")
	con := &console{in: strings.NewReader(""), out: io.Discard, err: io.Discard, errTTY: true}
	c := testClient(t, con, house)
	m, err := lookupMethod("backup")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "old")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = download(context.Background(), con, c, transfer{method: m}, file)
	if err == nil || !strings.Contains(err.Error(), "broke off") {
		t.Errorf("error %v", err)
	}
	entries, err := os.ReadDir(dir)
	got, readErr := os.ReadFile(file)
	if err != nil || readErr != nil || len(entries) != 1 || string(got) != "old" {
		t.Errorf("%d files, %q, %v", len(entries), got, errors.Join(err, readErr))
	}
	house.StorageErr = nil
	if err := download(context.Background(), con, c, transfer{method: m}, file); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Stat(file)
	if err != nil || fi.Size() != int64(10000*len(apitest.Backup)) || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi, err)
	}
}

func TestAsk(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, "YES\n": true, "n\n": false, "\n": false, "": false, "yes please\n": false} {
		var said bytes.Buffer
		con := &console{in: strings.NewReader(answer), err: &said, keyboard: os.Stdin}
		if got, err := ask(con, "Go on? [y/N] "); got != want || err != nil {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
		if !strings.HasPrefix(said.String(), "Go on? [y/N] ") {
			t.Errorf("asked %q", said.String())
		}
	}
}

func TestProgressOfFile(t *testing.T) {
	p := newProgress(nil, "all.backup", 0, time.Now)
	if got, want := p.line(2500, 0, 2*time.Second), "all.backup  2.50 kB  1.25 kB/s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
