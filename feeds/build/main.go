//go:build !notls

// Command build makes packages and feeds of weir for OpenWrt, from the binaries of
// make and the files of this tree, without OpenWrt's build system:
//
//	build binaries ARCH…             print which of make's binaries are needed
//	build keys                       make the two keys that sign feeds
//	build [-format ipk|apk] packages ARCH…
//	build [-format ipk|apk] feed ARCH…  packages, index and signature
//
// ARCH is a package architecture of OpenWrt, such as mipsel_24kc (opkg
// print-architecture, apk --print-arch). The same tree gives the same bytes, signed
// ones too.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	tree, binaries, out, keys, format, url, geo string

	version string // of the packages, such as 0.1.0-r1
	date    int64  // of all files, epoch seconds
}

func run(args []string) error {
	var o options
	f := flag.NewFlagSet("build", flag.ContinueOnError)
	f.StringVar(&o.tree, "tree", ".", "the `folder` with weir's source")
	f.StringVar(&o.binaries, "binaries", "dist", "the `folder` with weir-ARCH, as make builds them")
	f.StringVar(&o.out, "out", "dist/packages", "the `folder` where feeds are written, one in each architecture's own")
	f.StringVar(&o.keys, "keys", "", "the `folder` with the keys that sign; none: nothing is signed")
	f.StringVar(&o.format, "format", "", "only ipk (OpenWrt up to 24.10) or only apk (from 25.12)")
	f.StringVar(&o.url, "url", "https://example.org/weir", "where the feeds will be found, for the lines that routers need")
	f.StringVar(&o.geo, "geo", "", "a `folder` with country.db and asn.db (weir geo build), for the package weir-geo")
	f.Int64Var(&o.date, "date", -1, "the `seconds` since 1970 that files get; otherwise SOURCE_DATE_EPOCH, or the last commit's")
	if err := f.Parse(args); err != nil {
		return err
	}
	command, arches := f.Arg(0), f.Args()[min(1, f.NArg()):]
	if o.format != "" && o.format != "ipk" && o.format != "apk" {
		return fmt.Errorf("-format %s: there are ipk and apk", o.format)
	}
	switch {
	case command == "keys" && o.keys == "":
		return errors.New("say where: build -keys FOLDER keys")
	case command == "keys":
		return makeKeys(o.keys)
	case len(arches) == 0:
		return errors.New("say what for: build binaries|packages|feed ARCH…, such as mipsel_24kc")
	case command == "binaries":
		return printBinaries(arches)
	case command == "packages" || command == "feed":
		if err := o.complete(); err != nil {
			return err
		}
		return build(&o, command == "feed", arches)
	}
	return fmt.Errorf("%q: there are binaries, keys, packages and feed", command)
}

// complete reads version and date from the tree.
func (o *options) complete() (err error) {
	if o.version, err = version(filepath.Join(o.tree, "feeds", "weir", "Makefile")); err != nil {
		return err
	}
	if o.date >= 0 {
		return nil
	}
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.Command("git", "-C", o.tree, "log", "-1", "--format=%ct").Output()
		if err != nil {
			return fmt.Errorf("when was the last commit? Say -date: %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	o.date, err = strconv.ParseInt(text, 10, 64)
	return err
}

// version returns PKG_VERSION and PKG_RELEASE of a recipe as packages have them.
func version(makefile string) (string, error) {
	b, err := os.ReadFile(makefile)
	if err != nil {
		return "", err
	}
	set := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":="); ok {
			set[name] = value
		}
	}
	if set["PKG_VERSION"] == "" || set["PKG_RELEASE"] == "" {
		return "", fmt.Errorf("%s has no PKG_VERSION or no PKG_RELEASE", makefile)
	}
	return set["PKG_VERSION"] + "-r" + set["PKG_RELEASE"], nil
}

func printBinaries(arches []string) error {
	seen := map[string]bool{}
	for _, arch := range arches {
		name, err := binaryFor(arch)
		if err != nil {
			return err
		}
		if !seen[name] {
			fmt.Println("dist/weir-" + name)
		}
		seen[name] = true
	}
	return nil
}
