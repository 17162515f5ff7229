package uci

import (
	"bytes"
	"fmt"
	"io"
)

// ParsePackage reads one UCI file to its end; name is what errors call it.
// The grammar is libuci's, without its leniency of stopping at a NUL byte,
// which is refused. An error of reading r is returned as it is; an error of
// the text is an [*Error] with the line and ends the file, since what follows
// a broken quote means nothing.
func ParsePackage(r io.Reader, name string) (*Package, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	p := parser{text: text, line: 1, pkg: &Package{Name: name}, named: map[string]int{}, current: -1}
	if err := p.file(); err != nil {
		return nil, err
	}
	return p.pkg, nil
}

// parser walks the whole text once. Statements end with their line, but a
// quoted word may span lines, and `;` lets a further statement follow.
type parser struct {
	text    []byte
	pos     int
	line    int // of text[pos]
	pkg     *Package
	named   map[string]int // name → index of its section
	current int            // index of the open section, -1 before the first
	mark    int            // line of the statement being read
}

func (p *parser) errorf(hint, format string, args ...any) *Error {
	return &Error{File: p.pkg.Name, Line: p.mark, Reason: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *parser) file() error {
	if len(p.text) > MaxFile {
		return &Error{File: p.pkg.Name, Reason: "the file is larger than 1 MiB", Hint: "a UCI file is a few kilobytes; is this the right one?"}
	}
	if i := bytes.IndexByte(p.text, 0); i >= 0 {
		p.mark = 1 + bytes.Count(p.text[:i], []byte{'\n'})
		return p.errorf("a UCI file is text; is this the right one?", "there is a NUL byte")
	}
	for p.pos < len(p.text) {
		if err := p.statements(); err != nil {
			return err
		}
	}
	return nil
}

// statements reads the statement that starts here and those that `;` joins
// to it. (libuci loses what follows an unquoted word and its `;`, since it
// ends the word in place. Here it counts.)
func (p *parser) statements() error {
	p.skipSpace()
	for !p.atLineEnd() {
		p.mark = p.line
		if err := p.statement(p.keyword()); err != nil {
			return err
		}
		if err := p.noMoreWords(); err != nil {
			return err
		}
		if p.peek() == ';' {
			p.next()
		}
	}
	p.skipLine()
	return nil
}

func (p *parser) statement(keyword string) error {
	switch keyword {
	case "config", "c":
		return p.config()
	case "option", "o":
		return p.option(false)
	case "list", "l":
		return p.option(true)
	case "package", "p":
		return p.packageName()
	}
	return p.errorf("a line starts with config, option, list or #", "%s is not a statement", clip(keyword))
}

func (p *parser) config() error {
	typ, err := p.word()
	if err != nil {
		return err
	}
	if typ == "" {
		return p.errorf("write config TYPE or config TYPE 'NAME'", "config has no type")
	}
	if !validType(typ) {
		return p.errorf("a type is printable ASCII without spaces", "config has the impossible type %s", clip(typ))
	}
	name, err := p.word()
	if err != nil {
		return err
	}
	if name != "" && !validName(name, 0) {
		return p.errorf("a name is letters, digits and _", "config %s has the impossible name %s", typ, clip(name))
	}
	return p.open(typ, name)
}

// open starts a section, or continues the one of the same name.
func (p *parser) open(typ, name string) error {
	if i, ok := p.named[name]; ok && name != "" {
		if was := p.pkg.Sections[i]; was.Type != typ {
			return p.errorf("give one of them another name", "config %s '%s' has the name of config %s in line %d", typ, name, was.Type, was.Line)
		}
		p.current = i
		return nil
	}
	if len(p.pkg.Sections) == MaxSections {
		return p.errorf("remove sections", "the file has more than %d sections", MaxSections)
	}
	p.current = len(p.pkg.Sections)
	p.pkg.Sections = append(p.pkg.Sections, Section{Type: typ, Name: name, Line: p.mark})
	if name != "" {
		p.named[name] = p.current
	}
	return nil
}

func (p *parser) option(list bool) error {
	name, err := p.word()
	if err != nil {
		return err
	}
	switch {
	case p.current < 0:
		return p.errorf("start with a line like: config weir 'main'", "an option stands before the first config line")
	case name == "":
		return p.errorf("write option NAME 'VALUE'", "option has no name")
	case !validName(name, 0):
		return p.errorf("a name is letters, digits and _", "option has the impossible name %s", clip(name))
	}
	line := p.mark
	text, err := p.word()
	if err != nil {
		return err
	}
	put := (*Section).set
	if list {
		put = (*Section).add
	}
	if !put(&p.pkg.Sections[p.current], name, Value{text, line}) {
		return p.errorf("remove options", "the section has more than %d options", MaxOptions)
	}
	return nil
}

// packageName reads a package line. Like libuci for a file of /etc/config, it
// checks the name and goes on: the file's own name decides.
func (p *parser) packageName() error {
	name, err := p.word()
	if err != nil {
		return err
	}
	if !validName(name, '-') {
		return p.errorf("a package name is letters, digits, _ and -", "package has the impossible name %s", clip(name))
	}
	return nil
}

// keyword reads up to the next space, tab or line end: libuci takes no quotes
// here.
func (p *parser) keyword() string {
	start := p.pos
	for p.pos < len(p.text) {
		if c := p.text[p.pos]; c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			break
		}
		p.pos++
	}
	return string(p.text[start:p.pos])
}

// word reads the next word of the statement, "" when there is none. Quoted and unquoted parts join while no space parts them: 'it'\”s' is it's.
func (p *parser) word() (text string, err error) {
	p.skipBlanks()
	var b []byte
	for p.pos < len(p.text) && !isSpace(p.text[p.pos]) {
		c := p.text[p.pos]
		if c == '#' || c == ';' {
			break
		}
		switch c {
		case '\'', '"':
			b, err = p.quoted(b, c)
		case '\\':
			b = p.escaped(b)
		default:
			b = append(b, c)
			p.pos++
		}
		if err == nil && len(b) > MaxValue {
			err = p.errorf("shorten it", "a value is longer than 64 KiB")
		}
		if err != nil {
			return "", err
		}
	}
	return string(b), nil
}

// quoted appends what stands between two quotes. Line ends are part of it; a
// backslash means something between double quotes only.
func (p *parser) quoted(b []byte, quote byte) ([]byte, error) {
	start := p.line
	p.pos++
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == quote:
			p.pos++
			return b, nil
		case c == '\\' && quote == '"':
			b = p.escaped(b)
		default:
			b = append(b, p.next())
		}
		if len(b) > MaxValue {
			return b, nil // word refuses it
		}
	}
	p.mark = start
	return nil, p.errorf(fmt.Sprintf("end the value with a second %c", quote), "the %c that opens here is never closed", quote)
}

// escaped appends the byte after a backslash; a backslash at the end of a
// line joins the next line to it.
func (p *parser) escaped(b []byte) []byte {
	p.pos++
	rest := p.text[p.pos:]
	switch {
	case len(rest) == 0:
		return b
	case bytes.HasPrefix(rest, []byte("\r\n")):
		p.pos++
		p.next()
		return b
	case rest[0] == '\n':
		p.next()
		return b
	}
	return append(b, p.next())
}

// noMoreWords refuses a word that follows a complete statement. Like libuci
// it takes no offence at an empty one.
func (p *parser) noMoreWords() error {
	for !p.atLineEnd() && p.peek() != ';' {
		text, err := p.word()
		if err != nil {
			return err
		}
		if text != "" {
			return p.errorf("quote a value that has spaces: 'like this'", "%s is one word too many", clip(text))
		}
	}
	return nil
}

// atLineEnd reports whether only a comment can follow in this line.
func (p *parser) atLineEnd() bool {
	c := p.peek()
	return c == '\n' || c == '#' || c == 0
}

// peek returns the next byte of the line that is no space, 0 at the end of the
// file: a NUL byte was refused.
func (p *parser) peek() byte {
	p.skipBlanks()
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) next() byte {
	c := p.text[p.pos]
	p.pos++
	if c == '\n' {
		p.line++
	}
	return c
}

func (p *parser) skipLine() {
	for p.pos < len(p.text) && p.next() != '\n' {
	}
}

func (p *parser) skipSpace() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.next()
	}
}

// skipBlanks stays in the line.
func (p *parser) skipBlanks() {
	for p.pos < len(p.text) && p.text[p.pos] != '\n' && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// clip quotes text for an error line, shortened: a value may be 64 KiB of
// anything.
func clip(text string) string {
	const limit = 60
	if len(text) > limit {
		return fmt.Sprintf("%.*q…", limit, text)
	}
	return fmt.Sprintf("%q", text)
}
