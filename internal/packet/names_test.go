package packet

import (
	"net/netip"
	"strconv"
	"testing"
)

func TestOutcomeString(t *testing.T) {
	want := []string{"ok", "not-ip", "truncated", "malformed", "outcome 4"}
	for i, w := range want {
		if got := Outcome(i).String(); got != w {
			t.Errorf("Outcome(%d) is %q, want %q", i, got, w)
		}
	}
	if len(want) != int(NumOutcomes)+1 {
		t.Errorf("%d outcomes, %d tested", NumOutcomes, len(want)-1)
	}
}

func TestProtoNames(t *testing.T) {
	for proto, want := range map[uint8]string{
		ProtoICMP: "icmp", ProtoIGMP: "igmp", ProtoIPIP: "ipip", ProtoTCP: "tcp", ProtoUDP: "udp", Proto6in4: "6in4",
		ProtoGRE: "gre", ProtoESP: "esp", ProtoAH: "ah", ProtoICMPv6: "icmpv6", ProtoSCTP: "sctp", ProtoUDPLite: "udplite", 254: "254",
	} {
		if got := ProtoName(proto); got != want {
			t.Errorf("ProtoName(%d) = %q, want %q", proto, got, want)
		}
	}
	for i := range 256 {
		for _, s := range []string{ProtoName(uint8(i)), strconv.Itoa(i)} {
			if got, ok := ParseProto(s); !ok || int(got) != i {
				t.Errorf("ParseProto(%q) = %d, %v, want %d", s, got, ok, i)
			}
		}
	}
	for s, want := range map[string]uint8{"icmp6": 58, "ipv6-icmp": 58, "ipv6": 41, "ipencap": 4, "udp-lite": 136, "ipsec-esp": 50, "ipsec-ah": 51} {
		if got, ok := ParseProto(s); !ok || got != want {
			t.Errorf("ParseProto(%q) = %d, %v, want %d", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "TCP", "256", "-1", "1.5", "tcp ", "any"} {
		if got, ok := ParseProto(s); ok {
			t.Errorf("ParseProto(%q) = %d, should fail", s, got)
		}
	}
}

func TestFlagString(t *testing.T) {
	for flags, want := range map[uint8]string{
		0: "........", FIN: ".......F", SYN | ACK: "...A..S.", PSH | ACK: "...AP...",
		RST: ".....R..", URG: "..U.....", ECE | CWR: "CE......", 0xff: "CEUAPRSF",
	} {
		if got := FlagString(flags); got != want {
			t.Errorf("FlagString(%#x) = %q, want %q", flags, got, want)
		}
	}
}

func TestAddr(t *testing.T) {
	for _, s := range []string{"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1", "fe80::1", "ff02::fb"} {
		a, ok := ParseAddr(s)
		if !ok || a.String() != s || string(a.Append([]byte("<"))) != "<"+s {
			t.Errorf("%s reads as %v, %v", s, a, ok)
		}
		ip := netip.MustParseAddr(s)
		if a.IP() != ip || AddrOf(ip) != a || a.Is4() != ip.Is4() {
			t.Errorf("%s: IP %v, Is4 %v", s, a.IP(), a.Is4())
		}
	}
	for _, s := range []string{"", "192.0.2", "192.0.2.1/24", "fe80::1%eth0", "host"} {
		if a, ok := ParseAddr(s); ok {
			t.Errorf("ParseAddr(%q) = %v, should fail", s, a)
		}
	}
	if a := AddrOf(netip.Addr{}); a != (Addr{}) {
		t.Errorf("no address is %v", a)
	}
	if a := AddrOf(netip.MustParseAddr("fe80::1%eth0")); a.String() != "fe80::1" {
		t.Errorf("a zone is kept: %v", a)
	}
	for _, a := range []Addr{{10: 0xff, 11: 0xfe}, {9: 1, 10: 0xff, 11: 0xff}, {0: 1, 10: 0xff, 11: 0xff}} {
		if a.Is4() {
			t.Errorf("%v is taken for IPv4", a)
		}
	}
}

func TestMACString(t *testing.T) {
	m := MAC{0x02, 0, 0x5e, 0x10, 0xab, 0xff}
	if got := m.String(); got != "02:00:5E:10:AB:FF" {
		t.Error(got)
	}
	if got := string(m.Append([]byte("at "))); got != "at 02:00:5E:10:AB:FF" {
		t.Error(got)
	}
}

func TestAppendAllocs(t *testing.T) {
	buf := make([]byte, 0, 64)
	a, m := mapped(192, 0, 2, 1), MAC{1, 2, 3, 4, 5, 6}
	if n := testing.AllocsPerRun(100, func() {
		buf = AppendFlags(m.Append(a.Append(buf[:0])), SYN)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestLinkType(t *testing.T) {
	for i := range 300 {
		l := LinkType(i)
		if l.Supported() != (l.String() != "link type "+strconv.Itoa(i) && !refused[l]) {
			t.Errorf("%v: supported %v", l, l.Supported())
		}
		var p Packet
		if o := Decode(&Raw{Link: l, Data: seg4, Len: uint32(len(seg4))}, &p); !l.Supported() && o != NotIP {
			t.Errorf("%v: %v", l, o)
		}
	}
	if s := LinkType(999).String(); s != "link type 999" {
		t.Error(s)
	}
}

// refused are the link types that have a name and no decoder.
var refused = map[LinkType]bool{6: true, 105: true, 127: true, 119: true, 147: true, 195: true, 187: true, 201: true, 220: true, 249: true, 253: true, 239: true, 258: true}
