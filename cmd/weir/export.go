package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"weir/internal/api"
)

const exportLong = `
KIND is flows (those that ended), series, devices or usage; what follows narrows
it, as "weir call export --help" lists. The file is written as it is made, to
standard output unless -o names one, which is there only once it is whole.

  weir export flows device=2 period=day -o flows.csv
  weir export --ndjson flows app=youtube from=1750000000
  weir export --json series class=device step=hour period=month
`

func exportCommand(fs *flag.FlagSet) action {
	var to target
	to.register(fs)
	formats := map[string]*bool{}
	for _, f := range []struct{ name, about string }{
		{"csv", "a line of column names, then a line for each row (default)"},
		{"ndjson", "a JSON object a line"},
		{"json", "a JSON object with an array"},
	} {
		formats[f.name] = fs.Bool(f.name, false, f.about)
	}
	file := fs.String("o", "", "write to `FILE`, - for standard output")
	return func(ctx context.Context, con *console, args []string) error {
		m, err := lookupMethod("export")
		if err != nil {
			return err
		}
		query, err := exportQuery(m, args)
		if err != nil {
			return err
		}
		if err := exportFormat(query, formats); err != nil {
			return err
		}
		c, err := to.client(con)
		if err != nil {
			return err
		}
		return download(ctx, con, c, transfer{method: m, query: query.Encode()}, cmp.Or(*file, "-"))
	}
}

// exportQuery turns the command line into the method's arguments.
func exportQuery(m *api.Method, args []string) (url.Values, error) {
	kinds := argumentOf(m, "kind").Values
	if len(args) == 0 {
		return nil, usageError("say what to export: " + strings.Join(kinds, ", "))
	}
	if !slices.Contains(kinds, args[0]) {
		return nil, usageError(fmt.Sprintf("cannot export %q%s; there is: %s", args[0], didYouMean(args[0], kinds), strings.Join(kinds, ", ")))
	}
	query := url.Values{"kind": {args[0]}}
	var names []string
	for i := range m.Args {
		names = append(names, m.Args[i].Name)
	}
	for _, a := range args[1:] {
		name, value, ok := strings.Cut(a, "=")
		switch {
		case !ok || name == "":
			return nil, usageError(fmt.Sprintf("%q is no pair such as device=2", a))
		case name == "kind" || query.Has(name):
			return nil, usageError(name + " is given twice")
		case !slices.Contains(names, name):
			return nil, usageError(fmt.Sprintf("unknown argument %q%s", name, didYouMean(name, names)))
		}
		query.Set(name, value)
	}
	return query, nil
}

func argumentOf(m *api.Method, name string) *api.Arg {
	return &m.Args[slices.IndexFunc(m.Args, func(a api.Arg) bool { return a.Name == name })]
}

// exportFormat adds the format that an option names.
func exportFormat(query url.Values, options map[string]*bool) error {
	for _, name := range []string{"csv", "ndjson", "json"} {
		if !*options[name] {
			continue
		}
		if query.Has("format") {
			return usageError("a file has one format: --csv, --ndjson or --json")
		}
		query.Set("format", name)
	}
	return nil
}

// download writes what a method sends to a file, or to standard output for "-". A
// file is there only once it is whole.
func download(ctx context.Context, con *console, c *client, t transfer, file string) error {
	if file == "-" {
		return c.transfer(ctx, t, con.out)
	}
	out, err := createWhole(file)
	if err != nil {
		return err
	}
	w := &countingWriter{w: out, progress: newProgress(nil, filepath.Base(file), 0, time.Now)}
	if con.errTTY {
		w.progress.w = con.err
	}
	err = c.transfer(ctx, t, w)
	w.progress.clear()
	if err != nil {
		out.discard()
		return err
	}
	return out.finish()
}

// countingWriter shows how much went through.
type countingWriter struct {
	w        io.Writer
	n        int64
	progress *progress
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.progress.step(c.n, 0)
	return n, err
}

// wholeFile is a file that takes its name once all of it was written.
type wholeFile struct {
	*os.File
	name string // "" for what cannot be renamed: a device or a pipe
}

func createWhole(name string) (*wholeFile, error) {
	if fi, err := os.Stat(name); err == nil && !fi.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &wholeFile{File: f}, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return &wholeFile{f, name}, nil
}

func (f *wholeFile) discard() {
	f.Close()
	if f.name != "" {
		os.Remove(f.File.Name())
	}
}

func (f *wholeFile) finish() error {
	if f.name == "" {
		return f.Close()
	}
	err := f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.File.Name(), f.name)
	}
	if err != nil {
		os.Remove(f.File.Name())
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	return nil
}
