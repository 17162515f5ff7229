package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"weir/internal/apps"
	"weir/internal/device"
	"weir/internal/dpi"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/names"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// TestNothingStaysBehind passes random traffic of a house whose names, privacy,
// applications and tracking change all the time: each flow has its own name at any
// moment, and when all of them are gone nothing is held.
func TestNothingStaysBehind(t *testing.T) {
	for seed := range uint64(12) {
		h := held{Rand: rand.New(rand.NewPCG(11, seed)), t: t, e: smallRouter(t), now: start}
		for range 1500 {
			h.step()
		}
		h.e.SetPrivacy(names.KeepNames)
		h.check()
		h.e.Flush()
		h.e.SetDNS(true)
		h.e.SetDNS(false)
		if texts, undecided := h.e.Held(); texts != 0 || undecided != 0 {
			t.Errorf("seed %d: left are %d texts and %d undecided flows", seed, texts, undecided)
		}
		if s := h.e.Stats(); s.Flows != 0 || s.Aliases != 0 {
			t.Errorf("seed %d: left are %+v", seed, s)
		}
	}
}

// smallRouter is a router that has no room for all that TestNothingStaysBehind does.
func smallRouter(t *testing.T) *engine.Engine {
	t.Helper()
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 24, Idle: time.Minute, Active: 20 * time.Second, Completed: 10 * time.Second},
		MaxHosts: 12, MaxDevices: 4, Inspect: dpi.Config{Flows: 6, Streams: 2}, Rollup: r, Names: intern.New(64),
		Reverse: func(packet.Addr, bool) (taken, full bool) { return true, false },
	})
	for _, name := range []string{"br-lan", "br-guest", "wan"} {
		if _, err := e.Interface(name); err != nil {
			t.Fatal(err)
		}
	}
	nets := device.NewNetworks([]netip.Prefix{netip.MustParsePrefix("192.168.1.0/24")}, ips("192.168.1.1", "203.0.113.77"))
	nets.Place(netip.MustParsePrefix("192.168.1.0/24"), lan)
	e.SetNetworks(nets)
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77")}})
	e.Tick(start, true)
	return e
}

type held struct {
	*rand.Rand
	t   *testing.T
	e   *engine.Engine
	now int64
	id  uint16
}

// step does one of the things that happen to an engine.
func (h *held) step() {
	h.now += h.Int64N(second / 2)
	switch n := h.IntN(40); {
	case n < 18:
		h.web()
	case n < 24:
		h.question()
	case n < 30:
		h.connection()
	case n < 34:
		h.e.Tick(h.now, true)
	case n < 36:
		h.e.Swept(h.now)
	default:
		h.change()
	}
	h.check()
}

// web sends a segment of one of a few connections, whose name has its ports.
func (h *held) web() {
	client, server := 20+h.IntN(3), 5+h.IntN(4)
	from, to := fmt.Sprintf("192.168.1.%d:%d", client, 5000+h.IntN(3)), fmt.Sprintf("198.51.100.%d:80", server)
	text := fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: h%d.example.org\r\nUser-Agent: %d\r\n\r\n", h.IntN(9), server, h.IntN(9))
	mac, back := packet.MAC{2, 0, 0, 0, 0, byte(client)}, false
	flags := uint8(packet.PSH | packet.ACK)
	switch h.IntN(6) {
	case 0:
		text, flags = "", packet.SYN
	case 1:
		text, flags = "", packet.FIN|packet.ACK
	case 2:
		text, flags = "", packet.RST
	case 3:
		text = text[:h.IntN(len(text))]
	case 4:
		from, to, back, text = to, from, true, "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n"
	}
	f := frame{at: h.now - start, from: mac, to: routerMAC, src: from, dst: to, tcp: flags, pay: len(text), seq: 1}
	if back {
		f.from, f.to = routerMAC, mac
	}
	h.send(f, text)
}

// send hands over a frame, sometimes as one that names only, or of another point.
func (h *held) send(f frame, text string) {
	f.point = uint8(h.IntN(4) / 3)
	raw := f.raw()
	copy(raw.Data[len(raw.Data)-len(text):], text)
	raw.Classify = h.IntN(2) == 0
	h.e.Packets([]packet.Raw{raw})
}

