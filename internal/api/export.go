package api

import (
	"context"
	"io"
	"slices"
	"strings"

	"weir/internal/engine"
)

// exportKind is one thing that can be exported.
type exportKind struct {
	name   string
	args   []Arg // beside kind and format
	fields func() []Field
	// open checks the arguments and returns what writes all rows.
	open func(context.Context, *Backend, Args) (rowsOf, error)
}

// rowsOf writes all rows of an export. It holds no lock while it does.
type rowsOf func(*rowFile) error

var exportKinds = []*exportKind{&exportFlows, &exportSeries, &exportDevices, &exportUsage}

var exportMethod = Method{
	Name: "export",
	Doc:  "Sends all rows of a kind as one file: flows that ended, series, devices or what was used of the lines.",
	Args: exportArgs(),
	send: func(ctx context.Context, b *Backend, a Args) (*Stream, error) {
		kind := exportKindOf(arg[string](a, "kind"))
		if err := kind.check(a); err != nil {
			return nil, err
		}
		rows, err := kind.open(ctx, b, a)
		if err != nil {
			return nil, err
		}
		format := formatOf(arg[string](a, "format"))
		return &Stream{
			Type: format.media,
			Name: "weir-" + kind.name + "-" + b.now().Format("2006-01-02-1504") + "." + format.name,
			Write: func(w io.Writer) error {
				f := newRowFile(w, format.name, kind.name, kind.fields())
				if err := rows(f); err != nil {
					return err
				}
				return f.end()
			},
		}, nil
	},
	Example: `{"kind":"series","class":"device","step":"5m","from":1750000200,"to":1750000800}`,
}

// exportArgs are the arguments of all kinds, each once, and named with the kinds
// that take them.
func exportArgs() []Arg {
	args := []Arg{
		{Name: "kind", Type: String, Doc: "what to export", Required: true},
		{Name: "format", Type: String, Doc: "csv: a line of column names, then a line for each row; ndjson: an object a line; json: an object with an array", Default: formats[0].name},
	}
	for _, k := range exportKinds {
		args[0].Values = append(args[0].Values, k.name)
	}
	for _, f := range formats {
		args[1].Values = append(args[1].Values, f.name)
	}
	fixed := len(args)
	takers := map[string][]string{}
	for _, k := range exportKinds {
		for _, a := range k.args {
			if takers[a.Name] = append(takers[a.Name], k.name); len(takers[a.Name]) == 1 {
				a.Required, a.Default = false, nil
				args = append(args, a)
			}
		}
	}
	for i := range args[fixed:] {
		a := &args[fixed+i]
		a.Doc = strings.Join(takers[a.Name], ", ") + ": " + a.Doc
	}
	return args
}

func exportKindOf(name string) *exportKind {
	return exportKinds[slices.IndexFunc(exportKinds, func(k *exportKind) bool { return k.name == name })]
}

func formatOf(name string) fileFormat {
	return formats[slices.IndexFunc(formats, func(f fileFormat) bool { return f.name == name })]
}

// check refuses arguments of other kinds: an unfiltered answer to a filtered
// question is a wrong one.
func (k *exportKind) check(a Args) error {
	var names []string
	for i := range k.args {
		if arg := &k.args[i]; arg.Required && a[arg.Name] == nil {
			return invalid("it is: "+arg.meaning(), "export: kind %s needs the argument %s", k.name, arg.Name)
		}
		names = append(names, k.args[i].Name)
	}
	var wrong []string
	for name := range a {
		if name != "kind" && name != "format" && !slices.Contains(names, name) {
			wrong = append(wrong, name)
		}
	}
	if wrong != nil {
		slices.Sort(wrong)
		return invalid(suggest(wrong[0], names), "export: kind %s does not take the argument %s", k.name, wrong[0])
	}
	return nil
}

var exportDevices = exportKind{
	name:   "devices",
	fields: deviceFields,
	open: func(ctx context.Context, b *Backend, _ Args) (rowsOf, error) {
		return func(f *rowFile) error {
			for p := (engine.Page{Sort: "first", Limit: engine.MaxRows}); ; p.Offset += p.Limit {
				rows, total := b.Traffic.Devices(engine.Filter{}, p)
				for i := range rows {
					if err := putRow(f, &rows[i], encodeDevice); err != nil {
						return err
					}
				}
				if err := ctx.Err(); err != nil || len(rows) == 0 || p.Offset+len(rows) >= total {
					return err
				}
			}
		}, nil
	},
}
