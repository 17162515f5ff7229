package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// record returns one record of the flow from port n, which sent bytes.
func record(n int, bytes uint64, why flow.Reason) *flow.Record {
	src, dst := packet.AddrOf(netip.MustParseAddr("192.0.2.1")), packet.AddrOf(netip.MustParseAddr("192.0.2.2"))
	src[13] = byte(n >> 16) // more flows than ports
	k, e := flow.KeyOf(&src, &dst, uint16(n), 443, packet.ProtoUDP, 0)
	r := &flow.Record{Key: k, Client: e, First: int64(n) * 1000, Last: int64(n)*1000 + 500, Why: why}
	r.Bytes[e], r.Packets[e] = bytes, 1
	return r
}

func TestFlowListMergesWhatCameBack(t *testing.T) {
	l, f := newFlowList(), new(flow.Flow)
	l.add(f, record(1, 100, flow.Evicted), 0, nil)
	l.add(f, record(2, 300, flow.Idle), 0, nil)
	l.add(f, record(1, 250, flow.Evicted), 0, nil)
	l.add(f, record(1, 1, flow.Flushed), 0, nil)
	l.add(f, record(3, 7, flow.Flushed), 0, nil)
	if l.len() != 3 {
		t.Fatalf("%d flows, want 3", l.len())
	}
	var got []uint64
	for _, i := range l.largest(0) {
		got = append(got, l.total(i))
	}
	if want := []uint64{351, 300, 7}; !slices.Equal(got, want) {
		t.Errorf("bytes %v, want %v", got, want)
	}
	if first := l.at(0); first.packets[first.client] != 3 {
		t.Errorf("%d packets, want 3", first.packets[first.client])
	}
}

// TestFlowListNames lets flows come back with less, and with more, than was known.
func TestFlowListNames(t *testing.T) {
	const dns, tls, youtube = unknownApp + 11, unknownApp + 27, engine.Short(7)
	type told struct {
		app  engine.Short
		host string
	}
	tests := []struct {
		name    string
		records []told
		want    told
	}{
		{"nothing", []told{{unknownApp, ""}, {unknownApp, ""}}, told{unknownApp, ""}},
		{"at once", []told{{youtube, "www.youtube.com"}}, told{youtube, "www.youtube.com"}},
		{"later", []told{{unknownApp, ""}, {tls, ""}, {youtube, "www.youtube.com"}}, told{youtube, "www.youtube.com"}},
		{"no more", []told{{dns, "example.org"}, {unknownApp, ""}}, told{dns, "example.org"}},
		{"another name", []told{{dns, "example.org"}, {dns, "example.com"}}, told{dns, "example.org"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, f := newFlowList(), new(flow.Flow)
			for _, r := range tt.records {
				l.add(f, record(1, 100, flow.Evicted), r.app, []byte(r.host))
			}
			got := l.at(0)
			if host := string(l.hosts.Text(got.host)); got.app != tt.want.app || host != tt.want.host {
				t.Errorf("%x %q, want %x %q", got.app, host, tt.want.app, tt.want.host)
			}
		})
	}
}

// unknownApp is the engine's number for no protocol; those of others follow.
const unknownApp engine.Short = 1 << 15

func TestFlowListLargest(t *testing.T) {
	const n = 3*slabSize + 17
	l, f := newFlowList(), new(flow.Flow)
	var all []uint64
	for i := range n {
		bytes := uint64(i*7919%1000) + 1 // many equals
		all = append(all, bytes)
		l.add(f, record(i, bytes, flow.Flushed), 0, nil)
	}
	slices.Sort(all)
	slices.Reverse(all)
	for _, limit := range []int{0, 1, 2, 50, n - 1, n, n + 1} {
		want := all
		if limit > 0 {
			want = all[:min(limit, n)]
		}
		var got []uint64
		for _, i := range l.largest(limit) {
			got = append(got, l.total(i))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("largest(%d) (-want +got):\n%s", limit, diff)
		}
	}
}

