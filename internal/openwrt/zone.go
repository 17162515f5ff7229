package openwrt

import (
	"fmt"
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
	text, cut, _, err := readLines(path, MaxTZ)
	if err != nil {
		return "", fmt.Errorf("read time zone %s: %w", path, err)
	}
	if cut && len(text) == 0 {
		return "", fmt.Errorf("read time zone: %s begins with a line of more than %d bytes", path, MaxTZ)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line), nil
}
