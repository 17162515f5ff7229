package engine_test

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"sync"
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

const (
	start  = int64(1_760_000_000_000_000) // microseconds since the Unix epoch
	second = int64(1_000_000)
)

var (
	phoneMAC  = packet.MAC{0x02, 0xaa, 0, 0, 0, 1} // locally administered
	nasMAC    = packet.MAC{0x00, 0x11, 0x32, 0, 0, 2}
	routerMAC = packet.MAC{0x00, 0xff, 0, 0, 0, 1}
)

// frame is one packet of a test, in words.
type frame struct {
	at       int64 // microseconds after start
	from, to packet.MAC
	src, dst string // address:port
	tcp      uint8  // TCP flags; 0 = UDP
	seq      uint32
	pay      int
	point    uint8
}

// raw builds the frame's bytes: Ethernet, IPv4 or IPv6, TCP or UDP.
func (f frame) raw() packet.Raw {
	src, dst := netip.MustParseAddrPort(f.src), netip.MustParseAddrPort(f.dst)
	transport := make([]byte, 8, 64)
	proto := byte(packet.ProtoUDP)
	if f.tcp != 0 {
		transport, proto = make([]byte, 20, 64), packet.ProtoTCP
		binary.BigEndian.PutUint32(transport[4:], f.seq)
		transport[12], transport[13] = 5<<4, f.tcp
	}
	binary.BigEndian.PutUint16(transport[0:], src.Port())
	binary.BigEndian.PutUint16(transport[2:], dst.Port())
	transport = append(transport, make([]byte, f.pay)...)
	var b []byte
	b = append(append(b, f.to[:]...), f.from[:]...)
	if src.Addr().Is4() {
		b = append(b, 8, 0, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+len(transport)))
		b = append(b, 0, 0, 0, 0, 64, proto, 0, 0)
	} else {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(len(transport)))
		b = append(b, proto, 64)
	}
	b = append(append(b, src.Addr().AsSlice()...), dst.Addr().AsSlice()...)
	b = append(b, transport...)
	return packet.Raw{Time: (start + f.at) * 1000, Data: b, Len: uint32(len(b)), Link: packet.LinkEthernet, Iface: f.point}
}

// house is an engine that has seen a phone fetch from outside, a NAS be asked by
// the phone, a stranger knock, and a group be greeted.
func house(tb testing.TB) *engine.Engine {
	tb.Helper()
	names := intern.New(1024)
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 64, Idle: time.Minute, Completed: 10 * time.Second},
		MaxHosts: 64, MaxDevices: 8, Rollup: r, Names: names,
	})
	e.SetNetworks(device.NewNetworks(
		[]netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("2001:db8:1::/64")},
		[]netip.Addr{netip.MustParseAddr("192.168.1.1")}))
	for _, name := range []string{"lan", "guest"} {
		if _, err := e.Interface(name); err != nil {
			tb.Fatal(err)
		}
	}
	e.Configure([]device.Named{{Name: "NAS", MACs: []packet.MAC{nasMAC}}})
	e.Tick(start, true)
	const S, SA, A, P = packet.SYN, packet.SYN | packet.ACK, packet.ACK, packet.PSH | packet.ACK
	web, phone := "203.0.113.5:443", "192.168.1.20:50000"
	frames := []frame{
		{0, phoneMAC, routerMAC, phone, web, S, 100, 0, 0},
		{20_000, routerMAC, phoneMAC, web, phone, SA, 900, 0, 0},
		{21_000, phoneMAC, routerMAC, phone, web, A, 101, 0, 0},
		{22_000, phoneMAC, routerMAC, phone, web, P, 101, 200, 0},
		{52_000, routerMAC, phoneMAC, web, phone, P, 901, 1000, 0},
		{53_000, routerMAC, phoneMAC, web, phone, P, 901, 1000, 0}, // again
		{100_000, phoneMAC, nasMAC, "[2001:db8:1::20]:50001", "[2001:db8:1::30]:445", S, 1, 0, 0},
		{100_500, nasMAC, phoneMAC, "[2001:db8:1::30]:445", "[2001:db8:1::20]:50001", SA, 1, 0, 0},
		{200_000, routerMAC, nasMAC, "198.51.100.9:6666", "192.168.1.30:22", S, 1, 0, 0},
		{300_000, nasMAC, packet.MAC{1, 0, 0x5e, 0, 0, 251}, "192.168.1.30:5353", "224.0.0.251:5353", 0, 0, 60, 0},
		{400_000, phoneMAC, routerMAC, "192.168.1.20:40001", "192.168.1.1:53", 0, 0, 40, 1},
	}
	batch := make([]packet.Raw, len(frames))
	for i := range frames {
		batch[i] = frames[i].raw()
	}
	e.Packets(batch)
	e.Tick(start+second, true)
	return e
}

