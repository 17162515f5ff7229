//go:build !notls

package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestStatic(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	b.client.Transport.(*http.Transport).DisableCompression = true
	const css = "/luci-static/base.css"
	plain, body := b.send(t, "GET", css, "")
	tag := plain.Header.Get("ETag")
	if plain.StatusCode != 200 || plain.ContentLength != int64(len(body)) || tag == "" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("got %d, %d of %d bytes, %v", plain.StatusCode, len(body), plain.ContentLength, plain.Header)
	}
	if got := plain.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("without a version it is kept: %s", got)
	}
	packed, zipped := b.send(t, "GET", css, "", "Accept-Encoding", "br, gzip;q=0.5")
	z, err := gzip.NewReader(strings.NewReader(zipped))
	if err != nil || packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v: %v", err, packed.Header)
	}
	if unpacked, err := io.ReadAll(z); err != nil || !bytes.Equal(unpacked, []byte(body)) || len(zipped)*2 > len(body) {
		t.Errorf("%d bytes packed of %d: %v", len(zipped), len(body), err)
	}
	b.login(t, h.token)
	version := b.env(t, "/").Version
	if res, _ := b.send(t, "GET", css+"?v="+version, ""); res.Header.Get("Cache-Control") != "private, max-age=31536000, immutable" {
		t.Errorf("with its version: %s", res.Header.Get("Cache-Control"))
	}
	if res, _ := b.send(t, "GET", css+"?v=old", ""); res.Header.Get("Cache-Control") != "no-cache" {
		t.Error("another version is kept for good")
	}
	for _, tags := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
		res, body := b.send(t, "GET", css, "", "If-None-Match", tags)
		if res.StatusCode != 304 || body != "" || res.Header.Get("ETag") != tag {
			t.Errorf("%s: %d", tags, res.StatusCode)
		}
	}
	if res, _ := b.send(t, "GET", css, "", "If-None-Match", `"x"`); res.StatusCode != 200 {
		t.Errorf("another tag: %d", res.StatusCode)
	}
	if res, body := b.send(t, "HEAD", css, ""); res.StatusCode != 200 || body != "" || res.ContentLength != plain.ContentLength {
		t.Errorf("HEAD: %d, %d bytes", res.StatusCode, res.ContentLength)
	}
	if res, _ := b.send(t, "POST", css, ""); res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

// Nothing but the files of the site can be had, however it is spelled.
func TestNoOtherFiles(t *testing.T) {
	h := serve(t, Config{}, true)
	for _, path := range []string{
		"/luci-static/", "/luci-static/../go.mod", "/luci-static/%2e%2e/%2e%2e/doc.go", "/luci-static//base.css", "/luci-static/./base.css",
		"/luci-static/base.css/", "/luci-static/index.html", "/luci-static/po/de.po", "/luci-static/base.css%00", "/luci-static/base.css\\..",
		"/admin/translations/", "/admin/translations/xx", "/admin/translations/../de", "/etc/passwd", "/luci-static/..%2f..%2fetc%2fpasswd",
	} {
		got := raw(t, h.tcp, "GET "+path+" HTTP/1.1\r\nHost: "+h.tcp+"\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 404 ") && !strings.HasPrefix(got, "HTTP/1.1 400 ") && !strings.HasPrefix(got, "HTTP/1.1 303 ") {
			t.Errorf("%s: %.120s", path, got)
		}
		if strings.Contains(got, "--primary-color") || strings.Contains(got, "msgid") {
			t.Errorf("%s is served", path)
		}
	}
}

// raw sends bytes and returns all that comes back.
func raw(t *testing.T, address, sent string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, sent); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A browser that sends its form slowly holds no place of those that call.
func TestSlowForm(t *testing.T) {
	h := serve(t, Config{}, true)
	c, err := net.Dial("tcp", h.tcp)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "POST /login HTTP/1.1\r\nHost: "+h.tcp+"\r\nContent-Length: 100\r\n\r\ntoken=")
	b := newBrowser(t, h)
	b.login(t, h.token)
	id := b.env(t, "/").Session
	for range maxCalls + 1 {
		if !b.call(t, id) {
			t.Fatal("nobody is answered meanwhile")
		}
	}
}

func TestAccepts(t *testing.T) {
	tests := []struct {
		list string
		want bool
	}{
		{"", false}, {"gzip", true}, {"GZIP", true}, {"br,gzip", true}, {"gzip;q=0", false}, {"gzip; q=0.0", false}, {"gzip;q=0.1", true},
		{"gzip;q=x", false}, {"gzipped", false}, {"*", false}, {"br; q=1 , gzip ;q=1", true},
	}
	for _, tt := range tests {
		if got := accepts(tt.list, "gzip"); got != tt.want {
			t.Errorf("%q: %v", tt.list, got)
		}
	}
}
