//go:build !notls

package luciapp

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	requireLine = regexp.MustCompile(`^require[ \t]+(\S+)(?:[ \t]+as[ \t]+([a-zA-Z_]\S*))?$`)
	strictLine  = regexp.MustCompile(`^use[ \t]+strict$`)
	notName     = regexp.MustCompile(`[^a-zA-Z0-9_]`)
)

// module puts the source of a class into a call that hands it to the runtime.
// LuCI evaluates the source instead, which the policy of our documents forbids:
// with 'unsafe-eval' a text that came from a stranger could run too. The source
// begins in the first line, so that the lines of errors are right.
func module(name string, source []byte) []byte {
	var classes, names strings.Builder
	for i, r := range requires(string(source)) {
		if i > 0 {
			classes.WriteString(", ")
		}
		classes.WriteString(strconv.Quote(r.class))
		names.WriteString(", " + r.as)
	}
	out := make([]byte, 0, len(source)+256)
	out = append(out, "weir_define("+strconv.Quote(name)+", ["+classes.String()+"], function(window, document, L"+names.String()+") { 'use strict'; "...)
	out = append(out, source...)
	return append(out, "\n});\n"...)
}

// required is a class that a module asks for, and the name it goes by there.
type required struct{ class, as string }

// requires reads the 'require NAME as ALIAS' texts that a source begins with, as
// luci.js does: the first text that is something else ends them.
func requires(source string) (found []required) {
	const none = -1
	begin, quote, comment, prev, escaped := none, none, none, none, false
	for i := range len(source) {
		c := int(source[i])
		switch {
		case escaped:
			escaped = false
		case comment != none:
			if comment == '/' && c == '\n' || comment == '*' && prev == '*' && c == '/' {
				comment = none
			}
		case (c == '*' || c == '/') && prev == '/':
			comment = c
		case c == '\\':
			escaped = true
		case c == quote:
			text := source[begin:i]
			if m := requireLine.FindStringSubmatch(text); m != nil {
				as := m[2]
				if as == "" {
					as = notName.ReplaceAllString(m[1], "_")
				}
				found = append(found, required{m[1], as})
			} else if !strictLine.MatchString(text) {
				return found
			}
			begin, quote = none, none
		case quote == none && (c == '"' || c == '\''):
			begin, quote = i+1, c
		}
		prev = c
	}
	return found
}
