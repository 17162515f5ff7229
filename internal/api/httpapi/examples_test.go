package httpapi

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
)

// docsSocket is how the reference calls the socket.
const docsSocket = "/var/run/weir.sock"

// TestExamples runs the commands of docs/api.md and compares what they print
// with the reply that stands below them.
func TestExamples(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../../docs/api.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "\n```sh\n")[1:]
	if len(examples) != len(api.Methods) {
		t.Fatalf("%d examples for %d methods", len(examples), len(api.Methods))
	}
	_, noCurl := exec.LookPath("curl")
	bin, noWeir := buildWeir(t)
	h := serve(t, Config{}, false)
	for _, example := range examples {
		commands, rest, _ := strings.Cut(example, "\n```\n```")
		_, rest, _ = strings.Cut(rest, "\n") // json, or nothing
		reply, _, _ := strings.Cut(rest, "\n```\n")
		for command := range strings.Lines(commands) {
			command = strings.TrimSpace(command)
			t.Run(command, func(t *testing.T) {
				switch program, _, _ := strings.Cut(command, " "); {
				case program == "curl" && noCurl != nil:
					t.Skip("left out: ", noCurl)
				case program == "weir" && noWeir != nil:
					t.Skip("left out: ", noWeir)
				}
				got := runExample(t, command, h.socket, bin)
				if want := settled(command, reply); settled(command, got) != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

// runExample runs a command of the reference, whose FILE is a backup, and returns
// what it prints, or what FILE holds then where that is what it writes.
func runExample(t *testing.T, command, socket, bin string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(apitest.Backup), 0o600); err != nil {
		t.Fatal(err)
	}
	sh := exec.Command("sh", "-c", strings.NewReplacer(docsSocket, socket, "FILE", file).Replace(command))
	sh.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "WEIR_SOCKET="+socket)
	var stderr strings.Builder
	sh.Stderr = &stderr
	out, err := sh.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if len(out) == 0 {
		if out, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return string(out)
}

// settled turns what a command prints, or what stands below it in the
// reference, into what does not depend on the way it was asked.
func settled(command, text string) string {
	var b bytes.Buffer
	switch {
	case json.Compact(&b, []byte(text)) == nil && !strings.HasPrefix(command, "weir restore"):
		return b.String()
	case strings.HasPrefix(command, "weir restore"):
		// The command tells the same in words.
		return strconv.FormatBool(strings.Contains(text, "restored 511 slots") || strings.Contains(text, `"slots": 511`))
	case strings.Contains(command, "backup"):
		return strings.ReplaceAll(text, apitest.Backup, "(a file that only weir reads)")
	}
	return strings.TrimSpace(text)
}

// buildWeir builds the command for the machine that the test runs on.
func buildWeir(t *testing.T) (dir string, err error) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		return "", err
	}
	dir = t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "weir/cmd/weir")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir, nil
}
