package api

import (
	"net/netip"
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

func endOf(s string) (packet.Addr, uint16) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return packet.AddrOf(ip), 0
	}
	p := netip.MustParseAddrPort(s)
	return packet.AddrOf(p.Addr()), p.Port()
}

func tupleText(src, dst string) (t flow.Tuple) {
	t.Src, t.SrcPort = endOf(src)
	t.Dst, t.DstPort = endOf(dst)
	return t
}

func TestWhy(t *testing.T) {
	const (
		phone, nas     = "192.168.1.20:51000", "192.168.1.30:8443"
		web, wan       = "203.0.113.7:443", "198.51.100.4:51000"
		phone6, web6   = "[2001:db8:1::20]:51000", "[2001:db8:2::7]:443"
		router, google = "192.168.1.1:53", "8.8.8.8:53"
	)
	tests := []struct {
		name                    string
		dir, scope              string // of the server
		proto                   uint8
		src, dst, replies, gets string // of both tuples
		by, rule                string
		want                    string
	}{
		{"masquerade", "out", "remote", 6, phone, web, web, wan, "", "", "leaves the house as 198.51.100.4:51000"},
		{"IPv6", "out", "remote", 6, phone6, web6, web6, phone6, "", "", "addresses are not translated"},
		{"IPv6 prefix translation", "out", "remote", 6, phone6, web6, web6, "[2001:db8:9::20]:51000", "", "", "leaves the house as [2001:db8:9::20]:51000"},
		{"redirected DNS", "local", "router", 17, phone, google, router, phone, "", "", "redirected to 192.168.1.1:53"},
		{"hairpin", "local", "local", 6, phone, "198.51.100.4:443", nas, "192.168.1.1:51000", "", "", "hairpin: asked the router's outer address and was turned back to 192.168.1.30:8443"},
		{"echo", "out", "remote", 1, "192.168.1.20", "203.0.113.7", "203.0.113.7", "198.51.100.4", "", "", "leaves the house as 198.51.100.4"},
		{"echo without translation", "local", "router", 1, "192.168.1.20", "192.168.1.1", "192.168.1.1", "192.168.1.20", "", "", "addresses are not translated"},
		{"ports only", "out", "remote", 17, phone, web, web, "192.168.1.20:1024", "", "", "only its ports are translated"},
		{"redirect", "in", "local", 6, web, wan, nas, web, "redirect", "Cloud", "port forward Cloud of the firewall"},
		{"redirect without a name", "in", "local", 6, web, wan, nas, web, "redirect", "", "port forward of the firewall"},
		{"pinhole", "in", "local", 6, web6, phone6, phone6, web6, "rule", "Allow-SSH", "rule Allow-SSH of the firewall"},
		{"UPnP", "in", "local", 17, web, wan, nas, web, "upnp", "Game", "opened by Game over UPnP"},
		{"PCP", "in", "local", 17, web, wan, nas, web, "nat-pmp", "", "opened by a program over NAT-PMP or PCP"},
		{"to the router", "in", "router", 6, web, wan, wan, web, "", "", "to the router itself"},
		{"nobody knows", "in", "local", 6, web6, phone6, phone6, web6, "", "", "no rule or lease is known that lets it in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &engine.FlowRow{
				Proto: tt.proto, Dir: tt.dir, Server: engine.Endpoint{Scope: tt.scope},
				NAT: &engine.NAT{Orig: tupleText(tt.src, tt.dst), Reply: tupleText(tt.replies, tt.gets), Mapping: tt.rule, OpenedBy: tt.by},
			}
			if got := string(appendWhy(nil, f)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}
