package uci

import (
	"fmt"
	"strings"
)

// Error says what is wrong at one place of a configuration file, and what to
// do about it. Only Reason is always set.
type Error struct {
	File    string
	Line    int    // from 1; 0 when the whole file is meant
	Section string // type and name ("device 'anna'"), or type and index ("device[2]")
	Option  string
	Value   string // as written
	Reason  string // follows section, option and value as one sentence
	Hint    string // what is allowed, or the remedy
}

// Error returns one line without a full stop:
// FILE:LINE: SECTION: option NAME 'VALUE' REASON; HINT
func (e *Error) Error() string {
	var b strings.Builder
	place(&b, e.File, e.Line, e.Section)
	if e.Option != "" {
		fmt.Fprintf(&b, "option %s ", e.Option)
		if e.Value != "" {
			fmt.Fprintf(&b, "%s ", clip(e.Value))
		}
	}
	b.WriteString(e.Reason)
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

func place(b *strings.Builder, file string, line int, section string) {
	b.WriteString(file)
	if line > 0 {
		fmt.Fprintf(b, ":%d", line)
	}
	b.WriteString(": ")
	if section != "" {
		b.WriteString(section)
		b.WriteString(": ")
	}
}

// MaxErrors is how many errors of one file are kept; a further one would not
// be read.
const MaxErrors = 100

// Errors is everything found wrong, in the order of the file.
type Errors []*Error

// Error returns one line per error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Warning is something a user should know about a configuration that is in
// force all the same.
type Warning struct {
	File    string
	Line    int
	Section string // as in [Error]
	Option  string
	Text    string
}

// String returns one line: FILE:LINE: SECTION: option NAME TEXT
func (w Warning) String() string {
	var b strings.Builder
	place(&b, w.File, w.Line, w.Section)
	if w.Option != "" {
		fmt.Fprintf(&b, "option %s ", w.Option)
	}
	b.WriteString(w.Text)
	return b.String()
}
