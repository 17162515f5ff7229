// Command demo shows weir at work in a temporary folder, and leaves nothing
// behind:
//
//	demo BIN                    replay a household's evening, ten times as fast
//	demo -serve BIN             the same without the terminal, until it is interrupted
//	demo -interface eth0 BIN    watch a device of this machine live (as root)
//
// BIN is a weir binary. It runs the daemon on a configuration of its own, prints
// the address of the pages and shows "weir top" until that is quit.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"weir/test/bench/process"
	"weir/test/home"
)

func main() {
	device := flag.String("interface", "", "device to watch live instead of the replay")
	seconds := flag.Int("seconds", 4, "how long to let it run before the first look")
	serve := flag.Bool("serve", false, "do not show weir top, wait for an interrupt")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: demo [-interface DEVICE] [-seconds N] [-serve] BIN")
		os.Exit(2)
	}
	// An interrupt ends weir top; this program then cleans up and ends by itself.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d := demo{bin: flag.Arg(0), device: *device, settle: time.Duration(*seconds) * time.Second, serve: *serve}
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo is what was asked for.
type demo struct {
	bin    string
	device string        // to watch live; "" for the replay
	settle time.Duration // before the first look
	serve  bool          // no weir top
}

func (d *demo) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "weir-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	what, err := observed(dir, d.device)
	if err != nil {
		return err
	}
	door, err := openDoor(dir)
	if err != nil {
		return err
	}
	sections := door.section()
	if d.device == "" {
		geo, err := places(d.bin, dir)
		if err != nil {
			return err
		}
		sections += geo
	}
	daemon, err := process.Start(d.bin, dir, sections, what...)
	if err != nil {
		return err
	}
	defer daemon.Stop()
	if err := daemon.Ready(ctx); err != nil {
		return err
	}
	link, err := door.link()
	if err != nil {
		return err
	}
	fmt.Printf("pages: %s\n", link)
	if d.serve {
		<-ctx.Done()
		return daemon.Check()
	}
	fmt.Printf("API: curl --unix-socket %s http://weir/api/v1/flows\nlog: %s\n", daemon.Socket, daemon.Log)
	select {
	case <-time.After(d.settle):
	case <-ctx.Done():
		return nil
	}
	if err := daemon.Check(); err != nil {
		return err
	}
	top := exec.Command(d.bin, "top", "--socket", daemon.Socket)
	top.Stdin, top.Stdout, top.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := top.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("weir top: %w", err)
	}
	return nil
}

// observed returns the options that say what is watched: the device, or the
// household, whose capture it writes to dir.
func observed(dir, device string) ([]string, error) {
	if device != "" {
		return []string{"--interface", device}, nil
	}
	capture := filepath.Join(dir, "evening.pcap")
	f, err := os.Create(capture)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := home.Write(f, home.Generate(1, 1)); err != nil {
		return nil, err
	}
	return []string{"--read", capture, "--pace", "10x", "--loop"}, nil
}
