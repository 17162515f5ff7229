package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/internal/api/apitest"
	"weir/internal/api/httpapi"
)

// terminal is a shell command on a pseudo terminal of 80 × 24 characters.
type terminal struct {
	t    *testing.T
	keys io.Writer
	cmd  *exec.Cmd

	mu  sync.Mutex
	out strings.Builder
}

// openTerminal runs a shell command on a pseudo terminal that util-linux's
// script makes.
func openTerminal(t *testing.T, shell string) *terminal {
	t.Helper()
	needsPrograms(t)
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skipf("SKIPPED: needs script of util-linux: %v", err)
	}
	term := &terminal{t: t, cmd: exec.Command(script, "-qefc", "stty cols 80 rows 24; "+shell, "/dev/null")}
	term.cmd.Env = append(term.cmd.Environ(), "TERM=xterm", "LC_ALL=C.UTF-8", "SHELL=/bin/sh")
	term.cmd.Stdout = term
	if term.keys, err = term.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := term.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = term.cmd.Process.Kill() })
	return term
}

// Write takes what the terminal shows.
func (term *terminal) Write(p []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.out.Write(p)
}

func (term *terminal) shown() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.out.String()
}

// wait returns what pattern matches in what was shown, once it was.
func (term *terminal) wait(pattern string) []string {
	term.t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := re.FindStringSubmatch(term.shown()); m != nil {
			return m
		}
	}
	shown := term.shown()
	term.t.Fatalf("%q is not shown, but at last\n%q", pattern, shown[max(len(shown)-2000, 0):])
	return nil
}

func (term *terminal) press(keys string) {
	term.t.Helper()
	if _, err := io.WriteString(term.keys, keys); err != nil {
		term.t.Fatal(err)
	}
}

// TestTopOnTerminal draws on a terminal, and checks that it is given back as it
// was however top ends.
func TestTopOnTerminal(t *testing.T) {
	socket := t.TempDir() + "/weir.sock"
	stop, err := serveHouse(apitest.New(), httpapi.Config{Socket: socket})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	shell := "sh -c 'echo pid=$$; exec weir top --socket " + socket + "'; echo status=$?; stty -a"
	tests := []struct {
		name string
		end  func(term *terminal, pid int)
	}{
		{"q", func(term *terminal, _ int) { term.press("q") }},
		{"interrupt", func(term *terminal, _ int) { term.press("\x03") }},
		{"SIGTERM", func(_ *terminal, pid int) { syscall.Kill(pid, syscall.SIGTERM) }},
		{"SIGHUP", func(_ *terminal, pid int) { syscall.Kill(pid, syscall.SIGHUP) }},
		{"SIGQUIT", func(_ *terminal, pid int) { syscall.Kill(pid, syscall.SIGQUIT) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			term := openTerminal(t, shell)
			pid, err := strconv.Atoi(term.wait(`pid=(\d+)`)[1])
			if err != nil {
				t.Fatal(err)
			}
			term.wait(`\x1b\[\?1049h`)
			term.wait(`www\.youtu`)
			term.press("d")
			term.wait(`192\.168\.1\.20 \+1`)
			tt.end(term, pid)
			term.wait(`status=0`)
			after := strings.Fields(term.wait(`(?s)\x1b\[\?1049l.*;(.* echo .*)`)[1])
			for _, mode := range []string{"icanon", "isig", "echo", "opost", "icrnl"} {
				if !slices.Contains(after, mode) {
					t.Errorf("%s is off afterwards: %q", mode, after)
				}
			}
			if err := term.cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReadOnTerminal checks that a table fits the terminal.
func TestReadOnTerminal(t *testing.T) {
	term := openTerminal(t, "cd "+t.TempDir()+" && makecapture home.pcap && weir read home.pcap && echo done")
	term.wait("done\r?\n")
	for _, l := range strings.Split(term.shown(), "\n") {
		l = strings.NewReplacer("\r", "", seqBold, "", seqReverse, "", seqReset, "").Replace(l)
		if textWidth(l) > 80 || cleanText(l, true) != l {
			t.Errorf("%q does not fit", l)
		}
	}
	if !strings.Contains(term.shown(), "192.168.1.20:50123") {
		t.Errorf("no flows in %q", term.shown())
	}
}

// TestReadInterrupted ends the reading of a pipe whose writer has not ended.
func TestReadInterrupted(t *testing.T) {
	needsPrograms(t)
	path := t.TempDir() + "/home.pcap"
	if out, err := exec.Command("makecapture", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	home, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		written []byte
		shown   string
	}{
		{"nothing written yet", nil, ""},
		{"a capture that goes on", home, "192.168.1.20:50123"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command("weir", "read", "-")
			var out, errs strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errs
			pipe, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := pipe.Write(tt.written); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
				t.Errorf("ended with %v, want status %d", err, exitFailed)
			}
			if got, want := errs.String(), "weir read: -: interrupted; the flows up to there are printed\n"; got != want {
				t.Errorf("standard error %q, want %q", got, want)
			}
			if !strings.Contains(out.String(), tt.shown) {
				t.Errorf("%q is not shown in %q", tt.shown, out.String())
			}
		})
	}
}
