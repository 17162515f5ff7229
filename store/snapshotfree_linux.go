package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeBytes returns what is free, for users without privileges, on the file system
// that path is on.
func freeBytes(path string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", path, err)
	}
	return int64(min(uint64(st.Bavail)*uint64(st.Bsize), 1<<62)), nil
}
