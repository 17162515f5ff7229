package apps

import (
	"fmt"
	"net/netip"
	"strings"

	"weir/internal/packet"
)

// Bounds on the applications of a user's own. One that needs more is a list of
// something else.
const (
	MaxOwn        = 256  // applications
	MaxOwnDomains = 2048 // domains of all of them
	MaxOwnRules   = 1024 // port ranges and networks of all of them
)

// Own is an application of the user's own.
type Own struct {
	// Name is what it is called. With the name of a built-in one it adds to that.
	Name string
	// Category is a built-in one or a new one; "" is Other.
	Category string
	// Domains are names of its servers, with all names below them.
	Domains []string
	// Ports and Networks are those of its servers. Where both are given, both must
	// hold.
	Ports    []PortRange
	Networks []netip.Prefix
}

// PortRange is some ports of an IP protocol, those at its ends included.
type PortRange struct {
	Proto       uint8 // 0 is TCP and UDP
	First, Last uint16
}

// By is how an application was told.
type By uint8

// The ways to tell an application.
const (
	ByNothing By = iota // it was not
	ByOwn               // a rule of the user's own, whichever
	ByHost              // the name asked for
	ByNetwork           // the server's address lies in a network that is the application's alone
	ByPort              // the server's port, a hint only
)

// A Table knows the applications of the user's own and the built-in ones; the zero
// Table knows the built-in ones alone. It is immutable. Own applications are
// numbered after the built-in ones, in their order, and own categories likewise.
type Table struct {
	names      []string   // of own applications
	kinds      []Category // of own applications
	categories []string   // own ones
	domains    index      // values are places in apps, counted from 1
	apps       []App      // what an Own stands for
	rules      []rule
}

// rule is what an own application is told by, beside names.
type rule struct {
	app      App
	ports    []PortRange
	networks []netip.Prefix
}

// NewTable returns the table of the built-in applications and of own ones, which
// may be none. Its errors name the application and what is wrong with it.
func NewTable(own []Own) (*Table, error) {
	if len(own) > MaxOwn {
		return nil, fmt.Errorf("%d applications, at most %d", len(own), MaxOwn)
	}
	t := &Table{}
	suffixes := make(map[string]uint16)
	rules := 0
	for i := range own {
		o := &own[i]
		app, err := t.add(o)
		if err != nil {
			return nil, fmt.Errorf("application %q: %w", o.Name, err)
		}
		t.apps = append(t.apps, app)
		for _, d := range o.Domains {
			name := strings.TrimPrefix(strings.Trim(strings.ToLower(d), "."), "*.")
			if err := checkSuffix(name); err != nil {
				return nil, fmt.Errorf("application %q: domain %w", o.Name, err)
			}
			if before := suffixes[name]; before != 0 && int(before) != i+1 {
				return nil, fmt.Errorf("application %q: domain %s is that of %q already", o.Name, name, own[before-1].Name)
			}
			suffixes[name] = uint16(i + 1)
		}
		if len(o.Ports)+len(o.Networks) > 0 {
			t.rules = append(t.rules, rule{app, append([]PortRange(nil), o.Ports...), append([]netip.Prefix(nil), o.Networks...)})
		}
		rules += len(o.Ports) + len(o.Networks)
	}
	if len(suffixes) > MaxOwnDomains || rules > MaxOwnRules {
		return nil, fmt.Errorf("%d domains and %d ports and networks, at most %d and %d", len(suffixes), rules, MaxOwnDomains, MaxOwnRules)
	}
	var err error
	t.domains, err = buildIndex(suffixes)
	return t, err
}

// add gives an own application its number.
func (t *Table) add(o *Own) (App, error) {
	if err := o.check(); err != nil {
		return None, err
	}
	if app, ok := t.ParseApp(o.Name); ok {
		if o.Category != "" && o.Category != t.CategoryName(t.Category(app)) {
			return None, fmt.Errorf("has category %s already: leave %q out", t.CategoryName(t.Category(app)), o.Category)
		}
		return app, nil
	}
	kind, ok := t.ParseCategory(o.Category)
	if !ok && o.Category != "" {
		if len(t.categories) == 255-NumCategories() {
			return None, fmt.Errorf("category %q is one too many: use a built-in one", o.Category)
		}
		kind = Category(NumCategories() + len(t.categories))
		t.categories = append(t.categories, strings.Clone(o.Category))
	}
	t.names = append(t.names, strings.Clone(o.Name))
	t.kinds = append(t.kinds, kind)
	return App(NumApps() + len(t.names) - 1), nil
}

