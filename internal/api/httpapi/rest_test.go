package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
)

// TestEveryMethod calls each method's example by REST and by JSON-RPC and
// compares both replies with the declared fields.
func TestEveryMethod(t *testing.T) {
	h := serve(t, Config{}, false)
	c := h.client(t)
	calls := 0
	for _, m := range api.Methods {
		if m.Sends() || m.Takes() {
			continue
		}
		calls += 3
		if m.Write {
			calls--
		}
		t.Run(m.Name, func(t *testing.T) {
			example := m.Example
			if example == "" {
				example = "{}"
			}
			res, body := post(t, c, "/api/v1/"+m.Name, []byte(example))
			if res.StatusCode != http.StatusOK {
				t.Fatalf("POST: %d %s", res.StatusCode, body)
			}
			apitest.CheckReply(t, api.ReplyOf(m), []byte(body))

			_, rpc := post(t, c, "/ubus", []byte(`{"jsonrpc":"2.0","id":1,"method":"call","params":["","weir","`+m.Name+`",`+example+`]}`))
			if want := `{"jsonrpc":"2.0","id":1,"result":[0,` + body + `]}`; rpc != want {
				t.Errorf("JSON-RPC: got %s, want %s", rpc, want)
			}
			if m.Write {
				return
			}
			_, query := get(t, c, "/api/v1/"+m.Name+"?"+queryOf(t, example))
			if query != body {
				t.Errorf("GET: got %s, want %s", query, body)
			}
		})
	}
	if s := h.server.Stats(); s.Calls != uint64(calls) || s.Failed != 0 || s.Clamped != 0 {
		t.Errorf("%+v", s)
	}
}

// queryOf writes a JSON object as the query of a GET.
func queryOf(t *testing.T, object string) string {
	t.Helper()
	args, err := arguments([]byte(object))
	if err != nil {
		t.Fatal(err)
	}
	q := url.Values{}
	for name, v := range args {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		q.Set(name, strings.Trim(string(b), `"`))
	}
	return q.Encode()
}

func TestREST(t *testing.T) {
	h := serve(t, Config{BasePath: "/weir/"}, false)
	c := h.client(t)
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // part of the reply
		header, value            string
	}{
		{"query", "GET", "/api/v1/flows?proto=tcp&limit=1&iface=", "", 200, `"total":3,`, "Content-Type", "application/json"},
		{"behind a proxy", "GET", "/weir/api/v1/flows", "", 200, `"total":5,`, "", ""},
		{"body and query", "POST", "/api/v1/flows?limit=1", `{"proto":"udp"}`, 200, `"id":9`, "", ""},
		{"nothing in the body", "POST", "/api/v1/reload", " \n", 200, `"errors":[`, "", ""},
		{"only the header", "HEAD", "/api/v1/flows", "", 200, ``, "Content-Type", "application/json"},
		{"security", "GET", "/api/v1/flows", "", 200, ``, "X-Content-Type-Options", "nosniff"},
		{"not stored", "GET", "/api/v1/flows", "", 200, ``, "Cache-Control", "no-store"},
		{"no content", "GET", "/api/v1/flows", "", 200, ``, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
		{"write by GET", "GET", "/api/v1/reload", "", 405, `{"code":"not_supported","message":"GET is not answered here","hint":"use POST"}`, "Allow", "POST"},
		{"DELETE", "DELETE", "/api/v1/flows", "", 405, `"hint":"use GET, HEAD, POST"`, "Allow", "GET, HEAD, POST"},
		{"JSON-RPC by GET", "GET", "/ubus", "", 405, `"hint":"use POST"`, "Allow", "POST"},
		{"health by POST", "POST", "/healthz", "", 405, `"hint":"use GET, HEAD"`, "", ""},
		{"unknown method", "GET", "/api/v1/flwos", "", 404, `{"code":"method_not_found","message":"there is no method \"flwos\"","hint":"did you mean flows?"}`, "X-Content-Type-Options", "nosniff"},
		{"no method", "GET", "/api/v1/", "", 404, `"code":"method_not_found"`, "", ""},
		{"nothing there", "GET", "/<x>", "", 404, `{"code":"not_found","message":"there is nothing at /\u003cx\u003e","hint":"methods are at /api/v1/METHOD, JSON-RPC is at /ubus"}`, "Content-Type", "application/json"},
		{"invalid", "GET", "/api/v1/flows?limit=0", "", 400, `"code":"invalid_argument"`, "", ""},
		{"unknown argument", "GET", "/api/v1/flows?cuontry=DE", "", 400, `flows: unknown argument \"cuontry\"`, "", ""},
		{"not supported", "GET", "/api/v1/flows?cursor=x", "", 501, `"code":"not_supported"`, "", ""},
		{"not found", "GET", "/api/v1/device?id=77", "", 404, `there is no device 77`, "", ""},
		{"twice", "GET", "/api/v1/flows?limit=1&limit=2", "", 400, `an argument is given twice: \"limit\"`, "", ""},
		{"twice, in both", "POST", "/api/v1/flows?limit=1", `{"limit":2}`, 400, `an argument is given twice: \"limit\"`, "", ""},
		{"bad query", "GET", "/api/v1/flows?a=%zz", "", 400, `the query is not well formed`, "", ""},
		{"bad body", "POST", "/api/v1/flows", `[1]`, 400, `the body is not one JSON object`, "", ""},
		{"nested body", "POST", "/api/v1/flows", `{"limit":{}}`, 400, `must be of type int, not an object or array`, "", ""},
		{"health", "GET", "/healthz", "", 200, `{"ok":true,"version":"0.1.0","clock_trusted":true}`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequest(tt.method, "http://weir"+tt.path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			res, body := do(t, c, req)
			if res.StatusCode != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("got %d %s, want %d with %s", res.StatusCode, body, tt.status, tt.want)
			}
			if got := res.Header.Get(tt.header); got != tt.value {
				t.Errorf("%s is %q, want %q", tt.header, got, tt.value)
			}
		})
	}
}

