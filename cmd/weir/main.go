// Command weir is the whole of weir in one binary: the daemon, the reader of
// captures and the clients of the daemon's API.
//
// The table in commands.go is the list of what it can do, and its help. A
// command registers its options on a flag set and answers with the function
// that runs once they are parsed; it writes to the console it is given and
// returns an error, which is printed here, in one line. Nothing here touches
// packets or options of the configuration: the commands join what the other
// packages hold.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// The exit statuses of every command.
const (
	exitDone   = 0
	exitFailed = 1 // something went wrong at run time
	exitUsage  = 2 // the command line is wrong
)

// errReported is returned by commands that have printed what went wrong.
var errReported = errors.New("already reported")

// usageError is a mistake in the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once the first signal asked for a clean stop, the next one ends the
	// process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(start(ctx, newConsole(), os.Args[1:]))
}

// start runs the command that args name and returns the exit status.
func start(ctx context.Context, con *console, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(con.err, overview())
		return exitUsage
	}
	name := args[0]
	switch name {
	case "-h", "-help", "--help":
		name = "help"
	case "-V", "-version", "--version":
		name = "version"
	}
	cmd, ok := findCommand(name)
	if !ok {
		fmt.Fprintf(con.err, "weir: %s (see: weir help)\n", unknownCommand(name))
		return exitUsage
	}
	return report(con, cmd, cmd.execute(ctx, con, args[1:]))
}

// report prints what err says in one line and returns the exit status.
func report(con *console, cmd command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		manual := strings.TrimSuffix("weir help "+cmd.name, " help")
		fmt.Fprintf(con.err, "weir %s: %s (see: %s)\n", cmd.name, oneLine(err), manual)
		return exitUsage
	}
	fmt.Fprintf(con.err, "weir %s: %s\n", cmd.name, oneLine(err))
	return exitFailed
}

// oneLine returns err's text with the line breaks of joined errors turned into
// semicolons and whatever could steer a terminal taken out.
func oneLine(err error) string {
	return cleanText(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "), true)
}

// execute parses the options in args and runs the command.
func (c command) execute(ctx context.Context, con *console, args []string) error {
	fs := c.flagSet()
	run := c.setup(fs)
	rest, err := parseArgs(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		if c.help != nil && len(rest) > 0 {
			return c.help(con, rest)
		}
		fmt.Fprint(con.out, c.manual())
		return nil
	}
	if err != nil {
		return err
	}
	return run(ctx, con, rest)
}
