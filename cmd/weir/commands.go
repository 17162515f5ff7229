package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

// command is one line of the table.
type command struct {
	name  string
	args  string // what follows the name, for the overview
	short string // one line for the overview
	long  string // what the manual says between usage and options
	// setup registers the options and returns what runs once they are parsed.
	setup func(*flag.FlagSet) action
	// help, when not nil, answers -h that came with arguments.
	help func(con *console, args []string) error
}

// action does the work of a command; args are the arguments without options.
type action func(ctx context.Context, con *console, args []string) error

// commands returns the table, in the order in which the help shows it.
func commands() []command {
	return []command{
		{"run", "[OPTION...] [CONFIG]", "watch the network, in the foreground", runLong, runCommand, nil},
		{"read", "[OPTION...] FILE...", "print the flows of captures", readLong, readCommand, nil},
		{"top", "[OPTION...]", "show live what the daemon sees", topLong, topCommand, nil},
		{"call", "[METHOD [ARG...]]", "call a method of the daemon's API", callLong, callCommand, callHelp},
		{"export", "[OPTION...] KIND [ARG...]", "write history to a file", exportLong, exportCommand, nil},
		{"snapshot", "", "save history to flash now", snapshotLong, snapshotCommand, nil},
		{"backup", "[OPTION...] FILE", "write all that is kept to a file", backupLong, backupCommand, nil},
		{"restore", "[OPTION...] FILE", "join a backup with what is kept", restoreLong, restoreCommand, nil},
		{"check", "[FILE]", "validate a configuration", checkLong, checkCommand, nil},
		{"geo", "ACTION [ARG...]", "places of addresses: ask, build, fetch", geoLong, geoCommand, nil},
		{"version", "", "print version and platform", versionLong, versionCommand, nil},
		{"help", "[COMMAND]", "explain a command", helpLong, helpCommand, nil},
	}
}

func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

// unknownCommand says that name is not in the table, and what is near it.
func unknownCommand(name string) string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	kind := "command"
	if strings.HasPrefix(name, "-") {
		kind, names = "option", []string{"--help", "--version"}
	}
	return fmt.Sprintf("unknown %s %q%s", kind, name, didYouMean(name, names))
}

const helpLong = `
Without COMMAND, prints the list of commands; with it, what that command does
and its options.
`

func helpCommand(*flag.FlagSet) action {
	return func(_ context.Context, con *console, args []string) error {
		switch len(args) {
		case 0:
			fmt.Fprint(con.out, overview())
			return nil
		case 1:
			c, ok := findCommand(args[0])
			if !ok {
				return usageError(unknownCommand(args[0]))
			}
			fmt.Fprint(con.out, c.manual())
			return nil
		}
		return usageError("takes one command at most")
	}
}

// flagSet returns an empty flag set that prints nothing by itself.
func (c command) flagSet() *flag.FlagSet {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs
}

// usageLine returns how the command is called.
func (c command) usageLine() string {
	return strings.TrimRight("weir "+c.name+" "+c.args, " ")
}

// overview is the help of the whole program.
func overview() string {
	var b strings.Builder
	b.WriteString("weir measures the traffic of a network without stopping it.\n\nUsage: weir COMMAND\n\n")
	width := 0
	for _, c := range commands() {
		width = max(width, len(c.usageLine()))
	}
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, c.usageLine(), c.short)
	}
	b.WriteString("\n\"weir help COMMAND\" says more about each.\n" +
		"Exit status: 0 done, 1 failed, 2 wrong usage.\n")
	return b.String()
}

// manual is the help of one command.
func (c command) manual() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n%s%s.\n%s", c.usageLine(), strings.ToUpper(c.short[:1]), c.short[1:], c.long)
	fs := c.flagSet()
	c.setup(fs)
	writeOptions(&b, fs)
	return b.String()
}

// writeOptions lists the options of fs, two spaces deep.
func writeOptions(b *strings.Builder, fs *flag.FlagSet) {
	var names, texts []string
	width := 0
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		name := dashed(f.Name)
		if value != "" {
			name += " " + value
		}
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "0s" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		names, texts = append(names, name), append(texts, text)
		width = max(width, len(name))
	})
	if len(names) == 0 {
		return
	}
	b.WriteString("\nOptions:\n")
	for i := range names {
		fmt.Fprintf(b, "  %-*s  %s\n", width, names[i], texts[i])
	}
}

// dashed returns an option as users write it: -i, --json.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
