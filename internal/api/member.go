package api

import (
	"strings"

	"weir/internal/rollup"
)

// name is what a member of a class is called.
type name struct{ key, label string }

func (n *name) encode(e *Encoder) {
	e.Str("key", n.key)
	textOrNull(e, "label", n.label)
}

// member is how a series is named in a reply.
type member struct {
	name
	sub *name // the column of a cell, nil of a class that is no matrix
}

func memberOf(h History, class rollup.Class, id, sub uint32) member {
	rows, columns, ok := class.Matrix()
	if !ok {
		return member{name: nameOf(h, class, id)}
	}
	column := nameOf(h, columns, sub)
	return member{nameOf(h, rows, id), &column}
}

func nameOf(h History, class rollup.Class, id uint32) name {
	key, label := h.Name(class, id)
	return name{key, label}
}

// encodeSub writes the column of a cell.
func (m *member) encodeSub(e *Encoder) {
	if m.sub == nil {
		e.Null("sub")
		return
	}
	e.Table("sub")
	m.sub.encode(e)
	e.EndTable()
}

// has reports whether one of the names has text in it, whatever its case.
func (m *member) has(text string) bool {
	return m.name.has(text) || m.sub != nil && m.sub.has(text)
}

func (n *name) has(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(strings.ToLower(n.key), text) || strings.Contains(strings.ToLower(n.label), text)
}

// findMember sets the series that a query asks for.
func findMember(h History, q *rollup.Query, key, sub string) (member, error) {
	class := q.Class
	rows, columns, isMatrix := class.Matrix()
	if isMatrix {
		class = rows
	}
	switch {
	case !isMatrix && sub != "":
		return member{}, invalid("leave it out", "argument sub goes with a matrix, not with class %s", class)
	case isMatrix && (key == "" || sub == ""):
		return member{}, invalid("matrix lists its cells", "class %s needs the arguments key and sub", q.Class)
	case class == rollup.Total:
		q.ID = rollup.Other
		return memberOf(h, class, q.ID, 0), nil
	case key == "":
		return member{}, invalid("series_list lists them", "class %s needs the argument key", class)
	}
	var ok bool
	if q.ID, ok = h.Find(class, key); !ok {
		return member{}, noSeries(class, key)
	}
	if isMatrix {
		if q.Sub, ok = h.Find(columns, sub); !ok {
			return member{}, noSeries(columns, sub)
		}
	}
	return memberOf(h, q.Class, q.ID, q.Sub), nil
}

func noSeries(class rollup.Class, key string) error {
	return notFound("series_list lists those there are", "there is no series of %s %s", class, quote(key))
}