func TestFlowRow(t *testing.T) {
	e := house(t)
	rows, total := e.Flows(engine.Filter{Port: 443}, engine.Page{Limit: 10})
	if total != 1 || len(rows) != 1 {
		t.Fatalf("%d flows to port 443, want 1", total)
	}
	got := rows[0]
	if got.ID>>53 != 0 {
		t.Errorf("ID %d has more than 53 bits", got.ID)
	}
	phone := devicesByName(t, e)["02:AA:00:00:00:01"]
	want := engine.FlowRow{
		ID: got.ID, Interface: "lan", Proto: packet.ProtoTCP, App: "tls", AppBy: "port",
		Client: engine.Endpoint{IP: netip.MustParseAddr("192.168.1.20"), Port: 50000, Scope: "local", Device: phone.ID},
		Server: engine.Endpoint{IP: netip.MustParseAddr("203.0.113.5"), Port: 443, Scope: "remote"},
		State:  "S1", First: start, Last: start + 53_000,
		Bytes:    engine.Pair[uint64]{Tx: 40 + 40 + 240, Rx: 40 + 1040 + 1040},
		Packets:  engine.Pair[uint64]{Tx: 3, Rx: 3},
		Payload:  engine.Pair[uint64]{Tx: 200, Rx: 2000},
		TCPFlags: engine.Pair[uint8]{Tx: packet.SYN | packet.ACK | packet.PSH, Rx: packet.SYN | packet.ACK | packet.PSH},
		Retrans:  engine.Pair[uint32]{Rx: 1},
		GapMin:   engine.Pair[uint32]{Tx: 1000, Rx: 1000}, GapAvg: engine.Pair[uint32]{Tx: 11000, Rx: 16500},
		GapMax:    engine.Pair[uint32]{Tx: 21000, Rx: 32000},
		RTTClient: 1000, RTTServer: 20000, RTTApp: 30000,
		BpsNow: 8 * (320 + 2120), BpsPeak: 8 * (320 + 2120),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if again, ok := e.Flow(got.ID); !ok || again.First != got.First {
		t.Error("the flow is not found by its ID")
	}
	if _, ok := e.Flow(got.ID + 1); ok {
		t.Error("an ID that was never given finds a flow")
	}
}

func devicesByName(tb testing.TB, e *engine.Engine) map[string]engine.DeviceRow {
	tb.Helper()
	rows, _ := e.Devices(engine.Filter{}, engine.Page{Limit: 100})
	all := make(map[string]engine.DeviceRow)
	for _, r := range rows {
		all[r.Key] = r
	}
	return all
}

func TestFlowFilters(t *testing.T) {
	e := house(t)
	nas := devicesByName(t, e)[nasMAC.String()]
	tests := []struct {
		name string
		f    engine.Filter
		want []uint16 // server ports
	}{
		{"all", engine.Filter{}, []uint16{22, 53, 443, 445, 5353}},
		{"interface", engine.Filter{Interface: "guest"}, []uint16{53}},
		{"unknown interface", engine.Filter{Interface: "wan"}, nil},
		{"device", engine.Filter{Device: nas.ID}, []uint16{22, 445, 5353}},
		{"mac", engine.Filter{MAC: "02:AA:00:00:00:01"}, []uint16{53, 443, 445}},
		{"ip", engine.Filter{IP: netip.MustParsePrefix("203.0.113.5/32")}, []uint16{443}},
		{"network", engine.Filter{IP: netip.MustParsePrefix("192.168.1.0/24")}, []uint16{22, 53, 443, 5353}},
		{"app", engine.Filter{App: "smb"}, []uint16{445}},
		{"unknown app", engine.Filter{App: "nonsense"}, nil},
		{"proto", engine.Filter{Proto: packet.ProtoUDP, HasProto: true}, []uint16{53, 5353}},
		{"client port", engine.Filter{Port: 50000}, []uint16{443}},
		{"name", engine.Filter{Name: "nas"}, []uint16{22, 445, 5353}},
		{"text finds addresses", engine.Filter{Text: "203.0"}, []uint16{443}},
		{"text finds names", engine.Filter{Text: "NAS"}, []uint16{22, 445, 5353}},
		{"text finds applications", engine.Filter{Text: "mdns"}, []uint16{5353}},
		{"state", engine.Filter{State: "S0"}, []uint16{22}},
		{"ipv6", engine.Filter{IPVersion: 6}, []uint16{445}},
		{"bytes", engine.Filter{MinBytes: 1000}, []uint16{443}},
		{"duration", engine.Filter{MinDuration: 1000}, []uint16{443}},
		{"from outside", engine.Filter{Dir: "in"}, []uint16{22}},
		{"to outside", engine.Filter{Dir: "out"}, []uint16{443}},
		{"in the house", engine.Filter{Dir: "local"}, []uint16{53, 445, 5353}},
		{"two at once", engine.Filter{Dir: "local", IPVersion: 4}, []uint16{53, 5353}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, total := e.Flows(tt.f, engine.Page{Sort: "port", Limit: 100})
			var got []uint16
			for _, r := range rows {
				got = append(got, r.Server.Port)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || total != len(tt.want) {
				t.Errorf("total %d, %s", total, diff)
			}
		})
	}
}

func TestFlowSorts(t *testing.T) {
	e := house(t)
	tests := map[string][]uint16{
		"bytes":    {22, 53, 5353, 445, 443},
		"port":     {22, 53, 443, 445, 5353},
		"first":    {443, 445, 22, 5353, 53},
		"duration": {22, 53, 5353, 445, 443},
	}
	for key, want := range tests {
		for _, desc := range []bool{false, true} {
			rows, _ := e.Flows(engine.Filter{}, engine.Page{Sort: key, Desc: desc, Limit: 100})
			var got []uint16
			for _, r := range rows {
				got = append(got, r.Server.Port)
			}
			if desc {
				slices.Reverse(got)
			}
			if key == "duration" { // three have none
				got, want = got[3:], want[3:]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sort %s desc %v: %s", key, desc, diff)
			}
			want = tests[key]
		}
	}
	for _, key := range engine.FlowSorts {
		if rows, _ := e.Flows(engine.Filter{}, engine.Page{Sort: key, Limit: 100}); len(rows) != 5 {
			t.Errorf("sort %s: %d rows", key, len(rows))
		}
	}
}

func TestPages(t *testing.T) {
	e := house(t)
	seen := map[uint64]bool{}
	for offset := 0; offset < 5; offset += 2 {
		rows, total := e.Flows(engine.Filter{}, engine.Page{Sort: "proto", Limit: 2, Offset: offset})
		if total != 5 {
			t.Fatalf("total %d", total)
		}
		for _, r := range rows {
			if seen[r.ID] {
				t.Errorf("flow %d is on two pages", r.ID)
			}
			seen[r.ID] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d flows on all pages", len(seen))
	}
	for _, p := range []engine.Page{{Limit: 0}, {Limit: -1}, {Limit: 5, Offset: 99}} {
		if rows, _ := e.Flows(engine.Filter{}, p); len(rows) != 0 {
			t.Errorf("%+v gave %d rows", p, len(rows))
		}
	}
	if rows, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 3, Offset: -7}); len(rows) != 3 {
		t.Errorf("a negative offset gave %d rows", len(rows))
	}
}

