package geo

import (
	"bufio"
	"bytes"
	"net/url"
	"testing"
)

// FuzzReadHead wants the head of a reply read within its bounds: an address to go
// to, a length, or an error, and never two of these.
func FuzzReadHead(f *testing.F) {
	for _, head := range []string{
		"HTTP/1.0 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "HTTP/1.1 301 Moved\r\nLocation: //other/x?y\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 2", "\r\n\r\n",
	} {
		f.Add([]byte(head))
	}
	base := &url.URL{Scheme: "http", Host: "geo.example", Path: "/x"}
	f.Fuzz(func(t *testing.T, head []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(head), maxHead)
		next, length, err := readHead(in, base)
		switch {
		case err != nil && (next != nil || length != 0):
			t.Errorf("error %v and %v, %d", err, next, length)
		case err == nil && next == nil && (length < -1 || !bytes.HasPrefix(head, []byte("HTTP/1."))):
			t.Errorf("length %d of %q", length, head)
		}
	})
}
