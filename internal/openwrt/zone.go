package openwrt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MaxTZ is how many bytes a text of a time zone may have.
const MaxTZ = 128

// ReadTZ returns the text of the router's time zone, like
// CET-1CEST,M3.5.0,M10.5.0/3: the first line of etc/TZ below root, which the
// system writes from option timezone and the C library goes by. It is empty where
// there is no such file, as anywhere but on OpenWrt; what it says is not checked.
func ReadTZ(root string) (string, error) {
	path := filepath.Join(root, "etc", "TZ")
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read time zone: %w", err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("read time zone: %s is no file", path) // a pipe would block
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read time zone: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, MaxTZ+1))
	if err != nil {
		return "", fmt.Errorf("read time zone %s: %w", path, err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if len(line) > MaxTZ {
		return "", fmt.Errorf("read time zone: %s begins with a line of more than %d bytes", path, MaxTZ)
	}
	return strings.TrimSpace(line), nil
}
