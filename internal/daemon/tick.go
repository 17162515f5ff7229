package daemon

import (
	"context"
	"time"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store"
)

// tickLoop ticks the engine once a second, hands closed slots to the store and
// keeps systemd's watchdog fed. A step of the wall clock moves the times of what
// is in memory, so that no flow ends or lasts for years because of it.
func (d *Daemon) tickLoop(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var watch clock.Watch
	feed := watchdogEvery()
	var fed time.Time
	for {
		now := clock.Now()
		if step := watch.Step(now); step != 0 {
			d.log.Warn("the clock was set", "by", step.Round(time.Second))
			d.engine.Shift(step)
		}
		d.tick(now.Wall)
		if feed > 0 && time.Since(fed) >= feed {
			notify(watchdog)
			fed = time.Now()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// tick ticks once.
func (d *Daemon) tick(wall time.Time) {
	trust := clock.Trusted(wall)
	d.mu.Lock()
	before := d.trust
	d.trust = trust
	d.mu.Unlock()
	if trust != before {
		d.log.Info("clock", "trusted", trust != clock.Untrusted, "by", string(trust), "time", wall.UTC().Format(time.RFC3339))
	}
	d.keep(d.engine.Tick(wall.UnixMicro(), trust != clock.Untrusted))
}

// finish stores what is unfinished, when nothing counts any more.
func (d *Daemon) finish() {
	now := time.Now()
	d.keep(d.engine.Close(now.UnixMicro(), clock.Trusted(now) != clock.Untrusted))
}

// keep gives closed slots to the store, and the devices along with them.
func (d *Daemon) keep(slots []rollup.Slot) {
	if len(slots) == 0 {
		return
	}
	kept := d.engine.Kept()
	rows := make([]store.Device, len(kept))
	for i := range kept {
		rows[i] = storedDevice(&kept[i])
	}
	d.store.PutDevices(rows)
	d.store.Append(slots)
}

func storedDevice(r *engine.DeviceRow) store.Device {
	return store.Device{
		Key: r.Key, Name: r.Name, MACs: r.MACs, IPs: r.IPs, First: r.First, Last: r.Last,
		Totals: rollup.Values{
			TxBytes: r.Bytes.Tx, RxBytes: r.Bytes.Rx,
			TxPackets: r.Packets.Tx, RxPackets: r.Packets.Rx, Flows: r.TotalFlows,
		},
	}
}

// restoreDevices puts back the devices of the store.
func (d *Daemon) restoreDevices() {
	rows, err := d.store.Devices()
	if err != nil {
		d.log.Error("read devices from the store; they are learnt anew", "error", err)
		return
	}
	kept := make([]device.Kept, len(rows))
	for i, r := range rows {
		k := device.Kept{Key: r.Key, MACs: r.MACs, First: r.First, Last: r.Last}
		for _, ip := range r.IPs {
			k.Addrs = append(k.Addrs, packet.AddrOf(ip))
		}
		kept[i] = k
	}
	d.engine.Restore(kept)
}
