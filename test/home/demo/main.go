// Command demo shows weir at work in a temporary folder, and leaves nothing
// behind:
//
//	demo BIN                    replay a household's evening, ten times as fast
//	demo -serve BIN             the same, without looking at the terminal
//	demo -interface eth0 BIN    watch a device of this machine live (as root)
//
// BIN is a weir binary. It runs the daemon on a configuration of its own, prints
// an address that opens the pages, and ends when it is interrupted.
package main

import (
	"bufio"
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
	serve := flag.Bool("serve", false, "do not offer weir top")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: demo [-interface DEVICE] [-serve] BIN")
		os.Exit(2)
	}
	// An interrupt ends weir top too; this program then cleans up.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	d := demo{bin: flag.Arg(0), device: *device, serve: *serve}
	if err := d.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo is what was asked for.
type demo struct {
	bin    string
	device string // to watch live; "" for the replay
	serve  bool   // no weir top
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
	fmt.Printf("pages: %s\nAPI:   curl --unix-socket %s http://weir/api/v1/flows\nlog:   %s\n", link, daemon.Socket, daemon.Log)
	return d.wait(ctx, daemon)
}

// wait returns when the demo is interrupted, or the daemon ends. Until then each
// Enter shows weir top.
func (d *demo) wait(ctx context.Context, daemon *process.Daemon) error {
	in, enter := bufio.NewReader(os.Stdin), make(chan struct{}, 1)
	ask := func() {
		if d.serve {
			return
		}
		fmt.Println("Enter shows weir top here, Ctrl-C ends it all.")
		go func() {
			if _, err := in.ReadString('\n'); err == nil {
				enter <- struct{}{}
			}
		}()
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for ask(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			if err := daemon.Check(); err != nil {
				return err
			}
		case <-enter:
			top := exec.Command(d.bin, "top", "--socket", daemon.Socket)
			top.Stdin, top.Stdout, top.Stderr = os.Stdin, os.Stdout, os.Stderr
			if err := top.Run(); err != nil && ctx.Err() == nil {
				return fmt.Errorf("weir top: %w", err)
			}
			ask()
		}
	}
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
