package httpapi

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/api"
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
		commands, rest, _ := strings.Cut(example, "\n```\n```json\n")
		reply, _, _ := strings.Cut(rest, "\n```\n")
		want := compact(t, []byte(reply))
		for command := range strings.Lines(commands) {
			command = strings.TrimSpace(command)
			t.Run(command, func(t *testing.T) {
				switch program, _, _ := strings.Cut(command, " "); {
				case program == "curl" && noCurl != nil:
					t.Skip("left out: ", noCurl)
				case program == "weir" && noWeir != nil:
					t.Skip("left out: ", noWeir)
				}
				sh := exec.Command("sh", "-c", strings.ReplaceAll(command, docsSocket, h.socket))
				sh.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "WEIR_SOCKET="+h.socket)
				var stderr strings.Builder
				sh.Stderr = &stderr
				out, err := sh.Output()
				if err != nil {
					t.Fatalf("%v: %s", err, stderr.String())
				}
				if got := compact(t, out); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

func compact(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return b.String()
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
