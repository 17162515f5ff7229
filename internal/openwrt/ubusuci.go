package openwrt

import (
	"context"
	"errors"

	"weir/internal/ubus"
)

// UCISection is a section of a configuration as rpcd's object uci reads it:
// with changes that are not committed yet.
type UCISection struct {
	Name      string
	Type      string
	Anonymous bool
	Options   []UCIOption // in their order
}

// UCIOption is an option or a list. Its texts are as they stand in the file.
type UCIOption struct {
	Name   string
	Values []string // of an option, one; an empty one deletes it
	List   bool
}

// UCISections reads the sections of a configuration, of one type or all of them
// for "", in the order of rpcd. A configuration that is not there has none.
func UCISections(ctx context.Context, c Caller, config, kind string) ([]UCISection, error) {
	args := ubus.AppendString(nil, "config", config)
	if kind != "" {
		args = ubus.AppendString(args, "type", kind)
	}
	reply, err := ask(ctx, c, "uci", "get", args)
	if errors.Is(err, ubus.NotFound) && !isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []UCISection
	for f := range fields(reply.Msg("values")) {
		all = append(all, readSection(f.Msg()))
	}
	return all, nil
}

// isMissing reports whether there is no object uci at all: the call ended
// before it was one.
func isMissing(err error) bool {
	var answer *ubus.Error
	return !errors.As(err, &answer)
}

func readSection(m ubus.Msg) UCISection {
	s := UCISection{Name: m.Text(".name"), Type: m.Text(".type"), Anonymous: m.Bool(".anonymous")}
	for f := range fields(m) {
		if len(f.Name) == 0 || f.Name[0] == '.' {
			continue
		}
		o := UCIOption{Name: string(f.Name)}
		switch f.Type {
		case ubus.TypeString:
			o.Values = []string{f.Text()}
		case ubus.TypeArray:
			o.List = true
			for v := range fields(f.Msg()) {
				o.Values = append(o.Values, v.Text())
			}
		default:
			continue
		}
		s.Options = append(s.Options, o)
	}
	return s
}

// SetUCI changes options of a section. rpcd says nothing where there is no such
// section: look it up before, or make it with [AddUCISection]. It takes effect
// for others with [CommitUCI].
func SetUCI(ctx context.Context, c Caller, config, section string, options ...UCIOption) error {
	args := ubus.AppendString(ubus.AppendString(nil, "config", config), "section", section)
	_, err := c.Call(ctx, "uci", "set", appendValues(args, options))
	return err
}

// AddUCISection makes a section, anonymous with "" for its name, and returns the
// name that it has.
func AddUCISection(ctx context.Context, c Caller, config, kind, name string, options ...UCIOption) (string, error) {
	args := ubus.AppendString(ubus.AppendString(nil, "config", config), "type", kind)
	if name != "" {
		args = ubus.AppendString(args, "name", name)
	}
	reply, err := ask(ctx, c, "uci", "add", appendValues(args, options))
	if err != nil {
		return "", err
	}
	return reply.Text("section"), nil
}

func appendValues(args ubus.Msg, options []UCIOption) ubus.Msg {
	args, table := ubus.OpenTable(args, "values")
	for _, o := range options {
		if !o.List {
			text := ""
			if len(o.Values) > 0 {
				text = o.Values[0]
			}
			args = ubus.AppendString(args, o.Name, text)
			continue
		}
		var list int
		args, list = ubus.OpenArray(args, o.Name)
		for _, v := range o.Values {
			args = ubus.AppendString(args, "", v)
		}
		args = ubus.Close(args, list)
	}
	return ubus.Close(args, table)
}

// CommitUCI writes what was changed of a configuration to its file; procd then
// has its services reload. rpcd refuses with [ubus.PermissionDenied] also while
// a change made in LuCI waits for its confirmation.
func CommitUCI(ctx context.Context, c Caller, config string) error {
	_, err := c.Call(ctx, "uci", "commit", ubus.AppendString(nil, "config", config))
	return err
}
