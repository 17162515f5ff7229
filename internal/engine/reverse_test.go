package engine_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/names"
	"weir/internal/packet"
)

// wondering is a router and what it asked to be looked up.
type wondering struct {
	*engine.Engine
	asked []string
	never bool  // nothing is taken
	full  bool  // for now
	flags uint8 // of TCP; 0 for UDP
}

// wonders returns a router whose questions are noted and answered by nobody.
func wonders(t *testing.T) *wondering {
	t.Helper()
	w := new(wondering)
	w.Engine = routerWith(t, 64, func(c *engine.Config) {
		c.Reverse = func(a packet.Addr, house bool) (taken, full bool) {
			w.asked = append(w.asked, fmt.Sprint(a, " ", house))
			return !w.never && !w.full, w.full
		}
	})
	return w
}

// want checks what was asked since it was called last, in any order.
func (w *wondering) want(t *testing.T, when string, asked ...string) {
	t.Helper()
	slices.Sort(w.asked)
	slices.Sort(asked)
	if diff := cmp.Diff(asked, w.asked); diff != "" {
		t.Errorf("%s: asked (-want +got):\n%s", when, diff)
	}
	w.asked = nil
}

// called answers a question for an hour.
func (w *wondering) called(addr, name string) {
	w.Called(packet.AddrOf(netip.MustParseAddr(addr)), []byte(name), time.Hour)
}

// busy has a client send 11 kB to a server within 6 seconds from the time at on,
// and ticks.
func (w *wondering) busy(at int64, from packet.MAC, client, server string) {
	for range 9 {
		w.Packets([]packet.Raw{frame{at: at, from: from, to: routerMAC, src: client, dst: server, tcp: w.flags, pay: 1300, point: lan, ttl: 64}.raw()})
		at += 3 * second / 4
	}
	w.Tick(start+at, true)
}

// hosts returns the names of flows by their servers, and what tells them.
func (w *wondering) hosts(f engine.Filter) map[string]string {
	got := make(map[string]string)
	rows, _ := w.Flows(f, engine.Page{Limit: 50})
	for _, r := range rows {
		got[r.Server.IP.String()] = r.Host + " " + r.HostBy + " " + r.App
	}
	return got
}

const (
	phoneAt, nasAt = "192.168.1.20:5000", "192.168.1.30:5000"
	farAt          = "198.51.100.5:7777"
)

// TestReverse follows a busy flow without a name until it has one.
func TestReverse(t *testing.T) {
	w := wonders(t)
	w.Packets([]packet.Raw{says(0, phoneMAC, routerMAC, "192.168.1.20:5001", "198.51.100.6:7777", "x")})
	w.busy(0, phoneMAC, phoneAt, farAt)
	w.want(t, "one busy, one not", "192.168.1.20 true", "198.51.100.5 false")
	w.busy(6*second, phoneMAC, phoneAt, farAt)
	w.want(t, "again")
	w.called("198.51.100.5", "www.youtube.com")
	want := map[string]string{"198.51.100.5": "www.youtube.com reverse ", "198.51.100.6": "  "}
	if diff := cmp.Diff(want, w.hosts(engine.Filter{})); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	w.want(t, "shown", "198.51.100.6 false")
	w.called("198.51.100.6", "")
	w.hosts(engine.Filter{})
	w.want(t, "shown again")

	w.Packets([]packet.Raw{says(14*second, nasMAC, routerMAC, nasAt, farAt, "x")})
	if got := w.hosts(engine.Filter{Host: "youtube", IP: netip.MustParsePrefix("192.168.1.30/32")}); got["198.51.100.5"] != "www.youtube.com reverse " {
		t.Errorf("the next one to the server is called %q", got)
	}
	w.SetApps(new(apps.Table))
	if got := w.hosts(engine.Filter{})["198.51.100.5"]; got != "www.youtube.com reverse " {
		t.Errorf("with other applications: %q", got)
	}
	h, _ := w.Host(netip.MustParseAddr("198.51.100.5"))
	if h.Name != "" || h.Host != "www.youtube.com" || h.HostBy != "reverse" {
		t.Errorf("the host is called %q, %q by %q", h.Name, h.Host, h.HostBy)
	}
	w.asked = nil
	w.ForgetReverse()
	if got := w.hosts(engine.Filter{})["198.51.100.5"]; got != "  " {
		t.Errorf("forgotten, but %q", got)
	}
	w.want(t, "forgotten", "192.168.1.20 true", "192.168.1.30 true", "198.51.100.5 false", "198.51.100.6 false")
}

