package flow

import (
	"net/netip"
	"testing"

	"weir/internal/packet"
)

// tuple returns the Tuple of "address:port" or "[address]:port" pairs.
func tuple(src, dst string) Tuple {
	s, d := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	return Tuple{Src: packet.AddrOf(s.Addr()), Dst: packet.AddrOf(d.Addr()), SrcPort: s.Port(), DstPort: d.Port()}
}

// inHouse is a house with 192.168.1.0/24 and 2001:db8:1::/64 whose router has the
// addresses 203.0.113.77 and 2001:db8:ff::77 outside.
func inHouse(a *packet.Addr) bool {
	ip := a.IP()
	return netip.MustParsePrefix("192.168.1.0/24").Contains(ip) || netip.MustParsePrefix("2001:db8:1::/64").Contains(ip) ||
		netip.MustParsePrefix("fd00::/8").Contains(ip) || ip == netip.MustParseAddr("203.0.113.77") || ip == netip.MustParseAddr("2001:db8:ff::77")
}

func TestLANSide(t *testing.T) {
	tests := []struct {
		name           string
		orig, reply    Tuple
		client, server string // of the key
		second         [2]string
	}{
		{"source translation",
			tuple("192.168.1.20:5000", "198.51.100.5:443"), tuple("198.51.100.5:443", "203.0.113.77:61000"),
			"192.168.1.20:5000", "198.51.100.5:443", [2]string{}},
		{"port forward",
			tuple("198.51.100.9:4000", "203.0.113.77:8080"), tuple("192.168.1.30:80", "198.51.100.9:4000"),
			"198.51.100.9:4000", "192.168.1.30:80", [2]string{}},
		{"redirected DNS",
			tuple("192.168.1.20:5001", "8.8.8.8:53"), tuple("192.168.1.1:53", "192.168.1.20:5001"),
			"192.168.1.20:5001", "8.8.8.8:53", [2]string{"192.168.1.20:5001", "192.168.1.1:53"}},
		{"redirected to a server elsewhere",
			tuple("192.168.1.20:5001", "8.8.8.8:53"), tuple("9.9.9.9:53", "203.0.113.77:5001"),
			"192.168.1.20:5001", "8.8.8.8:53", [2]string{}},
		{"hairpin",
			tuple("192.168.1.20:5002", "203.0.113.77:8080"), tuple("192.168.1.30:80", "192.168.1.1:5002"),
			"192.168.1.20:5002", "203.0.113.77:8080", [2]string{"192.168.1.1:5002", "192.168.1.30:80"}},
		{"ipv6 out",
			tuple("[2001:db8:1::20]:5000", "[2001:db8:aa::5]:443"), tuple("[2001:db8:aa::5]:443", "[2001:db8:1::20]:5000"),
			"[2001:db8:1::20]:5000", "[2001:db8:aa::5]:443", [2]string{}},
		{"ipv6 in",
			tuple("[2001:db8:aa::5]:4000", "[2001:db8:1::30]:22"), tuple("[2001:db8:1::30]:22", "[2001:db8:aa::5]:4000"),
			"[2001:db8:aa::5]:4000", "[2001:db8:1::30]:22", [2]string{}},
		{"nat66",
			tuple("[fd00:9::20]:5000", "[2001:db8:aa::5]:443"), tuple("[2001:db8:aa::5]:443", "[2001:db8:ff::77]:6000"),
			"[fd00:9::20]:5000", "[2001:db8:aa::5]:443", [2]string{}},
		{"within the house",
			tuple("192.168.1.20:5003", "192.168.1.30:445"), tuple("192.168.1.30:445", "192.168.1.20:5003"),
			"192.168.1.20:5003", "192.168.1.30:445", [2]string{}},
		{"the router's own",
			tuple("203.0.113.77:5005", "198.51.100.5:80"), tuple("198.51.100.5:80", "203.0.113.77:5005"),
			"203.0.113.77:5005", "198.51.100.5:80", [2]string{}},
		{"from a network that is not known",
			tuple("10.99.0.7:4000", "198.51.100.5:80"), tuple("198.51.100.5:80", "203.0.113.77:61000"),
			"10.99.0.7:4000", "198.51.100.5:80", [2]string{}},
		{"past the house",
			tuple("198.51.100.9:4000", "198.51.100.5:80"), tuple("198.51.100.5:80", "198.51.100.9:4000"),
			"198.51.100.9:4000", "198.51.100.5:80", [2]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Connection{Orig: tt.orig, Reply: tt.reply, Proto: packet.ProtoTCP}
			key, second, client, hasSecond := c.LANSide(inHouse)
			if want := tuple(tt.client, tt.server); !isView(&key, client, want) {
				t.Errorf("key %+v, client %d, want %s to %s", key, client, tt.client, tt.server)
			}
			if hasSecond != (tt.second[0] != "") {
				t.Fatalf("a second view: %v", hasSecond)
			}
			if hasSecond {
				want := tuple(tt.second[0], tt.second[1])
				if k, _ := KeyOf(&want.Src, &want.Dst, want.SrcPort, want.DstPort, packet.ProtoTCP, 0); k != second {
					t.Errorf("second %+v, want %v", second, tt.second)
				}
			}
			// Whatever the key shows, both tuples can be told from the flow.
			tb := New(Config{Max: 4}, &recorder{})
			c.Packets, c.Bytes, c.Last = [2]uint64{1, 2}, [2]uint64{100, 200}, start
			f, conn, first := tb.Connect(&key, client, &c)
			if !first || conn != tb.Conn(f) || conn.Orig(f) != c.Orig || conn.Reply(f) != c.Reply {
				t.Errorf("first %v, %+v", first, conn)
			}
			if from, to := conn.Ends(f); *from != c.Orig.Src || *to != c.Reply.Src {
				t.Errorf("%v talks to %v", from.IP(), to.IP())
			}
			if f.Bytes(client) != 100 || f.Packets(client.Other()) != 2 || f.Client() != client || !f.Recorded() || !f.Tracked() {
				t.Errorf("%+v", f)
			}
		})
	}
}

func isView(k *Key, client End, t Tuple) bool {
	o := client.Other()
	return *k.Addr(client) == t.Src && k.Port(client) == t.SrcPort && *k.Addr(o) == t.Dst && k.Port(o) == t.DstPort
}

func TestOffload(t *testing.T) {
	for want, s := range map[string]ConnStatus{"none": ConnReplied, "software": ConnOffloaded, "hardware": ConnOffloaded | ConnHardware} {
		if got := s.Offload().String(); got != want {
			t.Errorf("%v is %q, want %q", s, got, want)
		}
	}
	if OffloadUnknown.String() != "" {
		t.Error("what is not known has a name")
	}
}
