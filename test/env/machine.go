package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noMachine says why test/offload/guest cannot run.
func noMachine() string {
	if why := not386(); why != "" {
		return why
	}
	for _, t := range absent(tools) {
		if t.pkg == "qemu-system-x86" {
			return "needs " + t.pkg
		}
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "needs apt-get for a kernel"
	}
	return ""
}

// runInMachine runs the tests of flow offload under the kernel of a machine that
// is emulated. Where its packages cannot be fetched they are skipped.
func runInMachine(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	guest, weir := filepath.Join(dir, "guest"), filepath.Join(dir, "weir")
	for program, pkg := range map[string]string{guest: "./test/offload/guest", weir: "./cmd/weir"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", program, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	if out, err := exec.CommandContext(ctx, guest, "-prepare").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		r.skipped++
		r.skips = append(r.skips, "weir/test/offload: "+lines[len(lines)-1])
		return nil
	}
	r.loud = true
	return goTest(ctx, r, []string{"CGO_ENABLED=0"}, "-tags=integration", "-count=1", "-timeout=15m",
		"-exec="+guest+" -add "+weir, "./test/offload")
}
