package engine_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/rollup"
)

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
		ID: got.ID, Interface: "lan", Proto: packet.ProtoTCP, Protocol: "tls", By: "port", Category: "other",
		Client: engine.Endpoint{IP: netip.MustParseAddr("192.168.1.20"), Port: 50000, Scope: "local", Device: phone.ID},
		Server: engine.Endpoint{IP: netip.MustParseAddr("203.0.113.5"), Port: 443, Scope: "remote"},
		State:  "S1", Source: "packets", Observed: true, Dir: "out", First: start, Last: start + 53_000,
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

// Flows are found by where their far ends are, and rows tell it.
func TestFlowsByPlace(t *testing.T) {
	places := map[packet.Addr]uint32{
		packet.AddrOf(netip.MustParseAddr("203.0.113.7")): 64500,
	}
	e := engine.New(engine.Config{
		Flows: flow.Config{Max: 16}, MaxHosts: 16, MaxDevices: 4,
		Place: func(a packet.Addr) ([2]byte, uint32) {
			if asn := places[a]; asn != 0 {
				return [2]byte{'D', 'E'}, asn
			}
			return [2]byte{}, 0
		},
	})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	for _, server := range []string{"203.0.113.7", "198.51.100.1", "192.168.1.30"} {
		src, dst := packet.AddrOf(netip.MustParseAddr("192.168.1.20")), packet.AddrOf(netip.MustParseAddr(server))
		k, c := flow.KeyOf(&src, &dst, 40000, 443, packet.ProtoTCP, 0)
		r := flow.Record{Key: k, Client: c, First: start, Last: start + second}
		r.Bytes[c], r.Packets[c] = 1000, 10
		e.Records([]flow.Record{r})
	}
	tests := []struct {
		name string
		f    engine.Filter
		want int
	}{
		{"all", engine.Filter{}, 3},
		{"country", engine.Filter{Country: [2]byte{'D', 'E'}}, 1},
		{"another country", engine.Filter{Country: [2]byte{'F', 'R'}}, 0},
		{"system", engine.Filter{ASN: 64500}, 1},
		{"both", engine.Filter{Country: [2]byte{'D', 'E'}, ASN: 64501}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, n := e.Flows(tt.f, engine.Page{Limit: 10})
			if n != tt.want {
				t.Fatalf("%d flows, want %d", n, tt.want)
			}
			if tt.want == 1 && (rows[0].Server.ASN != 64500 || rows[0].Server.Country != [2]byte{'D', 'E'} || rows[0].Client.ASN != 0) {
				t.Errorf("%+v, %+v", rows[0].Client, rows[0].Server)
			}
		})
	}
}
