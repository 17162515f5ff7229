package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestRefusals checks what is refused, that nobody is asked about it, and that
// nothing behind it is taken for a request.
func TestRefusals(t *testing.T) {
	const host = "Host: weir\r\n"
	long := func(n int) string { // a header of n bytes
		const head, tail = "GET / HTTP/1.1\r\n" + host + "X: ", "\r\n\r\n"
		return head + strings.Repeat("x", n-len(head)-len(tail)) + tail
	}
	tests := []struct {
		name, sent string
		want       int
	}{
		{"noise", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"no version", "GET /\r\n" + host + "\r\n", 400},
		{"no target", "GET HTTP/1.1\r\n" + host + "\r\n", 400},
		{"two spaces", "GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
		{"space behind", "GET / HTTP/1.1 \r\n" + host + "\r\n", 400},
		{"method", "G(T / HTTP/1.1\r\n" + host + "\r\n", 400},
		{"relative target", "GET a HTTP/1.1\r\n" + host + "\r\n", 400},
		{"tunnel", "CONNECT weir:443 HTTP/1.1\r\n" + host + "\r\n", 400},
		{"other scheme", "GET ftp://weir/ HTTP/1.1\r\n" + host + "\r\n", 400},
		{"broken escape", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", 400},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505},
		{"HTTP/0.9", "GET / HTTP/0.9\r\n" + host + "\r\n", 505},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"two hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", 400},
		{"two hosts of old", "GET / HTTP/1.0\r\n" + host + host + "\r\n", 400},
		{"length and chunks", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"two lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nxxxxx", 400},
		{"the same length twice", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\ncontent-length: 1\r\n\r\nx", 400},
		{"list of lengths", "POST / HTTP/1.1\r\n" + host + "Content-Length: 1, 1\r\n\r\nx", 400},
		{"length with a sign", "POST / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\nx", 400},
		{"no number", "POST / HTTP/1.1\r\n" + host + "Content-Length:\r\n\r\n", 400},
		{"length beyond numbers", "POST / HTTP/1.1\r\n" + host + "Content-Length: 9223372036854775808\r\n\r\n", 400},
		{"chunks of old", "POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"chunks twice", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"compressed", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
		{"disguised", "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400},
		{"folded", "GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400},
		{"space before colon", "POST / HTTP/1.1\r\n" + host + "Content-Length : 5\r\n\r\nxxxxx", 400},
		{"no colon", "GET / HTTP/1.1\r\n" + host + "X\r\n\r\n", 400},
		{"no name", "GET / HTTP/1.1\r\n" + host + ": x\r\n\r\n", 400},
		{"LF alone", "GET / HTTP/1.1\n" + "Host: weir\n\n", 400},
		{"LF in between", "GET / HTTP/1.1\r\n" + host + "X: a\nContent-Length: 5\r\n\r\nxxxxx", 400},
		{"CR in between", "GET / HTTP/1.1\r\n" + host + "X: a\rContent-Length: 5\r\n\r\nxxxxx", 400},
		{"NUL", "GET / HTTP/1.1\r\n" + host + "X: a\x00\r\n\r\n", 400},
		{"empty lines", "\r\n\r\n\r\n\r\n", 400},
		{"empty lines of LF", "\n\n\n", 400},
		{"expectation", "GET / HTTP/1.1\r\n" + host + "Expect: tea\r\n\r\n", 417},
		{"largest header", long(maxHeader), 200},
		{"too large", long(maxHeader + 1), 431},
		{"endless line", "GET /" + strings.Repeat("x", maxHeader), 431},
		{"most fields", "GET / HTTP/1.1\r\n" + host + strings.Repeat("X: y\r\n", maxFields-1) + "\r\n", 200},
		{"too many fields", "GET / HTTP/1.1\r\n" + host + strings.Repeat("X: y\r\n", maxFields) + "\r\n", 431},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			h := func(ctx context.Context, w *response, r *request) { asked++; w.close = true }
			got := replies(t, talk(t, h, tt.sent+"GET /smuggled HTTP/1.1\r\n"+host+"\r\n"))
			if status := fmt.Sprint(tt.want); !strings.HasPrefix(got, status) || strings.Contains(got, "\n") {
				t.Errorf("got %s, want %s", got, status)
			}
			if (asked == 1) != (tt.want == 200) {
				t.Errorf("%d requests were answered", asked)
			}
		})
	}
}

// FuzzRequest holds what is read of a request against net/http: what we let
// pass, it must take for the same.
func FuzzRequest(f *testing.F) {
	for _, s := range []string{
		"GET /a?b=c HTTP/1.1\r\nHost: weir\r\n\r\n",
		"POST http://other:1/ HTTP/1.1\r\nHost: weir\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc",
		"POST / HTTP/1.1\r\nHost: weir\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nAuthorization: Bearer \xff\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := bufio.NewReaderSize(bytes.NewReader(data), maxHeader)
		got, err := readRequest(in)
		if err != nil {
			return
		}
		data, _ = bytes.CutPrefix(data, []byte("\r\n"))
		want, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		if err != nil {
			t.Fatalf("net/http refuses it: %v", err)
		}
		if got.method != want.Method || got.url.String() != want.URL.String() || got.host != want.Host || got.old != !want.ProtoAtLeast(1, 1) || got.close != want.Close {
			t.Errorf("got %+v, net/http %+v", got, want)
		}
		if chunked := len(want.TransferEncoding) > 0; chunked != got.body.chunked || !chunked && got.body.left != uint64(want.ContentLength) {
			t.Errorf("body %+v, net/http %d %v", got.body, want.ContentLength, want.TransferEncoding)
		}
		for name, values := range want.Header {
			if name != "Content-Length" && !slices.Equal(got.fields.all(name), values) && name != "Pragma" && name != "Cache-Control" {
				t.Errorf("%s: got %q, net/http %q", name, got.fields.all(name), values)
			}
		}
	})
}
