//go:build integration

package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace that exists under /run/netns.
type Namespace struct{ Name string }

func create(tb testing.TB, name string) *Namespace {
	tb.Helper()
	run(tb, nil, "ip", "netns", "add", name)
	tb.Cleanup(func() {
		if out, err := exec.Command("ip", "netns", "delete", name).CombinedOutput(); err != nil {
			tb.Errorf("delete namespace %s: %v: %s", name, err, out)
		}
	})
	n := &Namespace{Name: name}
	n.IP(tb, "link set lo up")
	return n
}

func (n *Namespace) disableOffloads(tb testing.TB, devices ...string) {
	tb.Helper()
	for _, d := range devices {
		n.Run(tb, "ethtool", "-K", d, "gro", "off", "gso", "off", "tso", "off", "tx-udp-segmentation", "off")
	}
}

// IP runs commands of ip(8) in the namespace.
func (n *Namespace) IP(tb testing.TB, commands ...string) {
	tb.Helper()
	run(tb, strings.NewReader(strings.Join(commands, "\n")+"\n"), "ip", "-n", n.Name, "-batch", "-")
}

// Sysctl sets kernel parameters of the namespace, each "name=value".
func (n *Namespace) Sysctl(tb testing.TB, settings ...string) {
	tb.Helper()
	err := n.Do(func() error {
		var all error
		for _, s := range settings {
			name, value, _ := strings.Cut(s, "=")
			path := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
			all = errors.Join(all, os.WriteFile(path, []byte(value), 0o644))
		}
		return all
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// Command returns a command that runs a program in the namespace, in a process
// of its own: ip(8) replaces itself by the program.
func (n *Namespace) Command(name string, args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", n.Name, name}, args...)...)
}

// Run runs a program in the namespace to its end and returns what it printed.
func (n *Namespace) Run(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	c := n.Command(name, args...)
	return run(tb, nil, c.Args[0], c.Args[1:]...)
}

// Do calls f on a thread that is in the namespace, and waits for it. Sockets
// which f opens stay in the namespace; goroutines which it starts are not in it.
// The thread is f's own and ends with it, so f may drop rights. As f runs on a
// goroutine of its own, it must not call FailNow and its kin.
func (n *Namespace) Do(f func() error) error {
	result := make(chan error, 1)
	go func() {
		// Not unlocked, so that the thread ends with the goroutine.
		runtime.LockOSThread()
		fd, err := unix.Open("/run/netns/"+n.Name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			unix.Close(fd)
		}
		if err != nil {
			result <- fmt.Errorf("enter namespace %s: %w", n.Name, err)
			return
		}
		result <- f()
	}()
	return <-result
}

// run runs a program to its end; tb fails with what it printed.
func run(tb testing.TB, stdin *strings.Reader, name string, args ...string) string {
	tb.Helper()
	c := exec.Command(name, args...)
	if stdin != nil {
		c.Stdin = stdin
	}
	out, err := c.CombinedOutput()
	if err != nil {
		tb.Fatalf("%s: %v\n%s", strings.Join(c.Args, " "), err, out)
	}
	return string(out)
}
