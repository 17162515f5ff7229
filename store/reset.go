package store

import (
	"fmt"
)

// Part is a part of what is stored, a set of them when or'ed.
type Part uint8

// The parts. Names stay: they are forgotten when they are not needed.
const (
	Slots Part = 1 << iota // of every tier
	Flows                  // the flow log
	Devices
	Rows // of every kind

	Everything = Slots | Flows | Devices | Rows
)

// Reset deletes parts of what is stored and of what waits, for good. What goes is
// noted as unsaved, so that the next snapshot takes it from its archive, too.
func (s *Store) Reset(what Part) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	s.layout.Lock()
	defer s.layout.Unlock()
	if err := s.update("reset", func(e *edit) error { return e.reset(what) }); err != nil {
		return s.explain(fmt.Errorf("reset: %w", err))
	}
	if what&Flows != 0 {
		s.forgetOpenFlows()
	}
	s.queue.reset(what)
	return nil
}

func (e *edit) reset(what Part) error {
	if what&Slots != 0 {
		for i, t := range e.s.opt.Tiers {
			name := bucketSlots(t.Step)
			err := e.empty(name, func(k []byte) []byte {
				start, ok := slotStart(k)
				if !ok || k[8] != 0 || k[9] != 0 {
					return nil
				}
				return unsavedSlot(t.Step, start)
			})
			if err != nil {
				return err
			}
			e.tiers[i] = tally{}
		}
	}
	if what&Flows != 0 {
		err := e.empty(bucketFlows, func(k []byte) []byte {
			if len(k) != flowKeyLen || k[12] != 0 || k[13] != 0 {
				return nil
			}
			return unsavedFlow(k[:flowKeyLen-2])
		})
		if err != nil {
			return err
		}
		e.flows = tally{}
	}
	if what&Devices != 0 {
		if err := e.empty(bucketDevices, func(k []byte) []byte { return unsavedDevice(string(k)) }); err != nil {
			return err
		}
		e.devices = 0
	}
	if what&Rows != 0 {
		if err := e.empty(bucketRows, unsavedRow); err != nil {
			return err
		}
		e.rows = [NumRowKinds]int{}
	}
	return nil
}

// empty makes a bucket anew and notes what it held: mark returns the key to note
// for one of its keys, nil for none.
func (e *edit) empty(name []byte, mark func(k []byte) []byte) error {
	err := e.tx.Bucket(name).ForEach(func(k, _ []byte) error {
		if key := mark(k); key != nil {
			return e.markUnsaved(key)
		}
		return nil
	})
	if err == nil {
		err = e.tx.DeleteBucket(name)
	}
	if err == nil {
		_, err = e.tx.CreateBucket(name)
	}
	return err
}

// reset forgets what waits of some parts.
func (q *queue) reset(what Part) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if what&Slots != 0 {
		q.slots, q.bytes = nil, 0
	}
	if what&Flows != 0 {
		q.flows, q.flowBytes = nil, 0
	}
	if what&Devices != 0 {
		clear(q.devices)
	}
	if what&Rows != 0 {
		clear(q.rows)
		q.rowBytes = 0
	}
}
