//go:build unix

package pcap

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// running is a Source at work.
type running struct {
	*Source
	sink   *recorder
	total  chan int // frames so far, after each batch
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, s *Source) *running {
	t.Helper()
	r := &running{Source: s, total: make(chan int, 1000), done: make(chan error, 1)}
	r.sink = &recorder{got: func(n int) { r.total <- n }}
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.done <- s.Run(ctx, r.sink) }()
	t.Cleanup(cancel)
	return r
}

// frames waits until the sink has n frames.
func (r *running) frames(t *testing.T, n int) {
	t.Helper()
	for late := time.After(5 * time.Second); ; {
		select {
		case have := <-r.total:
			if have > n {
				t.Fatalf("%d frames, want %d", have, n)
			}
			if have == n {
				return
			}
		case <-late:
			t.Fatalf("waited for %d frames; status %+v", n, r.Status())
		}
	}
}

// note waits until Status says that the source is in state and why.
func (r *running) note(t *testing.T, state, note string) {
	t.Helper()
	for range 500 {
		if st := r.Status(); st.State == state && st.Note == note {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited for %s, %s; status %+v", state, note, r.Status())
}

// end cancels and waits for Run.
func (r *running) end(t *testing.T) {
	t.Helper()
	r.cancel()
	r.ended(t)
}

func (r *running) ended(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.done:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Run does not return")
	}
}

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tap")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// writer opens a pipe for writing.
func writer(t *testing.T, path string) *os.File {
	t.Helper()
	w, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func write(t *testing.T, w io.Writer, b []byte) {
	t.Helper()
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
}

func TestPipe(t *testing.T) {
	path := fifo(t)
	r := start(t, New(Config{Path: path}))
	r.note(t, "waiting", "waiting for a writer")
	if p := r.Status().Points; len(p) != 0 {
		t.Errorf("observation points before any frame: %+v", p)
	}

	// A slow writer: every frame arrives when it is written, whole or in pieces.
	w := writer(t, path)
	whole := sample("pcap", 3)
	write(t, w, whole[:10])
	time.Sleep(20 * time.Millisecond)
	write(t, w, whole[10:24+16+20])
	r.frames(t, 1)
	r.note(t, "running", "")
	rest := whole[24+16+20:]
	write(t, w, rest[:30])
	time.Sleep(20 * time.Millisecond)
	write(t, w, rest[30:])
	r.frames(t, 3)
	w.Close()
	r.note(t, "waiting", "waiting for a writer; the last one wrote 3 packets")

	// The next one writes another format, and leaves inside a record.
	w = writer(t, path)
	whole = sample("pcapng", 4)
	write(t, w, whole[:len(whole)-60])
	r.frames(t, 6)
	w.Close()
	cut := "waiting for a writer; the last one wrote 3 packets: read " + path + ": capture is cut short: it ends in the middle of a record"
	r.note(t, "waiting", cut)

	// One writes nothing at all, which is not noticed.
	writer(t, path).Close()
	time.Sleep(20 * time.Millisecond)
	r.note(t, "waiting", cut)

	// One writes nonsense; all of it is read, and none of it disturbs the next.
	w = writer(t, path)
	write(t, w, []byte(strings.Repeat("nonsense\n", 20_000)))
	w.Close()
	r.note(t, "waiting", "waiting for a writer; the last one wrote 0 packets: read "+path+": not a capture file (pcap or pcapng expected)")

	w = writer(t, path)
	write(t, w, zip(t, sample("pcap", 2)))
	w.Close()
	r.frames(t, 8)
	r.note(t, "waiting", "waiting for a writer; the last one wrote 2 packets")
	if p := r.Status().Points; len(p) != 1 || p[0].Packets != 8 || p[0].Interface != "tap" {
		t.Errorf("points %+v", p)
	}
	r.end(t)
	r.note(t, "ended", "ended: 8 packets")
}

// TestPipeCancel ends sources that are blocked.
func TestPipeCancel(t *testing.T) {
	for _, tt := range []struct {
		name    string
		written []byte
	}{
		{"no writer", nil},
		{"silent writer", []byte{}},
		{"in the header", sample("pcap", 1)[:20]},
		{"in a record", sample("pcap", 1)[:30]},
		{"in nonsense", []byte("nonsense")},
		{"in gzip", zip(t, sample("pcap", 1))[:25]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := fifo(t)
			r := start(t, New(Config{Path: path}))
			r.note(t, "waiting", "waiting for a writer")
			if tt.written != nil {
				write(t, writer(t, path), tt.written)
			}
			time.Sleep(20 * time.Millisecond)
			r.end(t)
			r.note(t, "ended", "ended: 0 packets")
		})
	}
}

// TestPipeReplaced deletes the pipe under a source that waits and makes it again.
func TestPipeReplaced(t *testing.T) {
	path := fifo(t)
	s := New(Config{Path: path})
	s.check = 20 * time.Millisecond
	r := start(t, s)
	r.note(t, "waiting", "waiting for a writer")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * s.check)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	w := writer(t, path)
	// A writer that pauses for longer than the check is not taken for gone.
	whole := sample("pcap", 2)
	write(t, w, whole[:50])
	time.Sleep(3 * s.check)
	write(t, w, whole[50:])
	r.frames(t, 2)
	r.end(t)
}

