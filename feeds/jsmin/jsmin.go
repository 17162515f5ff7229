// Package jsmin makes scripts shorter without understanding them, as luci.mk does
// with jsmin: comments and white space go, line ends stay where a statement may end
// with one. It knows strings, templates and regular expressions, the latter by what
// stands before them.
package jsmin

import "strings"

// Minify returns a script without what only people need.
func Minify(script string) string {
	m := minifier{in: script}
	for m.at < len(m.in) {
		m.next()
	}
	return strings.TrimSpace(m.out.String()) + "\n"
}

type minifier struct {
	in   string
	at   int
	out  strings.Builder
	last byte // that was written
	gap  byte // white space that was read since: 0, ' ' or '\n'
}

// next takes one piece: white space, a comment, a literal or a byte of code.
func (m *minifier) next() {
	rest := m.in[m.at:]
	switch c := rest[0]; {
	case c == ' ' || c == '\t' || c == '\r':
		m.space(' ', 1)
	case c == '\n':
		m.space('\n', 1)
	case strings.HasPrefix(rest, "//"):
		m.space(0, len(rest)-len(after(rest, "\n")))
	case strings.HasPrefix(rest, "/*"):
		m.space(' ', len(rest)-len(after(rest[2:], "*/")))
	case c == '\'' || c == '"' || c == '`':
		m.write(literal(rest, c))
	case c == '/' && m.operand():
		m.write(expression(rest))
	default:
		m.write(rest[:1])
	}
}

// after returns what follows the first mark, from the mark itself if it is a line
// end.
func after(text, mark string) string {
	i := strings.Index(text, mark)
	switch {
	case i < 0:
		return ""
	case mark == "\n":
		return text[i:]
	}
	return text[i+len(mark):]
}

func (m *minifier) space(kind byte, n int) {
	m.at += n
	if kind == '\n' || kind == ' ' && m.gap == 0 {
		m.gap = kind
	}
}

// write writes code, behind as much of the gap as it needs.
func (m *minifier) write(text string) {
	m.at += len(text)
	switch first := text[0]; {
	case m.gap == '\n' && m.last != 0 && !strings.ContainsRune("{[(,;:?&|=", rune(m.last)) && !strings.ContainsRune("]),;:?&|=.", rune(first)):
		m.out.WriteByte('\n')
	case m.gap != 0 && (word(m.last) && word(first) || m.last == first && (first == '+' || first == '-')):
		m.out.WriteByte(' ')
	}
	m.out.WriteString(text)
	m.last, m.gap = text[len(text)-1], 0
}

func word(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// operand reports whether a value may stand here, and so a slash begins a regular
// expression.
func (m *minifier) operand() bool {
	return m.last == 0 || strings.ContainsRune("(,=:[!&|?{};\n", rune(m.last))
}

// literal returns a string or template from its quote to the other.
func literal(text string, quote byte) string {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case quote:
			return text[:i+1]
		}
	}
	return text
}

// expression returns a regular expression with its slashes.
func expression(text string) string {
	class := false
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return text[:i+1]
		case c == '\n':
			return text[:1] // no expression: a division
		}
	}
	return text
}
