package engine_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/intern"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// The observation points of a router.
const (
	lan = iota
	guest
	wan
	wg0
)

// router is an engine on a router with two networks, an uplink and a tunnel over
// it, and a port that leads to the NAS.
func router(tb testing.TB, flows int) *engine.Engine {
	tb.Helper()
	return routerThat(tb, flows, nil)
}

// routerThat is a router that tells ended of its flows' records.
func routerThat(tb testing.TB, flows int, ended func(*flow.Flow, *flow.Record, engine.Named)) *engine.Engine {
	tb.Helper()
	return routerWith(tb, flows, func(c *engine.Config) { c.Ended = ended })
}

// routerWith is a router with a configuration that edit has a say in.
func routerWith(tb testing.TB, flows int, edit func(*engine.Config)) *engine.Engine {
	tb.Helper()
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	c := engine.Config{
		Flows:    flow.Config{Max: flows, Idle: time.Minute, Completed: 10 * time.Second},
		MaxHosts: 512, MaxDevices: 16, Rollup: r, Names: intern.New(1024),
	}
	edit(&c)
	e := engine.New(c)
	for _, name := range []string{"br-lan", "br-guest", "wan", "wg0"} {
		if _, err := e.Interface(name); err != nil {
			tb.Fatal(err)
		}
	}
	nets := map[string]uint8{"192.168.1.0/24": lan, "192.168.2.0/24": guest, "2001:db8:1::/64": lan, "fd00:9::/64": lan}
	var local []netip.Prefix
	for p := range nets {
		local = append(local, netip.MustParsePrefix(p))
	}
	n := device.NewNetworks(local, ips("192.168.1.1", "192.168.2.1", "2001:db8:1::1", "203.0.113.77", "2001:db8:ff::77", "10.8.0.2"))
	for p, point := range nets {
		n.Place(netip.MustParsePrefix(p), point)
	}
	e.SetNetworks(n)
	e.SetUplinks([]engine.Uplink{
		{Name: "wan", Point: wan, Addrs: addrs("203.0.113.77", "2001:db8:ff::77")},
		{Name: "wg0", Point: wg0, Addrs: addrs("10.8.0.2")},
	})
	e.SetTunnels([]engine.Tunnel{{Name: "wg0", Proto: packet.ProtoUDP, Port: 51820}, {Name: "6in4-he", Proto: packet.Proto6in4}})
	e.SetMappings([]engine.Mapping{
		{Name: "NAS web", OpenedBy: "redirect", Proto: packet.ProtoTCP, First: 8080, Last: 8081, Target: addrs("192.168.1.30")[0], TargetPort: 80},
		{Name: "SSH to NAS", OpenedBy: "rule", Proto: packet.ProtoTCP, First: 22, Last: 22, Target: addrs("2001:db8:1::30")[0]},
	})
	e.Tick(start, true)
	return e
}

func ips(all ...string) (list []netip.Addr) {
	for _, s := range all {
		list = append(list, netip.MustParseAddr(s))
	}
	return list
}

func addrs(all ...string) (list []packet.Addr) {
	for _, ip := range ips(all...) {
		list = append(list, packet.AddrOf(ip))
	}
	return list
}

// tupleOf is a flow.Tuple in words: "address:port", or "address" alone.
func tupleOf(src, dst string) flow.Tuple {
	var t flow.Tuple
	for _, end := range []struct {
		text string
		addr *packet.Addr
		port *uint16
	}{{src, &t.Src, &t.SrcPort}, {dst, &t.Dst, &t.DstPort}} {
		if ap, err := netip.ParseAddrPort(end.text); err == nil {
			*end.addr, *end.port = packet.AddrOf(ap.Addr()), ap.Port()
		} else {
			*end.addr = packet.AddrOf(netip.MustParseAddr(end.text))
		}
	}
	return t
}

// connection returns what connection tracking tells of an entry with these tuples
// that moved 1000 bytes in 10 packets one way and 9000 in 20 the other.
func connection(proto uint8, origSrc, origDst, replySrc, replyDst string) flow.Connection {
	return flow.Connection{
		Orig: tupleOf(origSrc, origDst), Reply: tupleOf(replySrc, replyDst), Proto: proto,
		First: start + second, Last: start + 2*second,
		Packets: [2]uint64{10, 20}, Bytes: [2]uint64{1000, 9000},
	}
}

// way is one frame that a capture in the house sees of a connection.
type way struct {
	src, dst string
	point    uint8
}

