package uci

import (
	"errors"
	"strings"

	"weir/internal/nearest"
)

// value binds one option to the field that holds it. It is made of functions, and
// not an interface with generic members: those are five methods and their wrappers
// for each type of field, 90 kB on a router.
type value struct {
	// allowed says what the option takes, for hints and the reference page.
	allowed string
	list    bool
	// add takes one value as written: it replaces a scalar and extends a
	// list. Its error says what is wrong with the text ("is not a size").
	add func(text string) error
	// texts returns the canonical text of the field, one per value.
	texts func() []string
	// reset empties a list before the first value of the file, so that a
	// list in the file replaces the default one.
	reset func()
}

// codec turns text into a T and back.
type codec[T any] struct {
	allow  string
	parse  func(string) (T, error)
	format func(T) string
}

func scalar[T any](field *T, c codec[T]) value {
	return value{
		allowed: c.allow,
		add: func(text string) error {
			t, err := c.parse(text)
			if err == nil {
				*field = t
			}
			return err
		},
		texts: func() []string { return []string{c.format(*field)} },
		reset: func() {},
	}
}

func list[T any](field *[]T, c codec[T]) value {
	return value{
		allowed: c.allow,
		list:    true,
		add: func(text string) error {
			if text == "" {
				return nil // LuCI leaves an empty line in a list that was cleared
			}
			t, err := c.parse(text)
			if err == nil {
				*field = append(*field, t)
			}
			return err
		},
		texts: func() []string {
			texts := make([]string, len(*field))
			for i, t := range *field {
				texts[i] = c.format(t)
			}
			return texts
		},
		reset: func() { *field = nil },
	}
}

// oneOf is a word of a fixed list, kept as it is spelled there.
func oneOf[T ~string](field *T, words ...T) value { return scalar(field, wordCodec(words)) }

func listOf[T ~string](field *[]T, words ...T) value { return list(field, wordCodec(words)) }

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
