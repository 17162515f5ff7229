package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// runInit is the machine's first process: it prepares the machine, runs the
// program, tells its exit status and turns the machine off.
func runInit() {
	err := prepare()
	if err == nil {
		err = runTask()
	}
	if err != nil { // on the console, which is printed when there is no end mark
		fmt.Println("guest:", err)
	}
	unix.Sync()
	// QEMU is told to end instead of starting the machine again.
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil {
		fmt.Println("guest: turn off:", err)
	}
	select {}
}

func prepare() error {
	mounts := []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}, {"tmpfs", "/run"}}
	for _, m := range mounts {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.at, err)
		}
	}
	list, err := os.ReadFile("/" + modulesPath)
	if err != nil {
		return err
	}
	for name := range strings.Lines(string(list)) {
		if err := loadModule("/" + strings.TrimSpace(name)); err != nil {
			return fmt.Errorf("load %s: %w", name, err)
		}
	}
	out, err := exec.Command("/usr/sbin/ip", "link", "set", "lo", "up").CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip: %w: %s", err, out)
	}
	return nil
}

func loadModule(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}

// runTask runs the program with the second serial line as its output.
func runTask() error {
	text, err := os.ReadFile("/" + taskPath)
	if err != nil {
		return err
	}
	var t task
	if err := json.Unmarshal(text, &t); err != nil {
		return err
	}
	line, err := os.OpenFile("/dev/ttyS1", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	if err := raw(line); err != nil {
		return err
	}
	if _, err := line.WriteString(markBegin); err != nil {
		return err
	}
	cmd := exec.Command("/"+programPath, t.Args[1:]...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = t.Env, "/"+workDir, line, line
	status := 0
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState == nil {
			fmt.Fprintln(line, err)
			status = 126 // as shells say that a program cannot be run
		} else if status = cmd.ProcessState.ExitCode(); status < 0 {
			fmt.Fprintln(line, err) // a signal
			status = 125
		}
	}
	if _, err := fmt.Fprintf(line, markEnd, status); err != nil {
		return err
	}
	return unix.IoctlSetInt(int(line.Fd()), unix.TCSBRK, 1) // wait until it is sent (tcdrain)
}

// raw has a terminal pass on bytes as they are.
func raw(tty *os.File) error {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return fmt.Errorf("second serial line: %w", err)
	}
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	t.Iflag &^= unix.ICRNL | unix.IXON
	t.Cflag = t.Cflag&^unix.CBAUD | unix.B115200
	return unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, t)
}