// kind is one kind of connection, and what is to be made of it.
type kind struct {
	name           string
	conn           flow.Connection
	frames         []way
	client, server string // of the flow
	point, dir     string
	uplink         string
	out            int // the way that left the house
	router         bool
	carries        string
	mapping        string
	hosts          map[string]uint64 // bytes that each has sent
}

// kinds is every kind of connection that a router sees.
var kinds = []kind{
	{name: "source translation", conn: connection(6, "192.168.1.20:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:61000"),
		frames: []way{{"192.168.1.20:5000", "198.51.100.5:443", lan}, {"198.51.100.5:443", "192.168.1.20:5000", lan}},
		client: "192.168.1.20", server: "198.51.100.5", point: "br-lan", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"192.168.1.20": 1000, "198.51.100.5": 9000}},
	{name: "from the guests", conn: connection(17, "192.168.2.9:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:5000"),
		frames: []way{{"192.168.2.9:5000", "198.51.100.5:443", guest}},
		client: "192.168.2.9", server: "198.51.100.5", point: "br-guest", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"192.168.2.9": 1000}},
	{name: "port forward", conn: connection(6, "198.51.100.9:4000", "203.0.113.77:8080", "192.168.1.30:80", "198.51.100.9:4000"),
		frames: []way{{"192.168.1.30:80", "198.51.100.9:4000", lan}},
		client: "198.51.100.9", server: "192.168.1.30", point: "br-lan", dir: "in", uplink: "wan", out: 1, mapping: "NAS web",
		hosts: map[string]uint64{"192.168.1.30": 9000, "198.51.100.9": 1000}},
	{name: "port forward with masquerade", conn: connection(6, "198.51.100.9:4000", "203.0.113.77:8080", "192.168.1.30:80", "192.168.1.1:4000"),
		frames: []way{{"192.168.1.30:80", "192.168.1.1:4000", lan}},
		client: "192.168.1.1", server: "192.168.1.30", point: "br-lan", dir: "in", uplink: "wan", out: 1, mapping: "NAS web",
		hosts: map[string]uint64{"192.168.1.30": 9000, "198.51.100.9": 1000}},
	{name: "redirected DNS", conn: connection(17, "192.168.1.20:5001", "8.8.8.8:53", "192.168.1.1:53", "192.168.1.20:5001"),
		frames: []way{{"192.168.1.20:5001", "8.8.8.8:53", lan}, {"192.168.1.1:53", "192.168.1.20:5001", lan}},
		client: "192.168.1.20", server: "8.8.8.8", point: "br-lan", dir: "local",
		hosts: map[string]uint64{"192.168.1.20": 1000, "192.168.1.1": 9000}},
	{name: "hairpin", conn: connection(6, "192.168.1.20:5002", "203.0.113.77:8080", "192.168.1.30:80", "192.168.1.1:5002"),
		frames: []way{{"192.168.1.20:5002", "203.0.113.77:8080", lan}, {"192.168.1.30:80", "192.168.1.1:5002", lan}},
		client: "192.168.1.20", server: "203.0.113.77", point: "br-lan", dir: "local",
		hosts: map[string]uint64{"192.168.1.20": 1000, "192.168.1.30": 9000}},
	{name: "hairpin without masquerade", conn: connection(6, "192.168.2.9:5002", "203.0.113.77:8080", "192.168.1.30:80", "192.168.2.9:5002"),
		frames: []way{{"192.168.2.9:5002", "203.0.113.77:8080", guest}, {"192.168.1.30:80", "192.168.2.9:5002", lan}},
		client: "192.168.2.9", server: "203.0.113.77", point: "br-guest", dir: "local",
		hosts: map[string]uint64{"192.168.2.9": 1000, "192.168.1.30": 9000}},
	{name: "ipv6", conn: connection(6, "[2001:db8:1::20]:5000", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:1::20]:5000"),
		frames: []way{{"[2001:db8:aa::5]:443", "[2001:db8:1::20]:5000", lan}},
		client: "2001:db8:1::20", server: "2001:db8:aa::5", point: "br-lan", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"2001:db8:1::20": 1000, "2001:db8:aa::5": 9000}},
	{name: "ipv6 pinhole", conn: connection(6, "[2001:db8:aa::5]:4000", "[2001:db8:1::30]:22", "[2001:db8:1::30]:22", "[2001:db8:aa::5]:4000"),
		frames: []way{{"[2001:db8:1::30]:22", "[2001:db8:aa::5]:4000", lan}},
		client: "2001:db8:aa::5", server: "2001:db8:1::30", point: "br-lan", dir: "in", uplink: "wan", out: 1, mapping: "SSH to NAS",
		hosts: map[string]uint64{"2001:db8:1::30": 9000}},
	{name: "nat66", conn: connection(17, "[fd00:9::20]:5000", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:ff::77]:6000"),
		frames: []way{{"[fd00:9::20]:5000", "[2001:db8:aa::5]:443", lan}},
		client: "fd00:9::20", server: "2001:db8:aa::5", point: "br-lan", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"fd00:9::20": 1000}},
	{name: "ping", conn: connection(1, "192.168.1.20", "198.51.100.5", "198.51.100.5", "203.0.113.77"),
		client: "192.168.1.20", server: "198.51.100.5", point: "br-lan", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"192.168.1.20": 1000}},
	{name: "through the tunnel", conn: connection(6, "192.168.1.20:5300", "198.51.100.5:443", "198.51.100.5:443", "10.8.0.2:5300"),
		client: "192.168.1.20", server: "198.51.100.5", point: "br-lan", dir: "out", uplink: "wg0",
		hosts: map[string]uint64{"192.168.1.20": 1000}},
	{name: "the tunnel itself", conn: connection(17, "203.0.113.77:51820", "198.51.100.7:51820", "198.51.100.7:51820", "203.0.113.77:51820"),
		client: "203.0.113.77", server: "198.51.100.7", point: "wan", dir: "out", uplink: "wan", router: true, carries: "wg0",
		hosts: map[string]uint64{}},
	{name: "the tunnel, called from outside", conn: connection(17, "198.51.100.7:40000", "203.0.113.77:51820", "203.0.113.77:51820", "198.51.100.7:40000"),
		client: "198.51.100.7", server: "203.0.113.77", point: "wan", dir: "in", uplink: "wan", out: 1, router: true, carries: "wg0",
		hosts: map[string]uint64{}},
	{name: "6in4", conn: connection(packet.Proto6in4, "203.0.113.77", "198.51.100.7", "198.51.100.7", "203.0.113.77"),
		client: "203.0.113.77", server: "198.51.100.7", point: "wan", dir: "out", uplink: "wan", router: true, carries: "6in4-he",
		hosts: map[string]uint64{}},
	{name: "a host's own tunnel", conn: connection(17, "192.168.1.20:51820", "198.51.100.7:51820", "198.51.100.7:51820", "203.0.113.77:51820"),
		client: "192.168.1.20", server: "198.51.100.7", point: "br-lan", dir: "out", uplink: "wan",
		hosts: map[string]uint64{"192.168.1.20": 1000}},
	{name: "guest to lan", conn: connection(6, "192.168.2.9:5003", "192.168.1.30:445", "192.168.1.30:445", "192.168.2.9:5003"),
		frames: []way{{"192.168.2.9:5003", "192.168.1.30:445", guest}, {"192.168.2.9:5003", "192.168.1.30:445", lan}, {"192.168.1.30:445", "192.168.2.9:5003", lan}},
		client: "192.168.2.9", server: "192.168.1.30", point: "br-lan", dir: "local",
		hosts: map[string]uint64{"192.168.2.9": 1000, "192.168.1.30": 9000}},
	{name: "to the router", conn: connection(17, "192.168.1.20:5004", "192.168.1.1:53", "192.168.1.1:53", "192.168.1.20:5004"),
		frames: []way{{"192.168.1.20:5004", "192.168.1.1:53", lan}},
		client: "192.168.1.20", server: "192.168.1.1", point: "br-lan", dir: "local",
		hosts: map[string]uint64{"192.168.1.20": 1000, "192.168.1.1": 9000}},
	{name: "the router's own", conn: connection(6, "203.0.113.77:5005", "198.51.100.5:80", "198.51.100.5:80", "203.0.113.77:5005"),
		client: "203.0.113.77", server: "198.51.100.5", point: "wan", dir: "out", uplink: "wan", router: true,
		hosts: map[string]uint64{"203.0.113.77": 1000, "198.51.100.5": 9000}},
	{name: "knocking at the router", conn: connection(6, "198.51.100.9:4001", "203.0.113.77:22", "203.0.113.77:22", "198.51.100.9:4001"),
		client: "198.51.100.9", server: "203.0.113.77", point: "wan", dir: "in", uplink: "wan", out: 1, router: true,
		hosts: map[string]uint64{"203.0.113.77": 9000}},
}

