package engine_test

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

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
	ttl      uint8 // 0 = 64
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
	ttl := f.ttl
	if ttl == 0 {
		ttl = 64
	}
	var b []byte
	b = append(append(b, f.to[:]...), f.from[:]...)
	if src.Addr().Is4() {
		b = append(b, 8, 0, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(20+len(transport)))
		b = append(b, 0, 0, 0, 0, ttl, proto, 0, 0)
	} else {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(len(transport)))
		b = append(b, proto, ttl)
	}
	b = append(append(b, src.Addr().AsSlice()...), dst.Addr().AsSlice()...)
	b = append(b, transport...)
	return packet.Raw{Time: (start + f.at) * 1000, Data: b, Len: uint32(len(b)), Link: packet.LinkEthernet, Iface: f.point}
}

// house is an engine that has seen a phone fetch from outside, a NAS be asked by
// the phone, a stranger knock, and a group be greeted.
func house(tb testing.TB) *engine.Engine {
	tb.Helper()
	return houseThat(tb, intern.New(1024), nil, func(*engine.Engine) {})
}

// houseThat is a house that knows places and is set up by setup before it sees
// anything.
func houseThat(tb testing.TB, names *intern.Table, place func(packet.Addr) ([2]byte, uint32), setup func(*engine.Engine)) *engine.Engine {
	tb.Helper()
	r, err := rollup.New(rollup.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 64, Idle: time.Minute, Completed: 10 * time.Second},
		MaxHosts: 64, MaxDevices: 8, Rollup: r, Names: names, Place: place,
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
	setup(e)
	e.Tick(start, true)
	const S, SA, A, P = packet.SYN, packet.SYN | packet.ACK, packet.ACK, packet.PSH | packet.ACK
	web, phone := "203.0.113.5:443", "192.168.1.20:50000"
	frames := []frame{
		{0, phoneMAC, routerMAC, phone, web, S, 100, 0, 0, 0},
		{20_000, routerMAC, phoneMAC, web, phone, SA, 900, 0, 0, 57},
		{21_000, phoneMAC, routerMAC, phone, web, A, 101, 0, 0, 0},
		{22_000, phoneMAC, routerMAC, phone, web, P, 101, 200, 0, 0},
		{52_000, routerMAC, phoneMAC, web, phone, P, 901, 1000, 0, 57},
		{53_000, routerMAC, phoneMAC, web, phone, P, 901, 1000, 0, 57}, // again
		{100_000, phoneMAC, nasMAC, "[2001:db8:1::20]:50001", "[2001:db8:1::30]:445", S, 1, 0, 0, 0},
		{100_500, nasMAC, phoneMAC, "[2001:db8:1::30]:445", "[2001:db8:1::20]:50001", SA, 1, 0, 0, 0},
		{200_000, routerMAC, nasMAC, "198.51.100.9:6666", "192.168.1.30:22", S, 1, 0, 0, 57},
		{300_000, nasMAC, packet.MAC{1, 0, 0x5e, 0, 0, 251}, "192.168.1.30:5353", "224.0.0.251:5353", 0, 0, 60, 0, 0},
		{400_000, phoneMAC, routerMAC, "192.168.1.20:40001", "192.168.1.1:53", 0, 0, 40, 1, 0},
	}
	batch := make([]packet.Raw, len(frames))
	for i := range frames {
		batch[i] = frames[i].raw()
	}
	e.Packets(batch)
	e.Tick(start+second, true)
	return e
}
