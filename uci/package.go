package uci

// Bounds of what the reader accepts. A router's largest stock file is about
// 10 KiB; the bounds only keep a broken or hostile file from taking memory.
const (
	MaxFile     = 1 << 20  // bytes of one file
	MaxSections = 4096     // sections of one file
	MaxOptions  = 256      // options of one section
	MaxValue    = 64 << 10 // bytes of one value
	MaxName     = 256      // bytes of the name of a section or option, or of a type
)

// Package is one UCI file as written: sections in the order of the file, with
// sections of one name merged as libuci merges them.
type Package struct {
	Name     string // the file, as errors call it
	Sections []Section
}

// Section is one `config TYPE ['NAME']` block.
type Section struct {
	Type    string
	Name    string // empty for an anonymous section
	Line    int    // where its config line stands, from 1
	Options []Option
}

// Option is one option, or all list lines of one name.
type Option struct {
	Name   string
	List   bool
	Values []Value // one for an option, one or more for a list
}

// Value is one value and where it stands. libuci drops an option whose value
// is empty; here it stays, and the schema decides what empty means.
type Value struct {
	Text string
	Line int
}

// Option returns the option called name, or nil.
func (s *Section) Option(name string) *Option {
	for i := range s.Options {
		if s.Options[i].Name == name {
			return &s.Options[i]
		}
	}
	return nil
}

// Text returns the option's last value, or "" when the section has none.
func (s *Section) Text(option string) string {
	o := s.Option(option)
	if o == nil {
		return ""
	}
	return o.Values[len(o.Values)-1].Text
}

// set gives the option one value, in place of whatever it had: the last
// option line of a name wins, unless its value is empty.
func (s *Section) set(name string, v Value) bool {
	if o := s.Option(name); o != nil {
		if v.Text != "" {
			o.List, o.Values = false, []Value{v}
		}
		return true
	}
	if len(s.Options) == MaxOptions {
		return false
	}
	s.Options = append(s.Options, Option{Name: name, Values: []Value{v}})
	return true
}

// add appends to a list; an option of that name becomes its first value.
func (s *Section) add(name string, v Value) bool {
	if o := s.Option(name); o != nil {
		o.List = true
		o.Values = append(o.Values, v)
		return true
	}
	if len(s.Options) == MaxOptions {
		return false
	}
	s.Options = append(s.Options, Option{Name: name, List: true, Values: []Value{v}})
	return true
}

// AppendText appends the package in UCI's grammar and returns the extended
// slice. Values are single-quoted with ' written as '\”, which is what
// `uci commit` writes and what every byte but NUL survives.
func (p *Package) AppendText(dst []byte) []byte {
	for i := range p.Sections {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = p.Sections[i].appendText(dst)
	}
	return dst
}

func (s *Section) appendText(dst []byte) []byte {
	dst = append(dst, "config "...)
	dst = appendType(dst, s.Type)
	if s.Name != "" {
		dst = append(dst, ' ')
		dst = appendQuoted(dst, s.Name)
	}
	dst = append(dst, '\n')
	return s.appendOptions(dst)
}

func (s *Section) appendOptions(dst []byte) []byte {
	for _, o := range s.Options {
		keyword := "\toption "
		if o.List {
			keyword = "\tlist "
		}
		for _, v := range o.Values {
			dst = append(dst, keyword...)
			dst = append(dst, o.Name...)
			dst = append(dst, ' ')
			dst = appendQuoted(dst, v.Text)
			dst = append(dst, '\n')
		}
	}
	return dst
}

// appendType leaves an ordinary section type bare, as every tool writes it,
// and quotes one with characters that mean something to the reader.
func appendType(dst []byte, s string) []byte {
	if validName(s, '-') {
		return append(dst, s...)
	}
	return appendQuoted(dst, s)
}

func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '\'')
	for i := range len(s) {
		if s[i] == '\'' {
			dst = append(dst, `'\''`...)
			continue
		}
		dst = append(dst, s[i])
	}
	return append(dst, '\'')
}

// validName reports whether s may name a section or an option: letters,
// digits and underscore, and also when it is not zero.
func validName(s string, also byte) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_':
		case also != 0 && c == also:
		default:
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

// validType reports whether s may be a section type: printable ASCII.
func validType(s string) bool {
	for i := range len(s) {
		if s[i] < 33 || s[i] > 126 {
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}