// TestConnections passes each kind of connection through the engine alone, after
// the frames that name it, and before them: it is one flow, counted once.
func TestConnections(t *testing.T) {
	for i := range kinds {
		tt := &kinds[i]
		for _, order := range []string{"alone", "frames first", "connection first"} {
			t.Run(tt.name+"/"+order, func(t *testing.T) {
				e := router(t, 64)
				if order == "frames first" {
					e.Packets(tt.named())
					if rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9}); n != 0 {
						t.Errorf("frames alone are listed as flows: %+v", rows)
					}
				}
				e.Connections([]flow.Connection{tt.conn})
				if order == "connection first" {
					e.Packets(tt.named())
				}
				e.Swept(start + 3*second)
				tt.checkFlow(t, e)
				tt.checkSums(t, e)
			})
		}
	}
}

// named returns the frames of the connection that a capture hands over to name it.
func (k *kind) named() []packet.Raw {
	var frames []packet.Raw
	for i, w := range k.frames {
		f := frame{at: int64(i+1) * 1000, from: phoneMAC, to: routerMAC, src: w.src, dst: w.dst, pay: 100, point: w.point}
		if k.conn.Proto == packet.ProtoTCP {
			f.tcp = packet.PSH | packet.ACK
		}
		raw := f.raw()
		raw.Classify = true
		frames = append(frames, raw)
	}
	return frames
}

