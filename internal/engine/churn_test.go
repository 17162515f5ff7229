package engine_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/intern"
	"weir/internal/packet"
)

// churn is a house with 512 devices, of which some change their hardware address and
// all their addresses now and then, and 20,000 hosts outside that they talk to by
// turns: more than fit.
type churn struct {
	*testing.T
	e     *engine.Engine
	rng   *rand.Rand
	macs  []packet.MAC
	made  int // hardware addresses that were made up
	now   int64
	heard int // packets
}

const (
	churnDevices = 512
	churnHosts   = 20_000
	churnFlows   = 8192
)

// next returns a hardware address that was not there before.
func (c *churn) next() packet.MAC {
	c.made++
	return packet.MAC{2, 1, byte(c.made >> 24), byte(c.made >> 16), byte(c.made >> 8), byte(c.made)}
}

// pass lets seconds pass. In each 64 devices send a packet to hosts outside, of which
// a tenth are new ones, and one asks for an address; in a minute one device in a
// hundred comes back with another hardware address, and as many addresses move.
func (c *churn) pass(seconds int) {
	c.Helper()
	for range seconds {
		c.now += second
		var batch []packet.Raw
		for range 64 {
			i := c.rng.IntN(churnDevices)
			remote := c.rng.IntN(churnHosts)
			src := fmt.Sprintf("192.168.%d.%d:%d", 1+i/250, 2+i%250, 1024+c.rng.IntN(60000))
			dst := fmt.Sprintf("198.%d.%d.%d:443", 18+remote/65536, remote/256%256, remote%256)
			batch = append(batch, frame{at: c.now, from: c.macs[i], to: routerMAC, src: src, dst: dst, pay: 400, point: lan}.raw())
		}
		i := c.rng.IntN(churnDevices)
		batch = append(batch, asks(c, c.now, c.macs[i], fmt.Sprintf("phone-%d", i), "android-dhcp-14", 1, 3, 6, 15, 26, byte(i)))
		c.e.Packets(batch)
		c.heard += len(batch)
		if c.now/second%12 == 0 {
			c.macs[c.rng.IntN(churnDevices)] = c.next()
		}
		if c.now/second%30 == 0 {
			c.leases()
		}
		c.e.Tick(start+c.now, true)
	}
}

// leases tells who has which address, as a lease file does, a few of which have moved.
func (c *churn) leases() {
	for range 5 {
		i, j := c.rng.IntN(churnDevices), c.rng.IntN(churnDevices)
		c.macs[i], c.macs[j] = c.macs[j], c.macs[i]
	}
	all := make([]device.Lease, churnDevices)
	for i := range all {
		all[i] = device.Lease{
			Kind: device.FromLease, MAC: c.macs[i], Name: fmt.Sprintf("phone-%d", i),
			Addrs: addrs(fmt.Sprintf("192.168.%d.%d", 1+i/250, 2+i%250)), Expires: start + c.now + 3600*second,
		}
	}
	c.e.SetLeases(all, start+c.now)
	c.e.Identity(true) // as the store takes it
	c.e.DeviceEvents()
}

// heap is what is held after a collection, in bytes.
func (c *churn) heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(c.e)
	return m.HeapAlloc
}

// TestChurn lets devices and hosts come and go for more than an hour: what is held stays within its
// bounds and does not grow.
func TestChurn(t *testing.T) {
	if testing.Short() {
		t.Skip("more than an hour of churn")
	}
	before := (&churn{T: t}).heap()
	c := &churn{T: t, rng: rand.New(rand.NewPCG(512, 20_000))}
	c.e = routerWith(t, churnFlows, func(cfg *engine.Config) {
		cfg.MaxHosts, cfg.MaxDevices, cfg.Names = churnFlows/2, churnDevices, intern.New(1<<16)
		cfg.HostIdle, cfg.DeviceStale, cfg.Flows.Active = 10*time.Minute, 90*24*time.Hour, 5*time.Minute
	})
	for range churnDevices {
		c.macs = append(c.macs, c.next())
	}
	c.pass(2400) // all tables are full
	full := c.heap() - before
	for range 2 {
		c.pass(1800)
		s := c.e.Stats()
		now := c.heap() - before
		t.Logf("after %d minutes: %d packets, %d hardware addresses, %d devices (%d not taken in), %d hosts (%d given up), %d flows: %d kB (words of %d bits)",
			c.now/second/60, c.heard, c.made, s.Devices, s.DeviceDrops, s.Hosts, s.HostDrops, s.Flows, now/1000, 32<<(^uint(0)>>63))
		if s.Devices > churnDevices || s.Hosts > churnFlows/2 || s.Flows > churnFlows {
			t.Errorf("beyond the bounds: %+v", s)
		}
		if now > full*110/100 {
			t.Errorf("%d bytes, %d when all was full", now, full)
		}
	}
	rows, _ := c.e.Devices(engine.Filter{Online: true}, engine.Page{Limit: 1})
	if _, n := c.e.Devices(engine.Filter{}, engine.Page{Limit: 1}); n != churnDevices || len(rows) == 0 {
		t.Errorf("%d devices, %d shown of those online", n, len(rows))
	}
}
