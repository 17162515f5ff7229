package api_test

import (
	"encoding/json"
	"net/netip"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
)

// TestFlowNames checks what a flow's row says of its name.
func TestFlowNames(t *testing.T) {
	const empty = `"alpn":null,"version":null,"ja4":null,"subject":null,"method":null,"url":null,`
	tests := []struct {
		name string
		row  engine.FlowRow
		info string
	}{
		{"nothing was told", engine.FlowRow{Protocol: "tls"}, `null`},
		{"only that the name is encrypted", engine.FlowRow{Protocol: "tls", ECH: true},
			`{"ech":true,` + empty + `"code":null,"rcode":null,"user_agent":null,"server":null,"content_type":null}`},
		{"a page that is missing", engine.FlowRow{Protocol: "http", Detail: &engine.Detail{Code: 404, Server: "nginx"}},
			`{"ech":false,` + empty + `"code":404,"rcode":null,"user_agent":null,"server":"nginx","content_type":null}`},
		{"a name that is", engine.FlowRow{Protocol: "dns", Detail: &engine.Detail{Code: 3 + 1}},
			`{"ech":false,` + empty + `"code":null,"rcode":"nxdomain","user_agent":null,"server":null,"content_type":null}`},
		{"a code without a name", engine.FlowRow{Protocol: "mdns", Detail: &engine.Detail{Code: 15 + 1}},
			`{"ech":false,` + empty + `"code":null,"rcode":"15","user_agent":null,"server":null,"content_type":null}`},
		{"a question without an answer", engine.FlowRow{Protocol: "dns", Detail: &engine.Detail{ALPN: ""}},
			`{"ech":false,` + empty + `"code":null,"rcode":null,"user_agent":null,"server":null,"content_type":null}`},
	}
	m, err := api.Lookup("flow")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.row.ID, tt.row.Client.IP, tt.row.Server.IP = 1, netip.IPv6Loopback(), netip.IPv6Loopback()
			h := &apitest.House{FlowRows: []engine.FlowRow{tt.row}}
			data, err := call(h.Backend(), "flow", map[string]any{"id": int64(1)})
			if err != nil {
				t.Fatal(err)
			}
			apitest.CheckReply(t, api.ReplyOf(m), data)
			var got struct {
				Flow struct{ Info json.RawMessage }
			}
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if string(got.Flow.Info) != tt.info {
				t.Errorf("info %s\nwant %s", got.Flow.Info, tt.info)
			}
		})
	}
}

// TestAppRows checks what rows are called that are no applications.
func TestAppRows(t *testing.T) {
	h := &apitest.House{AppRows: []engine.AppRow{
		{Key: "unknown", Protocol: true, Category: "other", Share: 99_999}, {Key: "other", Protocol: true, Category: "other"},
		{Key: "other", Category: "mine"},
	}}
	const none = `"bytes":{"tx":0,"rx":0},"pkts":{"tx":0,"rx":0},"flows":0,"active":0,"bps":0,"share":`
	frame := `{"ts":1750000500,"total":`
	tests := []struct{ method, want string }{
		{"apps", frame + `3,"truncated":false,"apps":[` +
			`{"key":"unknown","label":"not recognised","kind":null,"category":"other",` + none + `99.999},` +
			`{"key":"other","label":"all the rest","kind":null,"category":"other",` + none + `0.000},` +
			`{"key":"other","label":null,"kind":"application","category":"mine",` + none + `0.000}]}`},
		{"categories", frame + `2,"truncated":false,"categories":[` +
			`{"key":"other","label":"what no other category holds",` + none + `99.999},` +
			`{"key":"mine","label":null,` + none + `0.000}]}`},
	}
	for _, tt := range tests {
		data, err := call(h.Backend(), tt.method, nil)
		if err != nil || string(data) != tt.want {
			t.Errorf("%s: got %s, %v\nwant %s", tt.method, data, err, tt.want)
		}
	}
}