func (k *kind) checkFlow(t *testing.T, e *engine.Engine) {
	t.Helper()
	rows, n := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if n != 1 || e.Stats().Flows != 1 {
		t.Fatalf("%d flows are listed and %d in memory, want one: %+v", n, e.Stats().Flows, rows)
	}
	row := rows[0]
	got := []string{row.Client.IP.String(), row.Server.IP.String(), row.Interface, row.Dir, row.Uplink, row.Carries, row.NAT.Mapping, row.Source, row.Offload}
	want := []string{k.client, k.server, k.point, k.dir, k.uplink, k.carries, k.mapping, "conntrack", "none"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if row.Bytes != (engine.Pair[uint64]{Tx: 1000, Rx: 9000}) || row.Packets != (engine.Pair[uint64]{Tx: 10, Rx: 20}) || row.Observed {
		t.Errorf("%+v", row)
	}
	if row.NAT.Orig != k.conn.Orig || row.NAT.Reply != k.conn.Reply {
		t.Errorf("tuples %+v", row.NAT)
	}
}

func (k *kind) checkSums(t *testing.T, e *engine.Engine) {
	t.Helper()
	for ip, sent := range k.hosts {
		h, _ := e.Host(netip.MustParseAddr(ip))
		if h.Bytes.Tx != sent || h.Bytes.Tx+h.Bytes.Rx != 10000 {
			t.Errorf("%s sent %d and received %d, want %d of 10000 sent", ip, h.Bytes.Tx, h.Bytes.Rx, sent)
		}
	}
	uplinkSums(t, e, k.uplink, k.out, k.router)
	want := uint64(10000)
	if k.carries != "" {
		want = 0 // it is the house's as what the tunnel carries
	}
	if total := totals(t, e.OpenSlots()[:1]); total != want {
		t.Errorf("the total is %d bytes, want %d", total, want)
	}
}

// uplinkSums checks what went over the uplink of that name, and that nothing went
// over others.
func uplinkSums(t *testing.T, e *engine.Engine, name string, out int, router bool) {
	t.Helper()
	for _, u := range e.Uplinks() {
		want := engine.UplinkRow{Name: u.Name, At: start + 3*second}
		if u.Name == name {
			want.Bytes = engine.Pair[uint64]{Tx: 1000, Rx: 9000}
			want.Packets = engine.Pair[uint64]{Tx: 10, Rx: 20}
			if out == 1 {
				want.Bytes, want.Packets = engine.Pair[uint64]{Tx: 9000, Rx: 1000}, engine.Pair[uint64]{Tx: 20, Rx: 10}
			}
			if router {
				want.Router = want.Bytes
			}
		}
		if diff := cmp.Diff(want, u); diff != "" {
			t.Errorf("uplink %s: %s", u.Name, diff)
		}
	}
}

// totals returns the bytes of the total's series in slots, both ways.
func totals(t *testing.T, slots []rollup.Slot) (n uint64) {
	t.Helper()
	for _, s := range slots {
		it := rollup.NewClassIter(s.Block, rollup.Total)
		for it.Next() {
			n += it.Row().TxBytes + it.Row().RxBytes
		}
		if err := it.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// TestLeftOut leaves out what this machine tells itself, and what packets count.
func TestLeftOut(t *testing.T) {
	e := router(t, 8)
	e.Connections([]flow.Connection{
		connection(6, "127.0.0.1:5000", "127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:5000"),
		connection(6, "[::1]:5000", "[::1]:80", "[::1]:80", "[::1]:5000"),
		connection(6, "192.168.1.1:5000", "203.0.113.77:80", "203.0.113.77:80", "192.168.1.1:5000"),
		connection(17, "192.168.1.20:137", "192.168.1.255:137", "192.168.1.255:137", "192.168.1.20:137"),
		connection(17, "192.168.1.20:5353", "224.0.0.251:5353", "224.0.0.251:5353", "192.168.1.20:5353"),
		connection(17, "[2001:db8:1::20]:5353", "[ff02::fb]:5353", "[ff02::fb]:5353", "[2001:db8:1::20]:5353"),
	})
	if s := e.Stats(); s.Flows != 0 || s.Connections != 0 || s.ConnectionsLeft != 6 {
		t.Errorf("%+v", s)
	}
}

// TestNowhere has connections without any observation point, before the daemon
// knows its interfaces.
func TestNowhere(t *testing.T) {
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8}})
	e.Connections([]flow.Connection{kinds[0].conn})
	if s := e.Stats(); s.Flows != 0 || s.ConnectionDrops != 1 {
		t.Errorf("%+v", s)
	}
}

