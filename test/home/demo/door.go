package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// usual is where the pages are when nobody else is there.
const usual = "127.0.0.1:8330"

// door is where the pages are served.
type door struct {
	address   string
	tokenFile string
}

// openDoor chooses the usual address or, when it is taken, a free port.
func openDoor(dir string) (door, error) {
	ln, err := net.Listen("tcp", usual)
	if err != nil {
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return door{}, fmt.Errorf("find a port for the pages: %w", err)
	}
	defer ln.Close()
	return door{ln.Addr().String(), filepath.Join(dir, "token")}, nil
}

// section says it to the daemon.
func (d door) section() string {
	return fmt.Sprintf("config api 'api'\n\tlist listen '%s'\n\toption token_file '%s'\n\n", d.address, d.tokenFile)
}

// link returns an address that logs in by itself. The token is made when the daemon
// starts.
func (d door) link() (string, error) {
	b, err := os.ReadFile(d.tokenFile)
	if err != nil {
		return "", fmt.Errorf("read the token of the pages: %w", err)
	}
	return "http://" + d.address + "/login#token=" + strings.TrimSpace(string(b)), nil
}
