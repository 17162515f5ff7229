package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
)

// anySession is what LuCI sends before it logs in.
const anySession = `"00000000000000000000000000000000"`

// TestExchanges holds the golden exchanges; the errors are those of uhttpd's
// ubus plugin.
func TestExchanges(t *testing.T) {
	const parse = `"error":{"code":-32700,"message":"Parse error"}}`
	call := func(rest string) string {
		return `{"jsonrpc":"2.0","id":1,"method":"call","params":[` + anySession + `,` + rest + `]}`
	}
	port := `{"ts":1750000500,"total":2,"truncated":true,"ports":[{"proto":"tcp","port":443,"service":"tls","bytes":{"tx":41822,"rx":1873344},"pkts":{"tx":610,"rx":1311},"flows":1}]}`
	reload := `{"ts":1750000500,"errors":[{"section":"main","option":"ring_size","message":"ring_size 300K is not a power of two; 256K is used","warning":true}]}`
	tests := []struct{ name, body, want string }{
		{"call", call(`"weir","ports",{"limit":1}`), `{"jsonrpc":"2.0","id":1,"result":[0,` + port + `]}`},
		{"write method", call(`"weir","reload",{}`), `{"jsonrpc":"2.0","id":1,"result":[0,` + reload + `]}`},
		{"integer as text", call(`"weir","ports",{"limit":"1"}`), `{"jsonrpc":"2.0","id":1,"result":[0,` + port + `]}`},
		{"more parameters", call(`"weir","ports",{"limit":1},5`), `{"jsonrpc":"2.0","id":1,"result":[0,` + port + `]}`},
		{"invalid argument", call(`"weir","ports",{"limit":0}`), `{"jsonrpc":"2.0","id":1,"result":[2,{"code":"invalid_argument","message":"ports: argument limit must be from 1 to 200, not 0","hint":null}]}`},
		{"nested argument", call(`"weir","ports",{"limit":[1]}`), `{"jsonrpc":"2.0","id":1,"result":[2,{"code":"invalid_argument","message":"ports: argument limit must be of type int, not an object or array","hint":null}]}`},
		{"unknown method", call(`"weir","prots",{}`), `{"jsonrpc":"2.0","id":1,"result":[3,{"code":"method_not_found","message":"there is no method \"prots\"","hint":"did you mean ports?"}]}`},
		{"not found", call(`"weir","flow",{"id":99}`), `{"jsonrpc":"2.0","id":1,"result":[4,{"code":"not_found","message":"there is no flow 99","hint":"it may have ended; list flows for those that live"}]}`},
		{"not supported", call(`"weir","flows",{"cursor":"x"}`), `{"jsonrpc":"2.0","id":1,"result":[8,{"code":"not_supported","message":"flows: argument cursor is not supported by this version: lists are paged by offset","hint":"leave it out"}]}`},
		{"unknown object", call(`"session","login",{}`), `{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Object not found"}}`},
		{"session in arguments", call(`"weir","ports",{"ubus_rpc_session":"x"}`), `{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Invalid parameters"}}`},
		{"id text", `{"jsonrpc":"2.0","id":"a<b\"é","method":"x"}`, `{"jsonrpc":"2.0","id":"a\u003cb\"é","error":{"code":-32601,"message":"Method not found"}}`},
		{"id number", `{"jsonrpc":"2.0","id":1.50,"method":"x"}`, `{"jsonrpc":"2.0","id":1.50,"error":{"code":-32601,"message":"Method not found"}}`},
		{"id null", `{"jsonrpc":"2.0","id":null,"method":"x"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}`},
		{"id missing", `{"jsonrpc":"2.0","method":"x"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}`},
		{"id not UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"x\"}", `{"jsonrpc":"2.0","id":"` + "\ufffd" + `","error":{"code":-32601,"message":"Method not found"}}`},
		{"id too long", `{"jsonrpc":"2.0","id":"` + strings.Repeat("x", 300) + `","method":"x"}`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}`},
		{"list names", `{"jsonrpc":"2.0","id":2,"method":"list"}`, `{"jsonrpc":"2.0","id":2,"result":["weir"]}`},
		{"list names, params no array", `{"jsonrpc":"2.0","id":2,"method":"list","params":{}}`, `{"jsonrpc":"2.0","id":2,"result":["weir"]}`},
		{"list other objects", `{"jsonrpc":"2.0","id":2,"method":"list","params":["system","network.*",5]}`, `{"jsonrpc":"2.0","id":2,"result":{}}`},
		{"empty body", ``, `{"jsonrpc":"2.0","id":null,` + parse},
		{"not JSON", `{"jsonrpc"`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"text", `"call"`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"null", `null`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"something after it", `{"jsonrpc":"2.0","id":1,"method":"list"} x`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"other version", `{"jsonrpc":"1.0","id":1,"method":"list"}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"names in capitals", `{"JSONRPC":"2.0","id":1,"method":"list"}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"no method", `{"jsonrpc":"2.0","id":1}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"method is no text", `{"jsonrpc":"2.0","id":1,"method":7}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"no params", `{"jsonrpc":"2.0","id":1,"method":"call"}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"params no array", `{"jsonrpc":"2.0","id":1,"method":"call","params":{}}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"no arguments", `{"jsonrpc":"2.0","id":1,"method":"call","params":[` + anySession + `,"weir","ports"]}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"arguments no object", call(`"weir","ports",[]`), `{"jsonrpc":"2.0","id":1,` + parse},
		{"session no text", `{"jsonrpc":"2.0","id":1,"method":"call","params":[null,"weir","ports",{}]}`, `{"jsonrpc":"2.0","id":1,` + parse},
		{"empty batch", `[]`, `[]`},
		{"batch", ` [ ` + call(`"weir","ports",{"limit":1}`) + `, 5, {"jsonrpc":"2.0","id":2,"method":"list"}, [] ]`,
			`[{"jsonrpc":"2.0","id":1,"result":[0,` + port + `]},{"jsonrpc":"2.0","id":null,` + parse + `,{"jsonrpc":"2.0","id":2,"result":["weir"]},{"jsonrpc":"2.0","id":null,` + parse + `]`},
		{"broken batch", `[{"jsonrpc":"2.0","id":2,"method":"list"},`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"large batch", `[` + strings.Repeat(`1,`, maxBatch) + `1]`, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid request"}}`},
		{"too many members", `{` + strings.Repeat(`"a":1,`, maxMembers) + `"jsonrpc":"2.0"}`, `{"jsonrpc":"2.0","id":null,` + parse},
		{"deep", `{"jsonrpc":"2.0","id":1,"method":"list","params":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, `{"jsonrpc":"2.0","id":null,` + parse},
	}
	h := serve(t, Config{}, false)
	c := h.client(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/ubus", "/ubus/"} {
				res, got := post(t, c, path, []byte(tt.body))
				if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" {
					t.Errorf("status %d, content type %s", res.StatusCode, res.Header.Get("Content-Type"))
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
	if h.Reloads() != 2 {
		t.Errorf("%d reloads, want 2", h.Reloads())
	}
}

func TestList(t *testing.T) {
	c := serve(t, Config{}, false).client(t)
	for _, pattern := range []string{"weir", "*", "we*"} {
		_, got := post(t, c, "/ubus", fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"method":"list","params":[%q,"weir"]}`, pattern))
		var res struct {
			Result map[string]map[string]map[string]string
		}
		if err := json.Unmarshal([]byte(got), &res); err != nil {
			t.Fatal(err)
		}
		weir := res.Result["weir"]
		if len(res.Result) != 1 || len(weir) != len(api.Methods) {
			t.Fatalf("%s: %d objects, %d methods", pattern, len(res.Result), len(weir))
		}
		want := map[string]string{"limit": "number", "scope": "string", "text": "string", "desc": "boolean"}
		for arg, kind := range want {
			if weir["hosts"][arg] != kind {
				t.Errorf("hosts %s is %q, want %q", arg, weir["hosts"][arg], kind)
			}
		}
		if weir["status"] == nil || len(weir["status"]) != 0 {
			t.Errorf("status takes %v", weir["status"])
		}
	}
}

func TestOversize(t *testing.T) {
	h := serve(t, Config{}, false)
	c := h.client(t)
	body := append([]byte(`{"jsonrpc":"2.0","id":1,"method":"list"}`), bytes.Repeat([]byte(" "), maxBody)...)
	res, got := post(t, c, "/ubus", body)
	if want := `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}`; got != want || res.StatusCode != 200 || !res.Close {
		t.Errorf("JSON-RPC: %d %s, closed %v", res.StatusCode, got, res.Close)
	}
	if _, got := post(t, c, "/ubus", body[:maxBody]); !strings.Contains(got, `"result"`) {
		t.Errorf("JSON-RPC of 64 KiB: %s", got)
	}
	res, got = post(t, c, "/api/v1/flows", body)
	if want := `{"code":"invalid_argument","message":"the body is larger than 64 KiB","hint":null}`; got != want || res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("REST: %d %s", res.StatusCode, got)
	}
	req, _ := http.NewRequest(http.MethodGet, "http://weir/healthz", nil)
	req.Header.Set("X-Large", strings.Repeat("x", maxHeader))
	if res, _ := do(t, c, req); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("header: %d", res.StatusCode)
	}
	req.Header.Set("X-Large", strings.Repeat("x", maxHeader/2))
	if res, _ := do(t, c, req); res.StatusCode != http.StatusOK {
		t.Errorf("half the header: %d", res.StatusCode)
	}
}

