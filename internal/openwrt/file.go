package openwrt

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// readLines returns what begins a file, most bytes of it at the most and no line in
// part, whether there is more, and when it was written. A file that is missing has
// nothing.
func readLines(path string, most int) (text []byte, cut bool, written time.Time, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, written, nil
	case err != nil:
		return nil, false, written, err
	case !info.Mode().IsRegular():
		return nil, false, written, errors.New("is no file") // a pipe would block
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, written, nil // its writer replaces it
	}
	if err != nil {
		return nil, false, written, err
	}
	defer file.Close()
	text, err = io.ReadAll(io.LimitReader(file, int64(most)+1))
	if len(text) > most {
		text, cut = text[:bytes.LastIndexByte(text, '\n')+1], true
	}
	return text, cut, info.ModTime(), err
}
