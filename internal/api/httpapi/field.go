package httpapi

import "strings"

// field is one field of a header. Names are compared without regard to case.
type field struct{ name, value string }

// fields are the fields of a header, in their order.
type fields []field

// get returns the first value, "" for none.
func (f fields) get(name string) string {
	for i := range f {
		if strings.EqualFold(f[i].name, name) {
			return f[i].value
		}
	}
	return ""
}

// all returns the values, none or several.
func (f fields) all(name string) (values []string) {
	for i := range f {
		if strings.EqualFold(f[i].name, name) {
			values = append(values, f[i].value)
		}
	}
	return values
}

// appendField appends a field as it is sent. What could end its line becomes a
// space, so that no value adds a field or a reply.
func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	for _, c := range []byte(value) {
		if isControl(rune(c)) {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, "\r\n"...)
}

// isControl reports whether c has no place in a header. A tab has.
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// isToken reports whether s may be a method or the name of a field (RFC 9110,
// section 5.6.2).
func isToken(s string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
