package main

import (
	"fmt"
	"io"
	"io/fs"
)

// archive writes the format of initial file systems, "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst in Linux). The
// kernel takes several archives one after the other.
type archive struct {
	w       io.Writer
	err     error // the first one
	written int
	inode   int
}

// Types of files in a mode (stat(2)).
const (
	typeDir  = 0o040000
	typeFile = 0o100000
	typeLink = 0o120000
)

func (a *archive) dir(name string)          { a.entry(name, typeDir|0o755, nil) }
func (a *archive) link(name, target string) { a.entry(name, typeLink|0o777, []byte(target)) }
func (a *archive) file(name string, perm fs.FileMode, data []byte) {
	a.entry(name, typeFile|int(perm), data)
}

// close ends the archive.
func (a *archive) close() error {
	a.entry("TRAILER!!!", 0, nil)
	a.pad(512) // so that another one may follow
	return a.err
}

func (a *archive) entry(name string, mode int, data []byte) {
	a.inode++
	links := 1
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
	a.write([]byte(header + name + "\x00"))
	a.pad(4)
	a.write(data)
	a.pad(4)
}

func (a *archive) pad(to int) {
	if n := a.written % to; n != 0 {
		a.write(make([]byte, to-n))
	}
}

func (a *archive) write(b []byte) {
	if a.err != nil {
		return
	}
	n, err := a.w.Write(b)
	a.written, a.err = a.written+n, err
}
