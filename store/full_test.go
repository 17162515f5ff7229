package store

import (
	"os"
	"path/filepath"
)

// runIntoFullDisk fills the file system of dir with a file beside the database,
// and deletes it to make room.
func runIntoFullDisk(dir string) error {
	ballast := filepath.Join(dir, "ballast")
	return outOfSpace(dir, func(_ int64, full bool) error {
		if !full {
			return os.Remove(ballast)
		}
		f, err := os.Create(ballast)
		if err != nil {
			return err
		}
		buf := make([]byte, pageSize)
		for err == nil {
			_, err = f.Write(buf)
		}
		return f.Close()
	})
}
