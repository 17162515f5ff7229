//go:build !notls

package luciapp

import (
	"bufio"
	"fmt"
	"html"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// words are translations: from a message, with its context before it and its
// plural form behind it as the runtime puts them, to what it means.
type words map[string]string

// addWords reads the translations of the pages and those of the runtime and
// serves them, as LuCI does, as scripts.
func (s *Site) addWords(from fs.FS) error {
	own, err := fs.Glob(from, "standalone/po/*.po")
	if err != nil {
		return err
	}
	pages, err := fs.Glob(from, "po/*/*.po")
	if err != nil {
		return err
	}
	for _, name := range slices.Concat(own, pages) {
		b, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		lang := strings.TrimSuffix(path.Base(name), ".po")
		if folder := path.Base(path.Dir(name)); folder != "po" {
			lang = folder
		}
		lang = strings.ToLower(strings.ReplaceAll(lang, "_", "-"))
		if s.words[lang] == nil {
			s.words[lang] = words{}
		}
		s.words[lang].read(string(b))
	}
	s.words["en"] = words{} // what the messages are written in
	for lang, w := range s.words {
		s.files["/admin/translations/"+lang] = &File{Type: types[".js"], Body: w.script()}
	}
	return nil
}

// entry is one message of a .po file.
type entry struct {
	context, id string
	hasContext  bool
	plural      bool
	means       []string
	fuzzy       bool // not looked over since the message changed
}

// read adds the translations of a .po file. Lines that say nothing are left out.
func (w words) read(text string) {
	var e entry
	var at *string
	done := func() {
		for i, m := range e.means {
			if m == "" || e.id == "" || e.fuzzy {
				continue
			}
			key := e.id
			if e.hasContext {
				key = e.context + "\x01" + key
			}
			if e.plural {
				key += "\x02" + strconv.Itoa(i)
			}
			w[key] = m
		}
		e, at = entry{}, nil
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "":
			done()
			continue
		case strings.HasPrefix(line, "#,"):
			e.fuzzy = strings.Contains(line, "fuzzy")
			continue
		case strings.HasPrefix(line, "#"):
			continue
		case strings.HasPrefix(line, `"`):
			rest = line
		case word == "msgctxt":
			at, e.hasContext = &e.context, true
		case word == "msgid":
			if len(e.means) > 0 {
				done()
			}
			at = &e.id
		case word == "msgid_plural":
			at, e.plural = new(string), true
		case word == "msgstr" || strings.HasPrefix(word, "msgstr["):
			e.means = append(e.means, "")
			at = &e.means[len(e.means)-1]
		}
		if part, err := strconv.Unquote(rest); err == nil && at != nil {
			*at += part
		}
	}
	done()
}

// script returns the translations as the runtime reads them.
func (w words) script() []byte {
	keys := make([]string, 0, len(w))
	for key := range w {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	out := []byte("window.TR = {")
	for i, key := range keys {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '\n')
		out = appendString(out, key)
		out = append(out, ": "...)
		out = appendString(out, w[key])
	}
	return append(out, "\n};\n"...)
}

// appendString appends a string of JavaScript.
func appendString(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c == '\u2028' || c == '\u2029' {
			dst = append(dst, fmt.Sprintf("\\u%04x", c)...)
		} else {
			dst = utf8.AppendRune(dst, c)
		}
	}
	return append(dst, '"')
}

// Language returns the best language for what a browser accepts, in the order of
// its list.
func (s *Site) Language(accepted string) string {
	for one := range strings.SplitSeq(accepted, ",") {
		tag, _, _ := strings.Cut(one, ";")
		tag = strings.ToLower(strings.TrimSpace(tag))
		for tag != "" {
			if s.words[tag] != nil {
				return tag
			}
			tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)]
		}
	}
	return "en"
}

// Say translates a message.
func (s *Site) Say(lang, message string) string {
	if m, ok := s.words[lang][message]; ok {
		return m
	}
	return message
}

// Page returns a document, "index" or "login", in a language. Its gaps {NAME}
// are filled with texts, which are escaped, and messages in brackets translated.
func (s *Site) Page(name, lang string, gaps map[string]string) []byte {
	rest := string(s.pages[name])
	var out strings.Builder
	for {
		i := strings.IndexAny(rest, "{[")
		if i < 0 {
			break
		}
		end := strings.IndexAny(rest[i:], "}]")
		if end < 0 {
			break
		}
		out.WriteString(rest[:i])
		inner := rest[i+1 : i+end]
		if rest[i] == '{' {
			out.WriteString(html.EscapeString(gaps[inner]))
		} else {
			out.WriteString(html.EscapeString(s.Say(lang, inner)))
		}
		rest = rest[i+end+1:]
	}
	out.WriteString(rest)
	return []byte(out.String())
}
