package pages

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Message is a text that is to be translated.
type Message struct {
	Context string
	ID      string
	Plural  string // of N_: what many are called; "" for a text without forms
}

// script finds the calls of _ and N_ in a JavaScript. It reads just enough of the
// language to know what is a string, what a comment and what a regular expression.
type script struct {
	text string
	at   int
	last byte // the last character that counts, before at
}

// Messages returns what a script says, in order. A text that is put together when
// the page runs cannot be translated and is an error.
func Messages(text string) ([]Message, error) {
	s := script{text: text}
	var all []Message
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '/' && s.comment():
		case c == '/' && strings.IndexByte("(,=:[!&|?{};\n\x00", s.last) >= 0:
			s.pattern()
		case c == '\'' || c == '"' || c == '`':
			if _, err := s.literal(); err != nil {
				return nil, err
			}
		case letter(c):
			word := s.word()
			if word != "_" && word != "N_" || s.peek() != '(' {
				continue
			}
			m, err := s.call(word == "N_")
			if err != nil {
				return nil, err
			}
			all = append(all, m)
		default:
			if c > ' ' || c == '\n' && s.last == 0 {
				s.last = c
			}
			s.at++
		}
	}
	return all, nil
}

func letter(c byte) bool {
	return c == '_' || c == '$' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

func (s *script) word() string {
	from := s.at
	for s.at < len(s.text) && letter(s.text[s.at]) {
		s.at++
	}
	s.last = s.text[s.at-1]
	if s.last == 'n' && s.text[from:s.at] == "return" {
		s.last = 0 // what follows is a value, as at the beginning
	}
	return s.text[from:s.at]
}

// peek returns the next character that is no space, without going there.
func (s *script) peek() byte {
	rest := strings.TrimLeft(s.text[s.at:], " \t\r\n")
	if rest == "" {
		return 0
	}
	return rest[0]
}

// next goes past spaces and one character.
func (s *script) next() byte {
	c := s.peek()
	for s.at < len(s.text) && s.text[s.at] != c {
		s.at++
	}
	s.at++
	s.last = c
	return c
}

func (s *script) comment() bool {
	end := ""
	switch {
	case strings.HasPrefix(s.text[s.at:], "//"):
		end = "\n"
	case strings.HasPrefix(s.text[s.at:], "/*"):
		end = "*/"
	default:
		return false
	}
	if i := strings.Index(s.text[s.at+2:], end); i >= 0 {
		s.at += 2 + i + len(end)
	} else {
		s.at = len(s.text)
	}
	return true
}

// pattern goes past a regular expression.
func (s *script) pattern() {
	class := false
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '\\':
			s.at++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class, c == '\n':
			s.at++
			s.last = '/'
			return
		}
	}
}

// literal reads a string.
func (s *script) literal() (string, error) {
	from, quote := s.at, s.text[s.at]
	var out []byte
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == quote:
			s.at++
			s.last = quote
			return string(out), nil
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
			out = s.escape(out)
		default:
			out = append(out, c)
		}
	}
	return "", fmt.Errorf("%s: a string without an end", s.line(from))
}

func (s *script) escape(out []byte) []byte {
	switch c := s.text[s.at]; c {
	case 'n':
		return append(out, '\n')
	case 't':
		return append(out, '\t')
	case 'u':
		var r rune
		if _, err := fmt.Sscanf(s.text[min(s.at+1, len(s.text)):min(s.at+5, len(s.text))], "%04x", &r); err != nil {
			return out
		}
		s.at += 4
		return utf8.AppendRune(out, r)
	default:
		return append(out, c)
	}
}

func (s *script) line(at int) string {
	return fmt.Sprintf("line %d", 1+strings.Count(s.text[:at], "\n"))
}

// call reads the arguments of _(text, context) or N_(number, one, many, context).
func (s *script) call(plural bool) (Message, error) {
	from := s.at
	s.next()
	if plural {
		if err := s.skipArgument(); err != nil {
			return Message{}, err
		}
	}
	var texts []string
	for {
		if c := s.peek(); c != '\'' && c != '"' {
			return Message{}, fmt.Errorf("%s: what is translated has to be a text that stands there", s.line(from))
		}
		s.next()
		s.at--
		text, err := s.literal()
		if err != nil {
			return Message{}, err
		}
		texts = append(texts, strings.Join(strings.Fields(text), " "))
		switch c := s.next(); {
		case c == ',':
			continue
		case c != ')':
			return Message{}, fmt.Errorf("%s: a text that is put together cannot be translated", s.line(from))
		}
		return message(texts, plural), nil
	}
}

func message(texts []string, plural bool) Message {
	m := Message{ID: texts[0]}
	texts = texts[1:]
	if plural && len(texts) > 0 {
		m.Plural, texts = texts[0], texts[1:]
	}
	if len(texts) > 0 {
		m.Context = texts[0]
	}
	return m
}

// skipArgument goes past an argument that is not a text, and its comma.
func (s *script) skipArgument() error {
	from := s.at
	for depth := 0; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case ',':
			if depth == 0 {
				s.at++
				return nil
			}
		}
	}
	return fmt.Errorf("%s: N_ has a number, one and many", s.line(from))
}
