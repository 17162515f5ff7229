package jsontext

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns what a string says. Bytes that are not UTF-8 and halves of
// surrogate pairs become U+FFFD.
func (v Value) Text() (text string, ok bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	in := v[1 : len(v)-1]
	out := make([]byte, 0, len(in))
	for len(in) > 0 {
		r, n := utf8.DecodeRune(in)
		if r == '\\' {
			r, n = unescape(in)
		}
		out = utf8.AppendRune(out, r)
		in = in[n:]
	}
	return string(out), true
}

// unescape returns what the escape at the start of in says, and its length.
func unescape(in []byte) (rune, int) {
	switch c := in[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r := hex(in)
		if utf16.IsSurrogate(r) {
			if pair := utf16.DecodeRune(r, hex(in[6:])); pair != utf8.RuneError {
				return pair, 12
			}
			return utf8.RuneError, 6
		}
		return r, 6
	default:
		return rune(c), 2
	}
}

// hex returns the number of the escape \uXXXX at the start of in, 0 without one.
func hex(in []byte) rune {
	if len(in) < 6 || in[0] != '\\' || in[1] != 'u' {
		return 0
	}
	n, _ := strconv.ParseUint(string(in[2:6]), 16, 16)
	return rune(n)
}

// Int returns a whole number without a fraction or an exponent that fits.
func (v Value) Int() (n int64, ok bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Uint is like Int for numbers that are not negative.
func (v Value) Uint() (n uint64, ok bool) {
	n, err := strconv.ParseUint(string(v), 10, 64)
	return n, err == nil
}

// Float returns a number.
func (v Value) Float() (x float64, ok bool) {
	if len(v) == 0 || v[0] != '-' && v[0]-'0' > 9 {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(v), 64)
	return x, err == nil
}

// Bool returns a boolean.
func (v Value) Bool() (is, ok bool) {
	is = string(v) == "true"
	return is, is || string(v) == "false"
}

// TextOf returns the string at path, as Get finds it, or "".
func (v Value) TextOf(path ...string) string {
	text, _ := v.Get(path...).Text()
	return text
}

// IntOf returns the whole number at path, or 0.
func (v Value) IntOf(path ...string) int64 {
	n, _ := v.Get(path...).Int()
	return n
}

// UintOf returns the whole number at path, or 0 where it is negative, too.
func (v Value) UintOf(path ...string) uint64 {
	n, _ := v.Get(path...).Uint()
	return n
}

// FloatOf returns the number at path, or 0.
func (v Value) FloatOf(path ...string) float64 {
	x, _ := v.Get(path...).Float()
	return x
}

// BoolOf returns the boolean at path, or false.
func (v Value) BoolOf(path ...string) bool {
	is, _ := v.Get(path...).Bool()
	return is
}

// AppendIndented appends v on several lines, with two spaces for each level.
func (v Value) AppendIndented(dst []byte) []byte {
	depth := 0
	newLine := func() {
		dst = append(dst, '\n')
		for range depth {
			dst = append(dst, "  "...)
		}
	}
	s := scanner{text: v}
	for s.space(); s.at < len(v); s.space() {
		switch c := v[s.at]; c {
		case '{', '[':
			s.at++
			dst = append(dst, c)
			if s.space(); s.take(c + 2) {
				dst = append(dst, c+2)
				continue
			}
			depth++
			newLine()
		case '}', ']':
			s.at++
			depth--
			newLine()
			dst = append(dst, c)
		case ',':
			s.at++
			dst = append(dst, c)
			newLine()
		case ':':
			s.at++
			dst = append(dst, ": "...)
		default:
			start := s.at
			s.scalar()
			dst = append(dst, v[start:s.at]...)
		}
	}
	return dst
}