// question asks for a server's name and may have it answered, or answers what
// nobody asked.
func (h *held) question() {
	server := 5 + h.IntN(4)
	name := fmt.Sprintf("h%d.example.org.", server)
	h.id++
	q, a := dnsQuestion(h.t, h.id, name, fmt.Sprintf("h%d.example.org.", server+h.IntN(2)*20), fmt.Sprintf("198.51.100.%d", server))
	client := fmt.Sprintf("192.168.1.%d:%d", 20+h.IntN(3), 4000+h.IntN(2))
	if h.IntN(3) > 0 {
		h.send(frame{at: h.now - start, from: phoneMAC, to: routerMAC, src: client, dst: resolver, pay: len(q)}, string(q))
	}
	if h.IntN(3) > 0 {
		h.send(frame{at: h.now - start, from: routerMAC, to: phoneMAC, src: resolver, dst: client, pay: len(a)}, string(a))
	}
	if h.IntN(4) == 0 {
		msg := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Answers: []dnsmessage.Resource{
			{Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName("nas.local."), Class: dnsmessage.ClassINET, TTL: uint32(h.IntN(2) * 120)},
				Body: &dnsmessage.AResource{A: [4]byte{192, 168, 1, 30}}},
		}}
		b, err := msg.Pack()
		if err != nil {
			h.t.Fatal(err)
		}
		h.send(frame{at: h.now - start, from: nasMAC, to: packet.MAC{1, 0, 0x5e, 0, 0, 0xfb}, src: "192.168.1.30:5353", dst: "224.0.0.251:5353", pay: len(b)}, string(b))
	}
}

// connection tells of a connection that web may show, or of one that has two views.
func (h *held) connection() {
	client, server := fmt.Sprintf("192.168.1.%d:%d", 20+h.IntN(3), 5000+h.IntN(3)), fmt.Sprintf("198.51.100.%d:80", 5+h.IntN(4))
	c := connection(6, client, server, server, fmt.Sprintf("203.0.113.77:%d", 5000+h.IntN(3)))
	if h.IntN(4) == 0 { // the house's own server by its outer address
		c = connection(6, client, "203.0.113.77:80", "192.168.1.30:80", fmt.Sprintf("192.168.1.1:%d", 5000+h.IntN(3)))
	}
	c.First, c.Last = h.now, h.now
	if h.IntN(3) == 0 {
		c.Status = flow.ConnEnded
	}
	h.e.Connections([]flow.Connection{c})
}

// change configures the engine anew.
func (h *held) change() {
	switch h.IntN(10) {
	case 0:
		h.e.SetPrivacy(names.Privacy(h.IntN(3)))
	case 1:
		h.e.SetDNS(h.IntN(3) > 0)
	case 2:
		own := []apps.Own{{Name: "mine", Domains: []string{"h5.example.org"}}, {Name: "yours", Category: "ours", Domains: []string{"example.org"}}}
		table, err := apps.NewTable(own[:h.IntN(3)])
		if err != nil {
			h.t.Fatal(err)
		}
		h.e.SetApps(table)
	case 3:
		var known []device.Named
		if h.IntN(2) == 0 {
			known = []device.Named{{Private: true, MACs: []packet.MAC{{2, 0, 0, 0, 0, 20}}}, {Private: true, IPs: ips("192.168.1.21")}}
		}
		h.e.Configure(known)
	case 4:
		d := time.Duration(h.IntN(2000)-1000) * time.Second
		h.e.Shift(d)
	case 5:
		h.now += h.Int64N(100 * second)
	case 6:
		h.e.ForgetReverse()
	default:
		server := 5 + h.IntN(4)
		h.e.Called(addrs(fmt.Sprintf("198.51.100.%d", server))[0], fmt.Appendf(nil, "h%d.example.org", server), time.Hour)
	}
}

// check has every flow under its own name or none, however little is kept of it.
func (h *held) check() {
	rows, _ := h.e.Flows(engine.Filter{}, engine.Page{Limit: 99})
	for _, r := range rows {
		if r.Server.Port != 80 || r.Host == "" {
			continue
		}
		want := fmt.Sprintf("h%d.example.org", r.Server.IP.As4()[3])
		if r.Host != want && r.Host != "example.org" && !(r.Server.IP == ips("192.168.1.30")[0] && r.Host == "nas.local") {
			h.t.Fatalf("a flow of %s to %s is called %q", r.Client.IP, r.Server.IP, r.Host)
		}
		if d := r.Detail; d != nil && (d.Method != "" && d.Method != "GET" || d.Server != "" && d.Server != "x") {
			h.t.Fatalf("details of another text: %+v", d)
		}
	}
	h.e.Apps(engine.Filter{}, engine.Page{Limit: 9})
}