func TestDevices(t *testing.T) {
	e := house(t)
	all := devicesByName(t, e)
	if len(all) != 3 {
		t.Fatalf("devices %v, want phone, NAS and router", all)
	}
	nas := all[nasMAC.String()]
	if nas.Name != "NAS" || nas.Router || nas.RandomMAC || !nas.Online || nas.Interface != "lan" || nas.TotalFlows != 3 || nas.ActiveFlows != 3 {
		t.Errorf("NAS %+v", nas)
	}
	if len(nas.IPs) != 2 {
		t.Errorf("NAS has the addresses %v", nas.IPs)
	}
	phone := all[phoneMAC.String()]
	if !phone.RandomMAC || phone.Bytes.Tx != 320+60+68 || phone.Bytes.Rx != 2120+60 || phone.TotalFlows != 3 {
		t.Errorf("phone %+v", phone)
	}
	if !all[routerMAC.String()].Router {
		t.Error("what sends from addresses elsewhere is not known as a router")
	}
	if d, ok := e.Device(nas.ID); !ok || d.Name != "NAS" {
		t.Error("the NAS is not found by its ID")
	}
	if _, ok := e.Device(99999); ok {
		t.Error("an ID that was never given finds a device")
	}
	rows, total := e.Devices(engine.Filter{Text: "2001:db8:1::30"}, engine.Page{Limit: 9})
	if total != 1 || rows[0].ID != nas.ID {
		t.Error("the NAS is not found by a part of its address")
	}
}