// TestUnwatched has connections of networks that are not watched. They pass the
// uplink as far as that can be told; of the rest it is known how much it was.
func TestUnwatched(t *testing.T) {
	e := router(t, 8)
	translated := connection(6, "192.168.9.20:5000", "198.51.100.5:443", "198.51.100.5:443", "203.0.113.77:61000")
	routed := connection(6, "[2001:db8:2::20]:5000", "[2001:db8:aa::5]:443", "[2001:db8:aa::5]:443", "[2001:db8:2::20]:5000")
	forwarded := connection(6, "198.51.100.9:4000", "203.0.113.77:2222", "192.168.9.30:22", "198.51.100.9:4000")
	e.Connections([]flow.Connection{translated, routed, forwarded})
	if u := e.Uplinks()[0]; u.Bytes != (engine.Pair[uint64]{Tx: 2000 + 9000, Rx: 18000 + 1000}) || u.Router.Tx != 0 {
		t.Errorf("%+v", u)
	}
	for port, client := range map[uint16]string{443: "192.168.9.20", 22: "198.51.100.9"} {
		rows, _ := e.Flows(engine.Filter{Port: port, IPVersion: 4}, engine.Page{Limit: 9})
		if len(rows) != 1 || rows[0].Interface != "wan" || rows[0].Client.IP != ips(client)[0] || rows[0].Uplink != "wan" {
			t.Errorf("port %d: %+v", port, rows)
		}
	}
	e.SetUplinks([]engine.Uplink{{Name: "wan", Point: wan, Addrs: addrs("2001:db8:ff::77")}, {Name: "lte", Point: guest, Addrs: addrs("2001:db8:fe::9")}})
	routed.Orig.SrcPort, routed.Reply.DstPort = 5001, 5001
	e.Connections([]flow.Connection{routed})
	if s := e.Stats(); s.Flows != 3 || s.ConnectionDrops != 1 || s.Unwatched != 10000 {
		t.Errorf("%+v", s)
	}
}

// TestAliasesEnd has a hairpin connection end: its second view leads nowhere.
func TestAliasesEnd(t *testing.T) {
	e := router(t, 8)
	c := connection(6, "192.168.1.20:5002", "203.0.113.77:8080", "192.168.1.30:80", "192.168.1.1:5002")
	e.Connections([]flow.Connection{c})
	if n := e.Stats().Aliases; n != 1 {
		t.Fatalf("%d aliases, want 1", n)
	}
	c.Status, c.Packets, c.Bytes = flow.ConnEnded, [2]uint64{}, [2]uint64{}
	e.Connections([]flow.Connection{c})
	e.Swept(start + 3*second)
	e.Tick(start+30*second, true)
	if s := e.Stats(); s.Aliases != 0 || s.Flows != 0 || s.Completed != 1 {
		t.Errorf("%+v", s)
	}
}

func TestAliasesAreBounded(t *testing.T) {
	e := router(t, 4096)
	for i := range 2000 {
		c := connection(6, "192.168.1.20:5002", "203.0.113.77:8080", "192.168.1.30:80", "192.168.1.1:5002")
		c.Orig.SrcPort, c.Reply.DstPort = uint16(10000+i), uint16(10000+i)
		e.Connections([]flow.Connection{c})
	}
	if s := e.Stats(); s.Aliases > 1024 || s.AliasDrops != 2000-uint64(s.Aliases) || s.Flows != 2000 {
		t.Errorf("%+v", s)
	}
}
