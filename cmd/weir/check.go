package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"weir/internal/daemon"
	"weir/uci"
)

// defaultConfig is where OpenWrt keeps weir's configuration.
const defaultConfig = "/etc/config/weir"

const checkLong = `
Reads FILE (default ` + defaultConfig + `; a file, a folder of UCI files, or - for
standard input) as the daemon would. What is wrong goes to standard error, one
line each as FILE:LINE: what and how to mend it, and the exit status is 1. Else
the configuration that would be in force, defaults included, goes to standard
output as UCI text. Warnings go to standard error and do not fail.
`

func checkCommand(*flag.FlagSet) action {
	return func(_ context.Context, con *console, args []string) error {
		path := defaultConfig
		switch len(args) {
		case 0:
		case 1:
			path = args[0]
		default:
			return usageError(fmt.Sprintf("takes one file or folder, got %d", len(args)))
		}
		config, warnings, err := loadConfig(con, path)
		for _, w := range warnings {
			fmt.Fprintln(con.err, "warning: "+con.clean(w.String()))
		}
		switch {
		case listErrors(con, err):
			return errReported
		case errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("%w; name the file to check", err)
		case err != nil:
			return err
		}
		for _, p := range daemon.Check(config) {
			fmt.Fprintln(con.err, "warning: "+con.clean(p.Message))
		}
		_, err = con.out.Write(config.AppendUCI(nil))
		return err
	}
}

func loadConfig(con *console, path string) (*uci.Config, []uci.Warning, error) {
	if path == "-" {
		return uci.Parse(con.in, "standard input")
	}
	return uci.Load(path)
}

// listErrors prints all that is wrong with a configuration, one line each, when
// err says that. It reports whether it did.
func listErrors(con *console, err error) bool {
	var wrong uci.Errors
	if !errors.As(err, &wrong) {
		return false
	}
	for _, e := range wrong {
		fmt.Fprintln(con.err, con.clean(e.Error()))
	}
	return true
}
