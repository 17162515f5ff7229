package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"weir/test/home"
)

// vendors is the database of vendors that packages install, from the folder in
// which make runs.
const vendors = "openwrt/vendor.db"

// places makes databases of the far ends of the household and returns the section
// that names them.
func places(bin, dir string) (string, error) {
	source := filepath.Join(dir, "places.tsv")
	if err := os.WriteFile(source, []byte(home.Places), 0o600); err != nil {
		return "", err
	}
	section := "config geo 'geo'\n"
	for _, kind := range []string{"country", "asn"} {
		file := filepath.Join(dir, kind+".db")
		if out, err := exec.Command(bin, "geo", "build", kind, file, source).CombinedOutput(); err != nil {
			return "", fmt.Errorf("make %s: %w: %s", file, err, out)
		}
		section += fmt.Sprintf("\toption %s '%s'\n", kind, file)
	}
	if file, err := filepath.Abs(vendors); err == nil {
		if _, err := os.Stat(file); err == nil {
			section += fmt.Sprintf("\toption vendor '%s'\n", file)
		}
	}
	return section + "\n", nil
}
