package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"weir/internal/daemon"
)

const runLong = `
CONFIG (default ` + defaultConfig + `) is weir's UCI file, or a folder of UCI files
such as /etc/config; it is only read. The daemon stays in the foreground and logs
to standard error: with the time on a terminal or into a file, without it into a
pipe, as the system's log has its own.

SIGHUP reads the configuration again; an invalid one changes nothing and is
reported. SIGTERM and SIGINT stop cleanly, a second one at once.
`

func runCommand(*flag.FlagSet) action {
	return func(ctx context.Context, con *console, args []string) error {
		path := defaultConfig
		switch len(args) {
		case 0:
		case 1:
			path = args[0]
		default:
			return usageError(fmt.Sprintf("takes one file or folder, got %d", len(args)))
		}
		reload := make(chan struct{}, 1)
		ctx, cancel := context.WithCancel(ctx)
		var forward sync.WaitGroup
		defer forward.Wait()
		defer cancel()
		forward.Go(func() { forwardHangups(ctx, reload) })
		log, level := newLogger(con, os.Stderr)
		err := daemon.Run(ctx, daemon.Options{
			ConfigPath: path, Version: programVersion(), Log: log, Level: level, Reload: reload,
		})
		if listErrors(con, err) {
			return errors.New("the configuration cannot be used as it is")
		}
		return err
	}
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

// newLogger returns the daemon's log on f, standard error, and its level.
func newLogger(con *console, f *os.File) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	o := &slog.HandlerOptions{Level: level}
	info, err := f.Stat()
	if !con.errTTY && (err != nil || !info.Mode().IsRegular()) {
		o.ReplaceAttr = withoutTime
	}
	return slog.New(slog.NewTextHandler(f, o)), level
}

// withoutTime leaves the time of a record out.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
