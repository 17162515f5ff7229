package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

const oneCall = `{"jsonrpc":"2.0","id":1,"method":"call","params":["SESSION","weir","flow",{"id":7}]}`

// TestAuthMatrix tries every path with every kind of credential over TCP.
func TestAuthMatrix(t *testing.T) {
	h := serve(t, Config{}, true)
	wrong := strings.Repeat("0", len(h.token))
	credentials := []struct {
		name, bearer, session string
		right, rightSession   bool
	}{
		{"none", "", "", false, false},
		{"LuCI's session", "", "00000000000000000000000000000000", false, false},
		{"bearer", "Bearer " + h.token, "", true, false},
		{"bearer in small letters", "bearer  " + h.token, "", true, false},
		{"session", "", h.token, false, true},
		{"both", "Bearer " + h.token, h.token, true, true},
		{"wrong bearer, right session", "Bearer " + wrong, h.token, false, true},
		{"wrong", "Bearer " + wrong, wrong, false, false},
		{"half of it", "Bearer " + h.token[:32], h.token[:32], false, false},
		{"more than it", "Bearer " + h.token + "0", h.token + "0", false, false},
		{"no scheme", h.token, "", false, false},
		{"basic", "Basic " + h.token, "", false, false},
	}
	paths := []struct {
		name, method, path, body string
		session                  bool   // the session slot counts
		granted, refused         string // in the reply
		status                   int    // when refused
	}{
		{"REST", "GET", "/api/v1/flow?id=7", "", false, `"id":7`, `"code":"permission_denied"`, 401},
		{"REST unknown method", "GET", "/api/v1/nothing", "", false, `"method_not_found"`, `"code":"permission_denied"`, 401},
		{"REST write", "POST", "/api/v1/reload", "", false, `"errors"`, `"code":"permission_denied"`, 401},
		{"call", "POST", "/ubus", oneCall, true, `"result":[0,`, `-32002,"message":"Access denied"`, 200},
		{"call write", "POST", "/ubus", strings.Replace(oneCall, `"flow",{"id":7}`, `"reload",{}`, 1), true, `"result":[0,`, `-32002`, 200},
		{"call in a batch", "POST", "/ubus", "[" + oneCall + "]", true, `"result":[0,`, `-32002`, 200},
		{"list", "POST", "/ubus", `{"jsonrpc":"2.0","id":1,"method":"list"}`, false, `"result":["weir"]`, `-32002`, 200},
	}
	refused := uint64(0)
	for _, c := range credentials {
		h.server.guesses.clients = nil // each is a client of its own
		for _, p := range paths {
			t.Run(c.name+"/"+p.name, func(t *testing.T) {
				header := []string{}
				if c.bearer != "" {
					header = []string{"Authorization", c.bearer}
				}
				res, body := h.request(t, p.method, p.path, strings.ReplaceAll(p.body, "SESSION", c.session), header...)
				if c.right || p.session && c.rightSession {
					if !strings.Contains(body, p.granted) {
						t.Errorf("refused: %d %s", res.StatusCode, body)
					}
					return
				}
				refused++
				if !strings.Contains(body, p.refused) || res.StatusCode != p.status {
					t.Errorf("got %d %s", res.StatusCode, body)
				}
				if challenge := res.Header.Get("WWW-Authenticate"); (res.StatusCode == 401) != (challenge != "") {
					t.Errorf("status %d with challenge %q", res.StatusCode, challenge)
				}
			})
		}
	}
	if s := h.server.Stats(); s.Denied != refused {
		t.Errorf("%d denied, want %d", s.Denied, refused)
	}
	// The token opens TCP, but a stranger may see that something is alive.
	if res, body := h.request(t, "GET", "/healthz", ""); res.StatusCode != 200 || body != "ok\n" {
		t.Errorf("health: %d %q", res.StatusCode, body)
	}
}

