// Package jsontext reads JSON (RFC 8259) where it stands: [Parse] looks through a
// text once, and a [Value] is a part of it.
//
// Nothing is built of a text, so a hostile one costs no more than its size; it
// may be nested 1,000 deep. encoding/json would be 200 kB on MIPS, with what it
// needs to fill any type. A Value may be used by several goroutines.
package jsontext

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strconv"
)

// maxDepth bounds how deep objects and arrays are nested.
const maxDepth = 1000

var errDepth = errors.New("JSON: nested deeper than 1000")

// Value is one value as JSON, without space around it: a part of the text that
// Parse was given. Nil is no value, of which everything below is empty.
type Value []byte

// Parse returns the value that text is. Strings may hold bytes that are not
// UTF-8.
func Parse(text []byte) (Value, error) {
	text = bytes.Trim(text, " \t\r\n")
	s := scanner{text: text}
	if err := s.value(); err != nil {
		return nil, err
	}
	return text, nil
}

// scanner goes through a text.
type scanner struct {
	text []byte
	at   int
}

func (s *scanner) trouble() error {
	if s.at >= len(s.text) {
		return errors.New("JSON: it ends too early")
	}
	return fmt.Errorf("JSON: %q is out of place at byte %d", s.text[s.at], s.at)
}

// value checks one value and that nothing follows.
func (s *scanner) value() error {
	var open []byte // the brackets that are not closed yet
	for len(open) <= maxDepth {
		s.space()
		switch {
		case s.take('{'):
			if s.space(); s.take('}') {
				break
			}
			open = append(open, '{')
			if !s.name() {
				return s.trouble()
			}
			continue
		case s.take('['):
			if s.space(); s.take(']') {
				break
			}
			open = append(open, '[')
			continue
		case !s.scalar():
			return s.trouble()
		}
		for s.space(); len(open) > 0 && s.take(open[len(open)-1]+2); s.space() { // ']' is '['+2, '}' is '{'+2
			open = open[:len(open)-1]
		}
		switch {
		case len(open) == 0 && s.at == len(s.text):
			return nil
		case len(open) == 0, !s.take(','), open[len(open)-1] == '{' && !s.name():
			return s.trouble()
		}
	}
	return errDepth
}

func (s *scanner) space() {
	for s.at < len(s.text) && isSpace(s.text[s.at]) {
		s.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// take skips a byte, if it is next.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// name skips the name of a member and its colon.
func (s *scanner) name() bool {
	if s.space(); !s.quoted() {
		return false
	}
	s.space()
	return s.take(':')
}

// scalar skips a value that is not nested.
func (s *scanner) scalar() bool {
	if s.at == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"':
		return s.quoted()
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) word(w string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(w)) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at > start
}

// quoted skips a string.
func (s *scanner) quoted() bool {
	if !s.take('"') {
		return false
	}
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ':
			return false
		case c == '\\':
			if !s.escape() {
				return false
			}
		default:
			s.at++
		}
	}
	return false
}

// escape skips a backslash and what belongs to it.
func (s *scanner) escape() bool {
	rest := s.text[s.at+1:]
	switch {
	case len(rest) == 0:
		return false
	case bytes.IndexByte([]byte(`"\/bfnrt`), rest[0]) >= 0:
		s.at += 2
		return true
	case rest[0] != 'u' || len(rest) < 5:
		return false
	}
	_, err := strconv.ParseUint(string(rest[1:5]), 16, 16)
	s.at += 6
	return err == nil
}

// skip goes to the end of the value that begins here, in a text that was checked.
func (s *scanner) skip() {
	for depth := 0; ; {
		switch s.text[s.at] {
		case '"':
			s.quoted()
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			depth--
			s.at++
		case ',', ':', ' ', '\n', '\t', '\r':
			s.at++
			continue
		default:
			s.scalar()
		}
		if depth == 0 {
			return
		}
	}
}

// next returns the value that begins here, in a text that was checked.
func (s *scanner) next() Value {
	s.space()
	start := s.at
	s.skip()
	return Value(s.text[start:s.at:s.at])
}

// IsObject reports whether v is an object.
func (v Value) IsObject() bool { return len(v) > 0 && v[0] == '{' }

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return len(v) > 0 && v[0] == '[' }

// Elements yields the elements of an array.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !v.IsArray() {
			return
		}
		s := scanner{text: v, at: 1}
		for s.space(); !s.take(']'); s.space() {
			if !yield(s.next()) {
				return
			}
			s.space()
			s.take(',')
		}
	}
}

// Members yields the names and values of an object's members as they follow
// each other.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if !v.IsObject() {
			return
		}
		s := scanner{text: v, at: 1}
		for s.space(); !s.take('}'); s.space() {
			name, _ := s.next().Text()
			s.space()
			s.take(':')
			if !yield(name, s.next()) {
				return
			}
			s.space()
			s.take(',')
		}
	}
}

// Get returns the member called name, the last of several, of the member before
// it in path, and so on; nil when there is none.
func (v Value) Get(path ...string) Value {
	for _, name := range path {
		var found Value
		for n, member := range v.Members() {
			if n == name {
				found = member
			}
		}
		v = found
	}
	return v
}
