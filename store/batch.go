package store

import "slices"

// batch is what one commit writes, and the move that comes after it, if any.
type batch struct {
	slots   []queued
	flows   []flowBlock
	devices map[string]Device
	rows    map[rowID]Row
	move    *move
}

func (b batch) empty() bool {
	return len(b.slots)+len(b.flows)+len(b.devices)+len(b.rows) == 0
}

// last is the highest number in the batch, 0 if nothing in it has one.
func (b batch) last() (seq uint64) {
	if n := len(b.slots); n > 0 {
		seq = b.slots[n-1].seq
	}
	if n := len(b.flows); n > 0 {
		seq = max(seq, b.flows[n-1].seq)
	}
	return seq
}

// begin hands out what is queued up to the next move. It stays in the queue, for
// readers and for another try, until done says how the commit went.
func (q *queue) begin() batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := batch{devices: q.devices, rows: q.rows}
	q.busy = q.seq
	if len(q.moves) > 0 {
		m := q.moves[0]
		b.move, q.busy = &m, m.seq
	}
	n := 0
	for n < len(q.slots) && q.slots[n].seq <= q.busy {
		n++
	}
	b.slots = slices.Clone(q.slots[:n])
	for n = 0; n < len(q.flows) && q.flows[n].seq <= q.busy; {
		n++
	}
	b.flows = slices.Clone(q.flows[:n])
	q.saving, q.devices = q.devices, make(map[string]Device)
	q.savingRows, q.rows, q.rowBytes = q.rows, make(map[rowID]Row), 0
	return b
}

// done ends what begin began.
func (q *queue) done(b batch, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy, q.saving, q.savingRows = 0, nil, nil
	if !ok {
		q.restore(b)
		q.shrink()
		return
	}
	for _, e := range b.slots {
		q.bytes -= len(e.slot.Block) + slotOverhead
	}
	for _, f := range b.flows {
		q.flowBytes -= len(f.data) + slotOverhead
	}
	q.slots = slices.Delete(q.slots, 0, len(b.slots))
	q.flows = slices.Delete(q.flows, 0, len(b.flows))
}

// restore puts back what begin took out, where nothing newer came meanwhile.
func (q *queue) restore(b batch) {
	for key, d := range b.devices {
		if _, newer := q.devices[key]; !newer && len(q.devices) < q.maxDev {
			q.devices[key] = d
		}
	}
	for id, row := range b.rows {
		bytes := len(row.Key) + len(row.Value) + slotOverhead
		if _, newer := q.rows[id]; newer {
			continue
		}
		if q.rowBytes+bytes > q.max/2 {
			q.refused++
			continue
		}
		q.rows[id] = row
		q.rowBytes += bytes
	}
}
