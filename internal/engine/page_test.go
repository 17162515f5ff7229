package engine_test

import (
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// fullTable is an engine whose table of 8,192 flows is full.
func fullTable(tb testing.TB) *engine.Engine {
	tb.Helper()
	e := engine.New(engine.Config{Flows: flow.Config{Max: 8192}, MaxHosts: 4096, MaxDevices: 64})
	if _, err := e.Interface("lan"); err != nil {
		tb.Fatal(err)
	}
	f := frame{from: phoneMAC, to: routerMAC, src: "192.168.1.20:50000", dst: "203.0.113.1:443", pay: 100}.raw()
	for i := range 8192 {
		f.Time += 1000
		f.Data[33] = byte(i)                           // last byte of the destination
		f.Data[34], f.Data[35] = byte(i>>8)+1, byte(i) // source port
		e.Packets([]packet.Raw{f})
	}
	e.Tick(start+second, true)
	if n := e.Stats().Flows; n != 8192 {
		tb.Fatalf("%d flows, want a full table", n)
	}
	return e
}

// BenchmarkQueries is the time that the lock is held for a page of 100 rows when
// the table is full.
func BenchmarkQueries(b *testing.B) {
	e := fullTable(b)
	page := engine.Page{Sort: "bytes", Desc: true, Limit: 100}
	for _, bm := range []struct {
		name  string
		query func()
	}{
		{"flows", func() { e.Flows(engine.Filter{}, page) }},
		{"flows-by-text", func() { e.Flows(engine.Filter{Text: "113.77"}, page) }},
		{"hosts", func() { e.Hosts(engine.Filter{}, page) }},
		{"devices", func() { e.Devices(engine.Filter{}, page) }},
		{"ports", func() { e.Ports(engine.Filter{}, page) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bm.query()
			}
		})
	}
}
