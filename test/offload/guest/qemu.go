package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// The second serial line carries what the program prints, between these marks
// of the first process.
const (
	markBegin = "\x00begin\n"
	markEnd   = "\x00end %d\n" // with the program's exit status
)

// findProgram finds a program also where not every user's PATH leads.
func findProgram(name string) (string, error) {
	p, err := exec.LookPath(name)
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if err != nil {
			p, err = exec.LookPath(filepath.Join(dir, name))
		}
	}
	return p, err
}

// machine is one run of QEMU.
type machine struct {
	board                   board
	emulator, kernel, image string
	dir                     string // for files of its own
	memory                  int    // MiB
	kvm                     bool
}

// run runs the machine to its end, copies what the program prints to w and
// returns its exit status. When the machine fails, the error has its last words.
func (m machine) run(ctx context.Context, w io.Writer) (status int, err error) {
	console := filepath.Join(m.dir, "console")
	accelerator := "tcg"
	if m.kvm {
		accelerator = "kvm"
	}
	options := append([]string{"-accel", accelerator, "-m", fmt.Sprint(m.memory)}, m.board.options...)
	cmd := exec.CommandContext(ctx, m.emulator, append(options, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-serial", "file:"+console, "-serial", "stdio",
		"-kernel", m.kernel, "-initrd", m.image, "-append", "console=ttyS0 quiet panic=-1 rootfstype=ramfs")...)
	// Whatever becomes of this process, the machine goes with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	status, err = passOn(out, w)
	// A write that failed must not leave QEMU waiting for a reader.
	_, _ = io.Copy(io.Discard, out)
	waited := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("stopped: %w", context.Cause(ctx))
	case err != nil:
		return 0, errors.Join(err, waited, errors.New(complaint.String()+lastLines(console, 25)))
	}
	return status, nil
}

// errNoEnd tells that the machine ended before the program did.
var errNoEnd = errors.New("the machine ended before the program did")

// passOn copies what is between the marks from r to w and returns the status in
// the second.
func passOn(r io.Reader, w io.Writer) (status int, err error) {
	lines := bufio.NewReader(r)
	for begun := false; ; {
		line, err := lines.ReadString('\n')
		before, mark, marked := strings.Cut(line, "\x00")
		switch {
		case marked && "\x00"+mark == markBegin:
			begun = true
			continue
		case marked && begun:
			if _, scanErr := fmt.Sscanf("\x00"+mark, markEnd, &status); scanErr == nil {
				_, err := io.WriteString(w, before)
				return status, err
			}
		}
		if begun {
			if _, err := io.WriteString(w, line); err != nil {
				return 0, err
			}
		}
		if err != nil {
			return 0, errNoEnd
		}
	}
}

// lastLines returns the end of a file.
func lastLines(name string, n int) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(b), "\r", "")), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
