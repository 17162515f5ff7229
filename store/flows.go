package store

import (
	"fmt"
	"sync"
	"time"

	"weir/internal/flowlog"
)

// flowSave is how often the flows of the block that is still open are saved along
// with a commit: that much of the log a kill may lose.
const flowSave = 5 * time.Minute

// flowLog is the end of the flow log that grows: the block that is open.
type flowLog struct {
	mu     sync.Mutex
	open   *flowlog.Builder // nil before the first flow
	key    flowKey          // that the open block will be stored under
	serial uint32           // of blocks
	kept   int              // flows of the open block that are queued already
	keptAt time.Time
}

// flowKey tells where a block stands in the log: by when its first flow ended, in
// seconds, and a number that no other block of that second has. It is known from
// the first flow on, so that a cursor into a block that is open stays right.
type flowKey struct {
	last int64
	id   uint32
}

// serialBits is how many bits of a key's number count blocks; the others are
// microseconds of the second.
const serialBits = 12

// keyOf is the key of a block by when its first flow ended, in microseconds.
func keyOf(at int64, serial uint32) flowKey {
	return flowKey{at / 1e6, uint32(at%1e6)<<serialBits | serial&(1<<serialBits-1)}
}

func (k flowKey) prefix() []byte { return flowPrefix(k.last, k.id) }

// LogFlow adds a flow that ended to the flow log, and keeps nothing of f. It never
// waits for the disk: full blocks are queued, and the one that is open is saved
// along with a commit every five minutes and by Close.
func (s *Store) LogFlow(f *flowlog.Flow) {
	l := &s.flows
	l.mu.Lock()
	defer l.mu.Unlock()
	if sec := f.Last / 1e6; f.Last < 0 || sec > maxFlowTime {
		s.queue.refuse()
		return
	}
	if l.open == nil {
		l.open = flowlog.NewBuilder()
	}
	if l.open.Full() {
		s.closeFlows()
	}
	if l.open.Len() == 0 {
		l.serial++
		l.key = keyOf(f.Last, l.serial)
		l.kept, l.keptAt = 0, s.opt.Now()
	}
	l.open.Append(f)
}

// closeFlows queues the open block and begins another. The caller holds
// flows.mu.
func (s *Store) closeFlows() {
	l := &s.flows
	s.queue.keepFlows(l.key, l.open.Close())
	signal(s.queue.wake)
	l.kept = 0
}

// keepOpenFlows queues the open block as it stands if it has grown, and if it was
// saved long ago or now is set. It stays open: a later save replaces it.
func (s *Store) keepOpenFlows(now bool) {
	l := &s.flows
	l.mu.Lock()
	defer l.mu.Unlock()
	at := s.opt.Now()
	if l.open == nil || l.open.Len() == l.kept {
		return
	}
	if since := at.Sub(l.keptAt); !now && since >= 0 && since < flowSave {
		return
	}
	s.queue.keepFlows(l.key, l.open.Block())
	l.kept, l.keptAt = l.open.Len(), at
}

// AppendFlows queues a block of flows that was packed elsewhere. It takes the
// block's bytes over and never waits for the disk.
func (s *Store) AppendFlows(b flowlog.Block) error {
	if _, err := flowlog.Parse(b.Bytes); err != nil {
		return fmt.Errorf("queue flows: %w", err)
	}
	l := &s.flows
	l.mu.Lock()
	l.serial++
	key := keyOf(b.Last, l.serial)
	l.mu.Unlock()
	s.queue.keepFlows(key, b)
	signal(s.queue.wake)
	return nil
}

// keepFlows queues a block in place of an earlier form of it that waits.
func (q *queue) keepFlows(key flowKey, b flowlog.Block) {
	q.mu.Lock()
	for i, f := range q.flows {
		if f.seq > q.busy && f.key() == key {
			q.flowBytes -= len(f.data) + slotOverhead
			q.flows = append(q.flows[:i:i], q.flows[i+1:]...)
			break
		}
	}
	q.mu.Unlock()
	q.appendFlows(flowBlock{first: b.First / 1e6, last: key.last, id: key.id, data: b.Bytes})
}

// refuse counts what cannot be stored.
func (q *queue) refuse() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused++
}

// forgetOpenFlows empties the open block.
func (s *Store) forgetOpenFlows() {
	l := &s.flows
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != nil {
		l.open.Reset()
	}
}

// key tells where the block is stored.
func (b *flowBlock) key() flowKey { return flowKey{b.last, b.id} }

// markFlowDevices calls mark with each device that the flow log names. It reports
// false when a newer weir's block cannot be read: then nobody knows.
func (e *edit) markFlowDevices(mark func(handle uint32)) (ok bool) {
	ok = true
	for prefix, data := flowBlockBefore(e.tx, nil); prefix != nil; prefix, data = flowBlockBefore(e.tx, prefix) {
		h, err := flowlog.ReadHeader(data)
		if err != nil {
			ok = ok && !isNewer(err)
			continue
		}
		for _, d := range h.Devices {
			mark(d)
		}
	}
	return ok
}