// The unix socket asks for nothing: its mode decides.
func TestSocketNeedsNoToken(t *testing.T) {
	h := serve(t, Config{}, true)
	c := h.client(t)
	req, err := http.NewRequest("GET", "http://evil.example/api/v1/flow?id=7", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	if res, body := do(t, c, req); res.StatusCode != 200 {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
}

// TestHosts is about DNS rebinding: a page of evil.example whose name suddenly
// means this machine must get nothing, not even with the token.
func TestHosts(t *testing.T) {
	h := serve(t, Config{Hosts: []string{"router.lan", "Weir.Example."}}, true)
	tests := []struct {
		host string
		want bool
	}{
		{"192.168.1.1", true}, {"192.168.1.1:8330", true}, {"[fd00::1]", true}, {"[fd00::1]:8330", true}, {"[fe80::1%25eth0]:8330", true},
		{"localhost", true}, {"LOCALHOST:8330", true}, {"router.lan", true}, {"Router.LAN.:8330", true}, {"weir.example", true},
		{"evil.example", false}, {"evil.example:8330", false}, {"router.lan.evil.example", false}, {"localhost.evil.example", false},
		{"1.2.3.4.evil.example", false}, {"127.0.0.1.nip.io", false}, {"xrouter.lan", false},
	}
	for _, tt := range tests {
		for _, path := range []string{"/api/v1/flow?id=7", "/healthz", "/nothing"} {
			res, body := h.request(t, "GET", path, "", "Host", tt.host, "Authorization", "Bearer "+h.token)
			if got := res.StatusCode != http.StatusForbidden; got != tt.want {
				t.Errorf("%s %s: got %d %s", tt.host, path, res.StatusCode, body)
			}
			if !tt.want && !strings.Contains(body, "list host") {
				t.Errorf("%s: no remedy in %s", tt.host, body)
			}
		}
	}
}

func TestOrigins(t *testing.T) {
	h := serve(t, Config{Origins: []string{"https://home.example"}}, true)
	tests := []struct {
		name, origin string
		method       string
		status       int
		allowOrigin  string
	}{
		{"no page", "", "POST", 200, ""},
		{"own page", "http://" + h.tcp, "POST", 200, ""},
		{"own page by another scheme", "https://" + h.tcp, "POST", 403, ""},
		{"own page on another port", "http://127.0.0.1:1", "POST", 403, ""},
		{"listed", "https://home.example", "POST", 200, "https://home.example"},
		{"listed by another scheme", "http://home.example", "POST", 403, ""},
		{"foreign", "https://evil.example", "POST", 403, ""},
		{"a file or sandbox", "null", "POST", 403, ""},
		{"like the listed", "https://home.example.evil.example", "POST", 403, ""},
		{"preflight", "https://home.example", "OPTIONS", 204, "https://home.example"},
		{"foreign preflight", "https://evil.example", "OPTIONS", 403, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := []string{"Authorization", "Bearer " + h.token}
			if tt.method == "OPTIONS" {
				header = []string{"Access-Control-Request-Method", "POST"} // browsers send no token with it
			}
			if tt.origin != "" {
				header = append(header, "Origin", tt.origin)
			}
			res, body := h.request(t, tt.method, "/api/v1/flows", "", header...)
			if res.StatusCode != tt.status || res.Header.Get("Access-Control-Allow-Origin") != tt.allowOrigin {
				t.Errorf("got %d for %q: %s", res.StatusCode, res.Header.Get("Access-Control-Allow-Origin"), body)
			}
			if tt.allowOrigin != "" && res.Header.Get("Vary") != "Origin" {
				t.Error("a cache would mix up origins")
			}
			if tt.status == 204 && res.Header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" {
				t.Errorf("preflight allows %q", res.Header.Get("Access-Control-Allow-Headers"))
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed, but the token is never ambient")
			}
		})
	}
	// A preflight grants nothing by itself.
	if res, _ := h.request(t, "OPTIONS", "/api/v1/flows", "", "Origin", "https://home.example"); res.StatusCode != 401 {
		t.Errorf("plain OPTIONS: %d", res.StatusCode)
	}
}

func TestNetworks(t *testing.T) {
	tests := []struct {
		name  string
		allow []netip.Prefix
		want  bool
	}{
		{"any", nil, true},
		{"this one", []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("127.0.0.0/8")}, true},
		{"another", []netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("::/0")}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := serve(t, Config{Allow: tt.allow}, true)
			req, _ := http.NewRequest("GET", "http://"+h.tcp+"/healthz", nil)
			res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
			if (err == nil) != tt.want {
				t.Errorf("got %v", err)
			}
			if err == nil {
				res.Body.Close()
			} else if h.server.Stats().Refused == 0 {
				t.Error("the refusal is not counted")
			}
			if _, body := get(t, h.client(t), "/healthz"); !strings.Contains(body, "ok") {
				t.Errorf("the socket: %s", body)
			}
		})
	}
}
