package device

import "strings"

// Type is what kind of thing a device is. Numbers are not stored.
type Type uint8

// The types.
const (
	NoType Type = iota
	Phone
	Tablet
	Computer
	Television
	Speaker
	Printer
	Camera
	Console
	Thing   // of the home: plug, lamp, sensor, appliance
	Storage // NAS
	Telephone
	Watch
	RouterType // router, access point, repeater
	numTypes
)

var typeNames = [numTypes]string{"", "phone", "tablet", "computer", "tv", "speaker", "printer", "camera", "console", "iot", "nas", "voip", "watch", "router"}

// String returns the type's name, as the API shows it; "" for none.
func (t Type) String() string { return typeNames[t] }

// ParseType finds a type by its name.
func ParseType(name string) (Type, bool) {
	for t, n := range typeNames {
		if t != 0 && n == name {
			return Type(t), true
		}
	}
	return NoType, false
}

// OS is an operating system. Numbers are not stored.
type OS uint8

// The systems.
const (
	NoOS OS = iota
	Android
	IOS
	MacOS
	Windows
	Linux
	ChromeOS
	TVOS
	WatchOS
	Tizen
	WebOS
	FireOS
	RokuOS
	Embedded // none that people would know
	numOSes
)

var osNames = [numOSes]string{"", "android", "ios", "macos", "windows", "linux", "chromeos", "tvos", "watchos", "tizen", "webos", "fireos", "roku", "embedded"}

// String returns the system's name, as the API shows it; "" for none.
func (o OS) String() string { return osNames[o] }

// Nature is what a device seems to be; zero fields where nothing tells.
type Nature struct {
	Type Type
	OS   OS
}

// rule says what a piece of evidence speaks for, and how strongly: 9 is as good as
// known, 1 a hint that anything else overrules.
type rule struct {
	kind   Kind   // anyName for all names
	match  string // in lower case, part of the value; ^ ties it to the value's beginning, $ to its end
	typ    Type
	os     OS
	weight uint8
}

// Kinds that only rules have.
const (
	anyName Kind = 254 // all kinds that are names
	vendor  Kind = 255 // who made the hardware, by its address
)

// matches reports whether a rule's pattern fits a value in lower case.
func (r *rule) matches(value string) bool {
	m := r.match
	begin, end := strings.HasPrefix(m, "^"), strings.HasSuffix(m, "$")
	m = strings.TrimSuffix(strings.TrimPrefix(m, "^"), "$")
	switch {
	case begin && end:
		return value == m
	case begin:
		return strings.HasPrefix(value, m)
	case end:
		return strings.HasSuffix(value, m)
	}
	return strings.Contains(value, m)
}

// tally sums up what evidence speaks for.
type tally struct {
	types [numTypes]uint8
	oses  [numOSes]uint8
}

// add adds what a piece of evidence speaks for: of several rules that match, the
// first of the table.
func (t *tally) add(k Kind, value string) {
	value = strings.ToLower(value)
	name := k < numKinds && isName(k)
	for i := range rules {
		r := &rules[i]
		if (r.kind == k || r.kind == anyName && name) && r.matches(value) {
			if r.typ != NoType {
				t.types[r.typ] = min(t.types[r.typ]+r.weight, 200)
			}
			if r.os != NoOS {
				t.oses[r.os] = min(t.oses[r.os]+r.weight, 200)
			}
			return
		}
	}
}

// nature returns what most of the evidence speaks for.
func (t *tally) nature() (g Nature) {
	for i, w := range t.types {
		if w > t.types[g.Type] {
			g.Type = Type(i)
		}
	}
	for i, w := range t.oses {
		if w > t.oses[g.OS] {
			g.OS = OS(i)
		}
	}
	return g
}

// natureBy returns what one piece of evidence speaks for.
func natureBy(k Kind, value string) Nature {
	var t tally
	t.add(k, value)
	return t.nature()
}

// Nature returns what the device seems to be by its notes; by who made it only when
// they do not tell, see OfVendor. What the user says it is counts.
func (d *Device) Nature() Nature {
	if !d.judged {
		var t tally
		for i := 0; i < len(d.notes); {
			k, _, v, next := noteAt(d.notes, i)
			t.add(k, show(k, v))
			i = next
		}
		if d.given != "" {
			t.add(d.givenBy, d.given)
		}
		d.nature, d.judged = t.nature(), true
	}
	g := d.nature
	switch {
	case d.role != NoType:
		g.Type = d.role
	case d.Router:
		g.Type = RouterType
	}
	return g
}

// OfVendor completes a nature by the name of the vendor of the hardware.
func (g Nature) OfVendor(name string) Nature {
	if name == "" || g.Type != NoType && g.OS != NoOS {
		return g
	}
	v := natureBy(vendor, name)
	if g.Type == NoType && (g.OS == NoOS || v.OS == NoOS || g.OS == v.OS) {
		g.Type = v.Type
	}
	if g.OS == NoOS && g.Type == v.Type {
		g.OS = v.OS
	}
	return g
}
