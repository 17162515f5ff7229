package httpapi

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func isUnix(ln net.Listener) bool { return ln.Addr().Network() == "unix" }

// listenUnix opens a socket at path that only its owner may use, replacing one
// that a dead process left. It is made in a directory nobody else can enter and
// then moved into place, so at no time can others connect. cleanup closes the
// socket and removes it, unless it was replaced meanwhile.
func listenUnix(path string) (ln net.Listener, cleanup func(), err error) {
	fail := func(err error) (net.Listener, func(), error) {
		if errors.Is(err, fs.ErrPermission) {
			err = errors.New("permission denied; run as root, or set option socket to a folder of the user that runs weir")
		}
		return nil, nil, fmt.Errorf("listen %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fail(err)
	}
	if err := checkStale(path); err != nil {
		return fail(err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".w")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	made := filepath.Join(dir, "s")
	u, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	if err != nil {
		return fail(fmt.Errorf("%w; choose a shorter path", err))
	}
	u.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		u.Close()
		return fail(err)
	}
	mine, err := os.Lstat(path)
	if err != nil {
		u.Close()
		return fail(err)
	}
	return named{u, path}, func() {
		if now, err := os.Lstat(path); err == nil && os.SameFile(mine, now) {
			os.Remove(path)
		}
		u.Close()
	}, nil
}

// named is a unix listener that goes by the path it was moved to.
type named struct {
	*net.UnixListener
	path string
}

func (n named) Addr() net.Addr { return &net.UnixAddr{Name: n.path, Net: "unix"} }

// checkStale returns nil when nothing is at path, or a socket that nobody
// answers.
func checkStale(path string) error {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case fi.Mode().Type() != fs.ModeSocket:
		return errors.New("something else than a socket is there; remove it or choose another path")
	}
	c, err := net.DialTimeout("unix", path, time.Second)
	if err == nil {
		c.Close()
		return errors.New("another weir is answering there; stop it first")
	}
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("cannot tell whether another weir is answering there: %w", err)
}

// listenTCP opens a TCP address and explains what may be wrong with it.
func listenTCP(address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("listen %s: port is in use; choose another or stop the program that has it", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen %s: this machine has no such address; choose one of its own", address)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("listen %s: permission denied; ports below 1024 need root", address)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return nil, fmt.Errorf("listen %s: %w; give ADDRESS:PORT, as 192.168.1.1:3000", address, err)
}

// gate is a listener that closes at once what comes from a network that is not
// allowed or finds no place, before it costs anything.
type gate struct {
	net.Listener
	places  chan struct{}
	allow   []netip.Prefix
	any     bool
	refused *atomic.Uint64
}

// Accept waits for a connection that may enter.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.any || g.allowed(c.RemoteAddr()) {
			select {
			case g.places <- struct{}{}:
				return &guest{Conn: c, leave: sync.OnceFunc(func() { <-g.places })}, nil
			default:
			}
		}
		g.refused.Add(1)
		c.Close()
	}
}

func (g *gate) allowed(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return false
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	for _, p := range g.allow {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// guest gives its place back when it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close closes the connection.
func (g *guest) Close() error {
	defer g.leave()
	return g.Conn.Close()
}

// CloseWrite ends the sending side, as is done before a connection closes on which
// something was refused: the refusal arrives that way.
func (g *guest) CloseWrite() error {
	if c, ok := g.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}
