package dpi

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/packet"
	"weir/test/corpus"
)

// A chain of names to addresses of both families, packed by another
// implementation, is read back.
func TestRecords(t *testing.T) {
	www, cdn := dnsmessage.MustNewName("www.example.com."), dnsmessage.MustNewName("edge.cdn.example.")
	head := func(n dnsmessage.Name, ttl uint32) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: n, Class: dnsmessage.ClassINET, TTL: ttl}
	}
	built := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, Response: true, RCode: dnsmessage.RCodeSuccess},
		Questions: []dnsmessage.Question{{Name: www, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		Answers: []dnsmessage.Resource{
			{Header: head(www, 300), Body: &dnsmessage.CNAMEResource{CNAME: cdn}},
			{Header: head(cdn, 60), Body: &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}},
			{Header: head(cdn, 61), Body: &dnsmessage.AAAAResource{AAAA: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}},
		},
		Additionals: []dnsmessage.Resource{{Header: head(www, 1), Body: &dnsmessage.SRVResource{Target: cdn, Port: 80}}},
	}
	b, err := built.Pack()
	if err != nil {
		t.Fatal(err)
	}
	m, ok := ParseMessage(b)
	if !ok || m.ID != 7 || !m.Response() || m.Rcode() != 0 || m.Opcode() != 0 || m.Truncated() {
		t.Fatalf("header %+v", m)
	}
	want := []string{
		"0 www.example.com 1 0", "1 www.example.com 5 300 edge.cdn.example", "1 edge.cdn.example 1 60 192.0.2.1",
		"1 edge.cdn.example 28 61 2001:db8::1", "3 www.example.com 33 1 edge.cdn.example",
	}
	if diff := cmp.Diff(want, recordLines(&m)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	cut := m
	cut.bytes = b[:len(b)-1]
	if got := recordLines(&cut); len(got) != 4 {
		t.Errorf("%d records of a message without its last byte, want 4", len(got))
	}
}

// recordLines writes each record of a message in a line.
func recordLines(m *Message) (all []string) {
	var r Record
	for it := m.Records(); it.Next(&r); {
		line := fmt.Sprintf("%d %s %d %d", r.Section, r.Name.AppendTo(nil), r.Type, r.TTL)
		if a, ok := r.Addr(); ok {
			line += " " + a.String()
		}
		if n, ok := r.Target(); ok {
			line += " " + string(n.AppendTo(nil))
		}
		all = append(all, line)
	}
	return all
}

func TestNames(t *testing.T) {
	tests := []struct {
		name string
		msg  string
		at   int
		want string
		end  int // 0 for a broken name
	}{
		{"root", "\x00", 0, "", 1},
		{"labels", "\x01a\x02bc\x00", 0, "a.bc", 6},
		{"pointer back", "\x02bc\x00\x01a\xc0\x00", 4, "a.bc", 8},
		{"pointer to itself", "\xc0\x00", 0, "", 0},
		{"pointer forward", "\xc0\x02\x01a\x00", 0, "", 0},
		{"pointer into its own piece", "\x01a\xc0\x00", 0, "a", 0},
		{"half a pointer", "\x01a\xc0", 0, "a", 0},
		{"reserved kind of label", "\x01a\x40\x00", 0, "a", 0},
		{"label beyond the end", "\x05ab", 0, "", 0},
		{"no end", "\x01a", 0, "a", 0},
		{"escapes", "\x05a.\\ \xff\x00", 0, `a\.\\\032\255`, 7},
		{"longest", strings.Repeat("\x3f"+strings.Repeat("x", 63), 3) + "\x3d" + strings.Repeat("x", 61) + "\x00", 0,
			strings.Repeat(strings.Repeat("x", 63)+".", 3) + strings.Repeat("x", 61), 255},
		{"too long", strings.Repeat("\x3f"+strings.Repeat("x", 63), 4) + "\x00", 0, strings.TrimSuffix(strings.Repeat(strings.Repeat("x", 63)+".", 3), "."), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := Name{[]byte(tt.msg), tt.at}
			end, ok := n.end()
			if ok != (tt.end > 0) || ok && end != tt.end {
				t.Errorf("ends at %d, %v, want %d", end, ok, tt.end)
			}
			if got := string(n.AppendTo(nil)); got != tt.want {
				t.Errorf("text %q, want %q", got, tt.want)
			}
		})
	}
}

