package dpi

import "testing"

func TestByPort(t *testing.T) {
	tests := []struct {
		name  string
		proto uint8
		port  uint16
		want  string
	}{
		{"dns over udp", udp, 53, "dns"},
		{"dns over tcp", tcp, 53, "dns"},
		{"https", tcp, 443, "tls"},
		{"quic", udp, 443, "quic"},
		{"second line of a name", udp, 4500, "ipsec"},
		{"protocol without ports", icmp6, 0, "icmpv6"},
		{"unused", tcp, 1, "unknown"},
		{"first of all", tcp, 0, "unknown"},
		{"last of all", 255, 65535, "unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ByPort(tt.proto, tt.port).String(); got != tt.want {
				t.Errorf("ByPort(%d, %d) = %s, want %s", tt.proto, tt.port, got, tt.want)
			}
		})
	}
}

// Every port of the table must lead back to its own name, and to one only.
func TestTableIsUnambiguous(t *testing.T) {
	for i := 1; i < len(services); i++ {
		if a, b := services[i-1], services[i]; a.number == b.number {
			t.Errorf("protocol %d port %d is both %s and %s", a.number>>16, uint16(a.number), a.app, b.app)
		}
	}
	for _, e := range ports {
		for _, p := range e.ports {
			proto := e.proto
			if proto == both {
				proto = tcp
			}
			if got := ByPort(proto, p).String(); got != e.name {
				t.Errorf("ByPort(%d, %d) = %s, want %s", proto, p, got, e.name)
			}
		}
	}
}

func TestOneNumberPerName(t *testing.T) {
	numbers := map[string]App{}
	for _, s := range services {
		if n, ok := numbers[s.app.String()]; ok && n != s.app {
			t.Errorf("%s has numbers %d and %d", s.app, n, s.app)
		}
		numbers[s.app.String()] = s.app
		if int(s.app) >= NumApps() {
			t.Errorf("%s has number %d, not below %d", s.app, s.app, NumApps())
		}
	}
}

func TestByPortAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _ = ByPort(tcp, 443).String() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
