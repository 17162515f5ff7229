//go:build integration && !notls

package httpapi

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// nginxConfig has weir below two paths: /off/weir, which nginx takes off and says
// so, and /left, which it leaves in place, as option base_path says to a second one.
const nginxConfig = `daemon off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s;
		location /off/weir/ {
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-Prefix /off/weir;
			proxy_pass http://%[3]s/;
		}
		location /left/ {
			proxy_set_header Host $http_host;
			proxy_pass http://%[4]s;
		}
	}
}
`

// startNginx runs nginx before two servers and returns its address.
func startNginx(t *testing.T, off, left string) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("SKIPPED: there is no nginx here; apt-get install nginx-light")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address, dir := ln.Addr().String(), shortDir(t)
	ln.Close()
	file := filepath.Join(dir, "conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, address, off, left), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-c", file)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return address
		}
		if time.Now().After(end) {
			t.Fatal("nginx does not answer")
		}
	}
}

// TestBehindNginx logs in and looks at pages below a path of another server.
func TestBehindNginx(t *testing.T) {
	off, left := serve(t, Config{}, true), serve(t, Config{BasePath: "/left"}, true)
	address := startNginx(t, off.tcp, left.tcp)
	for _, tt := range []struct {
		base string
		h    *house
	}{{"/off/weir", off}, {"/left", left}} {
		t.Run(tt.base, func(t *testing.T) {
			front := *tt.h
			front.tcp = address
			b := newBrowser(t, &front)
			res, _ := b.send(t, "GET", tt.base+"/", "")
			if got := res.Header.Get("Location"); res.StatusCode != 303 || !ends(got, tt.base+"/login?next=%2F") {
				t.Fatalf("a stranger gets %d to %q", res.StatusCode, got)
			}
			form := url.Values{"token": {front.token}, "next": {"/admin/weir/dns"}}.Encode()
			res, _ = b.send(t, "POST", tt.base+"/login", form)
			if got := res.Header.Get("Location"); res.StatusCode != 303 || !ends(got, tt.base+"/admin/weir/dns") {
				t.Fatalf("the token gets %d to %q", res.StatusCode, got)
			}
			if set := res.Header.Get("Set-Cookie"); !strings.Contains(set, "; Path="+tt.base+"/;") {
				t.Errorf("the cookie is %q", set)
			}
			env := b.env(t, tt.base+"/admin/weir/dns")
			if env.Base != tt.base {
				t.Errorf("the base is %q", env.Base)
			}
			if res, _ := b.send(t, "GET", tt.base+"/luci-static/runtime/start.js", ""); res.StatusCode != 200 {
				t.Errorf("a script: %d", res.StatusCode)
			}
			call := strings.Replace(oneCall, "SESSION", env.Session, 1)
			if _, body := b.send(t, "POST", tt.base+"/ubus/", call); !strings.Contains(body, `"result":[0,`) {
				t.Errorf("a call: %s", body)
			}
			streams(t, b, tt.base, env.Session)
		})
	}
}

// ends compares the end of an address: nginx puts its own name before the path.
func ends(location, path string) bool {
	return location == path || strings.HasPrefix(location, "http://127.0.0.1") && strings.HasSuffix(location, path)
}

// streams checks that nginx passes events on as they come.
func streams(t *testing.T, b *browser, base, id string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+b.h.tcp+base+"/ubus/subscribe/weir", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", b.cookie)
	req.Header.Set("Authorization", "Bearer "+id)
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatalf("the stream: %d", res.StatusCode)
	}
	event(t, res.Body)
	begin := time.Now()
	event(t, res.Body)
	if waited := time.Since(begin); waited > 3*tickTime {
		t.Errorf("an event came after %s", waited)
	}
}
