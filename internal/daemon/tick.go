package daemon

import (
	"context"
	"errors"
	"time"

	"weir/internal/clock"
	"weir/internal/device"
	"weir/internal/engine"
	"weir/internal/packet"
	"weir/internal/rollup"
	"weir/store"
	"weir/uci"
)

// tickLoop ticks the engine once a second, hands closed slots to the store and
// keeps systemd's watchdog fed.
func (d *Daemon) tickLoop(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var disk diskWatch
	feed := watchdogEvery()
	var fed time.Time
	for ticks := 0; ; ticks++ {
		d.tick(d.opt.Now())
		if ticks%measureEvery == 0 && d.inForce().mode == uci.ModePackets {
			d.measure(false)
		}
		if ticks%accountEvery == 0 {
			d.account()
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
	if trust != before {
		d.log.Info("clock", "trusted", trust != clock.Untrusted, "by", string(trust), "time", now.Wall.UTC().Format(time.RFC3339))
	}
	d.moving.Lock()
	defer d.moving.Unlock()
	if move {
		d.move(step)
	}
	d.keep(d.engine.Tick(now.Wall.UnixMicro(), trust != clock.Untrusted))
}

// move puts what the wrong clock dated where it belongs: what is in memory and
// what was stored since. Called with moving held.
func (d *Daemon) move(step time.Duration) {
	d.engine.Move(step)
	from, to := d.keeper.Wrong()
	by := int64(step.Round(time.Second) / time.Second)
	d.ledger.Move(step)
	d.alerts.Move(from, step)
	err := errors.Join(d.store.Rebase(from.Unix(), to.Unix()+1, by), d.store.MoveFlows(from.UnixMicro(), to.UnixMicro()+1, step))
	if err != nil {
		d.log.Error("move what was stored while the clock was wrong; it is tried again", "error", err)
	}
}

// trusted reports whether the wall clock can be believed.
func (d *Daemon) trusted() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trust != clock.Untrusted
}

// finish stores what is unfinished, when nothing counts any more.
func (d *Daemon) finish() {
	now := d.now()
	d.moving.Lock()
	defer d.moving.Unlock()
	// A date that had no time yet to prove itself is better than none.
	d.keep(d.engine.Close(now.UnixMicro(), clock.Trusted(now) != clock.Untrusted))
}

// openSlots is a store.Newest.
func (d *Daemon) openSlots() []rollup.Slot {
	d.moving.Lock()
	defer d.moving.Unlock()
	return d.engine.OpenSlots()
}

// keep gives closed slots to the store, and the devices along with them. Called
// with moving held.
func (d *Daemon) keep(slots []rollup.Slot) {
	if len(slots) == 0 {
		return
	}
	rows := d.accountRows() // before the devices: what was counted on quotas is in their totals
	kept := d.engine.Kept()
	devices := make([]store.Device, len(kept))
	for i := range kept {
		devices[i] = storedDevice(&kept[i])
	}
	d.store.PutRows(rows)
	d.store.PutDevices(devices)
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

// diskWatch logs when the store begins to fail, loses something, and recovers.
type diskWatch struct {
	failing bool
	dropped uint64
}

func (w *diskWatch) look(d *Daemon) {
	st := d.store.Status()
	switch failing := st.Err != nil; {
	case failing && !w.failing:
		d.log.Error(waiting(st), "error", st.Err)
	case !failing && w.failing:
		d.log.Info("history is saved again", "path", st.Path)
	}
	if st.Dropped > w.dropped {
		d.log.Error("history is lost: too much waits to be saved", "slots", st.Dropped-w.dropped)
	}
	w.failing, w.dropped = st.Err != nil, st.Dropped
}
