//go:build linux && amd64

package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"weir/internal/intern"
	"weir/internal/rollup"
)

// A power cut loses what was written and not synced: all of it, or any part, in any
// order, as the disk happened to be at it. What the daemon writes is recorded here
// where nothing can be missed: a child runs under ptrace, and each write, change of
// length and sync of its database is taken from the system calls that return. Then
// the file is built as it may look after a cut at each moment, and opened.

// fileOp is one system call on the database, or a line that the child printed.
type fileOp struct {
	kind byte // 'w' write, 't' truncate, 's' sync, 'l' line
	at   int64
	data []byte
}

// record runs a child in a role to its end and returns what it did to the file at
// path, in order.
func record(t *testing.T, role, dir, path string) []fileOp {
	t.Helper()
	cmd := child(t, role, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	cmd.Stdout, cmd.Stderr = nil, os.Stderr
	runtime.LockOSThread() // ptrace knows its tracer by thread
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		t.Skipf("NOT RUN: a child cannot be traced: %v", err)
	}
	pid := cmd.Process.Pid
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, syscall.WALL, nil); err != nil {
		t.Fatal(err)
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := syscall.PtraceSetOptions(pid, options); err != nil {
		_ = cmd.Process.Kill()
		t.Skipf("NOT RUN: ptrace: %v", err)
	}
	var ops []fileOp
	known := map[int]bool{pid: true}
	for tid, signal := pid, 0; ; {
		_ = syscall.PtraceSyscall(tid, signal) // fails if the thread has just ended
		var err error
		if tid, err = syscall.Wait4(-1, &ws, syscall.WALL, nil); err != nil {
			t.Fatal(err)
		}
		signal = 0
		switch {
		case tid == pid && (ws.Exited() || ws.Signaled()):
			if ws.ExitStatus() != 0 {
				t.Fatalf("the child ended with %v", ws)
			}
			return ops
		case !ws.Stopped():
		case ws.StopSignal() == syscall.SIGTRAP|0x80:
			if op, ok := finished(pid, tid, path); ok {
				ops = append(ops, op)
			}
		case ws.StopSignal() == syscall.SIGTRAP, !known[tid]: // a thread was made; its own first stop
		default:
			signal = int(ws.StopSignal())
		}
		known[tid] = true
	}
}

// finished reads what system call a thread has just ended, if it is one that
// counts.
func finished(pid, tid int, path string) (fileOp, bool) {
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil || int64(regs.Rax) < 0 {
		return fileOp{}, false // it begins (the kernel shows ENOSYS then) or failed
	}
	memory := func() []byte {
		b := make([]byte, regs.Rax)
		f, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
		if err != nil {
			return nil
		}
		defer f.Close()
		n, _ := f.ReadAt(b, int64(regs.Rsi))
		return b[:n]
	}
	if regs.Orig_rax == unix.SYS_WRITE && regs.Rdi == 1 {
		return fileOp{kind: 'l', data: memory()}, true
	}
	if to, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, regs.Rdi)); err != nil || to != path {
		return fileOp{}, false
	}
	switch regs.Orig_rax {
	case unix.SYS_PWRITE64:
		return fileOp{'w', int64(regs.R10), memory()}, true
	case unix.SYS_FTRUNCATE:
		return fileOp{kind: 't', at: int64(regs.Rsi)}, true
	case unix.SYS_FDATASYNC, unix.SYS_FSYNC:
		return fileOp{kind: 's'}, true
	}
	return fileOp{}, false
}

// apply does one operation to a file's content.
func apply(file []byte, op fileOp) []byte {
	switch op.kind {
	case 't':
		return append(file[:min(op.at, int64(len(file)))], make([]byte, max(op.at-int64(len(file)), 0))...)
	case 'w':
		if missing := op.at + int64(len(op.data)) - int64(len(file)); missing > 0 {
			file = append(file, make([]byte, missing)...)
		}
		copy(file[op.at:], op.data)
	}
	return file
}

// afterCuts calls check with the file as it may look after a power cut at each
// moment of ops, and the last line that had been printed by then: the synced
// content with each prefix of what was written since, with each prefix whose last
// write is torn, with all but one, and with random parts in random order.
func afterCuts(ops []fileOp, rng *rand.Rand, check func(file []byte, line, how string)) {
	var synced []byte
	var pending []fileOp
	line := ""
	build := func(ops ...fileOp) []byte {
		file := bytes.Clone(synced)
		for _, op := range ops {
			file = apply(file, op)
		}
		return file
	}
	for i, op := range ops {
		where := fmt.Sprintf("operation %d of %d, ", i, len(ops))
		switch op.kind {
		case 'l':
			line = strings.TrimSpace(string(op.data))
			check(build(), line, where+"only what is synced")
		case 's':
			for drop := range min(len(pending), 12) {
				rest := append(append([]fileOp(nil), pending[:drop]...), pending[drop+1:]...)
				check(build(rest...), line, where+fmt.Sprintf("without write %d", drop))
			}
			for range min(len(pending), 3) {
				some := append([]fileOp(nil), pending...)
				rng.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
				check(build(some[:rng.IntN(len(some))]...), line, where+"some writes in any order")
			}
			synced, pending = build(pending...), nil
			check(build(), line, where+"synced")
		default:
			if op.kind == 'w' {
				torn := op
				torn.data = op.data[:rng.IntN(len(op.data))]
				check(build(append(append([]fileOp(nil), pending...), torn)...), line, where+"torn")
			}
			pending = append(pending, op)
			check(build(pending...), line, where+"written")
		}
	}
}

