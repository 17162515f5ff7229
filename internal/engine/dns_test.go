package engine_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/engine"
	"weir/internal/names"
	"weir/internal/packet"
)

const resolver = "192.168.1.1:53"

// dnsQuestion returns a question for name, and its answer: name leads to alias,
// and that to addr.
func dnsQuestion(t *testing.T, id uint16, name, alias, addr string) (question, answer []byte) {
	t.Helper()
	msg := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	question, err := msg.Pack()
	if err != nil {
		t.Fatal(err)
	}
	msg.Response = true
	head := func(n string) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(n), Class: dnsmessage.ClassINET, TTL: 60}
	}
	msg.Answers = []dnsmessage.Resource{
		{Header: head(name), Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(alias)}},
		{Header: head(alias), Body: &dnsmessage.AResource{A: netip.MustParseAddr(addr).As4()}},
	}
	if answer, err = msg.Pack(); err != nil {
		t.Fatal(err)
	}
	return question, answer
}

// says returns a datagram with that payload.
func says(at int64, from, to packet.MAC, src, dst, payload string) packet.Raw {
	raw := frame{at: at, from: from, to: to, src: src, dst: dst, pay: len(payload), point: lan, ttl: 64}.raw()
	copy(raw.Data[len(raw.Data)-len(payload):], payload)
	return raw
}

// A flow without a name of its own has the one that its client asked for; another
// client's question is a weaker hint, and nobody's none.
func TestDNSNamesFlows(t *testing.T) {
	e := router(t, 64)
	q, a := dnsQuestion(t, 7, "www.youtube.com.", "youtube-ui.l.google.com.", "198.51.100.5")
	e.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(20_000, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		says(30_000, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.5:7777", "x"),
		says(30_000, nasMAC, routerMAC, "192.168.1.30:5000", "198.51.100.5:7777", "x"),
		says(30_000, phoneMAC, routerMAC, "192.168.1.20:5001", "198.51.100.6:7777", "x"),
	})
	e.Tick(start+second, true)
	type named struct{ Host, HostBy, App, AppBy, Category string }
	got := make(map[string]named)
	rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 20})
	for _, r := range rows {
		got[r.Client.IP.String()+" "+r.Server.IP.String()] = named{r.Host, r.HostBy, r.App, r.AppBy, r.Category}
	}
	want := map[string]named{
		"192.168.1.20 192.168.1.1":  {"www.youtube.com", "content", "", "", "dns"},
		"192.168.1.20 198.51.100.5": {"www.youtube.com", "dns", "youtube", "name", "streaming"},
		"192.168.1.30 198.51.100.5": {"www.youtube.com", "house", "youtube", "name", "streaming"},
		"192.168.1.20 198.51.100.6": {"", "", "", "", "other"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names of flows (-want +got):\n%s", diff)
	}
	if n := e.DNS()[0].Counts; n.Queries != 1 || n.Answers[names.Found] != 1 || n.Mean().Milliseconds() != 20 {
		t.Errorf("counted %+v", n)
	}
	log, total := e.DNSLog(0, "youtube", engine.Page{Limit: 5})
	if total != 1 || log[0].Name != "www.youtube.com" || log[0].State != "answered" || log[0].First.String() != "198.51.100.5" || log[0].Resolver.String() != "192.168.1.1" {
		t.Errorf("%d questions: %+v", total, log)
	}
	if top := e.DNSTop(0); len(top) != 1 || top[0].Name != "www.youtube.com" || top[0].Count != 1 {
		t.Errorf("top %+v", top)
	}
}

