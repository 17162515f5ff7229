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
	"weir/uci"
)

// tickLoop ticks the engine once a second, hands closed slots to the store and
// keeps systemd's watchdog fed. A step of the wall clock moves the times of what
// is in memory, so that no flow ends or lasts for years because of it.
func (d *Daemon) tickLoop(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var watch clock.Watch
	var disk diskWatch
	feed := watchdogEvery()
	var fed time.Time
	for ticks := 0; ; ticks++ {
		now := d.opt.Now()
		if step := watch.Step(now); step != 0 {
			d.log.Warn("the clock was set", "by", step.Round(time.Second))
			d.engine.Shift(step)
		}
		d.tick(now.Wall)
		if ticks%measureEvery == 0 && d.inForce().mode == uci.ModePackets {
			d.measure(false)
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
	d.moving.Lock()
	defer d.moving.Unlock()
	d.keep(d.engine.Tick(wall.UnixMicro(), trust != clock.Untrusted))
}

// finish stores what is unfinished, when nothing counts any more.
func (d *Daemon) finish() {
	now := d.now()
	d.moving.Lock()
	defer d.moving.Unlock()
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
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written.note(d.now(), st.Written)
}

// written counts the bytes that the store wrote today, in local time.
type written struct {
	day    time.Time // its midnight
	before uint64    // what was written until then
	total  uint64    // since the start
}

func (w *written) note(now time.Time, total uint64) {
	year, month, day := now.Local().Date()
	if midnight := time.Date(year, month, day, 0, 0, 0, 0, time.Local); !midnight.Equal(w.day) {
		w.day, w.before = midnight, w.total
	}
	w.total = total
}

func (w *written) today() uint64 { return w.total - w.before }
