package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"weir/internal/daemon"
	"weir/internal/logfmt"
	"weir/uci"
)

const runLong = `
CONFIG (default ` + defaultConfig + `) is weir's UCI file, or a folder of UCI files
such as /etc/config; it is only read. The daemon stays in the foreground and logs
to standard error: with the time on a terminal or into a file, without it into a
pipe, as the system's log has its own.

Options stand above CONFIG. With --interface or --read no CONFIG is needed:

  weir run -i eth0                      watch a device of this machine
  weir run -r home.pcap --pace 10x      replay a capture as if it were now
  tcpdump -i eth0 -w - | weir run -r -  watch what another program captures

A capture that has ended stays to be asked about until weir is stopped. Who is
not root names a database and a socket of their own:

  weir run -r home.pcap --store /tmp/weir --socket /tmp/weir/sock
  weir top --socket /tmp/weir/sock

SIGHUP reads the configuration again; an invalid one changes nothing and is
reported. SIGTERM and SIGINT stop cleanly, a second one at once.
`

func runCommand(fs *flag.FlagSet) action {
	var o uci.Overrides
	interfaces := func(s string) error { return addNamed(&o.Interfaces, s) }
	fs.Func("interface", "watch network or device `NAME`, not those of CONFIG; repeatable", interfaces)
	fs.Func("i", "short for --interface `NAME`", interfaces)
	captures := func(s string) error { return addNamed(&o.Captures, s) }
	fs.Func("read", "read capture or pipe `FILE`, - for standard input; repeatable", captures)
	fs.Func("r", "short for --read `FILE`", captures)
	fs.Func("pace", "replay captures at `N`x real time; the default is max, as they can be read", func(s string) (err error) {
		o.Pace, err = uci.ParsePace(s)
		return err
	})
	fs.BoolVar(&o.Loop, "loop", false, "begin the captures again when they end")
	fs.StringVar(&o.StorePath, "store", "", "keep the database in `FOLDER` (default that of CONFIG, else "+uci.Default().Store.Path+")")
	fs.StringVar(&o.Socket, "socket", "", "serve the API on socket `FILE` (default that of CONFIG, else "+defaultSocket()+")")
	return func(ctx context.Context, con *console, args []string) error {
		path := defaultConfig
		switch {
		case len(args) == 1:
			path = args[0]
		case len(args) > 1:
			return usageError(fmt.Sprintf("takes one file or folder, got %d", len(args)))
		case len(o.Interfaces)+len(o.Captures) > 0:
			path = ""
		}
		if len(o.Captures) == 0 && (o.Loop || o.Pace != 0) {
			return usageError("--pace and --loop go with --read")
		}
		if err := findCaptures(o.Captures); err != nil {
			return err
		}
		return runDaemon(ctx, con, path, o)
	}
}

// addNamed adds s to names; a script's empty variable is a mistake.
func addNamed(names *[]string, s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	*names = append(*names, s)
	return nil
}

// findCaptures says which of files is missing before a database is made for
// their sake.
func findCaptures(files []string) error {
	for _, f := range files {
		if f == "-" {
			continue
		}
		if _, err := os.Stat(f); err != nil {
			return fmt.Errorf("capture %s: %w", f, explainRead(err))
		}
	}
	return nil
}

// runDaemon runs the daemon until ctx is done.
func runDaemon(ctx context.Context, con *console, path string, o uci.Overrides) error {
	reload := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	var forward sync.WaitGroup
	defer forward.Wait()
	defer cancel()
	forward.Go(func() { forwardHangups(ctx, reload) })
	err := daemon.Run(ctx, daemon.Options{
		ConfigPath: path, Overrides: o, Version: programVersion(), Log: newLogger(con, os.Stderr), Reload: reload, DialTLS: updateTLS(),
	})
	if listErrors(con, err) {
		return errors.New("the configuration cannot be used as it is")
	}
	return err
}

// forwardHangups asks for a reload at every SIGHUP until ctx is done. Those that
// come while one is asked for already are one with it.
func forwardHangups(ctx context.Context, reload chan<- struct{}) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		}
		select {
		case reload <- struct{}{}:
		default:
		}
	}
}

// newLogger returns the daemon's log on f, standard error.
func newLogger(con *console, f *os.File) *logfmt.Logger {
	info, err := f.Stat()
	if con.errTTY || err == nil && info.Mode().IsRegular() {
		return logfmt.New(f, time.Now)
	}
	return logfmt.New(f, nil)
}
