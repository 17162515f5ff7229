package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"weir/internal/api"
	"weir/internal/jsontext"
)

const callLong = `
Without METHOD, lists the methods; "weir call METHOD --help" lists the arguments
of one. Arguments are a JSON object, or pairs as limit=5 sort=last. The reply is
JSON, indented on a terminal. Where the method fails, its message and hint go to
standard error and the exit status is 1.

Where weir is on ubus it is asked there (WEIR_UBUS names another socket of ubusd
than OpenWrt's), else on its own socket; the answer is the same.

  weir call flows limit=5 app=tls
  weir call flows '{"limit": 5, "app": "tls"}'
`

func callCommand(fs *flag.FlagSet) action {
	var to door
	to.register(fs)
	return func(ctx context.Context, con *console, args []string) error {
		if len(args) == 0 {
			writeMethods(con)
			return nil
		}
		method, err := lookupMethod(args[0])
		if err != nil {
			return err
		}
		values, err := callArguments(method, args[1:])
		if err != nil {
			return err
		}
		c, err := to.client(con)
		if err != nil {
			return err
		}
		defer c.close()
		reply, err := c.call(ctx, method.Name, values)
		if err != nil {
			return explainCall(method.Name, err)
		}
		return writeReply(con, reply)
	}
}

// explainCall names the method in front of what it says itself.
func explainCall(method string, err error) error {
	var failed *callError
	if errors.As(err, &failed) && !strings.HasPrefix(failed.Message, method) {
		return fmt.Errorf("%s: %w", method, err)
	}
	return err
}

func lookupMethod(name string) (*api.Method, error) {
	m, err := api.Lookup(name)
	if err != nil {
		return nil, usageError(err.Error())
	}
	return m, nil
}

// callArguments turns what follows the method on the command line into the
// object that is sent: one JSON object, or pairs whose values the daemon
// converts to the types of the arguments.
func callArguments(m *api.Method, args []string) ([]byte, error) {
	if len(args) == 1 && strings.HasPrefix(strings.TrimSpace(args[0]), "{") {
		object, err := jsontext.Parse([]byte(args[0]))
		if err != nil {
			return nil, usageError(fmt.Sprintf("%s: the arguments are no JSON object: %v", m.Name, err))
		}
		return object, nil
	}
	var names []string
	out := []byte("{")
	for _, a := range args {
		if strings.HasPrefix(strings.TrimSpace(a), "{") {
			return nil, usageError(m.Name + ": a JSON object holds all arguments; nothing can stand beside it")
		}
		name, value, ok := strings.Cut(a, "=")
		if !ok || name == "" {
			return nil, usageError(fmt.Sprintf("%s: %q is neither a pair such as limit=5 nor a JSON object", m.Name, a))
		}
		if slices.Contains(names, name) {
			return nil, usageError(fmt.Sprintf("%s: argument %s is given twice", m.Name, name))
		}
		if names = append(names, name); len(names) > 1 {
			out = append(out, ',')
		}
		out = api.AppendText(append(out, '"'), name)
		out = append(api.AppendText(append(out, `":"`...), value), '"')
	}
	return append(out, '}'), nil
}

// writeReply prints a reply, indented where somebody reads it.
func writeReply(con *console, reply jsontext.Value) error {
	if con.screen != nil {
		reply = reply.AppendIndented(nil)
	}
	_, err := con.out.Write(append(slices.Clip(reply), '\n'))
	return err
}

// callHelp answers "weir call METHOD --help".
func callHelp(con *console, args []string) error {
	m, err := lookupMethod(args[0])
	if err != nil {
		return err
	}
	fmt.Fprintf(con.out, "Usage: weir call %s%s\n\n%s\n", m.Name, argumentHint(m), m.Doc)
	if len(m.Args) > 0 {
		t := &table{columns: []column{{title: "argument"}, {title: "type"}, {title: "default"}, {title: "meaning"}}}
		for i := range m.Args {
			a := &m.Args[i]
			t.add(a.Name, a.Type.String(), argumentDefault(a), argumentDoc(a))
		}
		header, rows := t.lines(0, "")
		fmt.Fprintf(con.out, "\n%s\n%s\n", header, strings.Join(rows, "\n"))
	}
	if m.Example != "" {
		fmt.Fprintf(con.out, "\nExample: weir call %s '%s'\n", m.Name, m.Example)
	}
	return nil
}

func argumentHint(m *api.Method) string {
	if len(m.Args) == 0 {
		return ""
	}
	return " [NAME=VALUE... | JSON]"
}

func argumentDefault(a *api.Arg) string {
	switch {
	case a.Required:
		return "required"
	case a.Default == nil:
		return "-"
	}
	return fmt.Sprint(a.Default)
}

// argumentDoc is what an argument means and what it may be.
func argumentDoc(a *api.Arg) string {
	switch {
	case len(a.Values) > 0:
		return a.Doc + ": " + strings.Join(a.Values, ", ")
	case a.Form != "":
		return a.Doc + ": " + a.Form
	case a.Type == api.Int && a.Max <= 1<<20:
		return fmt.Sprintf("%s: %d to %d", a.Doc, a.Min, a.Max)
	}
	return a.Doc
}

// writeMethods lists the methods, those that change something marked.
func writeMethods(con *console) {
	t := &table{columns: []column{{title: "method"}, {title: "arguments"}, {title: "what it answers"}}}
	for _, m := range api.Methods {
		doc := m.Doc
		if m.Write {
			doc += " (changes something)"
		}
		t.add(m.Name, fmt.Sprint(len(m.Args)), doc)
	}
	t.columns[1].right = true
	header, rows := t.lines(0, "")
	fmt.Fprintf(con.out, "%s\n%s\n\n\"weir call METHOD --help\" lists the arguments of a method.\n", header, strings.Join(rows, "\n"))
}
