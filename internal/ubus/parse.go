package ubus

import (
	"errors"
	"fmt"

	"weir/internal/jsontext"
)

var errNotObject = errors.New("JSON: not an object")

// ParseJSON makes a Msg of a JSON object, as libubox does: an integer becomes an
// int32 where it fits, else an int64, and what fits neither a double. It may be
// nested [MaxDepth] deep and its Msg take [MaxMessage] bytes. Bytes that are no
// UTF-8 become U+FFFD.
func ParseJSON(text []byte) (Msg, error) {
	v, err := jsontext.Parse(text)
	if err != nil {
		return nil, err
	}
	if !v.IsObject() {
		return nil, errNotObject
	}
	m, err := appendMembers(make(Msg, 0, min(2*len(text), MaxMessage)), v, MaxDepth)
	if err == nil && len(m) > MaxMessage {
		err = ErrTooLarge
	}
	if err != nil {
		return nil, fmt.Errorf("JSON of %d bytes: %w", len(text), err)
	}
	return m, nil
}

// appendMembers adds what an object or array holds.
func appendMembers(dst Msg, list jsontext.Value, depth int) (_ Msg, err error) {
	if depth == 0 {
		return dst, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, MaxDepth)
	}
	for name, v := range list.Members() {
		if dst, err = appendParsed(dst, name, v, depth); err != nil {
			return dst, err
		}
	}
	for v := range list.Elements() {
		if dst, err = appendParsed(dst, "", v, depth); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendParsed adds one value.
func appendParsed(dst Msg, name string, v jsontext.Value, depth int) (Msg, error) {
	if len(dst) > MaxMessage {
		return dst, ErrTooLarge
	}
	if v.IsObject() || v.IsArray() {
		open := OpenTable
		if v.IsArray() {
			open = OpenArray
		}
		dst, mark := open(dst, name)
		dst, err := appendMembers(dst, v, depth-1)
		return Close(dst, mark), err
	}
	if text, ok := v.Text(); ok {
		return AppendString(dst, name, text), nil
	}
	if is, ok := v.Bool(); ok {
		return AppendBool(dst, name, is), nil
	}
	if n, ok := v.Int(); ok {
		return AppendInt(dst, name, n), nil
	}
	if x, ok := v.Float(); ok {
		return AppendDouble(dst, name, x), nil
	}
	if string(v) == "null" {
		return AppendNull(dst, name), nil
	}
	return dst, fmt.Errorf("%.40s is too large for a number", v)
}
