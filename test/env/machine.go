package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// noMachine says why test/offload/guest cannot run a machine with an emulator.
func noMachine(emulator string) func() string {
	return func() string {
		if why := not386(); why != "" {
			return why
		}
		for _, t := range absent(tools) {
			if t.pkg == emulator {
				return "needs " + t.pkg
			}
		}
		if _, err := exec.LookPath("apt-get"); err != nil {
			return "needs apt-get for a kernel"
		}
		return ""
	}
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
	for program, pkg := range map[string]string{guest: guestPackage, weir: "./cmd/weir"} {
		if err := buildFor(ctx, program, pkg); err != nil {
			return err
		}
	}
	if !prepared(ctx, r, "weir/test/offload", guest) {
		return nil
	}
	r.loud = true
	return goTest(ctx, r, []string{"CGO_ENABLED=0"}, "-tags=integration", "-count=1", "-timeout=15m",
		"-exec="+guest+" -add "+weir, "./test/offload")
}

// runOnBoard runs the weir of small routers on a MIPS board that is emulated, with
// the memory that those have. With 64 MiB tests, programs and image leave too little.
func runOnBoard(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "weir")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	guest, first := filepath.Join(dir, "guest"), filepath.Join(dir, "first")
	mips := []string{"GOOS=linux", "GOARCH=mipsle", "GOMIPS=softfloat"}
	if err := errors.Join(buildFor(ctx, guest, guestPackage), buildFor(ctx, first, guestPackage, mips...)); err != nil {
		return err
	}
	// As it is packed: with make's flags.
	if out, err := exec.CommandContext(ctx, "make", "dist/weir-mipsle").CombinedOutput(); err != nil {
		return fmt.Errorf("make dist/weir-mipsle: %w\n%s", err, out)
	}
	weir := filepath.Join(dir, "weir") // its name on a router
	if err := copyFile("dist/weir-mipsle", weir); err != nil {
		return err
	}
	if !prepared(ctx, r, "weir/test/mips", guest, "-board=mipsle") {
		return nil
	}
	r.loud = true
	return goTest(ctx, r, append(mips, "CGO_ENABLED=0"), "-vet=off", "-tags=integration,notls", "-count=1", "-timeout=6m",
		"-exec="+guest+" -board mipsle -init "+first+" -memory 128 -add "+weir, "./test/mips")
}

const guestPackage = "./test/offload/guest"

// buildFor builds a static program, for another processor if env says so.
func buildFor(ctx context.Context, program, pkg string, env ...string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, pkg)
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// prepared fetches what a machine consists of. Where that fails the tests of pkg
// are skipped.
func prepared(ctx context.Context, r *report, pkg, guest string, options ...string) bool {
	out, err := exec.CommandContext(ctx, guest, append(options, "-prepare")...).CombinedOutput()
	if err == nil {
		return true
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	r.skipped++
	r.skips = append(r.skips, pkg+": "+lines[len(lines)-1])
	return false
}
