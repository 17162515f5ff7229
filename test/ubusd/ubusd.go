// Package ubusd is the message bus that tests run against: OpenWrt's ubusd where
// UBUSD names it or PATH holds it, else a stand-in that routes as it does, without
// access rules. The stand-in reads and writes the protocol with code of its own, so
// that it is a judge of internal/ubus and no mirror of it.
package ubusd

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Bus is a running bus. Its methods are for the goroutine of the test.
type Bus struct {
	Path string // of the socket
	Real string // the program; empty for the stand-in
	ACL  string // folder of access rules, which the program reads when it starts

	halt func()
}

// New starts a bus, which ends with the test.
func New(t testing.TB) *Bus {
	t.Helper()
	dir, err := os.MkdirTemp("", "ubus") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	b := &Bus{Path: filepath.Join(dir, "sock"), ACL: filepath.Join(dir, "acl"), Real: os.Getenv("UBUSD")}
	if b.Real == "" {
		b.Real, _ = exec.LookPath("ubusd")
	}
	b.Start(t)
	t.Cleanup(b.Halt)
	return b
}

// Start starts it again after Halt, on the same socket.
func (b *Bus) Start(t testing.TB) {
	t.Helper()
	if b.Real == "" {
		l, err := net.Listen("unix", b.Path)
		if err != nil {
			t.Fatal(err)
		}
		s := NewStandIn()
		go s.accept(l)
		b.halt = sync.OnceFunc(func() { l.Close(); s.close() })
		return
	}
	cmd := exec.Command(b.Real, "-s", b.Path, "-A", b.ACL)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.halt = sync.OnceFunc(func() { cmd.Process.Kill(); cmd.Wait(); os.Remove(b.Path) })
	for range 500 {
		if conn, err := net.Dial("unix", b.Path); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not listen at %s", b.Real, b.Path)
}

// Halt ends it and all its connections.
func (b *Bus) Halt() { b.halt() }

// Program returns OpenWrt's command ubus, which stands beside the real program or
// in PATH, and skips the test where there is none.
func (b *Bus) Program(t testing.TB) string {
	t.Helper()
	if b.Real == "" {
		t.Skip("no ubusd: name it by UBUSD, with ubus beside it or in PATH")
	}
	for _, path := range []string{
		filepath.Join(filepath.Dir(b.Real), "ubus"), filepath.Join(filepath.Dir(b.Real), "..", "bin", "ubus"),
	} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	path, err := exec.LookPath("ubus")
	if err != nil {
		t.Skip("no ubus beside ubusd or in PATH")
	}
	return path
}

// DialAs connects as another user, for which the test has to be root: ubusd asks
// the kernel who it was that connected. The socket's folder is opened to everybody.
func (b *Bus) DialAs(t testing.TB, uid uintptr) net.Conn {
	t.Helper()
	if err := os.Chmod(filepath.Dir(b.Path), 0o755); err != nil {
		t.Fatal(err)
	}
	done := make(chan net.Conn)
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		var conn net.Conn
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uid, uid, uid); errno == 0 {
			conn, _ = net.Dial("unix", b.Path)
		}
		done <- conn
	}()
	conn := <-done
	if conn == nil {
		t.Fatalf("no connection as user %d", uid)
	}
	return conn
}
