package clock

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// maxTZ bounds the text of a zone. The longest one in use has 45 bytes.
const maxTZ = 128

// ParseTZ reads the text of a time zone as POSIX has it for the environment
// variable TZ and RFC 9636 section 3.3.1 for the footer of a TZif file:
// "CET-1CEST,M3.5.0,M10.5.0/3". OpenWrt keeps it in /etc/TZ and in
// system.timezone; the files of zoneinfo are not needed. An empty text and one
// that is only a name of UTC mean UTC. An offset must be a multiple of 15
// minutes: see Calendar. Summer time without rules has those of the USA.
func ParseTZ(text string) (*time.Location, error) {
	text = strings.TrimSpace(text)
	switch text {
	case "", "UTC", "GMT", "Z":
		return time.UTC, nil
	}
	if len(text) > maxTZ {
		return nil, fmt.Errorf("time zone of %d bytes: a text like CET-1CEST,M3.5.0,M10.5.0/3 is wanted", len(text))
	}
	p := tzParser{rest: text}
	zone, ok := p.zone()
	if !ok {
		return nil, fmt.Errorf("time zone %q, at %q: a text like CET-1CEST,M3.5.0,M10.5.0/3 is wanted", text, p.rest)
	}
	loc, err := time.LoadLocationFromTZData(text, zone.tzif(text))
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", text, err)
	}
	return loc, nil
}

// tzZone is standard time in a text, which holds where no rule applies.
type tzZone struct {
	name   string
	offset int32 // seconds east of UTC
}

// tzif writes the smallest file of RFC 9636 section 3 that says the same as
// text: one local time type, no transition, and text as the footer. Readers of
// version 2 skip the first of the two blocks, which is empty.
func (z tzZone) tzif(text string) []byte {
	header := func(b []byte, types, chars int) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range [...]int{0, 0, 0, 0, types, chars} { // isut, isstd, leap, time, type, char
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	b := header(nil, 0, 0)
	b = header(b, 1, len(z.name)+1)
	b = binary.BigEndian.AppendUint32(b, uint32(z.offset))
	b = append(b, 0, 0) // not summer time, name at 0
	b = append(b, z.name...)
	b = append(b, 0)
	return append(append(append(b, '\n'), text...), '\n')
}

// tzParser takes a text apart from left to right. Its methods report false where
// the text is not as it must be; rest begins there.
type tzParser struct{ rest string }

// zone reads a whole text: std offset [dst [offset] [,start[/time],end[/time]]].
func (p *tzParser) zone() (std tzZone, ok bool) {
	if std.name, ok = p.name(); !ok {
		return std, false
	}
	west, ok := p.offset()
	if !ok || p.rest == "" {
		std.offset = -west
		return std, ok
	}
	std.offset = -west
	if _, ok = p.name(); !ok {
		return std, false
	}
	if p.rest != "" && p.rest[0] != ',' {
		if _, ok = p.offset(); !ok {
			return std, false
		}
	}
	if p.rest == "" {
		return std, true
	}
	return std, p.byte(',') && p.rule() && p.byte(',') && p.rule() && p.rest == ""
}

// name reads three letters or more, or anything of letters, digits and signs
// within angle brackets.
func (p *tzParser) name() (string, bool) {
	const most = 16
	quoted := strings.HasPrefix(p.rest, "<")
	text := strings.TrimPrefix(p.rest, "<")
	n := 0
	for n < len(text) && (letter(text[n]) || quoted && (digit(text[n]) || text[n] == '+' || text[n] == '-')) {
		n++
	}
	if n < 3 || n > most {
		return "", false
	}
	p.rest = text[n:]
	return text[:n], !quoted || p.byte('>')
}

// offset reads the offset of a zone in seconds west of UTC, 24 hours at most.
func (p *tzParser) offset() (int32, bool) {
	const grain = 15 * 60
	at := p.rest
	seconds, ok := p.time(24)
	if !ok || seconds%grain != 0 {
		p.rest = at
		return 0, false
	}
	return seconds, true
}

// rule reads one moment of change: Jn, n or Mm.w.d, and perhaps /time.
func (p *tzParser) rule() bool {
	ok := false
	switch {
	case strings.HasPrefix(p.rest, "M"):
		p.rest = p.rest[1:]
		ok = p.within(1, 12) && p.byte('.') && p.within(1, 5) && p.byte('.') && p.within(0, 6)
	case strings.HasPrefix(p.rest, "J"):
		p.rest = p.rest[1:]
		ok = p.within(1, 365)
	default:
		ok = p.within(0, 365)
	}
	if ok && p.byte('/') {
		_, ok = p.time(167)
	}
	return ok
}

// time reads [+-]hh[:mm[:ss]] in seconds, of at most hours.
func (p *tzParser) time(hours int32) (int32, bool) {
	sign := int32(1)
	if p.byte('-') {
		sign = -1
	} else {
		p.byte('+')
	}
	h, ok := p.number(hours)
	total := h * 3600
	for unit := int32(60); ok && unit >= 1 && p.byte(':'); unit /= 60 {
		var n int32
		n, ok = p.number(59)
		total += n * unit
	}
	return sign * total, ok && total <= hours*3600
}

func (p *tzParser) within(low, high int32) bool {
	n, ok := p.number(high)
	return ok && n >= low
}

// number reads up to three digits of at most high.
func (p *tzParser) number(high int32) (int32, bool) {
	n, i := int32(0), 0
	for i < len(p.rest) && i < 3 && digit(p.rest[i]) {
		n = n*10 + int32(p.rest[i]-'0')
		i++
	}
	if i == 0 || n > high {
		return 0, false
	}
	p.rest = p.rest[i:]
	return n, true
}

// byte takes c when it comes next.
func (p *tzParser) byte(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }
