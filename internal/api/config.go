package api

import (
	"context"
	"strings"
)

// maxConfigText bounds a configuration given as an argument; with JSON's
// escapes it fits a request of 64 KiB.
const maxConfigText = 48 << 10

// maxConfigShown bounds what is told of a configuration. A file may have 1 MiB, and
// the answer has to fit a ubus message with room to spare.
const maxConfigShown = 192 << 10

var configMethod = Method{
	Name: "config",
	Doc:  "The configuration in force, defaults included, as a file that would say the same.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		text := string(b.Daemon.Config())
		if len(text) > maxConfigShown {
			text = text[:strings.LastIndexByte(text[:maxConfigShown], '\n')+1]
		}
		path, ts := b.Daemon.State().ConfigPath, b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			textOrNull(e, "path", path)
			e.Str("text", text)
		}, nil
	},
}

func configAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"path", Text, true, "file or folder it is read from"},
		{"text", Text, false, "in UCI's grammar, secrets as ***; what has neither a value nor a default is a comment; cut after 192 KiB"},
	}
}

var configCheckMethod = Method{
	Name:    "config_check",
	Doc:     "Checks a configuration without using it.",
	Write:   true,
	Args:    []Arg{{Name: "text", Type: String, Doc: "the configuration; without it the file that reload would read", MaxLen: maxConfigText}},
	Example: `{"text":"config weir main\n\toption snaplen many\n"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		problems := b.Daemon.CheckConfig(ctx, arg[string](a, "text"))
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Bool("valid", valid(problems))
			encodeProblems(e, "errors", problems)
		}, nil
	},
}

func configCheckAnswer() []Field {
	return append([]Field{{"ts", Integer, false, "when it was answered"}, {"valid", Flag, false, "it has no errors; warnings do not count"}}, problemFields("errors")...)
}

var reloadMethod = Method{
	Name:  "reload",
	Doc:   "Reads the configuration again and restarts what changed.",
	Write: true,
	run: func(ctx context.Context, b *Backend, _ Args) (Reply, error) {
		if err := b.Daemon.Reload(ctx); err != nil {
			return nil, &Error{Failed, "reload: " + err.Error(), "the old configuration stays in force; config_check lists what is wrong"}
		}
		problems := b.Daemon.State().Problems
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			encodeProblems(e, "errors", problems)
		}, nil
	},
}

func reloadAnswer() []Field {
	return append([]Field{{"ts", Integer, false, "when it was answered"}}, problemFields("errors")...)
}

func problemFields(name string) []Field {
	return append([]Field{
		{name, List, false, "what is wrong with the configuration"},
		{name + "[]", Table, false, ""},
	}, under(name+"[]", []Field{
		{"section", Text, true, "section of the file; null for the whole of it"},
		{"option", Text, true, "option of the section"},
		{"message", Text, false, "what is wrong, and the remedy"},
		{"warning", Flag, false, "it is in force all the same"},
	})...)
}

func valid(problems []Problem) bool {
	for i := range problems {
		if !problems[i].Warning {
			return false
		}
	}
	return true
}

func encodeProblems(e *Encoder, name string, problems []Problem) {
	e.Array(name)
	for i := range problems {
		p := &problems[i]
		e.Table("")
		textOrNull(e, "section", p.Section)
		textOrNull(e, "option", p.Option)
		e.Str("message", p.Message)
		e.Bool("warning", p.Warning)
		e.EndTable()
	}
	e.EndArray()
}