func TestFailedReload(t *testing.T) {
	h := serve(t, Config{}, false)
	h.ReloadErr = apitest.ErrReload
	res, body := post(t, h.client(t), "/api/v1/reload", nil)
	if res.StatusCode != 500 || !strings.Contains(body, "unknown option snaplenn") {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
	if s := h.server.Stats(); s.Failed != 1 {
		t.Errorf("%+v", s)
	}
}

// A reply of 200 rows is larger than any buffer on its way and must arrive
// whole, in pieces.
func TestLargeReply(t *testing.T) {
	h := serve(t, Config{}, false)
	for len(h.FlowRows) < 200 {
		h.FlowRows = append(h.FlowRows, h.FlowRows[0])
	}
	res, body := get(t, h.client(t), "/api/v1/flows?limit=200")
	var reply struct{ Flows []struct{ ID int } }
	if err := json.Unmarshal([]byte(body), &reply); err != nil || len(reply.Flows) != 200 {
		t.Fatalf("%d flows, %v", len(reply.Flows), err)
	}
	if res.ContentLength != -1 {
		t.Errorf("a reply of %d bytes was held whole", len(body))
	}
}

// BenchmarkFlows is a page of 100 flows by JSON-RPC over the unix socket, the
// client's work included.
func BenchmarkFlows(b *testing.B) {
	dir, err := os.MkdirTemp("", "w")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	h := &house{House: apitest.New(), socket: dir + "/weir.sock"}
	for len(h.FlowRows) < 100 {
		h.FlowRows = append(h.FlowRows, h.FlowRows[0])
	}
	h.server = New(Config{Socket: h.socket}, h.Backend())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- h.server.Run(ctx) }()
	<-h.server.Ready()
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", h.socket)
	}}
	c := &http.Client{Transport: tr}
	b.ReportAllocs()
	for b.Loop() {
		res, err := c.Post("http://weir/ubus", "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"call","params":["","weir","flows",{"limit":100}]}`))
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err != nil || n < 50_000 {
			b.Fatalf("%d bytes, %v", n, err)
		}
		res.Body.Close()
	}
	tr.CloseIdleConnections()
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
