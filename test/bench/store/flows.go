package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"weir/internal/flowlog"
	"weir/internal/rollup"
)

// rareName is asked for once an hour.
const rareName = "backup.rare.example"

// flowMaker makes flows that ended, as a home has them: few servers take most.
type flowMaker struct {
	house *house
	rng   *rand.Rand
	flow  flowlog.Flow
	tls   flowlog.Detail
	made  uint64 // flows are numbered
	rare  int64  // hour of the last flow with the rare name
}

func newFlowMaker(h *house) *flowMaker {
	return &flowMaker{house: h, rng: rand.New(rand.NewPCG(3, 4))}
}

// perMinute is how many flows end in the minute that begins at t: 60 at night, 300
// in the evening, and 20 now and then.
func (m *flowMaker) perMinute(t int64) int {
	if t/60%30 == 0 {
		return 20
	}
	return min(20+40*int(activity(m.house.cal, t)), 300)
}

// next returns a flow that ended in the second t, valid until the next call.
func (m *flowMaker) next(t int64) *flowlog.Flow {
	f, r := &m.flow, m.rng
	m.made++
	device := r.IntN(devices)
	server := int(r.ExpFloat64() * 60)
	v6 := r.IntN(3) == 0
	bytes := uint64(400 + r.ExpFloat64()*30_000)
	*f = flowlog.Flow{
		ID: m.made, Interface: "lan", Proto: 6, Protocol: "tls", By: "content",
		App: nameOf(rollup.Application, server%applications), AppBy: "name", Category: nameOf(rollup.Category, server%categories),
		Host: fmt.Sprintf("cdn-%d.service-%d.example", server%7, server), HostBy: "content",
		State: "SF", Completed: true, Source: "conntrack", Dir: "out", Uplink: "wan", Offload: "none",
		Client: flowlog.Endpoint{
			IP: address(v6, true, device), Port: uint16(32768 + r.IntN(28000)), Scope: "local",
			Device: m.house.ids[rollup.Device][device], Name: fmt.Sprintf("device-%d", device),
		},
		Server: flowlog.Endpoint{
			IP: address(v6, false, server), Port: 443, Scope: "remote",
			Country: [2]byte([]byte(nameOf(rollup.Country, server%countries))), ASN: uint32(3000 + server%systems),
		},
		Detail: &m.tls,
	}
	m.tls = flowlog.Detail{ALPN: "h2", Version: "TLS 1.3", JA4: fmt.Sprintf("t13d1516h2_8daaf6152771_%012x", device)}
	switch {
	case t/hour != m.rare:
		m.rare, f.Host = t/hour, rareName
	case r.IntN(4) == 0:
		f.Proto, f.Protocol, f.Server.Port, f.State, f.Detail = 17, "dns", 53, "", nil
		bytes = 60 + r.Uint64N(400)
	}
	f.Last = t*1e6 + r.Int64N(1e6)
	f.First = f.Last - int64(r.ExpFloat64()*20e6)
	f.Bytes = flowlog.Pair[uint64]{Tx: bytes/8 + 200, Rx: bytes}
	f.Packets = flowlog.Pair[uint64]{Tx: 2 + bytes/2000, Rx: 2 + bytes/1200}
	return f
}

func address(v6, local bool, n int) netip.Addr {
	a := [16]byte{0x20, 0x01, 0x0d, 0xb8, 14: byte(n >> 8), 15: byte(n)}
	if local {
		a[3], a[5] = 0xb9, 1
	}
	if v6 {
		return netip.AddrFrom16(a)
	}
	if local {
		return netip.AddrFrom4([4]byte{192, 168, 1, byte(10 + n)})
	}
	return netip.AddrFrom4([4]byte{198, 18, byte(n >> 8), byte(n)})
}
