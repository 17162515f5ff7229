package api

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/internal/nearest"
)

// Type is what an argument holds.
type Type uint8

// The types of an Arg.
const (
	Int Type = iota
	String
	Bool
)

func (t Type) String() string { return [...]string{"int", "string", "bool"}[t] }

// maxArgText bounds a string argument that sets no MaxLen.
const maxArgText = 256

// Arg is one argument of a Method. Integers and booleans may also be given as
// text, as REST and the command line do; empty text counts as not given, unless Empty
// says otherwise.
type Arg struct {
	Name     string
	Type     Type
	Doc      string
	Default  any      // int64, string or bool; nil for none
	Min, Max int64    // bounds of an Int
	MaxLen   int      // bytes of a String; 0 for 256
	Values   []string // what it may be; nil for anything
	Form     string   // what a String with parse looks like
	Required bool
	Empty    bool // an empty String is a value, too

	parse func(string) (any, error) // turns a String into what the method uses
}

// Args are the checked arguments of one call: int64, bool, string or what the
// argument's parse returned, with defaults filled in.
type Args map[string]any

// arg returns the argument called name, or the zero value when it was neither
// given nor has a default.
func arg[T any](a Args, name string) T {
	v, _ := a[name].(T)
	return v
}

// bind checks raw against m.Args.
func (m *Method) bind(raw map[string]any) (Args, error) {
	given := make([]string, 0, len(raw))
	for name := range raw {
		given = append(given, name)
	}
	slices.Sort(given)
	a := make(Args, len(m.Args))
	for _, name := range given {
		arg := m.arg(name)
		if arg == nil {
			return nil, m.unknown(name)
		}
		if v := raw[name]; v == nil || v == "" && !arg.Empty {
			continue
		}
		v, err := arg.value(raw[name])
		if err != nil {
			err.Message = m.Name + ": " + err.Message
			return nil, err
		}
		a[name] = v
	}
	for i := range m.Args {
		arg := &m.Args[i]
		if a[arg.Name] != nil {
			continue
		}
		if arg.Required {
			return nil, invalid("it is: "+arg.meaning(), "%s: argument %s is missing", m.Name, arg.Name)
		}
		if arg.Default != nil {
			a[arg.Name] = arg.Default
		}
	}
	return a, nil
}

func (m *Method) arg(name string) *Arg {
	for i := range m.Args {
		if m.Args[i].Name == name {
			return &m.Args[i]
		}
	}
	return nil
}

// meaning is what the argument is and, where that is a choice, what there is.
func (a *Arg) meaning() string {
	if len(a.Values) == 0 {
		return a.Doc
	}
	return a.Doc + ", one of " + strings.Join(a.Values, ", ")
}

// unknown explains why m does not take the argument name.
func (m *Method) unknown(name string) *Error {
	for _, l := range later {
		if l.name == name {
			return &Error{NotSupported, m.Name + ": argument " + name + " is not supported by this version: " + l.why, "leave it out"}
		}
	}
	names := make([]string, len(m.Args))
	for i := range m.Args {
		names[i] = m.Args[i].Name
	}
	return invalid(suggest(name, names), "%s: unknown argument %s", m.Name, quote(name))
}

// value checks one given value and converts it.
func (a *Arg) value(v any) (any, *Error) {
	switch a.Type {
	case Int:
		return a.intValue(v)
	case Bool:
		return a.boolValue(v)
	}
	s, ok := v.(string)
	if n, isInt := v.(int64); isInt {
		s, ok = strconv.FormatInt(n, 10), true
	}
	if !ok {
		return nil, a.wrongType(v)
	}
	if limit := cmp.Or(a.MaxLen, maxArgText); len(s) > limit {
		return nil, invalid("", "argument %s is longer than %d bytes", a.Name, limit)
	}
	if err := a.oneOf(s); err != nil {
		return nil, err
	}
	if a.parse == nil {
		return s, nil
	}
	parsed, err := a.parse(s)
	if err != nil {
		return nil, invalid("give "+a.Form, "argument %s: %v", a.Name, err)
	}
	return parsed, nil
}

func (a *Arg) intValue(v any) (any, *Error) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > MaxInt {
			return nil, a.wrongType(v)
		}
		n = int64(v)
	case string:
		var err error
		if n, err = strconv.ParseInt(v, 10, 64); err != nil {
			return nil, a.wrongType(v)
		}
	default:
		return nil, a.wrongType(v)
	}
	if err := a.oneOf(strconv.FormatInt(n, 10)); err != nil {
		return nil, err
	}
	if n < a.Min || n > a.Max {
		return nil, invalid("", "argument %s must be from %d to %d, not %d", a.Name, a.Min, a.Max, n)
	}
	return n, nil
}

func (a *Arg) boolValue(v any) (any, *Error) {
	switch v {
	case true, int64(1), 1.0, "1", "true":
		return true, nil
	case false, int64(0), 0.0, "0", "false":
		return false, nil
	}
	return nil, a.wrongType(v)
}

func (a *Arg) oneOf(s string) *Error {
	if a.Values == nil || slices.Contains(a.Values, s) {
		return nil
	}
	return invalid(suggest(s, a.Values), "argument %s cannot be %s", a.Name, quote(s))
}

func (a *Arg) wrongType(v any) *Error {
	given := "an object or array"
	switch v := v.(type) {
	case string:
		given = quote(v)
	case int64, float64, bool:
		given = fmt.Sprint(v)
	}
	return invalid("", "argument %s must be of type %s, not %s", a.Name, a.Type, given)
}

// quote shows a stranger's text in a message, cut and made visible.
func quote(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.Quote(s)
}

// suggest is a hint for a name that is not in names: the nearest one when it
// looks like a slip, else all of them.
func suggest(name string, names []string) string {
	if len(names) == 0 {
		return "it takes no arguments"
	}
	if best := nearest.Name(name, names); best != "" {
		return "did you mean " + best + "?"
	}
	return "there is: " + strings.Join(names, ", ")
}
