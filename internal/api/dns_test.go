package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/engine"
	"weir/internal/names"
)

// TestDNSOfADevice leaves out what others asked.
func TestDNSOfADevice(t *testing.T) {
	const counts = `"queries":0,"repeats":0,"lost":0,"unasked":0,"answers":{"noerror":0,"nxdomain":0,"servfail":0,"refused":0,"other":0},"ms":{"mean":null,"max":null}`
	const two = `{"ts":1750000500,"total":2,"truncated":`
	h := &apitest.House{Questions: apitest.Questions{
		Counts:  []engine.DNSRow{{}, {Device: 2, Name: "Anna phone"}, {Device: 3}},
		Outside: []engine.BypassRow{{Device: 2, Via: "doh"}, {Device: 3, Via: "dns"}, {Device: 3, Via: "doq"}},
		Strangers: []engine.StrangerRow{
			{Device: 2, Proto: 6, Port: 443}, {Device: 3, Proto: 1},
		},
	}}
	bypass := func(via string) string {
		return `{"device":3,"device_name":null,"client":null,"resolver":null,"via":"` + via + `","count":0,"first":null,"last":null}`
	}
	tests := []struct {
		method string
		raw    map[string]any
		want   string
	}{
		{"dns_top", map[string]any{"device": int64(3)}, `{"ts":1750000500,"total":0,"truncated":false,"names":[],"counts":{` + counts + `},` +
			`"devices":[{"device":3,"name":null,` + counts + `,"strangers":{"flows":0,"bytes":0,"last":null}}],"resolvers":[]}`},
		{"dns_bypass", map[string]any{"device": int64(3), "limit": int64(1)}, two + `true,"bypasses":[` + bypass("dns") + `],` +
			`"strangers":[{"device":3,"device_name":null,"client":null,"server":null,"proto":"icmp","port":null,"flows":0,"bytes":0,"last":null}]}`},
		{"dns_bypass", map[string]any{"device": int64(3), "offset": int64(1)}, two + `false,"bypasses":[` + bypass("doq") + `],` +
			`"strangers":[{"device":3,"device_name":null,"client":null,"server":null,"proto":"icmp","port":null,"flows":0,"bytes":0,"last":null}]}`},
		{"dns_bypass", map[string]any{"device": int64(9), "offset": int64(7)},
			`{"ts":1750000500,"total":0,"truncated":false,"bypasses":[],"strangers":[]}`},
		{"dns_log", map[string]any{"device": int64(9)}, `{"ts":1750000500,"total":0,"truncated":false,"queries":[]}`},
	}
	for _, tt := range tests {
		data, err := call(h.Backend(), tt.method, tt.raw)
		if err != nil || string(data) != tt.want {
			t.Errorf("%s %v: got %s, %v\nwant %s", tt.method, tt.raw, data, err, tt.want)
		}
	}
	if f, p := h.Asked(); f.Device != 9 || p.Limit != 50 {
		t.Errorf("the log was asked for %+v %+v", f, p)
	}
}

// TestManyAskers bounds the devices of a reply to those that ask most.
func TestManyAskers(t *testing.T) {
	h := &apitest.House{}
	for i := range uint32(engine.MaxRows + 20) {
		h.Questions.Counts = append(h.Questions.Counts, engine.DNSRow{Device: i + 1, Counts: names.Counts{Queries: i}})
	}
	data, err := call(h.Backend(), "dns_top", nil)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Devices []struct{ Device, Queries int }
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if n := len(got.Devices); n != engine.MaxRows || got.Devices[0].Queries != n+19 || got.Devices[n-1].Queries != 20 {
		t.Errorf("%d devices, %+v to %+v", n, got.Devices[0], got.Devices[n-1])
	}
}

// TestQueries checks what an entry of the log says.
func TestQueries(t *testing.T) {
	const none = `{"at":0,"device":null,"device_name":null,"client":null,"name":null,"type":"`
	tests := []struct {
		name string
		row  engine.QueryRow
		want string
	}{
		{"waiting", engine.QueryRow{Type: 1, Via: "dns", State: "waiting", Rcode: 3},
			none + `A","via":"dns","resolver":null,"state":"waiting","rcode":null,"ms":null,"address":null}`},
		{"no error", engine.QueryRow{Type: 65, Via: "mdns", State: "answered", Timed: true, Took: 1500_000},
			none + `HTTPS","via":"mdns","resolver":null,"state":"answered","rcode":"noerror","ms":1.500,"address":null}`},
		{"odd numbers", engine.QueryRow{Type: 65535, Via: "llmnr", State: "answered", Rcode: 15},
			none + `TYPE65535","via":"llmnr","resolver":null,"state":"answered","rcode":"15","ms":null,"address":null}`},
	}
	m, err := api.Lookup("dns_log")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := apitest.New()
			data, err := call(h.Backend(), "dns_log", nil)
			if err != nil {
				t.Fatal(err)
			}
			apitest.CheckReply(t, api.ReplyOf(m), data)
			h.Questions.Log = []engine.QueryRow{tt.row}
			if data, err = call(h.Backend(), "dns_log", nil); err != nil || !bytes.Contains(data, []byte(tt.want)) {
				t.Errorf("no %s in %s, %v", tt.want, data, err)
			}
		})
	}
}
