package httpapi

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/internal/api/apitest"
)

func TestSocketIsPrivateAndGoesAway(t *testing.T) {
	h := serve(t, Config{}, false)
	fi, err := os.Lstat(h.socket)
	if err != nil {
		t.Fatal(err)
	}
	if fi.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(h.socket), "token")); err == nil {
		t.Error("a token was made although there is no TCP")
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(h.socket))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// runErr runs a server that must not come up and returns why.
func runErr(t *testing.T, c Config) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	s := New(c, apitest.New().Backend())
	err := s.Run(ctx)
	if err == nil {
		t.Fatal("it came up")
	}
	select {
	case <-s.Ready():
		t.Error("it was ready")
	default:
	}
	return err.Error()
}

func TestSocketTakeover(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "weir.sock")

	// A process that was killed leaves its socket behind.
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	h := &house{House: apitest.New(), socket: path}
	h.server = New(Config{Socket: path}, h.Backend())
	h.run(t)
	if res, _ := get(t, h.client(t), "/healthz"); res.StatusCode != 200 {
		t.Errorf("after a dead one: %d", res.StatusCode)
	}

	// A live one keeps it.
	if got, want := runErr(t, Config{Socket: path}), "listen "+path+": another weir is answering there; stop it first"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if res, _ := get(t, h.client(t), "/healthz"); res.StatusCode != 200 {
		t.Errorf("the live one afterwards: %d", res.StatusCode)
	}

	// When it stops it must not remove what has taken its place.
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}

	if got, want := runErr(t, Config{Socket: path}), "listen "+path+": something else than a socket is there; remove it or choose another path"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "x" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
}

func TestListenErrors(t *testing.T) {
	dir := shortDir(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tokenFile := filepath.Join(dir, "token")
	long := filepath.Join(dir, strings.Repeat("x", 100))
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"nothing", Config{}, "neither a socket nor an address is configured"},
		{"in use", Config{Listen: []string{taken.Addr().String()}, TokenFile: tokenFile}, "listen " + taken.Addr().String() + ": port is in use; choose another or stop the program that has it"},
		{"not ours", Config{Listen: []string{"192.0.2.1:8330"}, TokenFile: tokenFile}, "listen 192.0.2.1:8330: this machine has no such address; choose one of its own"},
		{"no port", Config{Listen: []string{"127.0.0.1"}, TokenFile: tokenFile}, "listen 127.0.0.1: address 127.0.0.1: missing port in address; give ADDRESS:PORT, as 192.168.1.1:3000"},
		{"no token file", Config{Listen: []string{"127.0.0.1:0"}}, "serve the API over TCP: no token file is configured; set token_file"},
		{"file for a folder", Config{Socket: filepath.Join(file, "weir.sock")}, "not a directory"},
		{"long path", Config{Socket: filepath.Join(long, "weir.sock")}, "invalid argument; choose a shorter path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			socket := filepath.Join(dir, "weir.sock")
			if tt.c.Socket == "" && tt.name != "nothing" {
				tt.c.Socket = socket
			}
			if got := runErr(t, tt.c); !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if _, err := os.Lstat(socket); err == nil {
				t.Error("the socket was left behind")
			}
		})
	}
}

func TestSocketWithoutRights(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("left out: root may write everywhere")
	}
	dir := shortDir(t)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "weir.sock")
	want := "listen " + path + ": permission denied; run as root, or set option socket to a folder of the user that runs weir"
	if got := runErr(t, Config{Socket: path}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A listener that socket activation passed in is used, and closed, as one that
// was opened here; a unix socket takes the place of the configured one.
func TestActivation(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, "activated")
	u, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{House: apitest.New(), socket: path}
	configured := filepath.Join(dir, "weir.sock")
	h.server = New(Config{Socket: configured, Listeners: []net.Listener{u}}, h.Backend())
	h.run(t)
	if res, _ := get(t, h.client(t), "/api/v1/flows"); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
	if _, err := os.Lstat(configured); err == nil {
		t.Error("the configured socket was opened too")
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Accept(); err == nil {
		t.Error("the listener is still open")
	}

	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if got := runErr(t, Config{Listeners: []net.Listener{tcp}}); !strings.Contains(got, "no token file") {
		t.Errorf("TCP without a token: %s", got)
	}
	if _, err := net.DialTimeout("tcp", tcp.Addr().String(), time.Second); err == nil {
		t.Error("the port stayed open without a token")
	}
}