// TestReverseComesLast gives flows better names, before and after.
func TestReverseComesLast(t *testing.T) {
	w := wonders(t)
	q, a := dnsQuestion(t, 7, "www.example.org.", "e.example.net.", "198.51.100.9")
	const request = "GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n"
	get := func(at int64, client, server string) packet.Raw {
		raw := frame{at: at, from: phoneMAC, to: routerMAC, src: client, dst: server, tcp: packet.PSH | packet.ACK,
			seq: 1, pay: len(request), point: lan, ttl: 64}.raw()
		copy(raw.Data[len(raw.Data)-len(request):], request)
		return raw
	}
	w.Packets([]packet.Raw{
		says(0, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, string(q)),
		says(1, routerMAC, phoneMAC, resolver, "192.168.1.20:4000", string(a)),
		get(2, "192.168.1.20:6000", "198.51.100.8:80"),
	})
	w.busy(10, phoneMAC, phoneAt, "198.51.100.9:7777")
	w.flags = packet.ACK
	w.busy(10, phoneMAC, "192.168.1.20:6000", "198.51.100.8:80")
	w.flags = 0
	w.want(t, "names by DNS and by content", "192.168.1.20 true")
	w.busy(7*second, phoneMAC, phoneAt, farAt)
	w.called("198.51.100.5", "ec2.example.com")
	w.Packets([]packet.Raw{
		frame{at: 15 * second, from: phoneMAC, to: routerMAC, src: "192.168.1.20:6001", dst: "198.51.100.5:80", tcp: packet.SYN, point: lan, ttl: 64}.raw(),
		get(15*second+1000, "192.168.1.20:6001", "198.51.100.5:80"),
	})
	rows, _ := w.Flows(engine.Filter{IP: netip.MustParsePrefix("198.51.100.5/32"), Port: 80}, engine.Page{Limit: 5})
	if len(rows) != 1 || rows[0].Host != "www.example.net" || rows[0].HostBy != "content" {
		t.Errorf("%+v", rows)
	}
	w.called("198.51.100.5", "other.example.com")
	if got := w.hosts(engine.Filter{Port: 80})["198.51.100.5"]; got != "www.example.net content " {
		t.Errorf("a name by content gave way to %q", got)
	}
	if got := w.hosts(engine.Filter{Port: 7777})["198.51.100.5"]; got != "other.example.com reverse " {
		t.Errorf("a newer name by reverse lookup: %q", got)
	}
}

