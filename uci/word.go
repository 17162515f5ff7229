package uci

import (
	"bytes"
	"fmt"
)

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
