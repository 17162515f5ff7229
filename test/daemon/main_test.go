package daemon

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"weir/test/ask"
	prog "weir/test/program"
)

// program is the built weir.
var program string

// unusable says why it cannot be run, "" when it can.
var unusable = sync.OnceValue(func() string {
	if err := exec.Command(program, "version").Run(); errors.Is(err, syscall.ENOEXEC) {
		return "emulated programs cannot start others here"
	}
	return ""
})

// envShim makes a process of the test binary pretend to be systemd: it says
// whom the sockets are for and becomes the program in its arguments.
const envShim = "WEIR_TEST_SHIM"

func TestMain(m *testing.M) {
	if os.Getenv(envShim) != "" {
		os.Setenv("LISTEN_PID", fmt.Sprint(os.Getpid()))
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[1], os.Args[1:], os.Environ()))
		os.Exit(1)
	}
	os.Exit(prog.Run(m, &program))
}

// site is a directory with a configuration.
type site struct{ dir string }

// newSite makes one with a database, a socket and a pipe of its own. extra is
// put behind the configuration; $DIR in it is the directory.
func newSite(t *testing.T, extra string) *site {
	t.Helper()
	if why := unusable(); why != "" {
		t.Skip("SKIPPED: " + why)
	}
	dir, err := os.MkdirTemp("", "weir") // short, as paths of sockets have to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &site{dir}
	if err := syscall.Mkfifo(s.path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.configure(t, extra)
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) configure(t *testing.T, extra string) {
	t.Helper()
	text := strings.ReplaceAll(`
config store 'store'
	option path '$DIR/db'
	option snapshot_path '$DIR/flash'
config api 'api'
	option socket '$DIR/sock'
	option token_file '$DIR/token'
config source 'pipe'
	option kind 'pcap'
	option path '$DIR/pipe'
`+extra, "$DIR", s.dir)
	if err := os.WriteFile(s.path("new"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path("new"), s.path("config")); err != nil {
		t.Fatal(err)
	}
}

// process is a running weir.
type process struct {
	*exec.Cmd
	site *site
	log  *ask.Lines
	wait func() error
}

// start runs cmd, which is to be weir on the site's configuration.
func (s *site) start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd, site: s, log: &ask.Lines{}}
	cmd.Stderr = p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.wait = sync.OnceValue(cmd.Wait)
	t.Cleanup(func() {
		cmd.Process.Kill()
		p.wait()
		if t.Failed() {
			t.Logf("log:\n%s", p.log)
		}
	})
	return p
}

// ready waits until weir answers.
func (p *process) ready(t *testing.T) *process {
	t.Helper()
	ask.Until(t, "the API answers", func() bool {
		if err := p.Process.Signal(syscall.Signal(0)); err != nil {
			t.Fatalf("weir has ended: %v", p.log)
		}
		_, err := p.site.get("status", nil)
		return err == nil
	})
	return p
}

// stop asks weir to end and checks that it ends well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err != nil {
		t.Errorf("weir ends with %v", err)
	}
}

// get calls a method of the API.
func (s *site) get(method string, args url.Values) (map[string]any, error) {
	return ask.Get(s.path("sock"), method, args)
}

// call is get for what must not fail.
func (s *site) call(t *testing.T, method string, args url.Values) map[string]any {
	t.Helper()
	reply, err := s.get(method, args)
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	return reply
}

// number is at for numbers, 0 for anything else.
func number(reply any, path string) float64 {
	f, _ := ask.At(reply, path).(float64)
	return f
}

// text is at for texts, "" for anything else.
func text(reply any, path string) string {
	s, _ := ask.At(reply, path).(string)
	return s
}

// folder writes a folder of configuration: the site's own with extra behind it,
// and the router's files.
func (s *site) folder(t *testing.T, files map[string]string, extra string) string {
	t.Helper()
	s.configure(t, extra)
	etc := s.path("etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path("config"), etc+"/weir"); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return etc
}