// Less privacy than before shows nothing; more takes away what was kept.
func TestPrivacyOfNames(t *testing.T) {
	for _, tt := range []struct {
		name  string
		level names.Privacy
		want  string
	}{
		{"names", names.KeepNames, "www.youtube.com"}, {"domains", names.KeepDomains, "youtube.com"}, {"bytes", names.KeepNothing, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := router(t, 64)
			q, a := dnsQuestion(t, 7, "www.youtube.com.", "youtube-ui.l.google.com.", "198.51.100.5")
			e.Packets([]packet.Raw{
				says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
				says(20_000, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
				says(30_000, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.5:7777", "x"),
			})
			e.SetPrivacy(tt.level)
			e.Tick(start+second, true)
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 20})
			for _, r := range rows {
				if r.Host != tt.want || r.Server.Port == 7777 && r.App != "youtube" {
					t.Errorf("port %d: host %q, application %q; want %q and youtube", r.Server.Port, r.Host, r.App, tt.want)
				}
			}
			if top := e.DNSTop(0); tt.level != names.KeepNames && len(top) != 0 {
				t.Errorf("asked names are still known: %+v", top)
			}
			e.SetPrivacy(names.KeepNames)
			if rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 20}); rows[0].Host != tt.want {
				t.Errorf("a name came back: %q", rows[0].Host)
			}
		})
	}
}

// Who asks a resolver outside is told, and so is who talks to an address that no
// answer gave.
func TestBypass(t *testing.T) {
	e := router(t, 64)
	q, a := dnsQuestion(t, 9, "example.org.", "e.example.net.", "198.51.100.9")
	frames := []packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", "203.0.113.53:53", string(q)),
		says(20_000, routerMAC, phoneMAC, "203.0.113.53:53", "192.168.1.20:4000", string(a)),
	}
	late := int64(1000 * second)
	frames = append(frames, says(late, phoneMAC, routerMAC, "192.168.1.20:6000", "198.51.100.77:7777", "x"))
	e.Packets(frames)
	e.Tick(start+late+second, true)
	e.Tick(start+late+200*second, true)
	outside, strangers := e.Bypasses()
	if len(outside) != 1 || outside[0].Resolver.String() != "203.0.113.53" || outside[0].Via != "dns" || outside[0].Count != 1 {
		t.Errorf("bypasses %+v", outside)
	}
	if len(strangers) != 1 || strangers[0].Server.String() != "198.51.100.77" || strangers[0].Flows != 1 {
		t.Errorf("strangers %+v", strangers)
	}
	if r := e.Resolvers(); len(r) != 1 || r[0].House || r[0].Asked != 1 {
		t.Errorf("resolvers %+v", r)
	}
	e.SetDNS(false)
	if r := e.Resolvers(); len(r) != 0 {
		t.Errorf("DNS is off, but known is %+v", r)
	}
}

// What is announced on the link names what is on it, and nothing elsewhere.
func TestAnnouncedAddresses(t *testing.T) {
	e := router(t, 64)
	var announced []packet.Raw
	for i, to := range []string{"192.168.1.30", "198.51.100.9"} {
		name := dnsmessage.MustNewName("printer.local.")
		msg := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}, Answers: []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 120}, Body: &dnsmessage.AResource{A: netip.MustParseAddr(to).As4()}},
		}}
		b, err := msg.Pack()
		if err != nil {
			t.Fatal(err)
		}
		announced = append(announced, says(int64(i), nasMAC, packet.MAC{1, 0, 0x5e, 0, 0, 0xfb}, "192.168.1.30:5353", "224.0.0.251:5353", string(b)))
	}
	e.Packets(append(announced,
		says(100, phoneMAC, nasMAC, "192.168.1.20:5000", "192.168.1.30:7777", "x"),
		says(100, phoneMAC, routerMAC, "192.168.1.20:5000", "198.51.100.9:7777", "x")))
	e.Tick(start+second, true)
	rows, _ := e.Flows(engine.Filter{Port: 7777}, engine.Page{Limit: 9})
	for _, r := range rows {
		if want := map[string]string{"192.168.1.30": "printer.local"}[r.Server.IP.String()]; r.Host != want {
			t.Errorf("%s is called %q, want %q", r.Server.IP, r.Host, want)
		}
	}
	if len(rows) != 2 {
		t.Errorf("%+v", rows)
	}
}
