package dpi

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/packet"
)

// An exchange is what two ends say, and what the detectors, all of them, are to
// make of it.
type exchange struct {
	name   string
	proto  uint8    // tcp or udp
	client uint16   // port, 0 for 40000
	server uint16   // port
	to     string   // address of the server, "" for one somewhere
	says   []string // ">" before what the client sends, "<" before what the server sends
	want   Protocol
	by     By // FromContent if 0, and want is a protocol
	tells  gathered
}

// gathered is what Facts hold, as strings.
type gathered struct {
	Host, ALPN, Version, Method, URL, UserAgent, Server, ContentType string
	DeviceName, DeviceModel, Vendor, Fingerprint                     string
	Code                                                             uint16
}

// note adds what facts tell anew.
func (t *gathered) note(f *Facts) {
	for _, x := range []struct {
		to   *string
		from []byte
	}{
		{&t.Host, f.Host}, {&t.ALPN, f.ALPN}, {&t.Version, f.Version}, {&t.Method, f.Method}, {&t.URL, f.URL},
		{&t.UserAgent, f.UserAgent}, {&t.Server, f.Server}, {&t.ContentType, f.ContentType}, {&t.DeviceName, f.DeviceName},
		{&t.DeviceModel, f.DeviceModel}, {&t.Vendor, f.Vendor}, {&t.Fingerprint, f.Fingerprint},
	} {
		if len(x.from) > 0 {
			*x.to = string(x.from)
		}
	}
	if f.Code != 0 {
		t.Code = f.Code
	}
}

// runExchanges shows each exchange to an Inspector from its SYNs on.
func runExchanges(t *testing.T, all []exchange) {
	t.Helper()
	for _, x := range all {
		t.Run(x.name, func(t *testing.T) {
			got, tells := x.run()
			if x.by == FromNothing && x.want != NoProtocol {
				x.by = FromContent
			}
			if got.Protocol != x.want || got.By != x.by {
				t.Fatalf("got %q by %q, want %q by %q", got.Protocol, got.By, x.want, x.by)
			}
			if diff := cmp.Diff(x.tells, tells); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func (x *exchange) run() (r Result, tells gathered) {
	in := NewInspector(Config{Flows: 2, Streams: 2})
	h := in.Open(x.proto)
	ports := [2]uint16{x.client, x.server}
	if x.client == 0 {
		ports[0] = 40000
	}
	var addrs [2]packet.Addr
	addrs[0][15], addrs[1][15] = 1, 2
	if x.to != "" {
		addrs[1] = packet.AddrOf(netip.MustParseAddr(x.to))
	}
	var seq [2]uint32
	for way := range seq {
		if x.proto == packet.ProtoTCP {
			in.Inspect(h, &packet.Packet{Proto: x.proto, TCPFlags: packet.SYN, Seq: ^uint32(0)}, way == 0, new(Facts))
		}
	}
	for _, s := range x.says {
		way := 0
		if s[0] == '<' {
			way = 1
		}
		p := &packet.Packet{Proto: x.proto, Src: addrs[way], Dst: addrs[1-way], SrcPort: ports[way], DstPort: ports[1-way], Seq: seq[way], Payload: []byte(s[1:]), PayLen: uint32(len(s) - 1)}
		seq[way] += p.PayLen
		var f Facts
		r = in.Inspect(h, p, way == 0, &f)
		tells.note(&f)
		if r.Done {
			return r, tells
		}
	}
	return in.Close(h), tells
}
