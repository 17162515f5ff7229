package geo

// mmdbData decodes values of a data section. It goes wrong once and for all: what
// is read after bad was set is nothing. It decodes at most maxSteps values, so that
// no file keeps it busy.
type mmdbData struct {
	pages     *pages
	base, end int64 // of the section in the file
	steps     int
	bad       bool
	scratch   [maxText]byte
}

const (
	maxText  = 256  // bytes of a text that are read
	maxSteps = 2048 // a city's record has some 200 values
	maxDepth = 16
)

// The types of the format that matter here.
const (
	mmdbPointer = 1
	mmdbString  = 2
	mmdbUint16  = 5
	mmdbUint32  = 6
	mmdbMap     = 7
	mmdbUint64  = 9
	mmdbArray   = 11
	mmdbBool    = 14
)

// mmdbValue is a value that stands at some offset of the section.
type mmdbValue struct {
	kind   uint8
	size   uint32 // bytes of a text, pairs of a map, elements of an array
	at     uint32 // where its content begins
	number uint64 // of a number
}

// value returns the value at an offset, pointers followed, and the offset behind
// it, or behind the pointer to it.
func (d *mmdbData) value(at uint32) (v mmdbValue, next uint32) {
	v, next = d.control(at)
	if v.kind == mmdbPointer {
		// A pointer never points to a pointer.
		if v, _ = d.control(uint32(v.number)); v.kind == mmdbPointer {
			d.bad = true
		}
		return v, next
	}
	return v, next
}

// control reads a control byte, what belongs to it, and numbers. next is where
// what follows a value without inner values begins.
func (d *mmdbData) control(at uint32) (v mmdbValue, next uint32) {
	if d.steps++; d.steps > maxSteps {
		d.bad = true
	}
	c := uint32(d.number(at, 1))
	at++
	v.kind = uint8(c >> 5)
	if v.kind == mmdbPointer {
		return d.pointer(c, at)
	}
	if v.kind == 0 {
		v.kind = 7 + uint8(min(d.number(at, 1), 100))
		at++
	}
	v.size = c & 31
	if n := v.size; n >= 29 {
		extra := n - 28
		v.size = [3]uint32{29, 285, 65821}[extra-1] + uint32(d.number(at, extra))
		at += extra
	}
	v.at, next = at, at
	switch v.kind {
	case mmdbUint16, mmdbUint32, mmdbUint64:
		if v.size > 8 {
			d.bad = true
			break
		}
		v.number = d.number(at, v.size)
		next += v.size
	case mmdbMap, mmdbArray, mmdbBool:
	default:
		next += v.size
	}
	if next < at || d.bad {
		d.bad = true
		return mmdbValue{}, at
	}
	return v, next
}

func (d *mmdbData) pointer(c, at uint32) (mmdbValue, uint32) {
	size := c>>3&3 + 1
	n := uint32(d.number(at, size))
	switch size {
	case 1:
		n += c & 7 << 8
	case 2:
		n += c&7<<16 + 2048
	case 3:
		n += c&7<<24 + 526336
	}
	return mmdbValue{kind: mmdbPointer, number: uint64(n)}, at + size
}

// number reads n bytes as a number, the highest first.
func (d *mmdbData) number(at, n uint32) (v uint64) {
	var b [8]byte
	if !d.read(b[:n], at) {
		return 0
	}
	for _, c := range b[:n] {
		v = v<<8 | uint64(c)
	}
	return v
}

func (d *mmdbData) read(dst []byte, at uint32) bool {
	off := d.base + int64(at)
	if d.bad || off+int64(len(dst)) > d.end || !d.pages.copy(dst, off) {
		d.bad = true
		return false
	}
	return true
}

// text returns the first bytes of a text, valid until the next call; nothing of
// what is no text.
func (d *mmdbData) text(v mmdbValue) []byte {
	if v.kind != mmdbString {
		return nil
	}
	b := d.scratch[:min(v.size, maxText)]
	if !d.read(b, v.at) {
		return nil
	}
	return b
}

// fields calls each for the fields of the map at an offset; name is valid until
// each asks for something itself.
func (d *mmdbData) fields(at uint32, each func(name []byte, v mmdbValue)) {
	v, _ := d.value(at)
	if v.kind != mmdbMap {
		return
	}
	at = v.at
	for i := uint32(0); i < v.size && !d.bad; i++ {
		name, next := d.value(at)
		if name.kind != mmdbString {
			d.bad = true
			return
		}
		field, _ := d.value(next)
		each(d.text(name), field)
		at = d.behind(next, 0)
	}
}

// behind returns the offset behind the value at an offset, with all that is in it.
func (d *mmdbData) behind(at uint32, depth int) uint32 {
	v, next := d.control(at)
	if depth == maxDepth {
		d.bad = true
	}
	inner := v.size
	switch v.kind {
	case mmdbMap:
		inner *= 2
	case mmdbArray:
	default:
		return next
	}
	for ; inner > 0 && !d.bad; inner-- {
		next = d.behind(next, depth+1)
	}
	return next
}

// record returns what the map at an offset says about country and AS. The names
// of its fields are those of MaxMind and DB-IP (country.iso_code,
// autonomous_system_number and _organization) and of IPinfo (country_code, or
// country with two letters; asn as "AS64496"; as_name, or name beside asn).
func (d *mmdbData) record(at uint32) (r mmdbRecord) {
	var name, generic uint32 // where as_name and name are, plus 1
	d.fields(at, func(field []byte, v mmdbValue) {
		switch string(field) {
		case "country":
			if v.kind == mmdbMap {
				r.country = d.isoCode(v.at, v.size)
			} else if c := countryOf(d.text(v)); r.country == [2]byte{} {
				r.country = c
			}
		case "country_code":
			r.country = countryOf(d.text(v))
		case "autonomous_system_number":
			r.asn = uint32(min(v.number, 1<<32-1))
		case "asn":
			if r.asn = uint32(min(v.number, 1<<32-1)); v.kind == mmdbString {
				r.asn, _ = parseASN(string(d.text(v)))
			}
		case "autonomous_system_organization", "as_name":
			name = d.textAt(v)
		case "name":
			generic = d.textAt(v)
		}
	})
	if r.asn != 0 {
		if r.name = name; name == 0 {
			r.name = generic
		}
	}
	return r
}

// textAt returns where the control byte of a text can be read again, plus 1: the
// place of its content minus what stands before. 0 is nowhere.
func (d *mmdbData) textAt(v mmdbValue) uint32 {
	head := uint32(1)
	switch {
	case v.kind != mmdbString || v.size >= 65821:
		return 0
	case v.size >= 285:
		head = 3
	case v.size >= 29:
		head = 2
	}
	return v.at - head + 1
}

// isoCode returns the country of an inner map, whose pairs begin at an offset.
func (d *mmdbData) isoCode(at, pairs uint32) (c [2]byte) {
	for ; pairs > 0 && !d.bad; pairs-- {
		name, next := d.value(at)
		if string(d.text(name)) == "iso_code" {
			v, _ := d.value(next)
			return countryOf(d.text(v))
		}
		at = d.behind(next, 0)
	}
	return c
}

// countryOf returns two letters as a country in capitals; zero for all else, and
// for ZZ, which stands for none.
func countryOf(text []byte) (c [2]byte) {
	if len(text) != 2 {
		return c
	}
	a, b := text[0]&^0x20, text[1]&^0x20
	if a < 'A' || a > 'Z' || b < 'A' || b > 'Z' || a == 'Z' && b == 'Z' {
		return c
	}
	return [2]byte{a, b}
}
