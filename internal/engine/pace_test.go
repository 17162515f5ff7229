package engine

import (
	"net/netip"
	"testing"
	"time"

	"weir/internal/device"
	"weir/internal/packet"
)

// When connection tracking is read no more, uplinks are summed up to the tick
// again, and not to its last sweep.
func TestUntracked(t *testing.T) {
	e := New(Config{})
	e.SetUplinks([]Uplink{{Name: "wan"}})
	at := func(want int64) {
		t.Helper()
		if got := e.Uplinks()[0].At; got != want {
			t.Errorf("what passed until %d is summed up, want %d", got, want)
		}
	}
	e.Tick(10*second, true)
	at(10 * second)
	e.Swept(12 * second)
	e.Tick(13*second, true)
	at(12 * second)
	e.Untracked()
	e.Tick(14*second, true)
	at(14 * second)
	if e.Stats().Tracking {
		t.Error("connection tracking still counts")
	}
}

// TestSweptWhenTheClockIsSet has the clock of a router that just started be set,
// and connection tracking be read before the engine is told: nobody is forgotten
// for having been silent for decades.
func TestSweptWhenTheClockIsSet(t *testing.T) {
	const boot, set = 1000 * second, 1_760_000_000 * second
	e := New(Config{MaxDevices: 4, MaxHosts: 8, HostIdle: 10 * time.Minute, DeviceStale: 90 * 24 * time.Hour})
	if _, err := e.Interface("lan"); err != nil {
		t.Fatal(err)
	}
	e.Tick(boot, false)
	e.Neighbours([]device.Neighbour{{Addr: packet.AddrOf(netip.MustParseAddr("192.168.1.20")), MAC: packet.MAC{2, 1}}}, boot)
	e.Swept(set + 3*second)
	e.Shift(time.Duration(set-boot) * time.Microsecond)
	e.Tick(set+4*second, true)
	if s := e.Stats(); s.Devices != 1 || s.Hosts != 1 {
		t.Errorf("%d devices, %d hosts", s.Devices, s.Hosts)
	}
	if e.swept < set || e.rolled < set {
		t.Errorf("swept at %d, rolled at %d", e.swept, e.rolled)
	}
}
