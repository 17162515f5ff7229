package store

import (
	"maps"
	"slices"
	"sync"

	"weir/internal/rollup"
)

// queue holds what waits for a commit. Slots are numbered in the order they
// came, and the database remembers the number of its last one: by that a reader
// knows which of the queue it has seen in the database already.
type queue struct {
	wake chan struct{} // has one element while there may be slots to commit
	full chan struct{} // the same, once they fill half of the queue

	mu      sync.Mutex
	slots   []queued
	bytes   int
	max     int
	seq     uint64 // of the newest slot ever queued
	busy    uint64 // slots up to this number are being committed
	devices map[string]Device
	saving  map[string]Device // being committed
	maxDev  int
	dropped uint64 // slots
	refused uint64 // slots that no tier takes, devices without room or key
	steps   []int64
}

type queued struct {
	seq  uint64
	slot rollup.Slot
}

// slotOverhead is what a queued slot takes beside its block.
const slotOverhead = 64

func (q *queue) init(o Options, seq uint64) {
	q.wake, q.full = make(chan struct{}, 1), make(chan struct{}, 1)
	q.max, q.maxDev, q.seq = o.QueueBytes, o.MaxDevices, seq
	q.devices = make(map[string]Device)
	for _, t := range o.Tiers {
		q.steps = append(q.steps, t.Step)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (q *queue) append(slots []rollup.Slot) {
	if len(slots) == 0 {
		return
	}
	q.mu.Lock()
	for _, s := range slots {
		if s.Start < 0 || !slices.Contains(q.steps, s.Step) {
			q.refused++
			continue
		}
		q.seq++
		q.slots = append(q.slots, queued{q.seq, s})
		q.bytes += len(s.Block) + slotOverhead
	}
	q.shrink()
	half := q.bytes > q.max/2
	q.mu.Unlock()
	signal(q.wake)
	if half {
		signal(q.full)
	}
}

// shrink drops the oldest slots until the queue is within its bound. Slots that
// are being committed leave by themselves.
func (q *queue) shrink() {
	first := 0
	for first < len(q.slots) && q.slots[first].seq <= q.busy {
		first++
	}
	n := first
	for ; q.bytes > q.max && n < len(q.slots)-1; n++ {
		q.bytes -= len(q.slots[n].slot.Block) + slotOverhead
		q.dropped++
	}
	q.slots = slices.Delete(q.slots, first, n)
}

func (q *queue) putDevices(devices []Device) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range devices {
		_, known := q.devices[d.Key]
		if d.Key == "" || len(d.Key) > maxDeviceKey || !known && len(q.devices) >= q.maxDev {
			q.refused++
			continue
		}
		q.devices[d.Key] = d
	}
}

// batch is what one commit writes.
type batch struct {
	slots   []queued
	devices map[string]Device
}

func (b batch) empty() bool { return len(b.slots) == 0 && len(b.devices) == 0 }

// begin hands out what is queued. It stays in the queue, for readers and for
// another try, until done says how the commit went.
func (q *queue) begin() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := batch{slots: slices.Clone(q.slots), devices: q.devices}
	q.saving, q.devices = q.devices, make(map[string]Device)
	q.busy = q.seq
	return b
}

// done ends what begin began.
func (q *queue) done(b batch, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy, q.saving = 0, nil
	if !ok {
		for key, d := range b.devices {
			if _, newer := q.devices[key]; !newer && len(q.devices) < q.maxDev {
				q.devices[key] = d
			}
		}
		q.shrink()
		return
	}
	for _, e := range b.slots {
		q.bytes -= len(e.slot.Block) + slotOverhead
	}
	q.slots = slices.Delete(q.slots, 0, len(b.slots))
}

// waiting copies the queued slots out, with the number of the newest slot that
// was ever queued.
func (q *queue) waiting() ([]queued, uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.slots), q.seq
}

func (q *queue) newest() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seq
}

// rows copies out the devices that are not in the database yet, as far as is
// known.
func (q *queue) rows() map[string]Device {
	q.mu.Lock()
	defer q.mu.Unlock()
	rows := make(map[string]Device, len(q.saving)+len(q.devices))
	maps.Copy(rows, q.saving)
	maps.Copy(rows, q.devices)
	return rows
}

// size returns the number of slots, their bytes and the number of devices.
func (q *queue) size() (slots, bytes, devices int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.slots), q.bytes, len(q.devices)
}
