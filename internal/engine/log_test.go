package engine_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
)

// TestLog checks that a flow that ends is logged once, as the row of it that was
// shown last, and that one whose accounting is split is not.
func TestLog(t *testing.T) {
	var logged []engine.FlowRow
	e := engine.New(engine.Config{
		Flows:    flow.Config{Max: 64, Idle: time.Minute, Active: 5 * time.Second, Completed: 10 * time.Second},
		MaxHosts: 64, MaxDevices: 8, Log: func(f *engine.FlowRow) { logged = append(logged, *f) },
	})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	e.Tick(start, true)
	talk := func(at int64) {
		out := frame{at, phoneMAC, routerMAC, "192.168.1.20:40000", "203.0.113.5:4500", 0, 0, 100, 0, 0}
		back := frame{at + 10, routerMAC, phoneMAC, "203.0.113.5:4500", "192.168.1.20:40000", 0, 0, 300, 0, 57}
		e.Packets([]packet.Raw{out.raw(), back.raw()})
	}
	for s := range int64(12) {
		talk(s * second)
		e.Tick(start+s*second+second/2, true)
	}
	want, _ := e.Flows(engine.Filter{}, engine.Page{Limit: 9})
	if len(logged) > 0 || len(want) != 1 {
		t.Fatalf("%d flows logged and %d live, want 0 and 1", len(logged), len(want))
	}
	for s := int64(12); s < 90; s++ {
		e.Tick(start+s*second, true)
	}
	if len(logged) != 1 {
		t.Fatalf("%d flows logged, want 1", len(logged))
	}
	want[0].BpsNow = 0
	if diff := cmp.Diff(want, logged, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	talk(95 * second)
	e.Flush()
	if len(logged) != 2 {
		t.Errorf("%d flows logged at the end of a capture, want 2", len(logged))
	}
}
