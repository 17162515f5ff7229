package httpapi

import (
	"errors"

	"weir/internal/jsontext"
)

// maxMembers bounds the members of one JSON object; no method takes as many
// arguments.
const maxMembers = 64

var (
	errNotObject = errors.New("not one JSON object")
	errMembers   = errors.New("a JSON object with too many members")
)

// members returns the members of a JSON object, the last of those with the same
// name.
func members(object jsontext.Value) (map[string]jsontext.Value, error) {
	if !object.IsObject() {
		return nil, errNotObject
	}
	found := map[string]jsontext.Value{}
	n := 0
	for name, value := range object.Members() {
		if n++; n > maxMembers {
			return nil, errMembers
		}
		found[name] = value
	}
	return found, nil
}

// elements returns at most limit elements of a JSON array, and whether that is
// all of them.
func elements(array jsontext.Value, limit int) (found []jsontext.Value, all bool) {
	for value := range array.Elements() {
		if len(found) == limit {
			return found, false
		}
		found = append(found, value)
	}
	return found, true
}

// arguments reads a JSON object as the arguments of a method. Integers stay
// exact; nested objects and arrays stay JSON, which no argument accepts.
func arguments(object jsontext.Value) (map[string]any, error) {
	found, err := members(object)
	if err != nil {
		return nil, err
	}
	args := make(map[string]any, len(found))
	for name, value := range found {
		args[name] = scalar(value)
	}
	return args, nil
}

// scalar turns a JSON value into what api.Method.Call takes.
func scalar(v jsontext.Value) any {
	if v.IsObject() || v.IsArray() {
		return v
	}
	if text, ok := v.Text(); ok {
		return text
	}
	if is, ok := v.Bool(); ok {
		return is
	}
	if n, ok := v.Int(); ok {
		return n
	}
	if x, ok := v.Float(); ok {
		return x
	}
	if string(v) == "null" {
		return nil
	}
	return string(v) // a number that is too large
}
