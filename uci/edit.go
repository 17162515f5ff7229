package uci

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
)

// DeviceChange is what a person changes of a device; what is nil stays as it is,
// and an empty text takes an option away.
type DeviceChange struct {
	// MACs and IPs are the device's: a section that has one of them is its own. A new
	// section gets the first hardware address, or else the first address.
	MACs []MAC
	IPs  []netip.Addr

	Name, Type, Icon, Pool *string
	Private                *bool
}

// Empty reports whether nothing is to change.
func (c *DeviceChange) Empty() bool {
	return c.Name == nil && c.Type == nil && c.Icon == nil && c.Pool == nil && c.Private == nil
}

// Edit is a change of one section.
type Edit struct {
	Index   int    // of the section in the package, -1 for a new one
	Type    string // of a new one
	Options []Option
}

// In returns what the change is in a package, which is weir's. An option of the
// Edit whose only value is "" is to be removed.
func (c *DeviceChange) In(p *Package) Edit {
	e := Edit{Index: slices.IndexFunc(p.Sections, c.owns), Type: "device"}
	set := func(name string, text *string) {
		if text != nil {
			e.Options = append(e.Options, Option{Name: name, Values: []Value{{Text: *text}}})
		}
	}
	set("name", c.Name)
	set("type", c.Type)
	set("icon", c.Icon)
	set("pool", c.Pool)
	if c.Private != nil {
		word := "" // as by default
		if *c.Private {
			word = "1"
		}
		set("private", &word)
	}
	if e.Index < 0 {
		e.Options = append(e.Options, c.address()...)
	}
	return e
}

// owns reports whether a section is about the device.
func (c *DeviceChange) owns(s Section) bool {
	if s.Type != "device" {
		return false
	}
	mac := func(word string) bool {
		m, err := parseMAC(word)
		return err == nil && slices.Contains(c.MACs, m)
	}
	ip := func(word string) bool {
		a, err := netip.ParseAddr(word)
		return err == nil && slices.Contains(c.IPs, a.Unmap())
	}
	return slices.ContainsFunc(s.words("mac"), mac) || slices.ContainsFunc(s.words("ip"), ip)
}

// address returns the option by which a new section tells whose it is.
func (c *DeviceChange) address() []Option {
	switch {
	case len(c.MACs) > 0:
		return []Option{{Name: "mac", List: true, Values: []Value{{Text: c.MACs[0].String()}}}}
	case len(c.IPs) > 0:
		return []Option{{Name: "ip", List: true, Values: []Value{{Text: c.IPs[0].String()}}}}
	}
	return nil
}

// Apply makes the change in the text of a file, of which p is what ParsePackage
// read, and returns the new text. Comments, order and whatever else is in the file
// stay as they are. The error is that of ParsePackage.
func (e *Edit) Apply(text []byte, p *Package) ([]byte, error) {
	if e.Index < 0 {
		return e.appendSection(text), nil
	}
	statements, err := statementsOf(text, p.Name)
	if err != nil {
		return nil, err
	}
	done := make(map[string]bool)
	var out []byte
	at, end := 0, 0 // what is copied, and the end of the section's last statement
	for _, s := range statements {
		if s.section != e.Index {
			continue
		}
		i := slices.IndexFunc(e.Options, func(o Option) bool { return o.Name == s.option })
		if i < 0 || s.option == "" {
			end = s.end
			continue
		}
		from, to := s.from, s.end
		var line []byte
		if !done[s.option] {
			line = bytes.TrimSpace(appendOption(nil, &e.Options[i]))
		}
		if done[s.option] = true; len(line) == 0 {
			from, to = wholeLine(text, from, to)
		}
		out = append(append(out, text[at:from]...), line...)
		at, end = to, max(to, end)
	}
	end = lineEnd(text, max(at, end))
	out, at = append(out, text[at:end]...), end
	for i := range e.Options {
		if o := &e.Options[i]; !done[o.Name] {
			out = append(out, insertion(out, appendOption(nil, o))...)
		}
	}
	return append(out, text[at:]...), nil
}

// lineEnd goes on over what is left of a line if that is a comment alone.
func lineEnd(text []byte, at int) int {
	if at == 0 || text[at-1] == '\n' {
		return at
	}
	rest, _, _ := bytes.Cut(text[at:], []byte{'\n'})
	if trimmed := bytes.TrimSpace(rest); len(trimmed) > 0 && trimmed[0] != '#' {
		return at
	}
	return at + len(rest)
}

// insertion returns option lines as they go behind text: after its line's end, or
// else with the line's end before instead of after them.
func insertion(text, lines []byte) []byte {
	if len(lines) == 0 || len(text) == 0 || text[len(text)-1] == '\n' {
		return lines
	}
	return append([]byte{'\n'}, bytes.TrimSuffix(lines, []byte{'\n'})...)
}

// appendSection appends a new section to a file.
func (e *Edit) appendSection(text []byte) []byte {
	out := slices.Clone(text)
	if len(out) > 0 {
		if out[len(out)-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(out, '\n')
	}
	out = append(appendType(append(out, "config "...), e.Type), '\n')
	for i := range e.Options {
		out = appendOption(out, &e.Options[i])
	}
	return out
}

// appendOption appends the lines of an option, none for one that is removed.
func appendOption(dst []byte, o *Option) []byte {
	if len(o.Values) == 1 && o.Values[0].Text == "" {
		return dst
	}
	s := Section{Options: []Option{*o}}
	return s.appendOptions(dst)
}

// wholeLine widens a range to its line if nothing else is on it.
func wholeLine(text []byte, from, to int) (int, int) {
	begin := bytes.LastIndexByte(text[:from], '\n') + 1
	end := len(text)
	if i := bytes.IndexByte(text[to:], '\n'); i >= 0 {
		end = to + i + 1
	}
	if len(bytes.TrimSpace(text[begin:from])) > 0 || len(bytes.TrimSpace(text[to:end])) > 0 {
		return from, to
	}
	return begin, end
}

// Check returns what is wrong with the values of an edit, nil for nothing.
func (e *Edit) Check() error {
	p := Package{Sections: []Section{{Type: e.Type}}}
	for _, o := range e.Options {
		if len(o.Values) > 1 || o.Values[0].Text != "" {
			p.Sections[0].Options = append(p.Sections[0].Options, o)
		}
	}
	if e.Index >= 0 { // whose address stands already
		p.Sections[0].Options = append(p.Sections[0].Options, Option{Name: "mac", List: true, Values: []Value{{Text: MAC{2}.String()}}})
	}
	_, _, err := Parse(bytes.NewReader(p.AppendText(nil)), "change")
	if all, ok := err.(Errors); ok && len(all) > 0 {
		return fmt.Errorf("option %s %s %s; %s", all[0].Option, clip(all[0].Value), all[0].Reason, all[0].Hint)
	}
	return err
}

// statement is where a statement stands in a text.
type statement struct {
	section   int    // index
	option    string // "" for the config line
	from, end int    // without blanks around it
}

// statementsOf returns where the statements of a text are that belong to a section.
func statementsOf(text []byte, name string) ([]statement, error) {
	p := parser{text: text, line: 1, pkg: &Package{Name: name}, named: map[string]int{}, current: -1}
	var all []statement
	p.note = func(from int, option string) {
		end := from + len(bytes.TrimRight(text[from:p.pos], " \t\r"))
		all = append(all, statement{p.current, option, from, end})
	}
	err := p.file()
	return all, err
}
