package main

import (
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"weir/internal/api/apitest"
	"weir/internal/api/httpapi"
)

var update = flag.Bool("update", false, "write the golden parts of the scripts and docs/cli.md anew")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir":        main,
		"makecapture": makeCapture,
	})
}

// needsPrograms skips a test that starts programs of this architecture where the
// kernel does not run them, as under qemu-user.
func needsPrograms(t *testing.T) {
	t.Helper()
	if err := exec.Command("weir", "version").Run(); errors.Is(err, syscall.ENOEXEC) {
		t.Skipf("SKIPPED: this kernel does not run programs for %s", runtime.GOARCH)
	} else if err != nil {
		t.Fatal(err)
	}
}

// TestScripts runs the scripts of testdata/script, each with a daemon's socket
// of its own, which answers from a recorded house, in $WEIR_SOCKET.
func TestScripts(t *testing.T) {
	needsPrograms(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(cond string) (bool, error) {
			if cond != "geobuild" {
				return false, fmt.Errorf("no condition is called %s", cond)
			}
			return makesDatabases, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"expand":     expandFile,
			"waitfor":    waitForFile,
			"untilshows": untilShows,
			"signal":     signalLast,
		},
		Setup: func(e *testscript.Env) error {
			socket := filepath.Join(e.WorkDir, "weir.sock")
			token := filepath.Join(e.WorkDir, "token")
			tcp, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			stop, err := serveHouse(apitest.New(), httpapi.Config{
				Socket: socket, Listeners: []net.Listener{tcp}, TokenFile: token,
			})
			if err != nil {
				return err
			}
			e.Defer(func() {
				if err := stop(); err != nil {
					t.Errorf("serve: %v", err)
				}
			})
			e.Setenv("WEIR_SOCKET", socket)
			e.Setenv("WEIR_URL", "http://"+tcp.Addr().String())
			e.Setenv("LANG", "C.UTF-8")
			e.Setenv("TERM", "xterm")
			e.Setenv("TZ", "UTC")
			return nil
		},
	})
}

// expandFile is the scripts' command "expand FILE": $WORK in it becomes the
// script's folder.
func expandFile(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(ts.ReadFile(path), "$WORK", ts.Getenv("WORK"))), 0o644))
}

// patience is how long scripts wait for what should come at once.
const patience = 10 * time.Second

// waitForFile is the scripts' command "waitfor FILE".
func waitForFile(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return
		} else if time.Now().After(end) {
			ts.Fatalf("wait for %s: %v", args[0], err)
		}
	}
}

// untilShows is the scripts' command "untilshows TEXT COMMAND...": it runs the
// command again and again until its output holds the text.
func untilShows(ts *testscript.TestScript, _ bool, args []string) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("wait for %q: error %v, output %s", args[0], err, ts.ReadFile("stdout"))
		}
	}
}

// signalLast is the scripts' command "signal HUP|TERM": it goes to the background
// command that was started last.
func signalLast(ts *testscript.TestScript, _ bool, args []string) {
	running := ts.BackgroundCmds()
	sig := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}[args[0]]
	ts.Check(running[len(running)-1].Process.Signal(sig))
}

// TestEveryCommandIsExplained checks that each command has all of its help, and
// that the help stays within a terminal's width.
func TestEveryCommandIsExplained(t *testing.T) {
	for _, c := range commands() {
		if c.short == "" || strings.TrimSpace(c.long) == "" {
			t.Errorf("%s: not explained", c.name)
		}
		for _, l := range strings.Split(c.manual(), "\n") {
			if len(l) > 100 || !isPlain(l) {
				t.Errorf("%s: line of %d bytes, or not ASCII: %q", c.name, len(l), l)
			}
		}
	}
	for _, l := range strings.Split(overview(), "\n") {
		if len(l) > 80 {
			t.Errorf("overview: line of %d bytes: %q", len(l), l)
		}
	}
}

const cliDocs = "../../docs/cli.md"

// TestDocs keeps docs/cli.md in step with the commands' own help.
func TestDocs(t *testing.T) {
	want := markdown()
	if *update {
		if err := os.WriteFile(cliDocs, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(cliDocs)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/cli.md is out of date: run go test ./cmd/weir -run TestDocs -update")
	}
}

// markdown is docs/cli.md.
func markdown() string {
	var b strings.Builder
	b.WriteString("# Command line\n\nThis page is made from the help of the commands: `go test ./cmd/weir -run TestDocs -update`.\n\n")
	b.WriteString("```\n" + overview() + "```\n\n")
	b.WriteString("Options may stand before and after arguments; `--` ends them. A mistake in the command line is one line on\n" +
		"standard error that names what is wrong and what is near it, and exit status 2; a failure at run time is one line\n" +
		"that begins with the command, and exit status 1. `weir COMMAND -h` is the same as `weir help COMMAND`.\n")
	for _, c := range commands() {
		b.WriteString("\n## weir " + c.name + "\n\n```\n" + c.manual() + "```\n")
	}
	return b.String()
}
