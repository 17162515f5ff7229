//go:build ui

package ui

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	only    = flag.String("only", "", "run the browser tests whose names match this expression of JavaScript")
	screens = flag.String("screens", "", "folder for pictures of all pages; the tests are left out")
	store   = flag.String("store", "", "folder of a database with history for the pictures; it is copied")
)

// outcome is a line of report.mjs: a test, or a figure that one tells.
type outcome struct {
	Name  string
	MS    int
	Skip  *string
	Error string
	Note  string
}

// mostAgain is how many failed tests are run again. More are no accident.
const mostAgain = 3

// TestPages runs the browser tests. A few that failed are run again, alone, for
// machines are busy: what passes then is told, and is no failure.
func TestPages(t *testing.T) {
	if *screens != "" {
		t.Skip("pictures are taken")
	}
	outcomes := runTests(t, *only)
	var failed []string
	for _, o := range outcomes {
		if o.Error != "" {
			failed = append(failed, regexp.QuoteMeta(o.Name))
		}
	}
	second := map[string]outcome{}
	if len(failed) > 0 && len(failed) <= mostAgain {
		for _, o := range runTests(t, "^("+strings.Join(failed, "|")+")$") {
			second[o.Name] = o
		}
	}
	for _, o := range outcomes {
		if again, ok := second[o.Name]; ok && again.Error == "" {
			t.Logf("%s failed, and passed when run again: %s", o.Name, o.Error)
			o = again
		}
		t.Run(o.Name, o.tell)
	}
	if len(outcomes) == 0 {
		t.Error("no test has run")
	}
}

// runTests runs the browser tests whose names match an expression of JavaScript and
// logs what they tell.
func runTests(t *testing.T, matching string) (outcomes []outcome) {
	t.Helper()
	args := []string{"--test-reporter", "./report.mjs", "--test-reporter-destination", "stdout"}
	if matching != "" {
		args = append(args, "--test-name-pattern", matching)
	}
	cmd := node(t, append(args, "all.mjs")...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	failed := false
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var o outcome
		if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
			t.Log(lines.Text()) // what a test printed
			continue
		}
		if o.Note != "" {
			t.Log(o.Note)
			continue
		}
		outcomes = append(outcomes, o)
		failed = failed || o.Error != ""
	}
	if err := cmd.Wait(); err != nil && !failed {
		t.Errorf("node: %v", err)
	}
	return outcomes
}

func (o outcome) tell(t *testing.T) {
	switch {
	case o.Skip != nil:
		t.Skip(*o.Skip)
	case o.Error != "":
		t.Errorf("%s (%d ms)", o.Error, o.MS)
	}
}

// TestScreens takes pictures of all pages: make screens.
func TestScreens(t *testing.T) {
	if *screens == "" {
		t.Skip("-screens names no folder")
	}
	dir, err := filepath.Abs(*screens)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := node(t, "screens.mjs", dir)
	cmd.Stderr = nil
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("screens.mjs: %v\n%s", err, out)
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, name := range pictures {
		size, err := shrink(name)
		if err != nil {
			t.Error(err)
		}
		sum += size
	}
	t.Logf("%d pictures, %.0f kB", len(pictures), float64(sum)/1000)
	if sum > 2_000_000 {
		t.Errorf("%d bytes of pictures, want at most 2 MB", sum)
	}
}

// node returns the command that runs a script with all that the scripts need, made
// anew.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	chromium := found(t, "chromium", "chromium-browser", "google-chrome")
	modules(t)
	cmd := exec.CommandContext(t.Context(), found(t, "node", "nodejs"), args...)
	cmd.Env = append(os.Environ(), "WEIR_UI="+made(t), "WEIR_CHROMIUM="+chromium)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// found returns where one of the commands is, or ends the test.
func found(t *testing.T, commands ...string) string {
	t.Helper()
	for _, c := range commands {
		if p, err := exec.LookPath(c); err == nil {
			return p
		}
	}
	t.Fatalf("needs %s: make tools", strings.Join(commands, " or "))
	return ""
}

// modules installs what package-lock.json pins, unless it is there.
func modules(t *testing.T) {
	t.Helper()
	lock, err := os.Stat("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if have, err := os.Stat("node_modules/.package-lock.json"); err == nil && have.ModTime().After(lock.ModTime()) {
		return
	}
	if out, err := exec.Command(found(t, "npm"), "ci", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// made returns a folder with the program, the captures it replays and the
// databases it asks.
func made(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run := func(name string, args ...string) {
		t.Helper()
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	weir := filepath.Join(dir, "weir")
	run("go", "build", "-o", weir, "weir/cmd/weir")
	for _, kind := range []string{"country", "asn"} {
		run(weir, "geo", "build", kind, filepath.Join(dir, kind+".db"), "../home/places.tsv")
	}
	vendors, err := os.ReadFile("../../openwrt/vendor.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vendor.db"), vendors, 0o644); err != nil {
		t.Fatal(err)
	}
	if *store != "" {
		if err := os.CopyFS(filepath.Join(dir, "screens", "store"), os.DirFS(*store)); err != nil {
			t.Fatal(err)
		}
	}
	for name, write := range captures {
		if err := writeCapture(filepath.Join(dir, name+".pcap"), write); err != nil {
			t.Fatal(fmt.Errorf("write capture %s: %w", name, err))
		}
	}
	return dir
}
