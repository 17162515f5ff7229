package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	bolt "go.etcd.io/bbolt"
)

// ErrMoves is returned by Rebase when too many moves wait for a disk that takes
// none.
var ErrMoves = errors.New("too many moves of history wait for the disk")

const (
	maxMoves  = 16        // that wait
	moveSlots = 128       // in one transaction
	moveBytes = 128 << 10 // of blocks in one transaction, about
)

// move is one Rebase, in seconds, or one MoveFlows, in microseconds.
type move struct {
	seq          uint64
	from, to, by int64
	flows        bool
}

// Rebase moves the slots of what was counted with from ≤ time < to by so many
// seconds, each to the slot of its tier that its middle comes to lie in, where they
// add up: for a clock that was wrong when they were counted. The slot that from lies
// in moves along, unless the next finer tier shows that something was counted in
// it before. It concerns what was appended before the call,
// committed or not; what is appended later stays where it is, whatever its time.
// So call it before slots of the corrected clock are appended.
//
// It is done when Rebase returns nil. After an error it waits, as slots do, and
// is done before later slots are written. It takes as many transactions as it
// needs; a kill in between loses and doubles nothing, because Open goes on where
// it stood. Readers wait meanwhile. The flow log has a move of its own;
// devices do not move.
func (s *Store) Rebase(from, to, by int64) error {
	from = max(from, 0)
	if by == 0 || from >= to {
		return nil
	}
	if !s.queue.move(move{from: from, to: to, by: by}) {
		return fmt.Errorf("database %s: %w", s.path, ErrMoves)
	}
	return s.Commit()
}

// move queues a move behind what is queued now, false if too many wait.
func (q *queue) move(m move) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.moves) >= maxMoves {
		return false
	}
	q.seq++
	m.seq = q.seq
	q.moves = append(q.moves, m)
	signal(q.wake)
	return true
}

// moved removes the first move, which is done.
func (q *queue) moved() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.moves = append([]move(nil), q.moves[1:]...)
}

// runMove begins a move unless that was done, and ends it. The caller holds
// writer.
func (s *Store) runMove(m move) error {
	s.layout.Lock()
	defer s.layout.Unlock()
	err := s.update("move", func(e *edit) error {
		if applied(e.tx) >= m.seq {
			return nil
		}
		if err := setApplied(e.tx, m.seq); err != nil {
			return err
		}
		if m.flows {
			return newFlowMoving(m).save(e.tx)
		}
		if len(e.s.opt.Tiers) == 0 {
			return nil
		}
		state := moving{move: m, step: e.s.opt.Tiers[0].Step}
		return state.restart().save(e.tx)
	})
	if err != nil {
		return err
	}
	return s.resumeMove()
}

