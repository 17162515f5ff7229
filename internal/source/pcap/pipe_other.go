//go:build !unix

package pcap

import "os"

// wait returns at once: what takes the place of named pipes here has one writer.
func (w *writers) wait() error { return nil }

// interruptible returns f itself: its blocked reads end with their writer only.
func interruptible(f *os.File) (*os.File, func(), error) {
	return f, func() {}, nil
}