// TestReversePrivacy looks nothing up for private devices, and keeps what may be
// kept.
func TestReversePrivacy(t *testing.T) {
	w := wonders(t)
	w.Configure([]device.Named{{Private: true, MACs: []packet.MAC{phoneMAC}}})
	w.busy(0, phoneMAC, phoneAt, farAt)
	w.hosts(engine.Filter{})
	w.want(t, "a private device")
	w.busy(7*second, nasMAC, nasAt, farAt)
	w.want(t, "another one", "192.168.1.30 true", "198.51.100.5 false")
	w.called("198.51.100.5", "a.b.example.co.uk")
	w.busy(14*second, phoneMAC, "192.168.1.20:5009", farAt)
	got := make(map[string]string)
	rows, _ := w.Flows(engine.Filter{}, engine.Page{Limit: 9})
	for _, r := range rows {
		got[r.Client.IP.String()] += r.Host
	}
	if diff := cmp.Diff(map[string]string{"192.168.1.20": "", "192.168.1.30": "a.b.example.co.uk"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	w.SetPrivacy(names.KeepDomains)
	if got := w.hosts(engine.Filter{IP: netip.MustParsePrefix("192.168.1.30/32")})["198.51.100.5"]; got != "example.co.uk reverse " {
		t.Errorf("of domains is kept %q", got)
	}
	w.called("198.51.100.5", "a.b.example.co.uk")
	if h, _ := w.Host(netip.MustParseAddr("198.51.100.5")); h.Host != "example.co.uk" {
		t.Errorf("of domains is kept %q", h.Host)
	}
	w.Configure([]device.Named{{Private: true, MACs: []packet.MAC{nasMAC}}})
	if h, _ := w.Host(netip.MustParseAddr("198.51.100.5")); h.Host != "" {
		t.Errorf("all who talk to %q are private", h.Host)
	}
	w.asked = nil
	w.Configure(nil)
	w.SetPrivacy(names.KeepNothing)
	w.busy(30*second, packet.MAC{2, 9}, "192.168.1.40:9", "198.51.100.7:9")
	w.want(t, "no names are kept", "192.168.1.40 true")
	w.called("198.51.100.7", "late.example")
	if h, _ := w.Host(netip.MustParseAddr("198.51.100.7")); h.Host != "" {
		t.Errorf("kept %q", h.Host)
	}
}

// TestReverseHouse names a device by what the house's resolver calls its address.
func TestReverseHouse(t *testing.T) {
	w := wonders(t)
	w.Configure([]device.Named{{Name: "NAS", MACs: []packet.MAC{nasMAC}}})
	w.Packets([]packet.Raw{
		says(0, phoneMAC, nasMAC, phoneAt, "192.168.1.30:7777", "x"),
		says(0, nasMAC, phoneMAC, "192.168.1.30:7777", phoneAt, "x"),
		says(0, phoneMAC, routerMAC, phoneAt, "192.168.1.1:7777", "x"),
		says(0, phoneMAC, packet.MAC{1, 0, 0x5e, 0, 0, 251}, phoneAt, "224.0.0.9:7777", "x"),
	})
	w.Tick(start+second, true)
	w.hosts(engine.Filter{})
	w.want(t, "a NAS that has a name, this machine and a group", "192.168.1.20 true")
	w.called("192.168.1.20", "phone.lan")
	d, _ := w.Devices(engine.Filter{Name: "phone"}, engine.Page{Limit: 5})
	if len(d) != 1 || d[0].Name != "phone" || d[0].NameBy != "reverse" {
		t.Errorf("%+v", d)
	}
	w.hosts(engine.Filter{})
	w.Tick(start+3602*second, true)
	w.want(t, "known")
	if h, ok := w.Host(netip.MustParseAddr("192.168.1.20")); !ok || h.Name != "phone" || h.Host != "" {
		t.Errorf("%+v", h)
	}
	w.SetNetworks(device.Guess())
	w.Packets([]packet.Raw{says(3603*second, packet.MAC{2, 9}, routerMAC, "192.168.1.40:9", "192.168.1.1:9", "x")})
	w.hosts(engine.Filter{})
	w.Host(netip.MustParseAddr("192.168.1.40"))
	w.want(t, "whose networks are private is not known")
}

// TestReverseIsTried asks again while there is no room, and not where nothing will
// come of it.
func TestReverseIsTried(t *testing.T) {
	w := wonders(t)
	w.full = true
	w.busy(0, phoneMAC, phoneAt, farAt)
	w.busy(7*second, phoneMAC, phoneAt, farAt)
	w.want(t, "full, twice", "192.168.1.20 true", "192.168.1.20 true", "198.51.100.5 false", "198.51.100.5 false")
	w.full, w.never = false, true
	w.busy(14*second, phoneMAC, phoneAt, farAt)
	w.busy(21*second, phoneMAC, phoneAt, farAt)
	w.want(t, "not to be asked for", "192.168.1.20 true", "198.51.100.5 false")
	w.never = false
	w.ForgetReverse()
	w.busy(28*second, phoneMAC, phoneAt, farAt)
	w.want(t, "another mode", "192.168.1.20 true", "198.51.100.5 false")
}

// TestReverseAsksForNobody has the router's resolver pass our question on: it is not
// the house's.
func TestReverseAsksForNobody(t *testing.T) {
	w := wonders(t)
	w.busy(0, phoneMAC, phoneAt, farAt)
	ask := func(id uint16, name string) (q, a string) {
		m := dnsmessage.Message{Header: dnsmessage.Header{ID: id}, Questions: []dnsmessage.Question{
			{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}}}
		query, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		m.Response = true
		answer, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		return string(query), string(answer)
	}
	const up, upstream = "203.0.113.77:4000", "203.0.113.53:53"
	own, ownAnswer := ask(1, "5.100.51.198.in-addr.arpa.")
	other, _ := ask(2, "6.100.51.198.in-addr.arpa.")
	at := 7 * second
	w.Packets([]packet.Raw{
		says(at, routerMAC, nasMAC, up, upstream, own), says(at+1, nasMAC, routerMAC, upstream, up, ownAnswer),
		says(at+2, routerMAC, nasMAC, up, upstream, other),
		says(at+3, phoneMAC, routerMAC, "192.168.1.20:4000", resolver, own),
	})
	if n := w.DNS()[0].Counts; n.Queries != 2 || n.Unasked != 0 {
		t.Errorf("counted %+v, want the router's other question and the phone's", n)
	}
}

// TestReverseCostsNothing rolls flows that wait for names: it allocates nothing.
func TestReverseCostsNothing(t *testing.T) {
	e := routerWith(t, 64, func(c *engine.Config) {
		c.Reverse = func(packet.Addr, bool) (taken, full bool) { return false, true }
	})
	w := &wondering{Engine: e}
	for i := range 20 {
		w.busy(0, phoneMAC, fmt.Sprintf("192.168.1.20:%d", 5000+i), farAt)
	}
	more := says(7*second, phoneMAC, routerMAC, "192.168.1.20:5000", farAt, "x")
	now := start + 8*second
	if allocs := testing.AllocsPerRun(100, func() {
		e.Packets([]packet.Raw{more})
		now += 1000
		e.Tick(now, true)
	}); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}