func TestFlowListIsBounded(t *testing.T) {
	l, f := newFlowList(), new(flow.Flow)
	for i := range maxTallies + 10 {
		l.add(f, record(i, 1, flow.Evicted), 0, nil)
	}
	l.add(f, record(0, 5, flow.Evicted), 0, nil) // a held one still grows
	if l.n != maxTallies || l.len() != maxTallies+10 {
		t.Errorf("%d flows held of %d, want %d of %d", l.n, l.len(), maxTallies, maxTallies+10)
	}
	if got := l.total(0); got != 6 {
		t.Errorf("the first flow has %d bytes, want 6", got)
	}
}

func TestEmptyFlowList(t *testing.T) {
	l := newFlowList()
	if l.len() != 0 || l.span() != 0 || len(l.largest(50)) != 0 || len(l.largest(0)) != 0 {
		t.Errorf("an empty list is not empty: %d flows, %v", l.len(), l.span())
	}
}

// called is a flow that speaks a protocol and says nothing else.
type called struct {
	protocol, app, category string
	host                    []byte
	detail                  *engine.Detail
}

func (c *called) Protocol() string       { return c.protocol }
func (c *called) App() string            { return c.app }
func (c *called) Category() string       { return c.category }
func (c *called) Host() []byte           { return c.host }
func (c *called) Detail() *engine.Detail { return c.detail }

func TestFlowJSON(t *testing.T) {
	src, dst := packet.AddrOf(netip.MustParseAddr("2001:db8::1")), packet.AddrOf(netip.MustParseAddr("192.0.2.2"))
	youtube := called{
		protocol: "tls", app: "youtube", category: "streaming", host: []byte("www.youtube.com"),
		detail: &engine.Detail{ALPN: "h2", Version: "TLSv1.3", JA4: "t13d1516h2_8daaf6152771_e5627efa2ab1"},
	}
	for _, tt := range []struct {
		name, file string
		is         called
		want       string
	}{
		{"an application", "a.pcap", youtube, `{"pcap":"a.pcap","proto":6,"src":"2001:db8::1","sport":9,"dst":"192.0.2.2","dport":443,"l7":"tls",` +
			`"app":"youtube","category":"streaming","host":"www.youtube.com","ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1","alpn":"h2","version":"TLSv1.3","pkts":[1,2],"bytes":[3,4]}`},
		{"a protocol", "a.pcap", called{protocol: "tls", category: "other"}, `{"pcap":"a.pcap","proto":6,"src":"2001:db8::1","sport":9,"dst":"192.0.2.2","dport":443,"l7":"tls","pkts":[1,2],"bytes":[3,4]}`},
		{"unknown", "a.pcap", called{}, `{"pcap":"a.pcap","proto":6,"src":"2001:db8::1","sport":9,"dst":"192.0.2.2","dport":443,"pkts":[1,2],"bytes":[3,4]}`},
		{"odd name", "a\"\n\xff.pcap", called{}, "{\"pcap\":\"a\\\"\\u000a\ufffd.pcap\",\"proto\":6,\"src\":\"2001:db8::1\",\"sport\":9,\"dst\":\"192.0.2.2\",\"dport\":443,\"pkts\":[1,2],\"bytes\":[3,4]}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, client := flow.KeyOf(&src, &dst, 9, 443, packet.ProtoTCP, 0)
			r := &flow.Record{Key: k, Client: client}
			r.Packets[client], r.Packets[client.Other()] = 1, 2
			r.Bytes[client], r.Bytes[client.Other()] = 3, 4
			if got := strings.TrimSuffix(string(appendFlowJSON(nil, tt.file, r, &tt.is)), "\n"); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestFlowJSONAllocatesNothing(t *testing.T) {
	r, buf := record(1, 1, flow.Flushed), make([]byte, 0, 512)
	var name named = &called{protocol: "tls", host: []byte(strings.Repeat("long.", 20))}
	if n := testing.AllocsPerRun(100, func() { buf = appendFlowJSON(buf[:0], "a.pcap", r, name) }); n != 0 {
		t.Errorf("%v allocations a flow", n)
	}
}
