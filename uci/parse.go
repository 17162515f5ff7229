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
	named   map[string]int                // name → index of its section
	current int                           // index of the open section, -1 before the first
	mark    int                           // line of the statement being read
	setting string                        // option that it sets
	note    func(from int, option string) // told of each statement that was read, if it is set
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
		p.mark, p.setting = p.line, ""
		from := p.pos
		if err := p.statement(p.keyword()); err != nil {
			return err
		}
		if err := p.noMoreWords(); err != nil {
			return err
		}
		if p.note != nil {
			p.note(from, p.setting)
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
		return p.errorf("a type is up to 256 printable ASCII characters without spaces", "config has the impossible type %s", clip(typ))
	}
	name, err := p.word()
	if err != nil {
		return err
	}
	if name != "" && !validName(name, 0) {
		return p.errorf("a name is up to 256 letters, digits and _", "config %s has the impossible name %s", typ, clip(name))
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
		return p.errorf("a name is up to 256 letters, digits and _", "option has the impossible name %s", clip(name))
	}
	line := p.mark
	p.setting = name
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
		return p.errorf("a package name is up to 256 letters, digits, _ and -", "package has the impossible name %s", clip(name))
	}
	return nil
}
