//go:build unix

package pcap

import (
	"os"
	"syscall"
)

// wait returns when a writer has written. A pipe without a writer reads as
// ended, which os.File takes for an answer; here it means: wait to be woken.
// That needs neither a thread nor a timer.
func (w *writers) wait() error {
	conn, err := w.f.SyscallConn()
	if err != nil {
		return err
	}
	var n int
	var readErr error
	err = conn.Read(func(fd uintptr) bool {
		for {
			n, readErr = syscall.Read(int(fd), w.first[:])
			if readErr != syscall.EINTR {
				break
			}
		}
		return n > 0 || readErr != nil && readErr != syscall.EAGAIN
	})
	if err != nil {
		return err
	}
	if readErr != nil {
		return &os.PathError{Op: "read", Path: w.f.Name(), Err: readErr}
	}
	w.held, w.ended = true, false
	return nil
}

// interruptible returns a second handle of f whose blocked reads end when it is
// closed, and a function that puts f back as it was.
func interruptible(f *os.File) (*os.File, func(), error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	fd, dupErr := -1, error(nil)
	if err := conn.Control(func(old uintptr) { fd, dupErr = syscall.Dup(int(old)) }); err != nil {
		return nil, nil, err
	}
	if dupErr != nil {
		return nil, nil, os.NewSyscallError("dup", dupErr)
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		syscall.Close(fd)
		return nil, nil, os.NewSyscallError("setnonblock", err)
	}
	// Both handles share the mode. Nothing is lost when it stays.
	restore := func() { _ = conn.Control(func(old uintptr) { _ = syscall.SetNonblock(int(old), false) }) }
	return os.NewFile(uintptr(fd), f.Name()), restore, nil
}
