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

// nginxFrame is what stands around the location of an example.
const nginxFrame = `daemon off;
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
		%[3]s
	}
}
`

// nginxExamples returns the locations that docs/web.md recommends.
func nginxExamples(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash("../../../docs/web.md"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, block := range strings.Split(string(b), "```nginx\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		found = append(found, block)
	}
	return found
}

// startNginx runs nginx with a location of weir and returns its address.
func startNginx(t *testing.T, location string) string {
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
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxFrame, dir, address, location), 0o600); err != nil {
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

// TestBehindNginx logs in and looks at pages below a path of another server, which
// takes that path off or leaves it.
func TestBehindNginx(t *testing.T) {
	locations := nginxExamples(t)
	if len(locations) != 2 {
		t.Fatalf("docs/web.md has %d examples", len(locations))
	}
	for i, name := range []string{"taken off", "left"} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, Config{BasePath: []string{"", "/weir"}[i]}, true)
			location := strings.ReplaceAll(locations[i], "127.0.0.1:8330", h.tcp)
			front := *h
			front.tcp = startNginx(t, location)
			visitBelow(t, &front, "/weir")
		})
	}
}

func visitBelow(t *testing.T, h *house, base string) {
	t.Helper()
	b := newBrowser(t, h)
	res, _ := b.send(t, "GET", base+"/", "")
	if got := res.Header.Get("Location"); res.StatusCode != 303 || !ends(got, base+"/login?next=%2F") {
		t.Fatalf("a stranger gets %d to %q", res.StatusCode, got)
	}
	form := url.Values{"token": {h.token}, "next": {"/admin/weir/dns"}}.Encode()
	res, _ = b.send(t, "POST", base+"/login", form)
	if got := res.Header.Get("Location"); res.StatusCode != 303 || !ends(got, base+"/admin/weir/dns") {
		t.Fatalf("the token gets %d to %q", res.StatusCode, got)
	}
	if set := res.Header.Get("Set-Cookie"); !strings.Contains(set, "; Path="+base+"/;") {
		t.Errorf("the cookie is %q", set)
	}
	env := b.env(t, base+"/admin/weir/dns")
	if env.Base != base {
		t.Errorf("the base is %q", env.Base)
	}
	if res, _ := b.send(t, "GET", base+"/luci-static/runtime/start.js", ""); res.StatusCode != 200 {
		t.Errorf("a script: %d", res.StatusCode)
	}
	call := strings.Replace(oneCall, "SESSION", env.Session, 1)
	if _, body := b.send(t, "POST", base+"/ubus/", call); !strings.Contains(body, `"result":[0,`) {
		t.Errorf("a call: %s", body)
	}
	streams(t, b, base, env.Session)
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
