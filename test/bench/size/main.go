// Command size prints the bytes of binaries as they are and as xz -9e packs
// them, the nearest to what a router's squashfs makes of them, and fails when
// the first is above the limit for a router with 16 MB of flash:
//
//	size FILE…
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The limits for the first file, in bytes: 7.5 MB and 2.0 MB, where 1 MB is
// 1,000,000 bytes.
const (
	maxPlain  = 7_500_000
	maxPacked = 2_000_000
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: size FILE...")
		os.Exit(2)
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	fmt.Printf("%-14s %12s %12s\n", "binary", "bytes", "xz -9e")
	var over error
	for i, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		packed, err := pack(file)
		if err != nil {
			return err
		}
		fmt.Printf("%-14s %12d %12d", filepath.Base(file), info.Size(), packed)
		if i > 0 {
			fmt.Println()
			continue
		}
		fmt.Printf("   limits %d and %d\n", maxPlain, maxPacked)
		if info.Size() > maxPlain || packed > maxPacked {
			over = fmt.Errorf("%s is too large for a router with 16 MB of flash", file)
		}
	}
	return over
}

// pack returns the size of file packed by xz -9e.
func pack(file string) (int, error) {
	var out, msg bytes.Buffer
	cmd := exec.Command("xz", "-9e", "--stdout", "--keep", file)
	cmd.Stdout, cmd.Stderr = &out, &msg
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return 0, errors.New("xz is not installed; as root, make tools installs it")
	case err != nil:
		return 0, fmt.Errorf("xz %s: %w: %s", file, err, msg.Bytes())
	}
	return out.Len(), nil
}