func TestHosts(t *testing.T) {
	e := house(t)
	phone, ok := e.Host(netip.MustParseAddr("192.168.1.20"))
	if !ok || phone.Scope != "local" || phone.AsClient.Active != 2 || phone.AsClient.Total != 2 || phone.MAC != phoneMAC {
		t.Errorf("phone %+v", phone)
	}
	web, ok := e.Host(netip.MustParseAddr("203.0.113.5"))
	if !ok || web.Scope != "remote" || web.Retrans.Tx != 1 || web.Retrans.Rx != 0 || web.Bytes.Tx != 2120 || web.AsServer.Total != 1 {
		t.Errorf("web server %+v", web)
	}
	scopes := map[string]int{}
	rows, total := e.Hosts(engine.Filter{}, engine.Page{Limit: 100})
	for _, r := range rows {
		scopes[r.Scope]++
	}
	want := map[string]int{"local": 4, "remote": 2, "router": 1, "multicast": 1}
	if diff := cmp.Diff(want, scopes); diff != "" || total != 8 {
		t.Errorf("total %d: %s", total, diff)
	}
	if rows, _ := e.Hosts(engine.Filter{Scope: "multicast"}, engine.Page{Limit: 9}); len(rows) != 1 || rows[0].IP != netip.MustParseAddr("224.0.0.251") {
		t.Errorf("groups %+v", rows)
	}
	for _, key := range engine.HostSorts {
		if rows, _ := e.Hosts(engine.Filter{}, engine.Page{Sort: key, Limit: 100}); len(rows) != 8 {
			t.Errorf("sort %s: %d rows", key, len(rows))
		}
	}
}

// What ended stays in a host's sums, and is not counted twice while it lives.
func TestHostFaultsOutliveFlows(t *testing.T) {
	e := house(t)
	before, _ := e.Host(netip.MustParseAddr("203.0.113.5"))
	e.Flush()
	after, _ := e.Host(netip.MustParseAddr("203.0.113.5"))
	if before.Retrans != after.Retrans || after.AsServer.Active != 0 || after.AsServer.Total != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestInterfacesAndStats(t *testing.T) {
	e := house(t)
	rows := e.Interfaces()
	if len(rows) != 2 || rows[0].Name != "lan" || rows[0].Frames != 10 || rows[1].Frames != 1 {
		t.Fatalf("%+v", rows)
	}
	lan := rows[0]
	if lan.Packets != 10 || lan.ActiveFlows != 4 || lan.Outcomes[packet.OK] != 10 || lan.Wire != lan.Bytes+10*14 {
		t.Errorf("lan %+v", lan)
	}
	if lan.PPS != 10 {
		t.Errorf("%d packets a second", lan.PPS)
	}
	s := e.Stats()
	if s.Flows != 5 || s.Packets != 11 || s.Devices != 3 || s.Hosts != 8 || s.Rate.Rx == 0 {
		t.Errorf("%+v", s)
	}
	ports, total := e.Ports(engine.Filter{}, engine.Page{Sort: "port", Limit: 2})
	if total != 5 || len(ports) != 2 || ports[0].Service != "ssh" || ports[1].Service != "dns" || ports[1].Flows != 1 {
		t.Errorf("%d ports, %+v", total, ports)
	}
}

// Every byte that a flow counts is in the total, in its interface and in its
// application, whatever happens to the flow.
func TestSeriesAddUp(t *testing.T) {
	e := house(t)
	e.Flush()
	e.Tick(start+2*second, true)
	slots := e.OpenSlots()
	if len(slots) == 0 {
		t.Fatal("no open slots")
	}
	sum := func(class rollup.Class) (v rollup.Values) {
		it := rollup.NewClassIter(slots[0].Block, class)
		for it.Next() {
			v.Add(it.Row().Values)
		}
		if err := it.Err(); err != nil {
			t.Fatal(err)
		}
		return v
	}
	total := sum(rollup.Total)
	s := e.Stats()
	if total.TxBytes+total.RxBytes != s.Bytes || total.TxPackets+total.RxPackets != s.Packets || total.Flows != s.NewFlows {
		t.Errorf("total %+v, engine counted %d bytes, %d packets, %d flows", total, s.Bytes, s.Packets, s.NewFlows)
	}
	for _, class := range []rollup.Class{rollup.Interface, rollup.Application} {
		if diff := cmp.Diff(total, sum(class)); diff != "" {
			t.Errorf("%v: %s", class, diff)
		}
	}
	var tx, rx uint64
	for _, d := range devicesByName(t, e) {
		tx, rx = tx+d.Bytes.Tx, rx+d.Bytes.Rx
	}
	if v := sum(rollup.Device); v.TxBytes != tx || v.RxBytes != rx {
		t.Errorf("devices' series %+v, their rows %d and %d", v, tx, rx)
	}
}

func TestUntrustedClockClosesNothing(t *testing.T) {
	e := house(t)
	if slots := e.Tick(start+400*second, false); len(slots) != 0 {
		t.Errorf("%d slots closed by a clock that nobody trusts", len(slots))
	}
	if slots := e.Tick(start+401*second, true); len(slots) == 0 {
		t.Error("nothing closed once the clock is trusted")
	}
}

func TestShiftKeepsFlows(t *testing.T) {
	e := house(t)
	const years = 30 * 365 * 24 * time.Hour
	e.Shift(years)
	e.Tick(start+years.Microseconds()+2*second, true)
	if s := e.Stats(); s.Flows != 5 {
		t.Errorf("%d flows after the clock was set, want 5", s.Flows)
	}
	rows, _ := e.Flows(engine.Filter{Port: 443}, engine.Page{Limit: 1})
	if rows[0].Last-rows[0].First != 53_000 {
		t.Errorf("the flow lasts %d", rows[0].Last-rows[0].First)
	}
}

func TestRestore(t *testing.T) {
	e := house(t)
	var kept []device.Kept
	for _, r := range e.Kept() {
		k := device.Kept{Key: r.Key, MACs: r.MACs, First: r.First - second, Last: r.Last}
		kept = append(kept, k)
	}
	next := engine.New(engine.Config{Flows: flow.Config{Max: 8}, MaxHosts: 8, MaxDevices: 8})
	next.Restore(kept)
	got := devicesByName(t, next)
	if phone := got[phoneMAC.String()]; len(got) != 3 || phone.First != start-second || phone.Last != start+400_000 {
		t.Errorf("restored %+v", got)
	}
}

func TestTooManyInterfaces(t *testing.T) {
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8}})
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, err = e.Interface(fmt.Sprintf("if%d", i))
	}
	if err == nil {
		t.Error("a thousand interfaces fit into a byte")
	}
	if n, err := e.Interface("if7"); err != nil || n != 7 {
		t.Errorf("a known interface is %d, %v", n, err)
	}
}

