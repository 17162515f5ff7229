package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// maxMembers bounds the members of one JSON object; no method takes as many
// arguments.
const maxMembers = 64

var (
	errNotArray  = errors.New("not one JSON array")
	errNotObject = errors.New("not one JSON object")
	errMembers   = errors.New("a JSON object with too many members")
)

// members calls each with the members of the JSON object in data, the value
// still as JSON. Nothing but one value at a time is held, so a hostile body
// costs no more memory than its size.
func members(data []byte, each func(name string, value json.RawMessage)) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errNotObject
	}
	for n := 0; d.More(); n++ {
		if n == maxMembers {
			return errMembers
		}
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return errNotObject
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errNotObject
		}
		each(name, value)
	}
	return end(d)
}

// elements calls each with at most limit elements of the JSON array in data and
// returns how many it has, or limit+1 when there are more.
func elements(data []byte, limit int, each func(value json.RawMessage)) (int, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return 0, errNotArray
	}
	n := 0
	for ; d.More(); n++ {
		if n == limit {
			return limit + 1, nil
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return n, errNotArray
		}
		each(value)
	}
	return n, end(d)
}

// end reads the delimiter that closes the value, after which nothing may come.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errNotObject
	}
	if _, err := d.Token(); err != io.EOF {
		return errNotObject
	}
	return nil
}

// arguments reads a JSON object as the arguments of a method. Integers stay
// exact; nested objects and arrays stay JSON, which no argument accepts.
func arguments(data []byte) (map[string]any, error) {
	args := map[string]any{}
	err := members(data, func(name string, value json.RawMessage) { args[name] = scalar(value) })
	return args, err
}

// scalar turns a JSON value into what api.Method.Call takes.
func scalar(value json.RawMessage) any {
	switch value[0] {
	case '{', '[':
		return value
	case '"', 't', 'f', 'n':
		var v any
		if json.Unmarshal(value, &v) != nil {
			return value
		}
		return v
	}
	n := json.Number(value)
	if i, err := n.Int64(); err == nil {
		return i
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return string(value)
}

// stringOf reads a JSON string and nothing else.
func stringOf(data []byte) (s string, ok bool) {
	if len(data) == 0 || data[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(data, &s) == nil
}
