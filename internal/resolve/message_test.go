package resolve

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestQuestion(t *testing.T) {
	for _, tt := range []struct{ addr, want string }{
		{"8.8.4.109", "109.4.8.8.in-addr.arpa."},
		{"192.168.100.0", "0.100.168.192.in-addr.arpa."},
		{"255.10.199.99", "99.199.10.255.in-addr.arpa."},
		{"2001:4860:4860::8844", "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa."},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			var q question
			q.set(addr("2001:db8::1"), 1) // what was asked before leaves nothing behind
			q.set(addr(tt.addr), 0xbeef)
			var m dnsmessage.Message
			if err := m.Unpack(q.msg); err != nil {
				t.Fatal(err)
			}
			if m.ID != 0xbeef || len(m.Questions) != 1 || m.Questions[0].Name.String() != tt.want ||
				m.Questions[0].Type != dnsmessage.TypePTR || m.Questions[0].Class != dnsmessage.ClassINET {
				t.Errorf("%+v, want %s", m, tt.want)
			}
			if allocs := testing.AllocsPerRun(10, func() { q.set(addr("8.8.8.8"), 1) }); allocs != 0 {
				t.Errorf("%v allocations", allocs)
			}
		})
	}
}

// TestRead has servers answer well and badly.
func TestRead(t *testing.T) {
	const alias = "109.96/28.4.8.8.in-addr.arpa."
	hour, day := time.Hour, 24*time.Hour
	tests := []struct {
		name    string
		edit    func(*dnsmessage.Message)
		verdict verdict
		host    string
		again   time.Duration
		unfit   bool
	}{
		{"a name", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "Dns-9.Example.NET.", 7200))
		}, answered, "dns-9.example.net", 2 * hour, false},
		{"the first of several", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "a.example.", 7200), ptr(m.Questions[0].Name, "b.example.", 1))
		}, answered, "a.example", 2 * hour, false},
		{"for no time", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "a.example.", 0))
		}, answered, "a.example", leastHold, false},
		{"for all times", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "a.example.", 1<<31-1))
		}, answered, "a.example", day, false},
		{"one label", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "phone.", 3600))
		}, answered, "phone", hour, false},
		{"behind an alias (RFC 2317)", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, cname(m.Questions[0].Name.String(), alias, 3600), ptr(dnsmessage.MustNewName(alias), "a.example.", 86400))
		}, answered, "a.example", hour, false},
		{"behind an alias that leads elsewhere", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, cname(m.Questions[0].Name.String(), "x.example.", 3600), ptr(dnsmessage.MustNewName(alias), "a.example.", 86400))
		}, answered, "", leastNone, false},
		{"behind an alias of itself", func(m *dnsmessage.Message) {
			for range 20 {
				m.Answers = append(m.Answers, cname(m.Questions[0].Name.String(), m.Questions[0].Name.String(), 3600))
			}
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "a.example.", 3600))
		}, answered, "", leastNone, false},
		{"of another owner", func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(dnsmessage.MustNewName("1.8.8.8.in-addr.arpa."), "a.example.", 3600))
		}, answered, "", leastNone, false},
		{"of another class", func(m *dnsmessage.Message) {
			r := ptr(m.Questions[0].Name, "a.example.", 3600)
			r.Header.Class = dnsmessage.ClassCHAOS
			m.Answers = append(m.Answers, r)
		}, answered, "", leastNone, false},
		{"in the wrong section", func(m *dnsmessage.Message) {
			m.Additionals = append(m.Additionals, ptr(m.Questions[0].Name, "a.example.", 3600))
		}, answered, "", leastNone, false},
		{"no such name, as the zone says for how long", func(m *dnsmessage.Message) {
			m.RCode = dnsmessage.RCodeNameError
			m.Authorities = append(m.Authorities, soa(7200, 3600))
		}, answered, "", hour, false},
		{"no such name, for the time of the SOA itself", func(m *dnsmessage.Message) {
			m.RCode = dnsmessage.RCodeNameError
			m.Authorities = append(m.Authorities, soa(1200, 3600))
		}, answered, "", 20 * time.Minute, false},
		{"no such name, for years", func(m *dnsmessage.Message) {
			m.RCode = dnsmessage.RCodeNameError
			m.Authorities = append(m.Authorities, soa(1<<31-1, 1<<31-1))
		}, answered, "", mostNone, false},
		{"nothing", func(*dnsmessage.Message) {}, answered, "", leastNone, false},
		{"a failure", func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeServerFailure }, refused, "", 0, false},
		{"a refusal", func(m *dnsmessage.Message) { m.RCode = dnsmessage.RCodeRefused }, refused, "", 0, false},
		{"truncated", func(m *dnsmessage.Message) { m.Truncated = true }, truncated, "", 0, false},
		{"another ID", func(m *dnsmessage.Message) { m.ID++ }, strange, "", 0, false},
		{"a question", func(m *dnsmessage.Message) { m.Response = false }, strange, "", 0, false},
		{"another operation", func(m *dnsmessage.Message) { m.OpCode = 4 }, strange, "", 0, false},
		{"no question", func(m *dnsmessage.Message) { m.Questions = nil }, strange, "", 0, false},
		{"two questions", func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }, strange, "", 0, false},
		{"another question", func(m *dnsmessage.Message) {
			m.Questions[0].Name = dnsmessage.MustNewName("1.8.8.8.in-addr.arpa.")
		}, strange, "", 0, false},
		{"a question of another type", func(m *dnsmessage.Message) { m.Questions[0].Type = dnsmessage.TypeA }, strange, "", 0, false},
		{"a question of another class", func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassANY }, strange, "", 0, false},
		{"the question in capitals", func(m *dnsmessage.Message) {
			m.Questions[0].Name = dnsmessage.MustNewName(strings.ToUpper(m.Questions[0].Name.String()))
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, "a.example.", 3600))
		}, answered, "a.example", hour, false},
	}
	for _, name := range []string{
		".", "a b.example.", "<script>.example.", "a\x00.example.", "ä.example.", "-a.example.", "a-.example.", "a.example-.",
		"192.0.2.1.", "8.8.8.109.in-addr.arpa.", "1.ip6.arpa.", "a\x1b[2J.example.",
	} {
		edit := func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, ptr(m.Questions[0].Name, name, 3600))
		}
		tests = append(tests, struct {
			name    string
			edit    func(*dnsmessage.Message)
			verdict verdict
			host    string
			again   time.Duration
			unfit   bool
		}{"unfit " + name, edit, answered, "", hour, true})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var q question
			q.set(addr("8.8.4.109"), 7)
			var room [maxName]byte
			v, o := q.read(answerTo(t, q.msg, tt.edit), room[:0])
			if v != tt.verdict || string(o.name) != tt.host || o.again != tt.again || o.unfit != tt.unfit {
				t.Errorf("verdict %d, %q for %v, unfit %v; want %d, %q for %v, %v",
					v, o.name, o.again, o.unfit, tt.verdict, tt.host, tt.again, tt.unfit)
			}
			if (o.name == nil) != (tt.host == "") {
				t.Errorf("name %#v", o.name)
			}
		})
	}
}

