package engine_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// When the clock is not trusted any more, what is open is handed out as it stands,
// and nothing is closed by that clock.
func TestUntrustedClockClosesNothing(t *testing.T) {
	e := house(t)
	for _, s := range e.Tick(start+400*second, false) {
		if s.Start > start/second {
			t.Errorf("a slot at %d by a clock that nobody trusts since %d", s.Start, start/second+1)
		}
	}
	for at := start + 401*second; at < start+1000*second; at += 60 * second {
		if slots := e.Tick(at, false); len(slots) != 0 || e.OpenSlots() != nil {
			t.Errorf("%d slots closed by a clock that nobody trusts, %d are open", len(slots), len(e.OpenSlots()))
		}
	}
	if slots := e.Tick(start+1000*second, true); len(slots) < 10 || e.OpenSlots() == nil {
		t.Errorf("%d slots closed once the clock is trusted", len(slots))
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
	if total != 1 || rows[0].Bytes.Tx != 2000 || rows[0].Protocol != "tls" {
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
					e.Connections([]flow.Connection{told(i, 100, start)})
					e.Swept(start + int64(i)*second/10)
				case 1:
					e.Flows(engine.Filter{Text: "203"}, engine.Page{Limit: 50})
					e.Hosts(engine.Filter{}, engine.Page{Limit: 50})
				case 2:
					e.Devices(engine.Filter{}, engine.Page{Limit: 50})
					e.Stats()
					e.SetUplinks([]engine.Uplink{{Name: "wan", Point: uint8(i % 3)}})
					e.SetMappings([]engine.Mapping{{Name: "ssh", Proto: uint8(i)}})
					e.Uplinks()
					e.Mappings()
					e.Neighbours([]device.Neighbour{{MAC: phoneMAC}}, start)
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

// Where nothing is known of the house, as behind a mirror port, a packet that
// nobody forwarded yet tells who is at home: that keeps IPv6 addresses with their
// devices. On a router, which knows its networks, nobody can claim an address so.
func TestGuessedNetworks(t *testing.T) {
	home, away, laptop := "[2001:db8:5::20]:50000", "[2001:db8:9::9]:443", packet.MAC{0, 1, 2, 3, 4, 5}
	frames := []frame{
		{from: laptop, to: routerMAC, src: home, dst: away, pay: 10},
		{at: 10, from: routerMAC, to: laptop, src: away, dst: home, pay: 10, ttl: 55},
	}
	for _, guessed := range []bool{true, false} {
		e := engine.New(engine.Config{Flows: flow.Config{Max: 8}, MaxHosts: 8, MaxDevices: 8})
		if _, err := e.Interface("mirror"); err != nil {
			t.Fatal(err)
		}
		if !guessed {
			e.SetNetworks(device.NewNetworks(device.Private, nil))
		}
		for _, f := range frames {
			e.Packets([]packet.Raw{f.raw()})
		}
		e.Tick(start+second, true)
		all := devicesByName(t, e)
		if d := all[laptop.String()]; d.Router || (len(d.IPs) == 1) != guessed || (d.Bytes.Tx > 0) != guessed {
			t.Errorf("guessed %v: laptop %+v", guessed, d)
		}
		if d := all[routerMAC.String()]; !d.Router || len(d.IPs) != 0 {
			t.Errorf("guessed %v: router %+v", guessed, d)
		}
		h, _ := e.Host(netip.MustParseAddr("2001:db8:5::20"))
		if want := map[bool]string{true: "local", false: "remote"}[guessed]; h.Scope != want {
			t.Errorf("guessed %v: the laptop's address is %s", guessed, h.Scope)
		}
		e.SetNetworks(device.NewNetworks(nil, nil))
		if h, _ := e.Host(netip.MustParseAddr("2001:db8:5::20")); h.Scope != "remote" {
			t.Errorf("guessed %v: the guess outlived better knowledge", guessed)
		}
	}
}

// TestShiftKeepsWhatTheNewClockGave sets the clock as NTP does after a router's
// boot: what came between the step and the tick that notices it is stamped right
// already.
func TestShiftKeepsWhatTheNewClockGave(t *testing.T) {
	const day = 24 * 3600 * second
	e := house(t)
	e.Packets([]packet.Raw{
		frame{day + 2*second, phoneMAC, routerMAC, "192.168.1.20:50000", "203.0.113.5:443", packet.ACK, 301, 10, 0, 0}.raw(),
		frame{day + 2*second, phoneMAC, routerMAC, "192.168.1.20:50009", "203.0.113.9:443", packet.SYN, 1, 0, 0, 0}.raw(),
	})
	e.Shift(24 * time.Hour)
	now := start + day + 3*second
	e.Tick(now, true)
	rows, _ := e.Flows(engine.Filter{Port: 443}, engine.Page{Limit: 9})
	for _, r := range rows {
		if r.Last > now || r.Last-r.First > 3*second {
			t.Errorf("flow of %v lasts %d s and ends %d s from now", r.Client, (r.Last-r.First)/second, (r.Last-now)/second)
		}
	}
	if h, _ := e.Host(netip.MustParseAddr("203.0.113.9")); h.First > now || h.Last > now {
		t.Errorf("host was seen first %d s and last %d s from now", (h.First-now)/second, (h.Last-now)/second)
	}
	e.Tick(now+120*second, true)
	if n := e.Stats().Flows; n != 0 {
		t.Errorf("%d flows are left two minutes after, with an idle timeout of one", n)
	}
}

// TestRoutedInTheHouse has a television in one network ask a NAS in another, seen
// on both sides of the router: it forwards what is not its own.
func TestRoutedInTheHouse(t *testing.T) {
	e := house(t)
	e.SetNetworks(device.NewNetworks(
		[]netip.Prefix{netip.MustParsePrefix("192.168.1.0/24"), netip.MustParsePrefix("192.168.2.0/24")},
		[]netip.Addr{netip.MustParseAddr("192.168.1.1"), netip.MustParseAddr("192.168.2.1")}))
	tvMAC := packet.MAC{0x00, 0x22, 0, 0, 0, 7}
	const nas, tv = "192.168.1.30:445", "192.168.2.40:50000"
	for _, f := range []frame{
		{2 * second, tvMAC, routerMAC, tv, nas, packet.SYN, 1, 0, 1, 64},
		{2 * second, routerMAC, nasMAC, tv, nas, packet.SYN, 1, 0, 0, 63},
		{2 * second, nasMAC, routerMAC, nas, tv, packet.SYN | packet.ACK, 1, 0, 0, 64},
		{2 * second, routerMAC, tvMAC, nas, tv, packet.SYN | packet.ACK, 1, 0, 1, 63},
	} {
		e.Packets([]packet.Raw{f.raw()})
	}
	e.Tick(start+3*second, true)
	for ip, want := range map[string]packet.MAC{"192.168.1.30": nasMAC, "192.168.2.40": tvMAC} {
		h, _ := e.Host(netip.MustParseAddr(ip))
		if h.MAC != want {
			t.Errorf("%s is the address of %v, want %v", ip, h.MAC, want)
		}
		if ip == "192.168.2.40" && h.Bytes != (engine.Pair[uint64]{Tx: 40, Rx: 40}) {
			t.Errorf("the television has %+v bytes, want one SYN and its answer", h.Bytes)
		}
	}
}

// TestTwoNetworks counts an IPv6 flow from the LAN to the world once, although it
// is seen on the WAN, too, and there again when the LAN is not watched any more.
func TestTwoNetworks(t *testing.T) {
	e := house(t)
	web, phone := "[2001:db8:ff::1]:443", "[2001:db8:1::77]:50000"
	before := e.Stats()
	frames := []frame{
		{2 * second, phoneMAC, routerMAC, phone, web, 0, 0, 100, 0, 64},
		{2 * second, routerMAC, packet.MAC{0, 9, 9, 9, 9, 9}, phone, web, 0, 0, 100, 1, 63},
		{2 * second, packet.MAC{0, 9, 9, 9, 9, 9}, routerMAC, web, phone, 0, 0, 900, 1, 56},
		{2 * second, routerMAC, phoneMAC, web, phone, 0, 0, 900, 0, 55},
	}
	for _, f := range frames {
		e.Packets([]packet.Raw{f.raw()})
	}
	e.Tick(start+3*second, true)
	counted := func() (phone, web engine.Pair[uint64]) {
		p, _ := e.Host(netip.MustParseAddr("2001:db8:1::77"))
		w, _ := e.Host(netip.MustParseAddr("2001:db8:ff::1"))
		return p.Bytes, w.Bytes
	}
	p, w := counted()
	if p != (engine.Pair[uint64]{Tx: 148, Rx: 948}) || w != (engine.Pair[uint64]{Tx: 948, Rx: 148}) {
		t.Errorf("phone %+v, web server %+v", p, w)
	}
	if rate := e.Stats().Rate; rate.Tx != 8*148/2 || rate.Rx != 8*948/2 { // over two seconds
		t.Errorf("total rate %+v", rate)
	}
	if got := e.Stats().Packets - before.Packets; got != 4 {
		t.Errorf("the interfaces counted %d packets, want each its own", got)
	}
	late := frames[1]
	late.at += 120 * second
	e.Packets([]packet.Raw{late.raw()})
	e.Tick(start+124*second, true)
	if p, _ := counted(); p.Tx != 2*148 {
		t.Errorf("the phone has sent %d bytes, want the WAN's counted when the LAN is silent", p.Tx)
	}
}

// TestStrayFrame has one frame of a capture lie an hour ahead of the others: the
// idle timeout goes on working.
func TestStrayFrame(t *testing.T) {
	records := 0
	e := engine.New(engine.Config{
		Flows: flow.Config{Max: 64, Idle: 5 * time.Second}, CaptureTime: true,
		Ended: func(*flow.Flow, *flow.Record, engine.Named) { records++ },
	})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		f := frame{at: int64(i) * 10 * second, from: phoneMAC, to: routerMAC, src: fmt.Sprintf("192.168.1.20:%d", 50000+i), dst: "203.0.113.1:53"}
		if i == 3 {
			f.at += 3600 * second
		}
		e.Packets([]packet.Raw{f.raw()})
	}
	if records < 15 {
		t.Errorf("%d of 20 flows ended by the idle timeout", records)
	}
}

// TestRestoredDevicesAreOffline restores devices under a clock that is behind, as
// after the boot of a router without a battery.
func TestRestoredDevicesAreOffline(t *testing.T) {
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8}, MaxHosts: 8, MaxDevices: 8})
	e.Restore([]device.Kept{{Key: phoneMAC.String(), MACs: []packet.MAC{phoneMAC}, First: start, Last: start}})
	e.Tick(start-24*3600*second, true)
	rows, _ := e.Devices(engine.Filter{}, engine.Page{Limit: 1})
	if _, n := e.Devices(engine.Filter{Online: true}, engine.Page{Limit: 1}); rows[0].Online || n != 0 {
		t.Errorf("online %v, %d in the filter", rows[0].Online, n)
	}
}

// TestCaptureWithPauses has one flow in a capture send every ten seconds, twice
// as seldom as the idle timeout allows, while nothing else is to be seen.
func TestCaptureWithPauses(t *testing.T) {
	records := 0
	e := engine.New(engine.Config{
		Flows: flow.Config{Max: 8, Idle: 5 * time.Second}, CaptureTime: true,
		Ended: func(*flow.Flow, *flow.Record, engine.Named) { records++ },
	})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	for i := range int64(6) {
		f := frame{10 * i * second, phoneMAC, routerMAC, "192.168.1.20:5000", "203.0.113.5:53", 0, 0, 10, 0, 0}
		e.Packets([]packet.Raw{f.raw()})
	}
	e.Flush()
	if records != 6 {
		t.Errorf("%d flows, want 6", records)
	}
}
