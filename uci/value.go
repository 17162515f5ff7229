package uci

import (
	"errors"
	"strings"

	"weir/internal/nearest"
)

// value binds one option to the field that holds it.
type value interface {
	// add takes one value as written: it replaces a scalar and extends a
	// list. Its error says what is wrong with the text ("is not a size").
	add(text string) error
	// reset empties a list before the first value of the file, so that a
	// list in the file replaces the default one.
	reset()
	// texts returns the canonical text of the field, one per value.
	texts() []string
	// allowed says what the option takes, for hints and the reference page.
	allowed() string
	isList() bool
}

// codec turns text into a T and back.
type codec[T any] struct {
	allow  string
	parse  func(string) (T, error)
	format func(T) string
}

type scalar[T any] struct {
	field *T
	codec codec[T]
}

func (v scalar[T]) add(text string) error {
	t, err := v.codec.parse(text)
	if err == nil {
		*v.field = t
	}
	return err
}

func (v scalar[T]) reset()          {}
func (v scalar[T]) texts() []string { return []string{v.codec.format(*v.field)} }
func (v scalar[T]) allowed() string { return v.codec.allow }
func (v scalar[T]) isList() bool    { return false }

type list[T any] struct {
	field *[]T
	codec codec[T]
}

func (v list[T]) add(text string) error {
	if text == "" {
		return nil // LuCI leaves an empty line in a list that was cleared
	}
	t, err := v.codec.parse(text)
	if err == nil {
		*v.field = append(*v.field, t)
	}
	return err
}

func (v list[T]) reset() { *v.field = nil }

func (v list[T]) texts() []string {
	texts := make([]string, len(*v.field))
	for i, t := range *v.field {
		texts[i] = v.codec.format(t)
	}
	return texts
}

func (v list[T]) allowed() string { return v.codec.allow }
func (v list[T]) isList() bool    { return true }

// oneOf is a word of a fixed list, kept as it is spelled there.
func oneOf[T ~string](field *T, words ...T) value { return scalar[T]{field, wordCodec(words)} }

func listOf[T ~string](field *[]T, words ...T) value { return list[T]{field, wordCodec(words)} }

func wordCodec[T ~string](words []T) codec[T] {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return codec[T]{
		allow: alternatives(names),
		parse: func(text string) (T, error) {
			for _, w := range words {
				if strings.EqualFold(text, string(w)) {
					return w, nil
				}
			}
			if near := nearest.Name(text, names); near != "" {
				return "", errors.New("is not known, perhaps '" + near + "' is meant")
			}
			return "", errors.New("is not known")
		},
		format: func(w T) string { return string(w) },
	}
}

// alternatives joins names as a sentence does: a, b or c.
func alternatives(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
