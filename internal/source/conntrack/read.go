package conntrack

import (
	"cmp"
	"fmt"
	"math"
	"syscall"
)

// Types of messages: those of netlink, and those of ctnetlink, which are
// NFNL_SUBSYS_CTNETLINK << 8 and a number of enum cntl_msg_types.
const (
	messageError = 2 // NLMSG_ERROR
	messageDone  = 3 // NLMSG_DONE

	messageNew    = 1 << 8
	messageGet    = 1<<8 | 1
	messageDelete = 1<<8 | 2
	messageStats  = 1<<8 | 5
)

// Flags of messages.
const (
	flagInterrupted = 0x10  // NLM_F_DUMP_INTR: the dump may lack something
	flagCreate      = 0x400 // NLM_F_CREATE: the event of a new entry, not of a changed one
)

// readDump accounts one datagram of the dump with the sequence number seq. It
// reports whether that was the last one, and the error that the kernel ended it
// with.
func (l *ledger) readDump(b []byte, o order, seq uint32) (done bool, err error) {
	for len(b) > 0 {
		m, rest, ok := nextMessage(b, o)
		if !ok {
			l.counts.Malformed++
			return false, nil
		}
		b = rest
		if m.seq != seq {
			continue
		}
		if m.flags&flagInterrupted != 0 {
			l.interrupted = true
		}
		switch m.typ {
		case messageNew:
			if l.entry.parse(m.body, o) {
				l.listed(&l.entry)
			} else {
				l.counts.Malformed++
			}
		case messageDone, messageError:
			return true, answer(m.body, o)
		}
	}
	return false, nil
}

// answer returns the error in the body of NLMSG_DONE or NLMSG_ERROR: a negated
// number, 0 for none.
func answer(b []byte, o order) error {
	if len(b) < 4 {
		return nil
	}
	n := int32(o.uint32(b))
	if n == 0 {
		return nil
	}
	if n > 0 || n < -4095 {
		return fmt.Errorf("the kernel answers with error %d, which is none", n)
	}
	return syscall.Errno(-n)
}

// readEvents accounts one datagram of events.
func (l *ledger) readEvents(b []byte, o order) {
	for len(b) > 0 {
		m, rest, ok := nextMessage(b, o)
		if !ok {
			l.counts.Malformed++
			return
		}
		b = rest
		if m.typ != messageNew && m.typ != messageDelete {
			continue
		}
		if !l.entry.parse(m.body, o) {
			l.counts.Malformed++
			continue
		}
		l.counts.Events++
		switch {
		case m.typ == messageDelete:
			l.ended(&l.entry)
		case m.flags&flagCreate != 0:
			l.made(&l.entry)
		default:
			l.changed(&l.entry)
		}
	}
}

// parseStats returns the number of entries from an answer to messageStats.
func parseStats(b []byte, o order) (entries int, err error) {
	m, _, ok := nextMessage(b, o)
	if !ok {
		return 0, errNoAnswer
	}
	if m.typ == messageError {
		return 0, cmp.Or(answer(m.body, o), errNoAnswer)
	}
	if m.typ != messageStats || len(m.body) < familyHeader {
		return 0, errNoAnswer
	}
	const statsEntries = 1 // CTA_STATS_GLOBAL_ENTRIES
	v, ok := find(m.body[familyHeader:], statsEntries, o)
	var n uint32
	if !ok || !number32(&n, v) {
		return 0, errNoAnswer
	}
	return int(min(n, math.MaxInt32)), nil
}
