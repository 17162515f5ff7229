// Command demo shows weir at work in a temporary folder, and leaves nothing
// behind:
//
//	demo BIN                    replay a household's evening, ten times as fast
//	demo -interface eth0 BIN    watch a device of this machine live (as root)
//
// BIN is a weir binary. It runs the daemon on a configuration of its own and
// shows "weir top" until that is quit.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"weir/test/home"
)

func main() {
	device := flag.String("interface", "", "device to watch live instead of the replay")
	seconds := flag.Int("seconds", 4, "how long to let it run before the first look")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: demo [-interface DEVICE] [-seconds N] BIN")
		os.Exit(2)
	}
	// An interrupt ends weir top; this program then cleans up and ends by itself.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flag.Arg(0), *device, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, bin, device string, settle time.Duration) error {
	dir, err := os.MkdirTemp("", "weir-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config := filepath.Join(dir, "weir")
	if err := prepare(dir, config, device); err != nil {
		return err
	}
	bin, err = filepath.Abs(bin)
	if err != nil {
		return err
	}
	daemon, err := start(bin, dir, config)
	if err != nil {
		return err
	}
	defer daemon.stop()
	socket := filepath.Join(dir, "weir.sock")
	if err := daemon.ready(ctx, socket); err != nil {
		return err
	}
	fmt.Printf("configuration: %s\nAPI:           curl --unix-socket %s http://weir/api/v1/flows\nlog:           %s\n", config, socket, daemon.log)
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return nil
	}
	top := exec.Command(bin, "top", "--socket", socket)
	top.Stdin, top.Stdout, top.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := top.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("weir top: %w", err)
	}
	return nil
}

// prepare writes the configuration, and the capture when there is no device.
func prepare(dir, config, device string) error {
	text := fmt.Sprintf(`config store 'store'
	option path '%s'
	option snapshot_path ''

config api 'api'
	option socket '%s'
`, filepath.Join(dir, "store"), filepath.Join(dir, "weir.sock"))
	if device != "" {
		text += fmt.Sprintf("\nconfig weir 'main'\n\tlist interface '%s'\n", device)
	} else {
		capture := filepath.Join(dir, "evening.pcap")
		text += fmt.Sprintf(`
config weir 'main'
	list local_network '192.168.1.0/24'
	list local_network '2001:db8::/32'

config source 'evening'
	option kind 'pcap'
	option path '%s'
	option pace '10x'
	option loop '1'
`, capture)
		f, err := os.Create(capture)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := home.Write(f, home.Generate(1, 1)); err != nil {
			return err
		}
	}
	return os.WriteFile(config, []byte(text), 0o600)
}

// daemon is a running weir.
type daemon struct {
	cmd    *exec.Cmd
	log    string
	exited chan struct{} // closed when it has ended
}

func start(bin, dir, config string) (*daemon, error) {
	d := &daemon{log: filepath.Join(dir, "log"), exited: make(chan struct{})}
	log, err := os.Create(d.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.cmd = exec.Command(bin, "run", config)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	// In a process group of its own, so that Ctrl-C in the terminal does not
	// end it before weir top.
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		d.cmd.Wait()
		close(d.exited)
	}()
	return d, nil
}

// ready waits until the daemon answers on its socket.
func (d *daemon) ready(ctx context.Context, socket string) error {
	deadline := time.After(10 * time.Second)
	for {
		if c, err := net.Dial("unix", socket); err == nil {
			return c.Close()
		}
		select {
		case <-d.exited:
			log, _ := os.ReadFile(d.log)
			return fmt.Errorf("the daemon ended:\n%s", bytes.TrimSpace(log))
		case <-deadline:
			log, _ := os.ReadFile(d.log)
			return fmt.Errorf("no answer on %s after 10 s:\n%s", socket, bytes.TrimSpace(log))
		case <-ctx.Done():
			return errors.New("interrupted")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop ends the daemon, and waits so that its files may be removed.
func (d *daemon) stop() {
	d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-d.exited:
	case <-time.After(10 * time.Second):
		d.cmd.Process.Kill()
		<-d.exited
	}
}