func TestRecords(t *testing.T) {
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8}, MaxHosts: 8})
	if _, err := e.Interface("ct"); err != nil {
		t.Fatal(err)
	}
	src, dst := packet.AddrOf(netip.MustParseAddr("192.168.1.20")), packet.AddrOf(netip.MustParseAddr("203.0.113.5"))
	k, c := flow.KeyOf(&src, &dst, 40000, 443, packet.ProtoTCP, 0)
	r := flow.Record{Key: k, Client: c, First: start, Last: start + second}
	r.Bytes[c], r.Packets[c] = 1000, 10
	bad := r
	bad.Key.Point = 9
	e.Records([]flow.Record{r, r, bad})
	e.Tick(start+second, true)
	rows, total := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if total != 1 || rows[0].Bytes.Tx != 2000 || rows[0].App != "tls" {
		t.Errorf("%d flows, %+v", total, rows)
	}
}

// Sources, the clock and queries come from goroutines of their own; run with
// -race.
func TestConcurrentUse(t *testing.T) {
	e := house(t)
	var wg sync.WaitGroup
	for g := range 3 {
		wg.Go(func() {
			for i := range 300 {
				batch := []packet.Raw{frame{at: int64(i) * 1000, from: phoneMAC, to: routerMAC,
					src: "192.168.1.20:50000", dst: fmt.Sprintf("203.0.113.%d:443", i%200+1), pay: 10}.raw()}
				e.Packets(batch)
				switch g {
				case 0:
					e.Tick(start+int64(i)*second/10, true)
				case 1:
					e.Flows(engine.Filter{Text: "203"}, engine.Page{Limit: 50})
					e.Hosts(engine.Filter{}, engine.Page{Limit: 50})
				case 2:
					e.Devices(engine.Filter{}, engine.Page{Limit: 50})
					e.Stats()
					e.SetNetworks(device.NewNetworks(nil, nil))
				}
			}
		})
	}
	wg.Wait()
}

func TestPacketsAllocateNothing(t *testing.T) {
	frames := ethernet(t)
	e := fullEngine(t, "eth0")
	pass := func() {
		for i := 0; i < len(frames); i += 64 {
			e.Packets(frames[i:min(i+64, len(frames))])
		}
	}
	pass() // tables grow to their sizes
	if perPacket := testing.AllocsPerRun(3, pass) / float64(len(frames)); perPacket > 0.01 {
		t.Errorf("%.3f allocations a packet", perPacket)
	}
}
