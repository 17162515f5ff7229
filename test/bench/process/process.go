// Package process runs a weir daemon as a child process on a configuration of
// its own, for the demo and the measurements.
package process

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Daemon is a running weir.
type Daemon struct {
	Socket string // of its API
	Log    string // file with what it prints
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended
}

// Start writes a configuration to dir, with the store and the API's socket
// there and sections appended, and runs bin on it with the options args. The
// daemon is in a process group of its own: an interrupt from the terminal does
// not reach it.
func Start(bin, dir, sections string, args ...string) (*Daemon, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return nil, err
	}
	d := &Daemon{Socket: filepath.Join(dir, "weir.sock"), Log: filepath.Join(dir, "log"), exited: make(chan struct{})}
	config := fmt.Sprintf("config store 'store'\n\toption path '%s'\n\toption snapshot_path ''\n\nconfig api 'api'\n\toption socket '%s'\n\n%s",
		filepath.Join(dir, "store"), d.Socket, sections)
	file := filepath.Join(dir, "weir")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, err
	}
	log, err := os.Create(d.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.cmd = exec.Command(bin, append(append([]string{"run"}, args...), file)...)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		d.cmd.Wait() // Check reports how it ended, from the log
		close(d.exited)
	}()
	return d, nil
}

// PID returns the daemon's process ID.
func (d *Daemon) PID() int { return d.cmd.Process.Pid }

// Ready waits up to ten seconds until the daemon takes connections.
func (d *Daemon) Ready(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		if c, err := net.Dial("unix", d.Socket); err == nil {
			return c.Close()
		}
		if err := d.Check(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no answer on %s after 10 s:\n%s", d.Socket, d.said())
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Check returns an error with the daemon's last words when it has ended.
func (d *Daemon) Check() error {
	select {
	case <-d.exited:
		return fmt.Errorf("the daemon ended (%s):\n%s", d.cmd.ProcessState, d.said())
	default:
		return nil
	}
}

func (d *Daemon) said() []byte {
	b, err := os.ReadFile(d.Log)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(b)
}

// Client returns an HTTP client whose connections all go to the daemon's socket.
func (d *Daemon) Client() *http.Client {
	var dialer net.Dialer
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", d.Socket)
		},
	}}
}

// Stop ends the daemon and waits, so that its files may be removed.
func (d *Daemon) Stop() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.exited:
	case <-time.After(10 * time.Second):
		d.cmd.Process.Kill()
		<-d.exited
	}
}
