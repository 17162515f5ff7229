package ubus

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// ParseJSON makes a Msg of a JSON object, as libubox does: an integer becomes an
// int32 where it fits, else an int64, and what fits neither a double. The text
// must be one object of UTF-8; it may be nested [MaxDepth] deep and its Msg take
// [MaxMessage] bytes.
func ParseJSON(text []byte) (Msg, error) {
	p := jsonParser{text: text}
	p.space()
	p.out = make(Msg, 0, min(2*len(text), MaxMessage))
	ok := p.list('{', '}', MaxDepth)
	p.space()
	switch {
	case len(p.out) > MaxMessage:
		return nil, fmt.Errorf("JSON of %d bytes: %w", len(text), ErrTooLarge)
	case !ok || p.at != len(text):
		return nil, fmt.Errorf("byte %d of JSON: not what an object has there", p.at)
	}
	return p.out, nil
}

// jsonParser appends what it reads. Its methods report false where the text is
// not JSON, and then leave at there.
type jsonParser struct {
	text []byte
	at   int
	out  Msg
}

func (p *jsonParser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// take skips a byte, if it is next.
func (p *jsonParser) take(b byte) bool {
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

// list reads an object or array without the head of its blobmsg value.
func (p *jsonParser) list(open, end byte, depth int) bool {
	if depth == 0 || !p.take(open) {
		return false
	}
	p.space()
	if p.take(end) {
		return true
	}
	for len(p.out) <= MaxMessage {
		p.space()
		var name string
		if open == '{' {
			text, ok := p.quoted()
			if p.space(); !ok || !p.take(':') {
				return false
			}
			p.space()
			name = string(text)
		}
		if !p.value(name, depth) {
			return false
		}
		p.space()
		if p.take(end) {
			return true
		}
		if !p.take(',') {
			return false
		}
	}
	return false
}

func (p *jsonParser) value(name string, depth int) bool {
	if p.at == len(p.text) {
		return false
	}
	var mark int
	switch c := p.text[p.at]; c {
	case '{':
		p.out, mark = OpenTable(p.out, name)
		ok := p.list('{', '}', depth-1)
		p.out = Close(p.out, mark)
		return ok
	case '[':
		p.out, mark = OpenArray(p.out, name)
		ok := p.list('[', ']', depth-1)
		p.out = Close(p.out, mark)
		return ok
	case '"':
		text, ok := p.quoted()
		p.out = AppendString(p.out, name, string(text))
		return ok
	case 't', 'f':
		p.out = AppendBool(p.out, name, c == 't')
		return p.word("true") || p.word("false")
	case 'n':
		p.out = AppendNull(p.out, name)
		return p.word("null")
	}
	return p.number(name)
}

func (p *jsonParser) word(w string) bool {
	if len(p.text)-p.at < len(w) || string(p.text[p.at:p.at+len(w)]) != w {
		return false
	}
	p.at += len(w)
	return true
}

// number reads a number by the grammar of RFC 8259, section 6.
func (p *jsonParser) number(name string) bool {
	start := p.at
	p.take('-')
	if !p.take('0') && !p.digits() {
		return false
	}
	whole := true
	if p.take('.') {
		if whole = false; !p.digits() {
			return false
		}
	}
	if p.take('e') || p.take('E') {
		whole = false
		if !p.take('+') {
			p.take('-')
		}
		if !p.digits() {
			return false
		}
	}
	text := string(p.text[start:p.at])
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			p.out = AppendInt(p.out, name, n)
			return true
		}
	}
	x, err := strconv.ParseFloat(text, 64)
	p.out = AppendDouble(p.out, name, x)
	return err == nil
}

func (p *jsonParser) digits() bool {
	start := p.at
	for p.at < len(p.text) && p.text[p.at]-'0' <= 9 {
		p.at++
	}
	return p.at > start
}

// quoted reads a string. It is a part of the text unless it has escapes.
func (p *jsonParser) quoted() ([]byte, bool) {
	if !p.take('"') {
		return nil, false
	}
	start := p.at
	var made []byte // what precedes start
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			piece := p.text[start : p.at-1]
			if made == nil {
				return piece, utf8.Valid(piece)
			}
			made = append(made, piece...)
			return made, utf8.Valid(made)
		case c < ' ':
			return nil, false
		case c == '\\':
			made = append(made, p.text[start:p.at]...)
			p.at++
			r, ok := p.escape()
			if !ok {
				return nil, false
			}
			made, start = utf8.AppendRune(made, r), p.at
		default:
			p.at++
		}
	}
	return nil, false
}

// escape reads what follows a backslash. Half a surrogate pair becomes U+FFFD.
func (p *jsonParser) escape() (rune, bool) {
	if p.at == len(p.text) {
		return 0, false
	}
	c := p.text[p.at]
	p.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		r, ok := p.hex()
		if !ok || !utf16.IsSurrogate(r) {
			return r, ok
		}
		after := p.at
		if p.take('\\') && p.take('u') {
			if low, ok := p.hex(); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, true
				}
			}
		}
		p.at = after
		return utf8.RuneError, true
	}
	return 0, false
}

func (p *jsonParser) hex() (rune, bool) {
	if len(p.text)-p.at < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.text[p.at:p.at+4]), 16, 16)
	if err != nil {
		return 0, false
	}
	p.at += 4
	return rune(n), true
}