// TestReadCut cuts a good answer everywhere: no part of it is taken for the whole.
func TestReadCut(t *testing.T) {
	var q question
	q.set(addr("8.8.4.109"), 7)
	whole := always(t, "a.example.")(q.msg, false)[0]
	var room [maxName]byte
	for n := range whole {
		if v, o := q.read(whole[:n], room[:0]); v == answered || o.name != nil {
			t.Errorf("%d of %d bytes: verdict %d, name %q", n, len(whole), v, o.name)
		}
	}
}

// TestLongName has a name of the most bytes that there can be.
func TestLongName(t *testing.T) {
	label := strings.Repeat("a", 63) + "."
	longest := label + label + label + strings.Repeat("b", 61) + "."
	var q question
	q.set(addr("8.8.4.109"), 7)
	var room [maxName]byte
	v, o := q.read(always(t, longest)(q.msg, false)[0], room[:0])
	if v != answered || len(o.name) != maxName || string(o.name)+"." != longest {
		t.Errorf("verdict %d, %d bytes", v, len(o.name))
	}
}

// FuzzRead has anything come back for a question: what is taken for an answer is
// the name of a host, and how long it holds is bounded.
func FuzzRead(f *testing.F) {
	var q question
	q.set(addr("8.8.4.109"), 7)
	f.Add(always(f, "dns.example.")(q.msg, false)[0])
	for _, edit := range []func(*dnsmessage.Message){
		func(m *dnsmessage.Message) { m.Authorities = append(m.Authorities, soa(100, 1000)) },
		func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, cname(m.Questions[0].Name.String(), "x.y.", 1), ptr(dnsmessage.MustNewName("x.y."), "z.y.", 1))
		},
		func(m *dnsmessage.Message) { m.Truncated = true },
	} {
		f.Add(answerTo(f, q.msg, edit))
	}
	loop := append([]byte(nil), q.msg...)
	loop[2] |= 0x80
	binary.BigEndian.PutUint16(loop[6:], 1)
	f.Add(append(loop, "\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x01\x00\x02\xc0\x30"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var q question
		q.set(addr("8.8.4.109"), 7)
		var room [maxName]byte
		v, o := q.read(b, room[:0])
		if v != answered {
			if o.name != nil {
				t.Errorf("verdict %d, name %q", v, o.name)
			}
			return
		}
		if o.again < leastNone || o.again > mostHold || len(o.name) > maxName || o.unfit && o.name != nil {
			t.Errorf("%+v", o)
		}
		for _, c := range o.name {
			if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", rune(c)) {
				t.Errorf("name %q", o.name)
			}
		}
	})
}
