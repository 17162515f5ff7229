package uci

import (
	"fmt"
	"sort"
	"strings"

	"weir/internal/nearest"
)

// decoder turns a package into a Config and collects what is wrong with it.
type decoder struct {
	pkg      *Package
	config   *Config
	count    map[string]int // sections seen of each type
	macs     map[MAC]string // which section has it
	errors   Errors
	warnings []Warning
}

func (d *decoder) decode() {
	all := kinds()
	for i := range d.pkg.Sections {
		if d.full() {
			break
		}
		s := &d.pkg.Sections[i]
		label := d.label(s)
		d.count[s.Type]++
		k := kindOf(all, s.Type)
		if k == nil {
			d.unknownSection(s, label, all)
			continue
		}
		d.section(s, k, label)
	}
	sort.SliceStable(d.errors, func(i, j int) bool { return d.errors[i].Line < d.errors[j].Line })
	sort.SliceStable(d.warnings, func(i, j int) bool { return d.warnings[i].Line < d.warnings[j].Line })
}

func kindOf(all []kind, typ string) *kind {
	for i := range all {
		if all[i].typ == typ {
			return &all[i]
		}
	}
	return nil
}

// label is how messages name a section.
func (d *decoder) label(s *Section) string {
	if s.Name != "" {
		return s.Type + " '" + s.Name + "'"
	}
	return fmt.Sprintf("@%s[%d]", s.Type, d.count[s.Type])
}

// full reports whether no further error would be kept. To look for more would
// only let a hostile file take time: every hint is a search.
func (d *decoder) full() bool { return len(d.errors) >= MaxErrors }

func (d *decoder) fail(e Error) {
	e.File = d.pkg.Name
	if !d.full() {
		d.errors = append(d.errors, &e)
	}
}

func (d *decoder) warn(w Warning) {
	w.File = d.pkg.Name
	if len(d.warnings) < MaxErrors {
		d.warnings = append(d.warnings, w)
	}
}

func (d *decoder) unknownSection(s *Section, label string, all []kind) {
	types := make([]string, len(all))
	for i := range all {
		types[i] = all[i].typ
	}
	hint := "section types are " + strings.Join(types, ", ")
	if near := nearest.Name(s.Type, types); near != "" {
		hint = "did you mean config " + near + "?"
	}
	d.fail(Error{Line: s.Line, Section: label, Reason: "config " + s.Type + " is not a section weir knows", Hint: hint})
}

func (d *decoder) section(s *Section, k *kind, label string) {
	if k.name != "" && d.count[s.Type] > 1 {
		d.fail(Error{Line: s.Line, Section: label, Reason: "is a second config " + k.typ,
			Hint: "there is only one, so write all its options under the first"})
		return
	}
	id := s.Name
	if id == "" {
		id = label
	}
	typed := k.add(d.config)
	typed.setID(id)
	if k.name == "" {
		setDefaults(typed)
	}
	fields := typed.fields()
	good := len(d.errors)
	for i := range s.Options {
		if d.full() {
			return
		}
		d.option(s, &s.Options[i], fields, label)
	}
	d.missing(s, fields, label)
	if isUnsupported(s.Type) && len(s.Options) > 0 {
		d.warn(Warning{Line: s.Line, Section: label, Text: "config " + s.Type + " " + notYet})
	}
	if len(d.errors) > good {
		return // what the options mean together would only echo the errors
	}
	if c, ok := typed.(checker); ok {
		d.check(s, c, label)
	}
	if device, ok := typed.(*Device); ok {
		d.uniqueMACs(s, device, label)
	}
}

// check reports what is wrong between options at the line of the option that
// is to be changed.
func (d *decoder) check(s *Section, c checker, label string) {
	c.check(func(option, reason, hint string) {
		e := Error{Line: s.Line, Section: label, Option: option, Reason: reason, Hint: hint}
		if o := s.Option(option); o != nil {
			e.Line = o.Values[0].Line
			if !o.List {
				e.Value = o.Values[0].Text
			}
		}
		d.fail(e)
	})
}