// check says what is wrong with an own application's name, ports and networks.
func (o *Own) check() error {
	if o.Name == "" || o.Name == noneName || len(o.Name) > maxSuffix || len(o.Category) > maxSuffix {
		return fmt.Errorf("its name and its category are 1 to %d bytes, the name not %q", maxSuffix, noneName)
	}
	for _, p := range o.Ports {
		if p.First > p.Last {
			return fmt.Errorf("ports %d-%d: the first is above the last", p.First, p.Last)
		}
	}
	for _, n := range o.Networks {
		if !n.IsValid() {
			return fmt.Errorf("network %s is none", n)
		}
	}
	return nil
}

// Match returns the application of a flow: host is the name its client asked for,
// if one is known, server, proto and port are the other end's. Own applications
// are asked first: their domains, then their networks and ports. Of the built-in
// ones a name says more than a network, and that more than a port. server may be
// nil.
func (t *Table) Match(host []byte, server *packet.Addr, proto uint8, port uint16) (App, By) {
	if i := t.domains.find(host); i != 0 {
		return t.apps[i-1], ByOwn
	}
	if app := t.byRule(server, proto, port); app != None {
		return app, ByOwn
	}
	if app := ByName(host); app != None {
		return app, ByHost
	}
	if server != nil {
		if app := byNetwork(packedNetworks, server); app != None {
			return app, ByNetwork
		}
	}
	if app := byPort(packedPorts, proto, port); app != None {
		return app, ByPort
	}
	return None, ByNothing
}

// byRule returns the first own application whose networks and ports are the
// server's.
func (t *Table) byRule(server *packet.Addr, proto uint8, port uint16) App {
	if len(t.rules) == 0 {
		return None
	}
	var ip netip.Addr
	if server != nil {
		ip = server.IP()
	}
	for i := range t.rules {
		r := &t.rules[i]
		if (len(r.networks) == 0 || holds(r.networks, ip)) && (len(r.ports) == 0 || serves(r.ports, proto, port)) {
			return r.app
		}
	}
	return None
}

func holds(networks []netip.Prefix, ip netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

func serves(ports []PortRange, proto uint8, port uint16) bool {
	for _, p := range ports {
		right := p.Proto == proto || p.Proto == 0 && (proto == packet.ProtoTCP || proto == packet.ProtoUDP)
		if right && port >= p.First && port <= p.Last {
			return true
		}
	}
	return false
}

// NumApps is the number of applications, own ones and None included.
func (t *Table) NumApps() int { return NumApps() + len(t.names) }

// NumCategories is the number of categories, own ones included.
func (t *Table) NumCategories() int { return NumCategories() + len(t.categories) }

// Name returns the name of an application, "unknown" for None and for numbers that
// there are not.
func (t *Table) Name(a App) string {
	if i := int(a) - NumApps(); i >= 0 && i < len(t.names) {
		return t.names[i]
	}
	return a.String()
}

// Category returns the category of an application.
func (t *Table) Category(a App) Category {
	if i := int(a) - NumApps(); i >= 0 && i < len(t.kinds) {
		return t.kinds[i]
	}
	return a.Category()
}

// CategoryName returns the name of a category.
func (t *Table) CategoryName(c Category) string {
	if i := int(c) - NumCategories(); i >= 0 && i < len(t.categories) {
		return t.categories[i]
	}
	return c.String()
}

// ParseApp returns the application of that name.
func (t *Table) ParseApp(name string) (App, bool) {
	for i, n := range t.names {
		if n == name {
			return App(NumApps() + i), true
		}
	}
	return ParseApp(name)
}

// ParseCategory returns the category of that name.
func (t *Table) ParseCategory(name string) (Category, bool) {
	for i, n := range t.categories {
		if n == name {
			return Category(NumCategories() + i), true
		}
	}
	return ParseCategory(name)
}
