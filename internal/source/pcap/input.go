package pcap

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// input is an opened capture.
type input struct {
	*os.File
	kind    inputKind
	close   func() error // ends reads that are blocked; may be called from elsewhere
	restore func()       // undoes what opening did; for after the last read
}

type inputKind uint8

const (
	plainFile inputKind = iota // has an end, and can be read again
	namedPipe                  // one writer after another
	stream                     // standard input that is not a file
)

// open opens path, "-" being standard input, without waiting for anybody.
func open(path string, stdin *os.File) (*input, error) {
	if path == "-" {
		return openStdin(stdin)
	}
	// Opened this way, a pipe needs no writer yet, and closing it ends a read.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	in := &input{File: f, close: f.Close, restore: func() {}}
	switch mode := info.Mode(); {
	case mode.IsRegular():
	case mode&fs.ModeNamedPipe != 0:
		in.kind = namedPipe
	default:
		f.Close()
		return nil, fmt.Errorf("open %s: neither a file nor a named pipe", path)
	}
	return in, nil
}

// openStdin takes a file as it is; of everything else it makes something whose
// reads can be ended.
func openStdin(stdin *os.File) (*input, error) {
	info, err := stdin.Stat()
	if err != nil {
		return nil, fmt.Errorf("open standard input: %w", err)
	}
	if info.Mode().IsRegular() {
		in := &input{File: stdin, kind: stream, restore: func() {}}
		in.close = func() error { return nil } // it is not ours
		return in, nil
	}
	if info.Mode()&fs.ModeCharDevice != 0 {
		return nil, fmt.Errorf("open standard input: it is a terminal or device; pipe a capture into it")
	}
	f, restore, err := interruptible(stdin)
	if err != nil {
		return nil, fmt.Errorf("open standard input: %w", err)
	}
	return &input{File: f, kind: stream, close: f.Close, restore: restore}, nil
}

// replaced reports whether path has become another pipe than f.
func replaced(path string, f *os.File) bool {
	now, err := os.Stat(path)
	if err != nil || now.Mode()&fs.ModeNamedPipe == 0 {
		return false
	}
	then, err := f.Stat()
	return err == nil && !os.SameFile(now, then)
}

// writers reads a named pipe whose writers come and go. Between them wait has
// to be called.
type writers struct {
	f     *os.File
	first [1]byte // what wait had to read to know that there is a writer
	held  bool    // first is not delivered yet
	ended bool    // all writers are gone
}

func (w *writers) Read(p []byte) (int, error) {
	if w.held && len(p) > 0 {
		w.held = false
		return copy(p, w.first[:]), nil
	}
	n, err := w.f.Read(p)
	w.ended = err == io.EOF
	return n, err
}

// drain reads what the present writers still write and forgets it.
func (w *writers) drain() error {
	if w.ended {
		return nil
	}
	_, err := io.Copy(io.Discard, w)
	return err
}