// TestPipeIdleCost checks that waiting takes no processor time to speak of.
func TestPipeIdleCost(t *testing.T) {
	path := fifo(t)
	r := start(t, New(Config{Path: path}))
	r.note(t, "waiting", "waiting for a writer")
	// After a writer has left, the kernel reports the pipe as hung up for good.
	w := writer(t, path)
	write(t, w, sample("pcap", 1))
	r.frames(t, 1)
	w.Close()
	r.note(t, "waiting", "waiting for a writer; the last one wrote 1 packet")
	// Whatever else the process does, a source that spins takes all of every window.
	const window = 50 * time.Millisecond
	least := time.Hour
	for range 6 {
		before := cpu(t)
		time.Sleep(window)
		least = min(least, cpu(t)-before)
	}
	if least > window/4 {
		t.Errorf("waiting %v took at least %v of processor time", window, least)
	}
	r.end(t)
}

func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestPipeTimes checks which streams are moved in time.
func TestPipeTimes(t *testing.T) {
	now := time.Unix(1_600_000_000, 0)
	for _, tt := range []struct {
		ahead float64       // of the first frame, in seconds
		want  time.Duration // what it becomes
	}{
		{0, 0},
		{9, 9 * time.Second},
		{-10, -10 * time.Second},
		{11, 0},
		{-1e8, 0},
	} {
		t.Run(fmt.Sprint(tt.ahead), func(t *testing.T) {
			path := fifo(t)
			_, data := capture(t, tt.ahead, tt.ahead+1)
			r := start(t, New(Config{Path: path, Now: func() time.Time { return now }}))
			w := writer(t, path)
			write(t, w, data)
			w.Close()
			r.frames(t, 2)
			r.end(t)
			if got := r.sink.times(now); got[0] != tt.want || got[1]-got[0] != time.Second {
				t.Errorf("times %v, want the first to be %v", got, tt.want)
			}
		})
	}
}

// TestStdin reads what a shell may connect: a pipe or a file.
func TestStdin(t *testing.T) {
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s := New(Config{Path: "-"})
	s.stdin = in
	r := start(t, s)
	write(t, w, sample("pcap", 2))
	r.frames(t, 2)
	w.Close()
	r.ended(t)
	if st := r.Status(); st.Name != "stdin" || st.Note != "ended: 2 packets" {
		t.Errorf("status %+v", st)
	}

	path, data := capture(t, 0, 1, 2)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s = New(Config{Path: "-", Name: "dump"})
	s.stdin = file
	r = start(t, s)
	r.frames(t, 3)
	r.ended(t)
	if at, err := file.Seek(0, io.SeekCurrent); err != nil || at != int64(len(data)) {
		t.Errorf("standard input was closed or read elsewhere: at %d, %v", at, err)
	}
}

func TestStdinCancel(t *testing.T) {
	// Not from os.Pipe, whose ends are non-blocking, unlike what a shell gives.
	path := fifo(t)
	in, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	fd := int(in.Fd()) // makes it blocking
	s := New(Config{Path: "-"})
	s.stdin = in
	r := start(t, s)
	write(t, writer(t, path), sample("pcap", 1)[:30])
	time.Sleep(20 * time.Millisecond)
	r.end(t)
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	if errno != 0 || flags&syscall.O_NONBLOCK != 0 {
		t.Errorf("standard input was left non-blocking: %#x, %v", flags, errno)
	}
}

func TestStdinRefused(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	s := New(Config{Path: "-"})
	s.stdin = null
	err = s.Run(t.Context(), &recorder{})
	if err == nil || err.Error() != "open standard input: it is a terminal or device; pipe a capture into it" {
		t.Errorf("error %v", err)
	}
}
