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
		l.key = flowKey{f.Last / 1e6, uint32(f.Last%1e6)<<12 | l.serial&0xfff}
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
	key := flowKey{b.Last / 1e6, uint32(b.Last%1e6)<<12 | l.serial&0xfff}
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

// MoveFlows moves the times of flows that were logged with from ≤ time < to, in
// microseconds since the Unix epoch, by d: the clock was wrong. Blocks move whole,
// by when their first flow ended. What a kill interrupts is not begun.
func (s *Store) MoveFlows(from, to int64, d time.Duration) error {
	if d == 0 || from >= to {
		return nil
	}
	l := &s.flows
	l.mu.Lock()
	if l.open != nil && l.open.Len() > 0 {
		s.closeFlows() // what follows has the right time
	}
	l.mu.Unlock()
	if err := s.Commit(); err != nil {
		return err
	}
	s.writer.Lock()
	defer s.writer.Unlock()
	s.layout.Lock()
	defer s.layout.Unlock()
	if err := s.update("move flows", func(e *edit) error { return e.moveFlows(from, to, d) }); err != nil {
		return s.explain(fmt.Errorf("move flows: %w", err))
	}
	return nil
}

// moveFlows moves all blocks that lie between two times.
func (e *edit) moveFlows(from, to int64, d time.Duration) error {
	var keys [][]byte
	c := e.tx.Bucket(bucketFlows).Cursor()
	for k, _ := c.Seek(flowPrefix(max(from, 0)/1e6, 0)); k != nil; k, _ = c.Next() {
		if at, ok := flowTime(k); ok && at*1e6 >= to {
			break
		} else if ok && k[flowKeyLen-2]|k[flowKeyLen-1] == 0 {
			keys = append(keys, append([]byte(nil), k[:flowKeyLen-2]...))
		}
	}
	type moved struct{ to, data []byte }
	var all []moved
	for _, prefix := range keys {
		bucket := e.tx.Bucket(bucketFlows)
		at, _ := flowTime(append(prefix[:len(prefix):len(prefix)], 0, 0))
		at += int64(d / time.Second)
		data, err := flowlog.AppendMoved(nil, getParts(bucket, prefix), d)
		if err != nil || at < 0 || at > maxFlowTime {
			e.s.badBlocks.Add(1)
			continue
		}
		if err := e.flows.remove(bucket, prefix); err != nil {
			return err
		}
		if err := e.markUnsaved(unsavedFlow(prefix)); err != nil {
			return err
		}
		to := flowPrefix(at, 0)
		copy(to[8:], prefix[8:])
		all = append(all, moved{to, data})
	}
	for _, m := range all {
		if err := e.setFlowBlock(m.to, m.data); err != nil {
			return err
		}
	}
	return nil
}

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
