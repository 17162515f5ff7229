package dpi

import "testing"

func TestByPort(t *testing.T) {
	tests := []struct {
		name  string
		proto uint8
		port  uint16
		want  Protocol
	}{
		{"dns over udp", udp, 53, DNS},
		{"dns over tcp", tcp, 53, DNS},
		{"https", tcp, 443, TLS},
		{"quic", udp, 443, QUIC},
		{"second line of a protocol", udp, 4500, IPsec},
		{"protocol without ports", icmp6, 0, ICMPv6},
		{"unused", tcp, 1, NoProtocol},
		{"first of all", tcp, 0, NoProtocol},
		{"last of all", 255, 65535, NoProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ByPort(tt.proto, tt.port); got != tt.want {
				t.Errorf("ByPort(%d, %d) = %s, want %s", tt.proto, tt.port, got, tt.want)
			}
		})
	}
}

// Every port of the table must lead back to its own protocol, and to one only.
func TestTableIsUnambiguous(t *testing.T) {
	for i := 1; i < len(services); i++ {
		if a, b := services[i-1], services[i]; a.number == b.number {
			t.Errorf("protocol %d port %d is both %s and %s", a.number>>16, uint16(a.number), a.protocol, b.protocol)
		}
	}
	for _, e := range ports {
		for _, p := range e.ports {
			proto := e.proto
			if proto == both {
				proto = tcp
			}
			if got := ByPort(proto, p); got != e.protocol {
				t.Errorf("ByPort(%d, %d) = %s, want %s", proto, p, got, e.protocol)
			}
		}
	}
}

func TestProtocolsHaveNames(t *testing.T) {
	for p := range Protocol(NumProtocols) {
		got, ok := ParseProtocol(p.String())
		if p != NoProtocol && (!ok || got != p) {
			t.Errorf("protocol %d is called %q, which is %d", p, p.String(), got)
		}
	}
	if _, ok := ParseProtocol(""); ok {
		t.Error("nothing is no protocol's name")
	}
}

func TestByPortAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _ = ByPort(tcp, 443).String() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
