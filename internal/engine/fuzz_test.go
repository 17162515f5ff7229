package engine_test

import (
	"encoding/binary"
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// FuzzConnections hands over whatever connections may look like, between frames,
// sweeps and ticks: nothing that was counted is lost, and nothing stays behind.
func FuzzConnections(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	f.Add([]byte("\x00\x05\x03\x06\x04\x01\x02\x03\x04\x00\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pool := addrs("192.168.1.20", "192.168.2.9", "192.168.1.1", "203.0.113.77", "198.51.100.5", "192.168.1.30",
			"224.0.0.251", "255.255.255.255", "0.0.0.0", "::", "fe80::1", "ff02::fb", "127.0.0.1", "2001:db8:1::20", "2001:db8:aa::5", "10.8.0.2")
		var want, got uint64
		e := routerThat(t, 8, func(_ *flow.Flow, r *flow.Record, _ engine.Named) { got += r.Bytes[0] + r.Bytes[1] })
		now := start
		for ; len(data) >= 20; data = data[20:] {
			at := func(i int) packet.Addr { return pool[data[i]%16] }
			c := flow.Connection{
				Orig:  flow.Tuple{Src: at(1), Dst: at(2), SrcPort: uint16(data[5] % 4), DstPort: uint16(data[6])},
				Reply: flow.Tuple{Src: at(3), Dst: at(4), SrcPort: uint16(data[7]), DstPort: uint16(data[8] % 4)},
				Proto: data[9], TCP: flow.TCPState(data[10]), Status: flow.ConnStatus(data[11]),
				First: now - int64(data[0]), Last: now,
				Packets: [2]uint64{1, 0}, Bytes: [2]uint64{uint64(binary.LittleEndian.Uint32(data[12:])) << 4, uint64(data[16])},
			}
			before := e.Stats().Bytes
			e.Connections([]flow.Connection{c})
			if e.Stats().Bytes != before {
				want += c.Bytes[0] + c.Bytes[1]
			}
			raw := frame{at: now - start, src: kinds[data[17]%5].conn.Orig.Src.IP().String() + ":1", dst: "192.168.1.30:2", tcp: data[18], point: data[19] % 4}.raw()
			raw.Classify = data[19]&4 != 0
			if e.Packets([]packet.Raw{raw}); !raw.Classify {
				want += uint64(raw.Len - 14)
			}
			now += int64(data[17]) * second / 4
			if data[18]&1 != 0 {
				e.Swept(now)
			}
			e.Tick(now, true)
		}
		e.Flows(engine.Filter{Uplink: "wan", Mapping: "NAS web"}, engine.Page{Limit: 99})
		e.Flush()
		if got != want || e.Stats().Bytes != want {
			t.Errorf("records have %d bytes, points %d, want %d", got, e.Stats().Bytes, want)
		}
		if s := e.Stats(); s.Flows != 0 || s.Aliases != 0 {
			t.Errorf("left over: %+v", s)
		}
	})
}