const notYet = "is not supported by this version and is ignored"

// missing reports required options that the section does not have.
func (d *decoder) missing(s *Section, fields []field, label string) {
	for _, f := range fields {
		if f.required && strings.TrimSpace(s.Text(f.name)) == "" {
			d.fail(Error{Line: s.Line, Section: label, Option: f.name, Reason: "is missing", Hint: "give " + f.value.allowed})
		}
	}
}

// option gives one option of the file to the field of its name.
func (d *decoder) option(s *Section, o *Option, fields []field, label string) {
	for _, f := range fields {
		if f.name != o.Name {
			continue
		}
		before := len(d.errors)
		d.values(f, o, label)
		if len(d.errors) == before {
			d.warnUnsupported(s, o, f, label)
		}
		return
	}
	d.fail(Error{Line: o.Values[0].Line, Section: label, Option: o.Name, Reason: "is not known", Hint: optionHint(o.Name, s.Type, fields)})
}

// values puts the values of an option into its field. A list may be written
// as one option with spaces between the values, as OpenWrt's scripts allow.
func (d *decoder) values(f field, o *Option, label string) {
	values := o.Values
	if f.value.list && !o.List {
		values = nil
		for word := range strings.FieldsSeq(o.Values[0].Text) {
			values = append(values, Value{word, o.Values[0].Line})
		}
		if len(values) == 0 {
			return // libuci drops an empty option
		}
	}
	if !f.value.list && len(values) > 1 {
		d.fail(Error{Line: values[1].Line, Section: label, Option: f.name, Reason: "is a list of values", Hint: "it takes one: " + f.value.allowed})
		return
	}
	f.value.reset()
	for _, v := range values {
		if v.Text == "" && !f.keepEmpty && !f.value.list {
			continue
		}
		if err := f.value.add(v.Text); err != nil {
			e := Error{Line: v.Line, Section: label, Option: f.name, Value: v.Text, Reason: err.Error(), Hint: "allowed: " + f.value.allowed}
			if f.secret {
				e.Value = ""
			}
			d.fail(e)
		}
	}
}

// warnUnsupported warns of an option, or of a word of it, that is read and
// not acted on.
func (d *decoder) warnUnsupported(s *Section, o *Option, f field, label string) {
	path := s.Type + "." + o.Name
	for _, text := range f.value.texts() {
		if isUnsupported(path + "=" + text) {
			d.warn(Warning{Line: o.Values[0].Line, Section: label, Option: o.Name, Text: "'" + text + "' " + notYet})
		}
	}
	if isUnsupported(path) {
		d.warn(Warning{Line: o.Values[0].Line, Section: label, Option: o.Name, Text: notYet})
	}
}

// optionHint helps with an unknown option: a name much like it, the sections
// it belongs to, or all the names.
func optionHint(option, typ string, fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	var homes []string
	for _, k := range kinds() {
		for _, f := range k.add(new(Config)).fields() {
			if f.name == option {
				homes = append(homes, "config "+k.typ)
			}
		}
	}
	if near := nearest.Name(option, names); near != "" {
		return "did you mean " + near + "?"
	}
	if len(homes) > 0 {
		return "it belongs to " + strings.Join(homes, " or ")
	}
	return "config " + typ + " has " + strings.Join(names, ", ")
}

// uniqueMACs reports an address that two devices claim.
func (d *decoder) uniqueMACs(s *Section, device *Device, label string) {
	for _, mac := range device.MACs {
		if other, ok := d.macs[mac]; ok {
			d.fail(Error{Line: s.Option("mac").Values[0].Line, Section: label, Option: "mac", Value: mac.String(),
				Reason: "is listed twice, first in " + other, Hint: "remove it from one of the two"})
			continue
		}
		d.macs[mac] = label
	}
}
