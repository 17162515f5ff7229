package names

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// reachable returns all bytes that can be reached from v: texts of strings, slices
// and arrays of bytes, up to the capacity of slices.
func reachable(v reflect.Value, seen map[uintptr]bool, out *strings.Builder) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			reachable(v.Elem(), seen, out)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			reachable(v.Field(i), seen, out)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			v = v.Slice(0, v.Cap())
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			out.Write(v.Bytes())
			out.WriteByte('\n')
			return
		}
		for i := range v.Len() {
			reachable(v.Index(i), seen, out)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			reachable(it.Key(), seen, out)
		}
	case reflect.String:
		out.WriteString(v.String() + "\n")
	}
}

// memory returns all bytes that a Names holds.
func memory(n *Names) string {
	var out strings.Builder
	reachable(reflect.ValueOf(n), map[uintptr]bool{}, &out)
	return out.String()
}

// live is a day of all that can be said about names.
func live(h *house, c Client) (kept []uint32) {
	h.t.Helper()
	h.resolve(c, "secret.Example.co.uk", noon, cname("secret.example.co.uk", "secret.cdn.example.net"), a("secret.cdn.example.net", "192.0.2.1"))
	h.answer(h.query(c, "hidden.example.org", noon), 3)
	h.query(c, "quiet.example.org", noon)
	h.announce(c, MDNS, noon, a("kitchen.local", "192.168.1.7"))
	kept = append(kept, h.Keep([]byte("private.host.example.com"), &c))
	kept = append(kept, h.KeepDetail([]byte("/secret?q=hidden"), &c))
	h.Message(&Message{At: noon, Client: c, Resolver: router(), Response: true, Name: []byte("unfinished.example.com")})
	h.Tick(noon + 60*second)
	return kept
}

func TestNothingMoreThanAllowedIsInMemory(t *testing.T) {
	secrets := []string{"secret", "hidden", "quiet", "private", "unfinished"}
	domains := []string{"example.co.uk", "example.org", "example.com"}
	private := phone()
	private.Private = true
	tests := []struct {
		name    string
		level   Privacy
		who     Client
		after   func(*house)
		secrets bool // whole names are there
		domains bool
	}{
		{"names", KeepNames, phone(), nil, true, true},
		{"domains", KeepDomains, phone(), nil, false, true},
		{"bytes", KeepNothing, phone(), nil, false, false},
		{"private", KeepNames, private, nil, false, false},
		{"private, domains", KeepDomains, private, nil, false, false},
		{"private from now on", KeepNames, phone(), func(h *house) { c := phone(); h.Forget(&c) }, false, false},
		{"domains from now on", KeepNames, phone(), func(h *house) { h.SetPrivacy(KeepDomains) }, false, false},
		{"bytes from now on", KeepDomains, phone(), func(h *house) { h.SetPrivacy(KeepNothing) }, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, Config{Privacy: tt.level})
			kept := live(h, tt.who)
			h.consistent(kept...)
			if tt.after != nil {
				// The announcement is no name that the client asked for; the engine
				// gives back what Keep handed out.
				h.announce(phone(), MDNS, noon, Answer{Owner: []byte("kitchen.local"), Type: typeA, Addr: addr("192.168.1.7")})
				for _, k := range kept {
					h.Pool.Release(k)
				}
				tt.after(h)
				h.consistent()
			}
			all := memory(h.Names)
			for _, s := range secrets {
				if strings.Contains(all, s) != tt.secrets {
					t.Errorf("%q in memory: %v", s, !tt.secrets)
				}
			}
			if kitchen := tt.domains && tt.after == nil; strings.Contains(all, "kitchen") != kitchen {
				t.Errorf("the announced name in memory: %v", !kitchen)
			}
			for _, d := range domains {
				if strings.Contains(all, d) != tt.domains {
					t.Errorf("%q in memory: %v", d, !tt.domains)
				}
			}
			if c := h.Total(); c.Queries != 3 || c.Answers[NoSuch] != 1 {
				t.Errorf("counts %+v", c)
			}
			server := addr("192.0.2.1")
			if m := h.Lookup(&tt.who, &server, noon+3600*second); m.Stranger {
				t.Error("an address that was asked for is a stranger")
			}
		})
	}
}

func TestPrivateClientsTeachNobodyAndLearnNothing(t *testing.T) {
	h := newHouse(t, Config{})
	private := phone()
	private.Private = true
	h.resolve(private, "one.example", noon, a("one.example", "192.0.2.1"))
	h.resolve(tablet(), "two.example", noon, a("two.example", "192.0.2.2"))
	if got, trust := h.find(tablet(), "192.0.2.1", noon); got != "" || trust != NoName {
		t.Errorf("taught %q", got)
	}
	if got, trust := h.find(private, "192.0.2.2", noon); got != "" || trust != NoName {
		t.Errorf("learnt %q", got)
	}
}