// The answer of RFC 9460 for a name whose service is its own, with addresses.
func TestHints(t *testing.T) {
	head := "\x00\x01\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00\x01a\x00\x00\x41\x00\x01\x00\x00\x01\x2c"
	v4, v6 := "\x00\x04\x00\x08\xc0\x00\x02\x01\xc0\x00\x02\x02", "\x00\x06\x00\x10\x20\x01\x0d\xb8"+strings.Repeat("\x00", 11)+"\x01"
	tests := []struct {
		name, data string
		most       int
		want       []string
	}{
		{"both families", "\x00\x01\x00\x00\x01\x00\x03\x02h2" + v4 + v6, 9, []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
		{"no more are wanted", "\x00\x01\x00" + v4 + v6, 1, []string{"192.0.2.1"}},
		{"alias", "\x00\x00\x01b\x00", 9, nil},
		{"half an address", "\x00\x01\x00\x00\x04\x00\x06\xc0\x00\x02\x01\xc0\x00", 9, []string{"192.0.2.1"}},
		{"parameter cut", "\x00\x01\x00\x00\x04\x00\x08\xc0\x00", 9, nil},
		{"no target", "\x00\x01", 9, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _ := ParseMessage([]byte(head + "\x00" + string(rune(len(tt.data))) + tt.data))
			var r Record
			it := m.Records()
			if !it.Next(&r) {
				t.Fatal("no record")
			}
			var got []string
			r.Hints(func(a netip.Addr) bool {
				got = append(got, a.String())
				return len(got) < tt.most
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("addresses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNameIs(t *testing.T) {
	msg := []byte("\x03Www\x07eXample\x00\x03www\x07example\x00\x03www\x00")
	a, b, c := Name{msg, 0}, Name{msg, 13}, Name{msg, 26}
	if !a.Is(b) || a.Is(c) || c.Is(a) || a.Is(Name{}) {
		t.Errorf("%v %v %v %v, want true and false", a.Is(b), a.Is(c), c.Is(a), a.Is(Name{}))
	}
	if string(b.Label(1)) != "example" || b.Label(2) != nil || b.Label(9) != nil || b.Root() || !(Name{[]byte{0}, 0}).Root() {
		t.Error("labels are counted wrongly")
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	b, dst, found := []byte(dnsAnswer), make([]byte, 0, MaxName), 0
	n := testing.AllocsPerRun(100, func() {
		m, _ := ParseMessage(b)
		var r Record
		for it := m.Records(); it.Next(&r); {
			dst = r.Name.AppendTo(dst[:0])
			if _, ok := r.Addr(); ok {
				found++
			}
		}
	})
	if n != 0 || found != 101 || string(dst) != "www.example.com" {
		t.Errorf("%v allocations, %d addresses, name %q", n, found, dst)
	}
}

// Whatever the bytes, a walk ends, stays inside, and says what another
// implementation says, where that one reads the message.
func FuzzMessage(f *testing.F) {
	for _, path := range corpus.Files(f, "pcap", "*") {
		for _, x := range exchanges(f, path) {
			if x[0]&fuzzTCP == 0 && len(x) > 10 && (x[1] == 0 && x[2] == dnsPort || x[3] == 0 && x[4] == dnsPort || x[3] == mdnsPort>>8 && x[4] == mdnsPort&0xff) {
				f.Add(x[10:])
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := ParseMessage(b)
		if !ok {
			return
		}
		var r Record
		it := m.Records()
		steps := 0
		room := make([]byte, 0, MaxName)
		for ; it.Next(&r); steps++ {
			if steps > len(b)/5 {
				t.Fatal("more records than bytes for them")
			}
			if name := r.Name.AppendTo(room); len(name) > MaxName {
				t.Fatalf("name of %d bytes", len(name))
			}
			if r.Section != Question {
				if d := r.Data(); len(d) > 0 && !inside(d, b) {
					t.Fatal("data outside of the message")
				}
			}
			r.Addr()
			r.Target()
			r.Hints(func(a netip.Addr) bool { return a.IsValid() })
			r.TXT(func(text []byte) bool { return len(text) < 256 })
		}
		m.proper(false)
		compare(t, b)
	})
}

// compare reads the addresses of a message with both implementations. The other
// one follows pointers forward, too, which RFC 1035 does not allow: what is cut
// here need not be there. Nor does it mind an address that is longer or shorter
// than addresses are.
func compare(t *testing.T, b []byte) {
	var other dnsmessage.Message
	if other.Unpack(b) != nil {
		return
	}
	m, _ := ParseMessage(b)
	var r Record
	it := m.Records()
	for range other.Questions {
		if !it.Next(&r) {
			if it.Cut() {
				return
			}
			t.Fatal("a question is missing")
		}
	}
	for i, want := range other.Answers {
		if next := it.Next(&r); it.Cut() {
			return
		} else if !next || r.TTL != want.Header.TTL || r.Type != uint16(want.Header.Type) {
			t.Fatalf("answer %d is not %v", i, want.Header)
		}
		a, isAddr := r.Addr()
		switch body := want.Body.(type) {
		case *dnsmessage.AResource:
			if len(r.Data()) == 4 && (!isAddr || a.As4() != body.A) {
				t.Fatalf("answer %d is %v, want %v", i, a, body.A)
			}
		case *dnsmessage.AAAAResource:
			if len(r.Data()) == 16 && (!isAddr || packet.AddrOf(a) != body.AAAA) {
				t.Fatalf("answer %d is %v, want %v", i, a, body.AAAA)
			}
		}
	}
}
