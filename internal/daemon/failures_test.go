package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"weir/store"
	"weir/test/ask"
	"weir/uci"
)

// What makes it impossible to start is one line that names the thing and the
// remedy, and nothing that is there is harmed.
func TestStartFailures(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name    string
		extra   string
		prepare func(*testing.T, *house)
		want    []string
	}{
		{"unknown option", "config weir 'main'\n\toption snalpen '100'\n", nil, []string{"/config:", "snalpen", "did you mean snaplen?"}},
		{"bad network", "config weir 'main'\n\tlist local_network '192.168.1.0/40'\n", nil, []string{"/config:", "local_network", "192.168.1.0/40", "allowed: "}},
		{"key without certificate", "config api 'api'\n\toption key '/etc/key.pem'\n", nil, []string{"option cert is missing", "give the path"}},
		{"no certificate there", "config api 'api'\n\tlist listen '" + taken.Addr().String() + "'\n\toption key '$DIR/key.pem'\n\toption cert '$DIR/cert.pem'\n", nil, noCertificate},
		{"port taken", "config api 'api'\n\tlist listen '" + taken.Addr().String() + "'\n", nil, []string{taken.Addr().String(), "in use", "choose another"}},
		{"socket is a file", "", func(t *testing.T, h *house) { write(t, h.path("sock"), "mine") }, []string{"/sock", "remove it or choose another path"}},
		{"directory of the database is a file", "", func(t *testing.T, h *house) { write(t, h.path("db"), "mine") }, []string{"/db", "option path in section store"}},
		{"no configuration", "", func(t *testing.T, h *house) { os.Remove(h.path("config")) }, []string{"/config", "no such file", "weir help run"}},
		{"database of a running weir", "", func(t *testing.T, h *house) {
			h.run(t)
			h.configure(t, "config api 'api'\n\toption socket '$DIR/sock2'\n")
		},
			[]string{"/db/weir.db", "in use by another weir", "stop that one"}},
		{"socket of a running weir", "", func(t *testing.T, h *house) {
			h.run(t)
			h.configure(t, "config store 'store'\n\toption path '$DIR/db2'\n\toption snapshot_path ''\n")
		},
			[]string{"/sock", "another weir", "stop it first"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, tt.extra)
			if tt.prepare != nil {
				tt.prepare(t, h)
			}
			err := Run(t.Context(), h.opt)
			if err == nil {
				t.Fatal("it runs")
			}
			t.Log(err)
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in: %v", w, err)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
			for _, name := range []string{"sock", "db"} {
				if b, err := os.ReadFile(h.path(name)); err == nil && string(b) != "mine" {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The only source fails: the daemon does not pretend to watch.
func TestOnlySourceFails(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(*testing.T, *house)
		want    string
	}{
		{"missing", func(*testing.T, *house) {}, "no such file or directory; make it, or set another option path"},
		{"a text", func(t *testing.T, h *house) { write(t, h.path("pipe"), "Dear Anna, this is a letter and no capture") }, "not a capture file"},
		{"a directory", func(t *testing.T, h *house) { os.Mkdir(h.path("pipe"), 0o700) }, "neither a file nor a named pipe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, "config weir 'main'\n\toption enabled '1'\n")
			os.Remove(h.path("pipe"))
			tt.prepare(t, h)
			cfg := h.load(t)
			d := newDaemon(h.opt, cfg)
			if err := d.open(cfg); err != nil {
				t.Fatal(err)
			}
			p, err := d.plan(cfg, choice{mode: uci.ModePackets})
			if err != nil {
				t.Fatal(err)
			}
			p.origins, p.sources = p.origins[1:], p.sources[1:] // without the interface
			err = d.run(t.Context(), cfg, p)
			t.Log(err)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), h.path("pipe")) {
				t.Errorf("want %q", tt.want)
			}
		})
	}
}

func TestDisabled(t *testing.T) {
	h := newHouse(t, "config weir 'main'\n\toption enabled '0'\n")
	if err := Run(t.Context(), h.opt); err != nil {
		t.Error(err)
	}
	if !strings.Contains(h.log.String(), "option enabled is 0") {
		t.Errorf("log: %s", h.log)
	}
}

// A database that cannot be used is kept beside a new one, and told.
func TestUnusableDatabase(t *testing.T) {
	tests := []struct {
		name  string
		spoil func([]byte)
		why   string
	}{
		{"of the other byte order", func(b []byte) {
			for _, page := range []int{0, 4096} { // magic of both meta pages
				m := b[page+16:][:4]
				m[0], m[1], m[2], m[3] = m[3], m[2], m[1], m[0]
			}
		}, "other byte order"},
		{"overwritten", func(b []byte) {
			for i := range b[:3*4096] {
				b[i] = byte(i)
			}
		}, "damaged"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, fileSource("home", "home.pcap"))
			writeCapture(t, h.path("home.pcap"), 5)
			h.run(t)
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			path := h.path("db/" + store.FileName)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			tt.spoil(b)
			write(t, path, string(b))
			h.run(t)
			if !strings.Contains(h.log.String(), tt.why) || !strings.Contains(h.log.String(), "was moved to "+path+".bad-") ||
				strings.Count(h.log.String(), "level=ERROR") != 1 {
				t.Errorf("log: %s", h.log)
			}
			if list := h.call(t, "alerts", nil); ask.At(list, "total") != 1.0 || ask.At(list, "alerts.0.type") != storageAlert {
				t.Errorf("alerts: %v", list)
			}
			kept, _ := filepath.Glob(path + ".bad-*")
			if len(kept) != 1 {
				t.Fatalf("kept: %v", kept)
			}
			if got, err := os.ReadFile(kept[0]); err != nil || string(got) != string(b) {
				t.Errorf("it is not as it was: %v", err)
			}
			if err := h.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	err := fmt.Errorf("open x: %w", syscall.EACCES)
	if got := explain(err, "ask", fs.ErrNotExist, fs.ErrPermission); got.Error() != err.Error()+"; ask" || !errors.Is(got, syscall.EACCES) {
		t.Error(got)
	}
	if got := explain(err, "ask", fs.ErrNotExist); got != err {
		t.Error(got)
	}
}