func TestReducer(t *testing.T) {
	tests := []struct {
		name         string
		level        Privacy
		private      bool
		in           string
		want, detail string
	}{
		{"names", KeepNames, false, "WWW.example.com.", "www.example.com", "WWW.example.com."},
		{"domains", KeepDomains, false, "WWW.example.com.", "example.com", ""},
		{"domains, address", KeepDomains, false, "192.0.2.1", "", ""},
		{"domains, of the house", KeepDomains, false, "printer.local", "printer.local", ""},
		{"nothing", KeepNothing, false, "www.example.com", "", ""},
		{"private", KeepNames, true, "www.example.com", "", ""},
		{"unknown level", 9, false, "www.example.com", "", ""},
		{"too long", KeepNames, false, strings.Repeat("x", 300), "", strings.Repeat("x", MaxText)},
		{"too long, domains", KeepDomains, false, strings.Repeat("x", 300), "", ""},
		{"invisible", KeepNames, false, "/a b\r\n" + strings.Repeat("\xff", 100), "", `/a\032b\013\010` + strings.Repeat(`\255`, 59)},
	}
	for _, tt := range tests {
		r := Reducer{tt.level}
		if got := string(r.Append([]byte("> "), []byte(tt.in), tt.private)); got != "> "+tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if got := string(r.AppendDetail([]byte("> "), []byte(tt.in), tt.private)); got != "> "+tt.detail {
			t.Errorf("%s: detail %q, want %q", tt.name, got, tt.detail)
		}
	}
}

func TestOff(t *testing.T) {
	h := newHouse(t, Config{})
	h.Names = New(Config{Flows: 8192, Devices: 512})
	c := phone()
	k := live(h, c)
	h.Uses(&c, &Resolver{Addr: addr("192.0.2.53"), Via: DoT}, noon)
	h.Stranger(&c, &Stranger{Server: addr("192.0.2.1")}, noon)
	h.consistent(k...)
	_, _, known := h.Client(&c)
	if h.Total() != (Counts{}) || known || h.Answers.Len() != 0 || len(h.Resolvers())+len(h.Bypasses())+len(h.Strangers())+len(h.Denials())+len(h.Top(nil)) != 0 {
		t.Error("something was decoded")
	}
	if got := string(h.Pool.Text(k[0])); got != "private.host.example.com" {
		t.Errorf("Keep kept %q", got)
	}
	if size := sizeOf(h.Names); size > 16<<10 {
		t.Errorf("%d bytes", size)
	}
	h.Log(func(q *Query) bool { t.Errorf("logged %+v", q); return true })
	server := addr("192.0.2.1")
	if m := h.Lookup(&c, &server, noon); m != (Match{}) {
		t.Errorf("%+v", m)
	}
}

// sizeOf returns the bytes that all tables of a Names take.
func sizeOf(n *Names) int {
	size := int(reflect.TypeOf(*n).Size()) + n.Pool.Size() + n.Answers.Size() + n.tally.size() + n.resolvers.size()
	size += cap(n.clients.slots)*int(reflect.TypeFor[client]().Size()) + len(n.clients.index)*8
	size += cap(n.pending.slots)*int(reflect.TypeFor[waiting]().Size()) + cap(n.log.ring)*int(reflect.TypeFor[query]().Size())
	size += cap(n.aliases.slots) * int(reflect.TypeFor[alias]().Size())
	size += cap(n.denied.rows)*int(reflect.TypeFor[denial]().Size()) + cap(n.strangers.rows)*int(reflect.TypeFor[stranger]().Size())
	return size
}

// TestMemory fills everything with the default bounds of a router.
func TestMemory(t *testing.T) {
	h := newHouse(t, Config{Flows: 8192, Devices: 512})
	for i := range 60_000 {
		at := noon + int64(i)*second/100
		id := i % 500
		if i > 50_000 {
			id = i % 600
		}
		c := Client{Device: uint32(id + 1), Addr: addr(fmt.Sprintf("10.0.%d.%d", id/256, id%256))}
		name := fmt.Sprintf("host-%d.cdn.example.net", i%20_000)
		to := fmt.Sprintf("198.%d.%d.%d", i>>16&255, i>>8&255, i&255)
		switch i % 8 {
		case 0:
			h.answer(h.query(c, name, at), 3)
		case 1:
			h.Uses(&c, &Resolver{Addr: addr(to), Via: DoT}, at)
			h.Stranger(&c, &Stranger{Server: addr(to), Bytes: 1}, at)
		default:
			h.resolve(c, name, at, cname(name, "x-"+name+".example.com"), a("x-"+name+".example.com", to))
		}
	}
	h.consistent()
	var kept []uint32
	c := phone()
	for i := 0; h.Stats().TextsRefused == 0; i++ {
		kept = append(kept, h.Keep(fmt.Appendf(nil, "flow-%d.example.org", i), &c))
	}
	h.consistent(kept...)
	s := h.Stats()
	if s.TextsRefused == 0 || s.AnswersEvicted == 0 || s.ClientsEvicted == 0 || s.NamesEvicted == 0 || s.UsesEvicted == 0 {
		t.Errorf("not full: %+v", s)
	}
	n := h.Names
	t.Logf("%d bytes: %d texts %d, %d answers %d, clients %d, counted names %d, log %d, waiting %d, resolvers %d", sizeOf(n),
		n.Pool.Len(), n.Pool.Size(), n.Answers.Len(), n.Answers.Size(), cap(n.clients.slots)*int(reflect.TypeFor[client]().Size()), n.tally.size(),
		cap(n.log.ring)*int(reflect.TypeFor[query]().Size()), cap(n.pending.slots)*int(reflect.TypeFor[waiting]().Size()), n.resolvers.size())
	if size := sizeOf(n); size > 700_000 {
		t.Errorf("%d bytes, at most 700,000", size)
	}
}
