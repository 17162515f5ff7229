package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadReply(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name, raw     string
		body, refused string
		err           error
	}{
		{"until the end", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", "body", "", nil},
		{"with its length", "HTTP/1.0 200\r\ncontent-length: 4\r\n\r\nbody", "body", "", nil},
		{"lines of LF", "HTTP/1.1 200 OK\n\nbody", "body", "", nil},
		{"refused", "HTTP/1.1 403 Forbidden\r\n\r\n{}", "{}", "403 Forbidden", nil},
		{"nothing in it", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", "", nil},
		{"broken off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbody", "body", "", io.ErrUnexpectedEOF},
		{"no number", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nbody", "", "", errNotHTTP},
		{"no status", "HTTP/1.1\r\n\r\n", "", "", errNotHTTP},
		{"another version", "HTTP/2 200 OK\r\n\r\n", "", "", errNotHTTP},
		{"another protocol", "220 mail.example ESMTP\r\n", "", "", errNotHTTP},
		{"nothing", "", "", "", errNoReply},
		{"half a header", "HTTP/1.1 200 OK\r\nA: b\r\n", "", "", errNotHTTP},
		{"endless line", strings.Repeat("x", maxReplyHead+1), "", "", errNotHTTP},
		{"endless header", "HTTP/1.1 200 OK\r\n" + strings.Repeat("Name: value\r\n", maxReplyHead/10), "", "", errNotHTTP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, refused, err := readReply(iotest.OneByteReader(strings.NewReader(tt.raw)))
			if string(body) != tt.body || refused != tt.refused || !errors.Is(err, tt.err) {
				t.Errorf("got %q, %q, %v; want %q, %q, %v", body, refused, err, tt.body, tt.refused, tt.err)
			}
		})
	}
	if _, _, err := readReply(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("an error of the connection became %v", err)
	}
}

func TestTokenOfSeveralLines(t *testing.T) {
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte("abc\r\nX-Injected: yes\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := new(client).readToken(file)
	if err == nil || !strings.Contains(err.Error(), "has more than one line; give the daemon's token file") {
		t.Errorf("error %v", err)
	}
}