// cutDir is where files after cuts are opened: in memory if possible, for there are
// hundreds.
func cutDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "weir")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// openAfterCut opens a file in a new place. Before the first commit was printed a
// database may be unfinished and is begun afresh; after it, it must be used.
func openAfterCut(t *testing.T, path string, file []byte, line, how string, o Options) *Store {
	t.Helper()
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, o)
	if err != nil {
		t.Fatalf("%s: %v", how, err)
	}
	r := s.Opened()
	if line != "" && (r.Fresh || r.MovedTo != "") || s.Status().BadBlocks != 0 {
		t.Fatalf("%s, after line %q: opened %+v, %d bad blocks", how, line, r, s.Status().BadBlocks)
	}
	_ = os.Remove(r.MovedTo)
	return s
}

// TestPowerCutWhileCommitting holds what is promised of commits: what was committed
// is there, all of it, and nothing is wrong.
func TestPowerCutWhileCommitting(t *testing.T) {
	dir := t.TempDir()
	ops := record(t, "commits", dir, filepath.Join(dir, FileName))
	path, files := filepath.Join(cutDir(t), FileName), 0
	afterCuts(ops, rand.New(rand.NewPCG(5, 5)), func(file []byte, line, how string) {
		files++
		names := intern.New(1 << 16)
		s := openAfterCut(t, path, file, line, how, Options{Names: names, MaxSize: 4 << 20, Tiers: rollup.DefaultTiers()})
		last := int64(-60)
		if line != "" {
			var err error
			if last, err = strconv.ParseInt(line, 10, 64); err != nil {
				t.Fatal(err)
			}
		}
		starts, values := stored(t, s, 60)
		for i, start := range starts { // what is there is right, committed or not
			if start != int64(60*i) || values[i] != uint64(start) || names.Name(uint32(i+1)) != fmt.Sprintf("name of %d", start) {
				t.Fatalf("%s: slot %d is at %d with %d, name %q", how, i, start, values[i], names.Name(uint32(i+1)))
			}
		}
		if have := int64(len(starts)); have*60 <= last || have*60 > last+120 {
			t.Fatalf("%s: %d slots are left, %d s were committed", how, have, last)
		}
		if line != "" {
			checkCommitted(t, s, names, last)
		}
		closeAfterCut(t, s, how)
	})
	t.Logf("%d files after cuts in %d operations", files, len(ops))
}

func closeAfterCut(t *testing.T, s *Store, how string) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("%s: close: %v", how, err)
	}
	if t.Failed() {
		t.Fatalf("it was %s", how)
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
}

// TestPowerCutWhileMoving cuts moves: each is done wholly or not at all by the time
// the database is open again, and a printed one is done.
func TestPowerCutWhileMoving(t *testing.T) {
	dir := t.TempDir()
	ops := record(t, "moves", dir, filepath.Join(dir, FileName))
	path, files, went := filepath.Join(cutDir(t), FileName), 0, map[int64]int{}
	afterCuts(ops, rand.New(rand.NewPCG(6, 6)), func(file []byte, line, how string) {
		files++
		s := openAfterCut(t, path, file, line, how, Options{Names: intern.New(10), Tiers: twoTiers()})
		distance := int64(-1)
		for _, step := range []int64{300, 3600} {
			starts, values := stored(t, s, step)
			if line == "" && len(starts) == 0 {
				continue
			}
			if distance < 0 {
				distance = starts[0]
			}
			if len(starts) != 150 {
				t.Fatalf("%s: %d slots of %d s", how, len(starts), step)
			}
			for i, start := range starts {
				want := uint64(i) + 1
				if step == 3600 {
					want += 150
				}
				if start != distance+step*int64(i) || values[i] != want {
					t.Fatalf("%s: slot %d of %d s is at %d with %d, others moved by %d", how, i, step, start, values[i], distance)
				}
			}
		}
		went[distance/3600]++
		allowed := map[string]string{"": "-1 0", "committed": "0 100", "moved": "100 50", "moved back": "50"}[line]
		if distance >= 0 {
			distance /= 3600
		}
		if !strings.Contains(" "+allowed+" ", fmt.Sprintf(" %d ", distance)) {
			t.Fatalf("%s, after line %q: moved by %d h", how, line, distance)
		}
		closeAfterCut(t, s, how)
	})
	if went[0] == 0 || went[50] == 0 || went[100] == 0 {
		t.Errorf("moves by hours: %v", went)
	}
	t.Logf("%d files after cuts in %d operations, moved by hours: %v", files, len(ops), went)
}
