package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// childRole names, in the environment, what a test binary that was started by a
// test does in place of the tests.
const childRole = "WEIR_STORE_TEST_CHILD"

// children are those roles. Each works on the directory that it is given.
func children() map[string]func(dir string) error {
	return map[string]func(string) error{
		"commit":  commitForever,
		"commits": func(dir string) error { return commitMany(dir, 30) },
		"rebase":  rebaseForever,
		"moves":   rebaseTwice,
		"migrate": migrateOnce,
		"limit":   runIntoSizeLimit,
		"full":    runIntoFullDisk,
	}
}

func TestMain(m *testing.M) {
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := children()[role](os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns this binary in a role. It skips where the binary runs under an
// emulator that the kernel does not know of.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	probe := exec.Command(os.Args[0], "-test.run=^$")
	if err := probe.Run(); errors.Is(err, syscall.ENOEXEC) {
		t.Skipf("NOT RUN: the test binary cannot start itself: %v", err)
	}
	cmd := exec.Command(os.Args[0], dir)
	cmd.Env = append(os.Environ(), childRole+"="+role)
	return cmd
}
