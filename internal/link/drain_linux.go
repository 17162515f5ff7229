package link

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// minQueued is less than any message takes of the queue: the kernel's own
// description of it (struct sk_buff and what belongs to it) is longer.
const minQueued = 256

// drain discards the events that were queued before an overrun: they are older
// than the list that follows, and what undid them may be among the lost.
//
// It has to come to the end of the queue: before that the kernel drops all that
// happens, without another error (NETLINK_S_CONGESTED). So it asks until there is
// nothing, and not for some time, which on a slow machine is too short.
func (w *Watcher) drain() error {
	size, err := w.events.ReadBuffer()
	if err != nil {
		return fmt.Errorf("drain rtnetlink events: %w", err)
	}
	raw, err := w.events.SyscallConn()
	if err != nil {
		return fmt.Errorf("drain rtnetlink events: %w", err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = discard(int(fd), size/minQueued) }); err != nil {
		return fmt.Errorf("drain rtnetlink events: %w", err)
	}
	if failed != nil {
		return fmt.Errorf("drain rtnetlink events: %w", failed)
	}
	return nil
}

// discard reads until the queue is empty. Where events never pause, it has been
// empty once as many are read as it can hold, for a full one takes none.
func discard(fd, most int) error {
	var b [1]byte // the kernel throws away what does not fit
	for left := most; left > 0; left-- {
		switch _, _, err := unix.Recvfrom(fd, b[:], unix.MSG_DONTWAIT); err {
		case nil, unix.EINTR:
		case unix.EAGAIN:
			return nil
		case unix.ENOBUFS: // another overrun
			left = most
		default:
			return err
		}
	}
	return nil
}
