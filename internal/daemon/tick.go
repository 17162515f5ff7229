package daemon

import (
	"context"
	"time"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/journal"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store"
	"weir/uci"
)

// groupEvery is how many ticks there are between two looks at which group devices
// are in, for they come and get addresses.
const groupEvery = 15

// tickLoop ticks the engine once a second, hands closed slots to the store and
// keeps systemd's watchdog fed.
func (d *Daemon) tickLoop(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var disk diskWatch
	feed := watchdogEvery()
	var fed time.Time
	for ticks := 0; ; ticks++ {
		now := d.opt.Now()
		d.tick(now)
		if ticks%measureEvery == 0 && d.inForce().mode == uci.ModePackets {
			d.measure(false)
		}
		if ticks%accountEvery == 0 {
			d.account(now)
			d.hearDevices()
		}
		if ticks%groupEvery == groupEvery-1 {
			d.regroup()
		}
		disk.look(d)
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

// tick ticks once. A step of the wall clock moves the times of what is in memory,
// so that no flow ends or lasts for years because of it; where the clock had been
// wrong all along, what was counted until then moves to where it belongs.
func (d *Daemon) tick(now clock.Reading) {
	trust, step, move := d.keeper.Look(now)
	if step != 0 {
		d.log.Warn("the clock was set", "by", step.Round(time.Second), "moved", move)
		d.engine.Shift(step)
	}
	d.mu.Lock()
	before := d.trust
	d.trust = trust
	d.mu.Unlock()
	if trust != before || step != 0 {
		d.tellClock(trust, step)
	}
	if trust != before {
		d.log.Info("clock", "trusted", trust != clock.Untrusted, "by", string(trust), "time", now.Wall.UTC().Format(time.RFC3339))
	}
	d.moving.Lock()
	defer d.moving.Unlock()
	if move {
		d.move(step)
	}
	d.noteSet(before, trust, step)
	d.noteClock(now, trust, step, move)
	d.ticked = now.Wall.UnixMicro()
	d.keep(d.engine.Tick(d.ticked, trust != clock.Untrusted))
}

// trusted reports whether the wall clock can be believed.
func (d *Daemon) trusted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trust != clock.Untrusted
}

// flush stores the open slots as they stand; they go on from nothing, and the store
// adds up.
func (d *Daemon) flush() {
	d.moving.Lock()
	defer d.moving.Unlock()
	if d.trusted() {
		d.keep(d.engine.Close(d.ticked, true))
	}
}

// finish stores what is unfinished, when nothing counts any more.
func (d *Daemon) finish() {
	d.tick(d.opt.Now()) // it may have been set since the last one
	d.moving.Lock()
	defer d.moving.Unlock()
	// A date that had no time yet to prove itself is better than none.
	dated := d.dated()
	if !dated {
		d.log.Warn("the clock was never set: what was counted since the start has no date and is lost", "uptime", time.Since(d.started).Round(time.Second))
	}
	d.happened(journal.Stop, "", "weir ended")
	d.keep(d.engine.Close(d.ticked, dated))
	d.keepNow()
}

// openSlots is a store.Newest.
func (d *Daemon) openSlots() []rollup.Slot {
	d.moving.Lock()
	defer d.moving.Unlock()
	return d.engine.OpenSlots()
}

// keep gives closed slots to the store, and along with them what else has to
// outlive the process. Called with moving held.
func (d *Daemon) keep(slots []rollup.Slot) {
	if len(slots) == 0 {
		return
	}
	d.putDevices()
	d.putAccounts()
	d.putJournal()
	d.putIdentity(false)
	d.store.Append(slots)
}

// keepNow queues for the next commit what has to outlive the process beside slots:
// devices and who is who, quotas and alerts.
func (d *Daemon) keepNow() {
	d.putDevices()
	d.putAccounts()
	d.putJournal()
	d.putIdentity(true)
}

func (d *Daemon) putDevices() {
	kept := d.engine.Kept()
	devices := make([]store.Device, len(kept))
	for i := range kept {
		devices[i] = storedDevice(&kept[i])
	}
	d.store.PutDevices(devices)
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
		k := device.Kept{Key: r.Key, MACs: r.MACs, First: r.First, Last: r.Last, Flows: r.Totals.Flows}
		k.TxBytes, k.RxBytes = r.Totals.TxBytes, r.Totals.RxBytes
		k.TxPackets, k.RxPackets = r.Totals.TxPackets, r.Totals.RxPackets
		for _, ip := range r.IPs {
			k.Addrs = append(k.Addrs, packet.AddrOf(ip))
		}
		kept[i] = k
	}
	d.engine.Restore(kept)
}
