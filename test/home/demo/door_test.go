package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/uci"
)

// The usual port is somebody else's: another one is chosen, and is free.
func TestOpenDoor(t *testing.T) {
	if ln, err := net.Listen("tcp", usual); err == nil {
		defer ln.Close()
	}
	d, err := openDoor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if d.address == usual || !strings.HasPrefix(d.address, "127.0.0.1:") {
		t.Errorf("it is at %s", d.address)
	}
	ln, err := net.Listen("tcp", d.address)
	if err != nil {
		t.Fatalf("what was chosen is taken: %v", err)
	}
	ln.Close()
}

// What is said to the daemon is a configuration, also after another section of the
// same name.
func TestSection(t *testing.T) {
	d := door{"127.0.0.1:1", "/tmp/token"}
	file := filepath.Join(t.TempDir(), "weir")
	if err := os.WriteFile(file, []byte("config api 'api'\n\toption socket '/tmp/s'\n\n"+d.section()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _, err := uci.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if a := cfg.API; a.Socket != "/tmp/s" || len(a.Listen) != 1 || a.Listen[0] != d.address || a.TokenFile != d.tokenFile {
		t.Errorf("got %+v", a)
	}
}

func TestLink(t *testing.T) {
	d := door{"127.0.0.1:1", filepath.Join(t.TempDir(), "token")}
	if _, err := d.link(); err == nil {
		t.Error("there is a link without a token")
	}
	if err := os.WriteFile(d.tokenFile, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.link(); err != nil || got != "http://127.0.0.1:1/login#token=abc" {
		t.Errorf("got %q, %v", got, err)
	}
}
