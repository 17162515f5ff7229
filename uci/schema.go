package uci

import (
	"reflect"
	"strings"
)

// field is one row of a section's table: all that is known of an option.
type field struct {
	name      string
	value     value
	def       string // as written; the values of a list stand between spaces
	example   string // a value for the installed file where there is no default
	help      string // one line, for the installed file and the reference
	secret    bool   // never printed
	required  bool
	keepEmpty bool // '' is a value of its own, not the default
	alias     bool // a second name of the option before it, never printed
}

// section is a typed section struct that describes its own options.
type section interface {
	// fields returns the table, bound to this struct.
	fields() []field
	id() string
	setID(id string)
}

// Ident is the part all sections share.
type Ident struct {
	// ID is the section's name, or for an anonymous section its place among
	// those of its type as the uci command writes it: @device[0]. A section
	// that does not stand in the file has its usual name.
	ID string
}

func (i *Ident) id() string      { return i.ID }
func (i *Ident) setID(id string) { i.ID = id }

// checker is a section whose options depend on each other.
type checker interface {
	// check reports what no single option can know.
	check(report func(option, reason, hint string))
}

// kind is one section type.
type kind struct {
	typ  string
	name string // of the only section of this type; "" where there may be many
	help string
	// add returns the section to fill: the only one, or one more, still
	// without defaults.
	add func(c *Config) section
	all func(c *Config) []section
}

// kinds lists the section types in the order of the installed file, of the
// effective configuration and of the reference page.
func kinds() []kind {
	return []kind{
		single("weir", "main", "What is watched and how.", func(c *Config) section { return &c.Main }),
		single("store", "store", "Where statistics are kept, and for how long.", func(c *Config) section { return &c.Store }),
		many("source", "Further sources beside the interfaces: captures in files and pipes.", func(c *Config) any { return &c.Sources }),
		single("api", "api", "Who may ask weir, and where it answers.", func(c *Config) section { return &c.API }),
		many("device", "A device of the house: its name, and the addresses that belong to it.", func(c *Config) any { return &c.Devices }),
		many("pool", "A group of devices.", func(c *Config) any { return &c.Pools }),
		many("network", "A named range of addresses.", func(c *Config) any { return &c.Networks }),
		many("application", "An application of your own, told by name, port or address.", func(c *Config) any { return &c.Applications }),
		many("wan", "The accounting cycle of an uplink without a quota.", func(c *Config) any { return &c.WANs }),
		many("quota", "A data plan, or the budget of a device or pool.", func(c *Config) any { return &c.Quotas }),
		many("alert", "What raises an alert; the section's name is the rule.", func(c *Config) any { return &c.Alerts }),
		many("notify", "Where alerts are sent.", func(c *Config) any { return &c.Notifies }),
		many("collector", "Receive flows that other machines export.", func(c *Config) any { return &c.Collectors }),
		many("exporter", "Send flows and statistics to other programs.", func(c *Config) any { return &c.Exporters }),
		many("remote", "A router elsewhere that hands over its packets.", func(c *Config) any { return &c.Remotes }),
		single("geo", "geo", "Databases that tell country, network and vendor of an address.", func(c *Config) section { return &c.Geo }),
	}
}

// unsupported is what can be configured but is not acted on yet: a section
// type, an option TYPE.OPTION, or one word of an option TYPE.OPTION=WORD.
// Whoever builds the feature deletes its line.
var unsupported = []string{
	"source.role=classify",
	"api.metrics",
	"wan.layer",
	"alert",
	"notify",
	"collector",
	"exporter",
	"remote",
}

func isUnsupported(what string) bool {
	for _, u := range unsupported {
		if u == what {
			return true
		}
	}
	return false
}

func single(typ, name, help string, pick func(*Config) section) kind {
	return kind{
		typ: typ, name: name, help: help,
		add: pick,
		all: func(c *Config) []section { return []section{pick(c)} },
	}
}

// many is a type of which there may be several sections; pick returns a pointer to
// their slice. Reflection serves all types, where generic functions are 20 kB.
func many(typ, help string, pick func(*Config) any) kind {
	at := func(sections reflect.Value, i int) section { return sections.Index(i).Addr().Interface().(section) }
	return kind{
		typ: typ, help: help,
		add: func(c *Config) section {
			sections := reflect.ValueOf(pick(c)).Elem()
			sections.Set(reflect.Append(sections, reflect.Zero(sections.Type().Elem())))
			return at(sections, sections.Len()-1)
		},
		all: func(c *Config) []section {
			sections := reflect.ValueOf(pick(c)).Elem()
			all := make([]section, sections.Len())
			for i := range all {
				all[i] = at(sections, i)
			}
			return all
		},
	}
}

// setDefaults fills a fresh section from its table.
func setDefaults(s section) {
	for _, f := range s.fields() {
		for _, text := range f.defaults() {
			if err := f.value.add(text); err != nil {
				panic("uci: default of " + f.name + ": " + err.Error())
			}
		}
	}
}

// defaults returns the default values as written: none, one, or those of a list.
func (f field) defaults() []string {
	switch {
	case f.def == "":
		return nil
	case f.value.list:
		return strings.Fields(f.def)
	}
	return []string{f.def}
}
