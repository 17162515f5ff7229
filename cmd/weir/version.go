package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker (-X main.version=…); without it the version
// that Go stamped on the module counts.
var version string

const versionLong = `
Prints one line: the version, the Go release that built it, the platform and the
build tags.
`

func versionCommand(*flag.FlagSet) action {
	return func(_ context.Context, con *console, args []string) error {
		if len(args) > 0 {
			return usageError(fmt.Sprintf("takes no arguments, got %q", args[0]))
		}
		fmt.Fprintln(con.out, versionLine())
		return nil
	}
}

func versionLine() string {
	tags, arch := "", runtime.GOARCH
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "-tags":
				tags = " tags " + s.Value
			case "GOMIPS", "GOMIPS64", "GOARM", "GO386":
				arch += "/" + s.Value
			}
		}
	}
	return fmt.Sprintf("weir %s %s %s/%s%s", programVersion(), runtime.Version(), runtime.GOOS, arch, tags)
}

// programVersion returns the version without anything around it.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