// FuzzJSONRPC checks that any body gets an answer that is JSON: one response, or
// an array with one for each request.
func FuzzJSONRPC(f *testing.F) {
	for _, s := range []string{
		``, `[]`, `{}`, `[1,{}]`, `{"jsonrpc":"2.0","id":1,"method":"list","params":["*"]}`,
		`{"jsonrpc":"2.0","id":"x","method":"call","params":["","weir","flows",{"limit":1,"ip":"10.0.0.0/8","desc":true}]}`,
		`[{"jsonrpc":"2.0","id":{},"method":"call","params":["","weir","config_check",{"text":"many\u0000"}]}]`,
		`{"jsonrpc":"2.0","method":"call","params":["","weir","series",{"class":"total","from":1,"to":1e9,"points":2000}]}`,
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	h := apitest.New()
	s := New(Config{}, h.Backend())
	d := &door{s: s}
	f.Fuzz(func(t *testing.T, body []byte, authorized bool) {
		if len(body) > maxBody {
			t.Skip()
		}
		var out bytes.Buffer
		e := api.NewEncoder(&out)
		d.answerBody(context.Background(), e, body, &caller{d: d, r: &request{}, known: authorized})
		if err := e.Flush(); err != nil {
			t.Fatal(err)
		}
		var one map[string]any
		if out.Bytes()[0] == '[' {
			var many []map[string]any
			if err := json.Unmarshal(out.Bytes(), &many); err != nil {
				t.Fatalf("%q: %v", out.Bytes(), err)
			}
			if len(many) > maxBatch {
				t.Errorf("%d responses", len(many))
			}
		} else if err := json.Unmarshal(out.Bytes(), &one); err != nil || one["jsonrpc"] != "2.0" {
			t.Fatalf("%q: %v", out.Bytes(), err)
		}
		if !authorized && bytes.Contains(out.Bytes(), []byte(`"result"`)) {
			t.Errorf("%q answered to a stranger", out.Bytes())
		}
	})
}
