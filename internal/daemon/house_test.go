package daemon

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"weir/internal/logfmt"
	"weir/test/ask"
	"weir/uci"
)

// house is a directory with a configuration, and the daemon that runs on it.
type house struct {
	dir    string
	log    *ask.Lines
	reload chan struct{}
	opt    Options
	stop   func() error // ends the daemon and returns what Run did
	ended  chan error
}

// newHouse writes a configuration whose paths are in a directory of the test;
// extra is put behind it and $DIR in it is that directory. Its sources are an
// interface that does not exist, which fails without the right to capture, and a
// pipe, which always runs.
func newHouse(t *testing.T, extra string) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "weir") // short, as paths of sockets have to be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	h := &house{dir: dir, log: &ask.Lines{}, reload: make(chan struct{})}
	h.opt = Options{
		ConfigPath: h.path("config"), Version: "test", Reload: h.reload,
		Log:       logfmt.New(h.log, nil),
		Resolvers: func() []netip.AddrPort { return nil }, // this machine's may be anybody's
	}
	if err := syscall.Mkfifo(h.path("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.configure(t, extra)
	return h
}

func (h *house) path(name string) string { return filepath.Join(h.dir, name) }

// configure writes the configuration anew.
func (h *house) configure(t *testing.T, extra string) {
	t.Helper()
	text := "config weir 'main'\n\toption idle_timeout '3600'\n\toption source 'packets'\n"
	if !strings.Contains(extra, "list interface") {
		text += "\tlist interface 'weirtest0'\n"
	}
	text += fileSource("pipe", "pipe") + "config store 'store'\n\toption path '$DIR/db'\n\toption snapshot_path '$DIR/flash'\n" +
		"config api 'api'\n\toption socket '$DIR/sock'\n\toption token_file '$DIR/token'\n" + extra
	text = strings.ReplaceAll(text, "$DIR", h.dir)
	// As a whole, for the daemon may be reading it.
	if err := os.WriteFile(h.path("config.new"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(h.path("config.new"), h.path("config")); err != nil {
		t.Fatal(err)
	}
}

// load reads the configuration.
func (h *house) load(t *testing.T) *uci.Config {
	t.Helper()
	cfg, _, err := uci.Load(h.path("config"))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// daemon returns a daemon with an open store and engine that runs nothing.
func (h *house) daemon(t *testing.T) *Daemon {
	t.Helper()
	cfg := h.load(t)
	d := newDaemon(h.opt, cfg)
	if err := d.open(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.tasks.stopAll()
		if err := d.store.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d
}

// run starts the daemon and waits until it answers.
func (h *house) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h.ended = make(chan error, 1)
	go func() { h.ended <- Run(ctx, h.opt) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-h.ended:
			return err
		case <-time.After(ask.Patience):
			return fmt.Errorf("the daemon does not stop")
		}
	})
	t.Cleanup(func() { h.stop() })
	ask.Until(t, "the API answers\n"+h.log.String(), func() bool {
		select {
		case err := <-h.ended:
			t.Fatalf("Run: %v\n%s", err, h.log)
		default:
		}
		_, err := ask.Get(h.path("sock"), "status", nil)
		return err == nil
	})
}

// call calls a method of the API on a socket of the house.
func (h *house) call(t *testing.T, method string, args url.Values) map[string]any {
	t.Helper()
	reply, err := ask.Get(h.path("sock"), method, args)
	if err != nil {
		t.Fatalf("%s: %v\n%s", method, err, h.log)
	}
	return reply
}

// reloaded asks for a reload and waits until it was done.
func (h *house) reloaded(t *testing.T) {
	t.Helper()
	for range 2 { // the second is taken when the first was done, with the API
		select {
		case h.reload <- struct{}{}:
		case <-time.After(ask.Patience):
			t.Fatal("the daemon does not reload")
		}
	}
}

// sum adds up the values of a series, null counting for nothing.
func sum(series map[string]any) (n float64) {
	values, _ := series["values"].([]any)
	for _, v := range values {
		f, _ := v.(float64)
		n += f
	}
	return n
}
