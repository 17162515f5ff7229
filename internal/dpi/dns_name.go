package dpi

// Limits of RFC 1035 section 3.1: a name has at most 255 bytes as sent.
const (
	maxNameBytes = 255
	maxLabel     = 63
)

// MaxName is the longest text that AppendTo makes of a name: every byte escaped.
const MaxName = 4 * maxNameBytes

// Name is a domain name within a message. The zero Name is no name.
type Name struct {
	msg []byte
	at  int
}

// labels walks over the labels of a name, following pointers. A pointer must lead
// to before the piece it ends (RFC 1035 section 4.1.4: a prior occurrence), so
// every walk comes to an end.
type labels struct {
	msg   []byte
	at    int
	piece int // where the piece that is read begins
	size  int // of the name so far
	end   int // behind the name where it stands, 0 while it is not known
	bad   bool
}

func (n Name) labels() labels { return labels{msg: n.msg, at: n.at, piece: n.at} }

// next returns the next label; nil at the end of the name or where it is broken.
func (l *labels) next() []byte {
	for !l.bad {
		if l.at >= len(l.msg) {
			break
		}
		c := int(l.msg[l.at])
		switch {
		case c == 0:
			if l.end == 0 {
				l.end = l.at + 1
			}
			return nil
		case c <= maxLabel:
			from, to := l.at+1, l.at+1+c
			l.size += 1 + c
			if to > len(l.msg) || l.size >= maxNameBytes {
				l.bad = true
				return nil
			}
			l.at = to
			return l.msg[from:to:to]
		case c >= 0xc0 && l.at+1 < len(l.msg):
			if l.end == 0 {
				l.end = l.at + 2
			}
			to := c&0x3f<<8 | int(l.msg[l.at+1])
			if to >= l.piece {
				l.bad = true
				return nil
			}
			l.at, l.piece = to, to
		default:
			l.bad = true
		}
	}
	l.bad = true
	return nil
}

// end returns the offset behind the name where it stands, and whether the name is
// well formed.
func (n Name) end() (int, bool) {
	l := n.labels()
	for l.next() != nil {
	}
	return l.end, !l.bad
}

// AppendTo appends the name in presentation form (RFC 4343 section 2.1): without
// the dot of the root, with a backslash before dots and backslashes within
// labels, and other bytes that are not visible ASCII as \DDD. Letters keep their
// case. What is broken ends where it breaks.
func (n Name) AppendTo(dst []byte) []byte { return n.appendTo(dst, '!', '~') }

// AppendText appends the name as people read it: as AppendTo does, but with spaces
// and bytes of UTF-8 as they are, which names of mDNS are full of (RFC 6763 section
// 4.1.1). The bytes need not be valid UTF-8.
func (n Name) AppendText(dst []byte) []byte { return n.appendTo(dst, ' ', 0xff) }

// appendTo escapes what lies outside of the range from low to high.
func (n Name) appendTo(dst []byte, low, high byte) []byte {
	l := n.labels()
	first := true
	for b := l.next(); b != nil; b = l.next() {
		if !first {
			dst = append(dst, '.')
		}
		first = false
		for _, c := range b {
			switch {
			case c == '.' || c == '\\':
				dst = append(dst, '\\', c)
			case c < low || c > high || c == 0x7f:
				dst = append(dst, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
			default:
				dst = append(dst, c)
			}
		}
	}
	return dst
}

// Root reports whether the name is empty: the root, or no name.
func (n Name) Root() bool {
	l := n.labels()
	return l.next() == nil
}

// Label returns the label at a place, counted from the left, or nil. It points
// into the message.
func (n Name) Label(place int) []byte {
	l := n.labels()
	for ; place > 0; place-- {
		if l.next() == nil {
			return nil
		}
	}
	return l.next()
}

// Is reports whether both are the same name, whatever the case of their letters.
func (n Name) Is(o Name) bool {
	a, b := n.labels(), o.labels()
	for {
		x, y := a.next(), b.next()
		if a.bad || b.bad || !sameLabel(x, y) {
			return false
		}
		if x == nil {
			return true
		}
	}
}

func sameLabel(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if lowerCase(a[i]) != lowerCase(b[i]) {
			return false
		}
	}
	return true
}

func lowerCase(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hostLike reports whether every label is of characters that names of hosts and
// services have: letters, digits, hyphens and underscores, or any UTF-8.
func (n Name) hostLike() bool {
	l := n.labels()
	for b := l.next(); b != nil; b = l.next() {
		for _, c := range b {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c >= 0x80:
			default:
				return false
			}
		}
	}
	return !l.bad
}
