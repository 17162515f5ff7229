package pages

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Entry is a message of a catalogue with its translations: one, or one for each
// form of its plural.
type Entry struct {
	Message
	Where  []string // files that say it
	Means  []string
	Marked string // what stands on its line of flags, as fuzzy
}

// Catalogue is a .po or .pot file.
type Catalogue struct {
	Header  string // the translation of ""
	Entries []Entry
}

// ParseCatalogue reads a .po file.
func ParseCatalogue(text string) (*Catalogue, error) {
	c := &Catalogue{}
	var e Entry
	var at *string
	header := true
	done := func() {
		switch {
		case header && e.ID == "" && len(e.Means) > 0:
			c.Header, header = e.Means[0], false
		case e.ID != "":
			c.Entries = append(c.Entries, e)
		}
		e, at = Entry{}, nil
	}
	for n, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "":
			done()
			continue
		case strings.HasPrefix(line, "#: "):
			e.Where = append(e.Where, strings.Fields(line[3:])...)
			continue
		case strings.HasPrefix(line, "#, "):
			e.Marked = line[3:]
			continue
		case line[0] == '#':
			continue
		case line[0] == '"':
			rest = line
		case word == "msgctxt":
			at = &e.Context
		case word == "msgid":
			at = &e.ID
		case word == "msgid_plural":
			at = &e.Plural
		case word == "msgstr", strings.HasPrefix(word, "msgstr["):
			e.Means = append(e.Means, "")
			at = &e.Means[len(e.Means)-1]
		default:
			return nil, fmt.Errorf("line %d: %q is nothing that a catalogue has", n+1, line)
		}
		part, err := strconv.Unquote(rest)
		if err != nil || at == nil {
			return nil, fmt.Errorf("line %d: %q is no text in quotes", n+1, line)
		}
		*at += part
	}
	done()
	return c, nil
}

// Find returns the entry of a message, nil when there is none.
func (c *Catalogue) Find(m Message) *Entry {
	for i := range c.Entries {
		if c.Entries[i].Message == m {
			return &c.Entries[i]
		}
	}
	return nil
}

// With returns a catalogue of other messages that keeps the header and what is
// translated already.
func (c *Catalogue) With(entries []Entry) *Catalogue {
	next := &Catalogue{Header: c.Header}
	for _, e := range entries {
		e.Means = []string{""}
		if e.Plural != "" {
			e.Means = []string{"", ""}
		}
		if old := c.Find(e.Message); old != nil {
			e.Means, e.Marked = old.Means, old.Marked
		}
		next.Entries = append(next.Entries, e)
	}
	return next
}

// String returns the file.
func (c *Catalogue) String() string {
	var b strings.Builder
	b.WriteString("msgid \"\"\nmsgstr \"\"\n")
	for _, line := range strings.SplitAfter(c.Header, "\n") {
		if line != "" {
			fmt.Fprintf(&b, "%s\n", quote(line))
		}
	}
	for _, e := range c.Entries {
		b.WriteByte('\n')
		for _, where := range e.Where {
			fmt.Fprintf(&b, "#: %s\n", where)
		}
		if e.Marked != "" {
			fmt.Fprintf(&b, "#, %s\n", e.Marked)
		}
		if e.Context != "" {
			fmt.Fprintf(&b, "msgctxt %s\n", quote(e.Context))
		}
		fmt.Fprintf(&b, "msgid %s\n", quote(e.ID))
		if e.Plural == "" {
			fmt.Fprintf(&b, "msgstr %s\n", quote(e.Means[0]))
			continue
		}
		fmt.Fprintf(&b, "msgid_plural %s\n", quote(e.Plural))
		for i, m := range e.Means {
			fmt.Fprintf(&b, "msgstr[%d] %s\n", i, quote(m))
		}
	}
	return b.String()
}

// quote writes a text as catalogues have it: only what must be is escaped.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s) + `"`
}

// Collect joins what files say to entries, sorted by their text.
func Collect(said map[string][]Message) []Entry {
	var entries []Entry
	at := map[Message]int{}
	names := make([]string, 0, len(said))
	for name := range said {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, m := range said[name] {
			i, ok := at[m]
			if !ok {
				i = len(entries)
				at[m] = i
				entries = append(entries, Entry{Message: m, Means: []string{""}})
				if m.Plural != "" {
					entries[i].Means = []string{"", ""}
				}
			}
			if !slices.Contains(entries[i].Where, name) {
				entries[i].Where = append(entries[i].Where, name)
			}
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Context, b.Context), cmp.Compare(a.Plural, b.Plural))
	})
	return entries
}
