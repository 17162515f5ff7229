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
	what, err := observed(dir, device)
	if err != nil {
		return err
	}
	daemon, err := process.Start(bin, dir, "", what...)
	if err != nil {
		return err
	}
	defer daemon.Stop()
	if err := daemon.Ready(ctx); err != nil {
		return err
	}
	fmt.Printf("API: curl --unix-socket %s http://weir/api/v1/flows\nlog: %s\n", daemon.Socket, daemon.Log)
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return nil
	}
	if err := daemon.Check(); err != nil {
		return err
	}
	top := exec.Command(bin, "top", "--socket", daemon.Socket)
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
