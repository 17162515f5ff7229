//go:build !notls

package httpapi

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// browser keeps one cookie, as a browser would, and follows nothing.
type browser struct {
	h      *house
	cookie string // NAME=VALUE
	client *http.Client
}

func newBrowser(t *testing.T, h *house) *browser {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return &browser{h: h, client: &http.Client{Transport: tr, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send sends a request; header lists names and values. What the reply sets is kept.
func (b *browser) send(t *testing.T, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://"+b.h.tcp+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "http://"+b.h.tcp)
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", "other=1; "+b.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, text := do(t, b.client, req)
	for _, c := range res.Cookies() {
		b.cookie = c.Name + "=" + c.Value
		if c.MaxAge < 0 || c.Value == "" {
			b.cookie = ""
		}
	}
	return res, text
}

func (b *browser) login(t *testing.T, token string) *http.Response {
	t.Helper()
	res, _ := b.send(t, "POST", "/login", url.Values{"token": {token}, "next": {"/admin/weir/flows"}}.Encode())
	return res
}

// pageEnv is what a document tells the runtime.
type pageEnv struct {
	Base, Session, Version string
	Menu                   map[string]any
}

// env opens a page and reads what the runtime would.
func (b *browser) env(t *testing.T, path string, header ...string) (env pageEnv) {
	t.Helper()
	res, body := b.send(t, "GET", path, "", header...)
	m := regexp.MustCompile(`<meta name="weir" content="([^"]*)">`).FindStringSubmatch(body)
	if res.StatusCode != 200 || m == nil {
		t.Fatalf("%s: %d %s", path, res.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &env); err != nil {
		t.Fatal(err)
	}
	return env
}

// call asks for a flow as a page does, and reports whether it was told.
func (b *browser) call(t *testing.T, session string) bool {
	t.Helper()
	_, body := b.send(t, "POST", "/ubus", strings.Replace(oneCall, "SESSION", session, 1))
	switch {
	case strings.Contains(body, `"result":[0,`):
		return true
	case !strings.Contains(body, "-32002"):
		t.Errorf("neither answered nor denied: %s", body)
	}
	return false
}

func TestLogin(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	res, _ := b.send(t, "GET", "/admin/weir/devices", "")
	if got := res.Header.Get("Location"); res.StatusCode != 303 || got != "/login?next=%2Fadmin%2Fweir%2Fdevices" {
		t.Errorf("a stranger gets %d to %q", res.StatusCode, got)
	}
	res, body := b.send(t, "GET", "/login?next=%2Fadmin%2Fweir%2Fdevices", "")
	if res.StatusCode != 200 || !strings.Contains(body, `name="next" type="hidden" value="/admin/weir/devices"`) || strings.Contains(body, h.token) {
		t.Errorf("the form is %d %s", res.StatusCode, body)
	}
	if res := b.login(t, "wrong"); res.StatusCode != 403 || b.cookie != "" {
		t.Errorf("a wrong token: %d with cookie %q", res.StatusCode, b.cookie)
	}
	res = b.login(t, " "+h.token+"\n")
	if got := res.Header.Get("Location"); res.StatusCode != 303 || got != "/admin/weir/flows" {
		t.Errorf("the token gets %d to %q", res.StatusCode, got)
	}
	set := res.Header.Get("Set-Cookie")
	for _, part := range []string{"; Path=/;", "; Max-Age=43200;", "; HttpOnly;", "; SameSite=Strict"} {
		if !strings.Contains(set, part) {
			t.Errorf("%q lacks %q", set, part)
		}
	}
	if strings.Contains(set, "Secure") {
		t.Errorf("%q would not come back over plain HTTP", set)
	}
	env := b.env(t, "/admin/weir/flows")
	if env.Base != "" || len(env.Session) != sessionIDSize || env.Menu["admin/weir"] == nil || strings.Contains(b.cookie, env.Session) {
		t.Errorf("got %+v with %s", env, b.cookie)
	}
	if !b.call(t, env.Session) {
		t.Error("the session may not call")
	}
	if res, _ := b.send(t, "GET", "/login?next=%2Fadmin%2Fweir%2Fdns", ""); res.StatusCode != 303 || res.Header.Get("Location") != "/admin/weir/dns" {
		t.Errorf("who is logged in is asked again: %d", res.StatusCode)
	}
}

// TestSessionNeedsBoth is about requests that other pages forge, which bring the
// cookie, and about an ID that was seen, to which the cookie is missing.
func TestSessionNeedsBoth(t *testing.T) {
	h := serve(t, Config{}, true)
	mine, other := newBrowser(t, h), newBrowser(t, h)
	mine.login(t, h.token)
	other.login(t, h.token)
	id, otherID := mine.env(t, "/").Session, other.env(t, "/").Session
	if id == otherID {
		t.Fatal("two logins are one session")
	}
	stranger := newBrowser(t, h)
	tests := []struct {
		name string
		b    *browser
		id   string
		want bool
	}{
		{"both", mine, id, true},
		{"the cookie alone", mine, "", false},
		{"the cookie with ubus' empty session", mine, strings.Repeat("0", sessionIDSize), false},
		{"the ID alone", stranger, id, false},
		{"the ID of another session", mine, otherID, false},
		{"the cookie as ID", mine, mine.cookie[strings.IndexByte(mine.cookie, '=')+1:], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.b.call(t, tt.id); got != tt.want {
				t.Errorf("called: %v, want %v", got, tt.want)
			}
			res, _ := tt.b.send(t, "GET", "/api/v1/flow?id=7", "", "Authorization", "Bearer "+tt.id)
			if got := res.StatusCode == 200; got != tt.want {
				t.Errorf("REST: %d", res.StatusCode)
			}
		})
	}
	// A page of another port of this machine is the same site: its cookie comes, its
	// origin tells.
	if res, _ := mine.send(t, "POST", "/logout", "", "Origin", "http://127.0.0.1:1"); res.StatusCode != 403 {
		t.Errorf("a foreign logout: %d", res.StatusCode)
	}
	if res, body := mine.send(t, "POST", "/ubus", `{"jsonrpc":"2.0","id":1,"method":"call","params":["`+id+`","session","access",{"scope":"uci"}]}`); !strings.Contains(body, `"result":[0,{"access":true}]`) {
		t.Errorf("access: %d %s", res.StatusCode, body)
	}
}

func TestLogout(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	b.login(t, h.token)
	id, thief := b.env(t, "/").Session, newBrowser(t, h)
	thief.cookie = b.cookie
	if !thief.call(t, id) {
		t.Fatal("the same cookie is another session")
	}
	if res, _ := b.send(t, "GET", "/logout", ""); res.StatusCode != 405 {
		t.Errorf("a link logs out: %d", res.StatusCode)
	}
	if res, _ := b.send(t, "POST", "/logout", ""); res.StatusCode != 303 || b.cookie != "" {
		t.Errorf("logout: %d, cookie %q", res.StatusCode, b.cookie)
	}
	if thief.call(t, id) {
		t.Error("the cookie works on")
	}
	if res, _ := thief.send(t, "GET", "/", ""); res.StatusCode != 303 {
		t.Errorf("the pages open: %d", res.StatusCode)
	}
}

func TestLoginTime(t *testing.T) {
	h := serve(t, Config{LoginTime: time.Second}, true)
	b := newBrowser(t, h)
	if set := b.login(t, h.token).Header.Get("Set-Cookie"); !strings.Contains(set, "; Max-Age=1;") {
		t.Errorf("got %q", set)
	}
	id := b.env(t, "/").Session
	cookie, end := b.cookie, time.Now().Add(5*time.Second)
	for b.call(t, id) {
		if time.Now().After(end) {
			t.Fatal("the session does not end")
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.cookie = cookie
	if res, _ := b.send(t, "GET", "/", ""); res.StatusCode != 303 {
		t.Errorf("the pages open: %d", res.StatusCode)
	}
}

// A login outlasts the program, and another token ends it.
func TestLoginOutlastsRestart(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	b.login(t, h.token)
	id := b.env(t, "/").Session
	same := New(h.server.c, h.Backend())
	d := &door{s: same, token: mustToken(t, h.server.c.TokenFile)}
	r := &request{fields: fields{{"Cookie", b.cookie}}}
	if !d.inSession(r, id) {
		t.Error("a restart ended the session")
	}
	d.token = new(token)
	if d.inSession(r, id) || d.sessionOf(r) != "" {
		t.Error("the session outlasts its token")
	}
}

func mustToken(t *testing.T, path string) *token {
	t.Helper()
	k, err := loadToken(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWrongTokensAreSlowedDown(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	for i := range maxWrong {
		if res := b.login(t, "wrong"); res.StatusCode != 403 {
			t.Fatalf("try %d: %d", i, res.StatusCode)
		}
	}
	res := b.login(t, h.token)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") == "" || b.cookie != "" {
		t.Errorf("the right token after many wrong ones: %d", res.StatusCode)
	}
	if res, _ := b.send(t, "GET", "/api/v1/flow?id=7", "", "Authorization", "Bearer "+h.token); res.StatusCode != 429 {
		t.Errorf("REST: %d", res.StatusCode)
	}
	if b.call(t, h.token) {
		t.Error("JSON-RPC lets guess on")
	}
	if res, _ := get(t, h.client(t), "/api/v1/flow?id=7"); res.StatusCode != 200 {
		t.Errorf("the socket: %d", res.StatusCode)
	}
}

func TestDocumentHeaders(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	b.login(t, h.token)
	stranger := newBrowser(t, h)
	for _, path := range []string{"/", "/admin", "/admin/weir/flows", "/admin/weir/no/such/page", "/login"} {
		b := b
		if path == "/login" {
			b = stranger
		}
		res, body := b.send(t, "GET", path, "")
		if res.StatusCode != 200 || !strings.HasPrefix(body, "<!DOCTYPE html>") {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		want := map[string]string{
			"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin",
		}
		for name, value := range want {
			if got := res.Header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
		csp := res.Header.Values("Content-Security-Policy")
		if len(csp) != 1 || !strings.HasPrefix(csp[0], "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(csp[0], "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if head, empty := b.send(t, "HEAD", path, ""); head.StatusCode != 200 || empty != "" || head.ContentLength != int64(len(body)) {
			t.Errorf("HEAD %s: %d, %d bytes announced of %d", path, head.StatusCode, head.ContentLength, len(body))
		}
	}
	if res, _ := b.send(t, "POST", "/admin/weir/flows", ""); res.StatusCode != 405 {
		t.Errorf("POST to a page: %d", res.StatusCode)
	}
	res, body := stranger.send(t, "GET", "/login", "", "Accept-Language", "de-CH, en;q=0.5")
	if !strings.Contains(body, `<html lang="de">`) || !strings.Contains(body, "Anmelden") {
		t.Errorf("no German: %d %s", res.StatusCode, body)
	}
}

// The unix socket has no pages: who may use it has no login.
func TestSocketHasNoPages(t *testing.T) {
	h := serve(t, Config{}, false)
	for _, path := range []string{"/", "/login", "/admin/weir/flows", "/luci-static/base.css"} {
		if res, _ := get(t, h.client(t), path); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestLoginRefuses(t *testing.T) {
	h := serve(t, Config{}, true)
	b := newBrowser(t, h)
	tests := []struct {
		name, method, body string
		header             []string
		status             int
	}{
		{"a large body", "POST", "token=" + strings.Repeat("x", maxBody), nil, 413},
		{"no form", "POST", "token=%zz", nil, 400},
		{"another page", "POST", "token=" + h.token, []string{"Origin", "https://evil.example"}, 403},
		{"a sandbox", "POST", "token=" + h.token, []string{"Origin", "null"}, 403},
		{"another method", "DELETE", "", nil, 405},
		{"nothing", "POST", "", nil, 403},
		{"two tokens, the first counts", "POST", "token=x&token=" + h.token, nil, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := b.send(t, tt.method, "/login", tt.body, tt.header...)
			if res.StatusCode != tt.status || b.cookie != "" {
				t.Errorf("got %d with cookie %q: %s", res.StatusCode, b.cookie, body)
			}
		})
	}
}

func TestInside(t *testing.T) {
	tests := []struct{ next, want string }{
		{"", "/"}, {"/", "/"}, {"/admin", "/admin"}, {"/admin/weir/flows", "/admin/weir/flows"}, {"/admin/a%20b", "/admin/a%20b"},
		{"//evil.example/admin", "/"}, {"https://evil.example/admin", "/"}, {"/\\evil.example", "/"}, {"javascript:alert(1)", "/"},
		{"/admin/weir?x=1", "/admin/weir"}, {"/logout", "/"}, {"admin", "/"}, {"/admin\r\nX: y", "/"},
	}
	for _, tt := range tests {
		if got := inside(tt.next); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.next, got, tt.want)
		}
	}
}

// FuzzInside checks that nobody is sent elsewhere after the login.
func FuzzInside(f *testing.F) {
	for _, s := range []string{"/admin/weir", "//x", "/admin//x", "/admin\\..", "http:/admin", "/admin%2f%2fx"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := inside(next)
		u, err := url.Parse("http://weir/")
		if err != nil {
			t.Fatal(err)
		}
		to, err := u.Parse(got)
		if err != nil || to.Host != "weir" || to.Scheme != "http" || strings.ContainsFunc(got, isControl) || strings.Contains(got, `\`) {
			t.Errorf("%q leads to %q (%v)", next, got, err)
		}
	})
}