// resumeMove ends the move that was begun, if any.
func (s *Store) resumeMove() error {
	for more := true; more; {
		err := s.update("move", func(e *edit) (err error) {
			if more, err = e.moveSome(); err == nil && !more {
				more, err = e.moveSomeFlows()
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// moving is how far a move has come. Slots that go forward are taken newest first
// and those that go back oldest first: none is put where one is yet to be taken
// from, so that none moves twice.
type moving struct {
	move       // without its seq
	step int64 // the tier at hand, finest first
	pos  int64 // forward: those before it are left; back: those from it on
}

func (m moving) restart() moving {
	m.pos = m.from
	if m.by > 0 {
		m.pos = m.to
	}
	return m
}

const movingLen = 5*8 + 4 // be64 each and the CRC32-C, be32

func (m moving) save(tx *bolt.Tx) error {
	b := make([]byte, 0, movingLen)
	for _, v := range []int64{m.from, m.to, m.by, m.step, m.pos} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return tx.Bucket(bucketMeta).Put(keyMove, b)
}

// loadMoving returns the move that is under way, false if there is none or if what
// is stored is damaged.
func loadMoving(tx *bolt.Tx) (m moving, ok bool) {
	b := tx.Bucket(bucketMeta).Get(keyMove)
	if len(b) != movingLen || crc32.Checksum(b[:movingLen-4], castagnoli) != binary.BigEndian.Uint32(b[movingLen-4:]) {
		return m, false
	}
	for i, v := range []*int64{&m.from, &m.to, &m.by, &m.step, &m.pos} {
		*v = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	return m, true
}

// moveSome does one transaction's part of the move under way and reports whether
// something is left.
func (e *edit) moveSome() (bool, error) {
	meta := e.tx.Bucket(bucketMeta)
	if meta.Get(keyMove) == nil {
		return false, nil
	}
	m, ok := loadMoving(e.tx)
	if !ok {
		e.s.badBlocks.Add(1) // what was not moved yet stays at its wrong time
		return false, meta.Delete(keyMove)
	}
	for _, t := range e.s.opt.Tiers {
		if t.Step < m.step {
			continue
		}
		if t.Step > m.step {
			m.step = t.Step
			m = m.restart()
		}
		starts := e.nextToMove(m, e.moveFrom(m))
		for _, start := range starts {
			if err := e.moveSlot(m, start); err != nil {
				return false, fmt.Errorf("move slot %d of tier %d s: %w", start, m.step, err)
			}
			if m.pos = start; m.by < 0 {
				m.pos = start + 1
			}
		}
		if len(starts) > 0 {
			return true, m.save(e.tx)
		}
	}
	return false, meta.Delete(keyMove)
}

// nextToMove lists the slots of the tier at hand that one transaction moves, in
// their order. They are looked up before any of them moves: a cursor of bbolt does
// not step back over pages that deleting has emptied.
func (e *edit) nextToMove(m moving, from int64) []int64 {
	var starts []int64
	c := e.tx.Bucket(bucketSlots(m.step)).Cursor()
	step := c.Next
	pos := m.pos
	if pos == m.from {
		pos = from
	}
	k, v := c.Seek(slotPrefix(pos))
	if m.by > 0 {
		step = c.Prev
		if k == nil {
			k, v = last(c)
		} else {
			k, v = c.Prev()
		}
	}
	for bytes := 0; ; k, v = step() {
		start, ok := slotStart(k)
		if !ok || start < from || start >= m.to {
			return starts
		}
		if n := len(starts); n == 0 || starts[n-1] != start {
			if n >= moveSlots || bytes >= moveBytes {
				return starts
			}
			starts = append(starts, start)
		}
		bytes += len(v)
	}
}

// moveFrom returns where the slots of the tier at hand begin that move: at the one
// that from lies in, unless there is something else in it. That is not told by this
// tier, but by the next finer one, whose slots have moved already.
func (e *edit) moveFrom(m moving) int64 {
	first := e.s.calendar().Floor(m.from, m.step)
	for i, t := range e.s.opt.Tiers {
		if t.Step != m.step || i == 0 {
			continue
		}
		finer := e.s.opt.Tiers[i-1].Step
		k, _ := e.tx.Bucket(bucketSlots(finer)).Cursor().Seek(slotPrefix(first))
		if at, ok := slotStart(k); ok && at < e.s.calendar().Floor(m.from, finer) {
			return m.from
		}
	}
	return max(first, 0)
}

// moveSlot moves one slot. One that would stay in its slot, or come to lie before
// 1970, is left where it is.
func (e *edit) moveSlot(m moving, start int64) error {
	cal := e.s.calendar()
	to := min(cal.Floor(start+m.step/2+m.by, m.step), cal.Floor(m.to+m.by, m.step)) // never in the future
	if to < 0 || m.by > 0 && to <= start || m.by < 0 && to >= start {
		return nil
	}
	_, bucket := e.tier(m.step)
	block := getBlock(bucket, start)
	if err := e.deleteSlot(m.step, start); err != nil {
		return err
	}
	if err := e.markUnsaved(unsavedSlot(m.step, start)); err != nil {
		return err
	}
	return e.addAt(m.step, to, block)
}
