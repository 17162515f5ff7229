package store

import (
	"maps"
	"slices"
	"sync"

	"weir/internal/rollup"
)

// queue holds what waits for a commit. Slots, flow blocks and moves are numbered
// in the order they came, and the database remembers the number of its last one:
// by that a reader knows which of the queue it has seen in the database already,
// and a commit that failed after it took effect is not done twice.
type queue struct {
	wake chan struct{} // has one element while there may be slots to commit
	full chan struct{} // the same, once they fill half of the queue

	mu    sync.Mutex
	max   int    // bound of bytes
	seq   uint64 // the newest number ever given
	busy  uint64 // numbers up to this one are being committed
	steps []int64

	slots []queued
	bytes int // of slots and their overhead

	flows     []flowBlock
	flowBytes int // at most a quarter of max

	moves []move // at most maxMoves

	devices map[string]Device
	saving  map[string]Device // being committed
	maxDev  int

	rows       map[rowID]Row
	savingRows map[rowID]Row // being committed
	rowBytes   int           // of rows; at most half of max

	dropped      uint64 // slots
	droppedFlows uint64 // blocks
	refused      uint64 // slots that no tier takes, devices and rows without room or key
}

type queued struct {
	seq  uint64
	slot rollup.Slot
}

// slotOverhead is what a queued slot, row or flow block takes beside its bytes.
const slotOverhead = 64

// maxFlowTime bounds the times of flow blocks: the end of the year 9999.
const maxFlowTime = 253402300800

func (q *queue) init(o Options, seq uint64) {
	q.wake, q.full = make(chan struct{}, 1), make(chan struct{}, 1)
	q.max, q.maxDev, q.seq = o.QueueBytes, o.MaxDevices, seq
	q.devices, q.rows = make(map[string]Device), make(map[rowID]Row)
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

// shrink drops the oldest slots and flow blocks until each are within their
// bound. Those that are being committed leave by themselves.
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

	first = 0
	for first < len(q.flows) && q.flows[first].seq <= q.busy {
		first++
	}
	for n = first; q.flowBytes > q.max/4 && n < len(q.flows)-1; n++ {
		q.flowBytes -= len(q.flows[n].data) + slotOverhead
		q.droppedFlows++
	}
	q.flows = slices.Delete(q.flows, first, n)
}

// appendFlows queues a block of the flow log; its seq is given here. It takes the
// data over. When a quarter of the queue is full the oldest blocks are dropped.
func (q *queue) appendFlows(b flowBlock) {
	q.mu.Lock()
	if len(b.data) == 0 || b.last < 0 || b.last > maxFlowTime {
		q.refused++
		q.mu.Unlock()
		return
	}
	q.seq++
	b.seq = q.seq
	q.flows = append(q.flows, b)
	q.flowBytes += len(b.data) + slotOverhead
	q.shrink()
	q.mu.Unlock()
	signal(q.wake)
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

func (q *queue) putRows(rows []Row) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, row := range rows {
		bytes := len(row.Key) + len(row.Value) + slotOverhead
		if old, known := q.rows[row.id()]; known {
			bytes -= len(old.Key) + len(old.Value) + slotOverhead
		}
		if !row.valid() || q.rowBytes+bytes > q.max/2 {
			q.refused++
			continue
		}
		q.rows[row.id()] = row
		q.rowBytes += bytes
	}
}

// waiting copies the queued slots out, with the newest number that was ever
// given.
func (q *queue) waiting() ([]queued, uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.slots), q.seq
}

// waitingFlows copies out the flow blocks that wait, oldest first.
func (q *queue) waitingFlows() []flowBlock {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.flows)
}

func (q *queue) newest() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.seq
}

// waitingDevices copies out the devices that are not in the database yet, as far
// as is known.
func (q *queue) waitingDevices() map[string]Device {
	q.mu.Lock()
	defer q.mu.Unlock()
	rows := make(map[string]Device, len(q.saving)+len(q.devices))
	maps.Copy(rows, q.saving)
	maps.Copy(rows, q.devices)
	return rows
}

// waitingRows copies out the rows of a kind that are not in the database yet, by
// their keys.
func (q *queue) waitingRows(kind uint8) map[string]Row {
	q.mu.Lock()
	defer q.mu.Unlock()
	rows := make(map[string]Row)
	for _, from := range []map[rowID]Row{q.savingRows, q.rows} {
		for id, row := range from {
			if id.kind == kind {
				rows[id.key] = row
			}
		}
	}
	return rows
}

// size returns the number of slots, their bytes and the number of devices.
func (q *queue) size() (slots, bytes, devices int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.slots), q.bytes, len(q.devices)
}
