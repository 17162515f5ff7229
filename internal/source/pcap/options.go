package pcap

import (
	"math"
	"math/bits"
	"strings"
	"unicode"
)

// Options of an Interface Description Block (draft-ietf-opsawg-pcapng section 4.2).
const (
	optEnd        = 0
	optName       = 2
	optResolution = 9
	optOffset     = 14
)

// maxName bounds the bytes of an interface name.
const maxName = 64

// options reads the options of an interface description.
func (p *blocks) options(b []byte, d *described, name *string) error {
	for len(b) >= 4 {
		code, size := p.order.u16(b), int(p.order.u16(b[2:]))
		b = b[4:]
		if code == optEnd {
			return nil
		}
		if size > len(b) {
			return p.damaged("option %d of %d bytes leaves its block", code, size)
		}
		v := b[:size]
		b = b[min(len(b), (size+3)&^3):]
		switch {
		case code == optName:
			if s := printable(v); s != "" {
				*name = s
			}
		case code == optResolution && size == 1:
			d.resolve(v[0])
		case code == optOffset && size == 8:
			d.shift(int64(p.order.u64(v)))
		}
	}
	return nil
}

// printable makes a name from a capture harmless to terminals and logs.
func printable(b []byte) string {
	s := strings.Map(func(r rune) rune {
		if r == 0 {
			return -1
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, string(b[:min(len(b), maxName)]))
	return strings.TrimSpace(s)
}

// timing turns the timestamps of one interface into nanoseconds since the epoch.
type timing struct {
	mul    uint64 // nanoseconds of a tick, before div and shr
	div    uint64 // 0: ticks are too short to ever make a nanosecond
	shr    uint   // a power of two to divide by, instead of div
	exact  uint64 // up to here ticks*mul is the answer
	offset int64  // nanoseconds to add
}

var microseconds = timing{mul: 1000, div: 1, exact: uint64(maxTime) / 1000}

// resolve takes an if_tsresol: a power of ten, or of two when the top bit is set.
func (t *timing) resolve(tsresol byte) {
	n := uint(tsresol & 0x7f)
	*t = timing{mul: 1, div: 1, offset: t.offset}
	switch {
	case tsresol&0x80 != 0:
		t.mul, t.shr = 1e9, n
	case n <= 9:
		t.mul = pow10(9 - n)
	case n <= 9+19:
		t.div = pow10(n - 9)
	default:
		t.div = 0
	}
	t.limit()
}

// shift takes an if_tsoffset, in seconds.
func (t *timing) shift(seconds int64) {
	const most = math.MaxInt64 / int64(1e9)
	t.offset = min(max(seconds, -most), most) * 1e9
	t.limit()
}

// limit finds out how far a plain product goes.
func (t *timing) limit() {
	t.exact = 0
	if t.div == 1 && t.shr == 0 && t.offset == 0 {
		t.exact = uint64(maxTime) / t.mul
	}
}

// nanos converts a timestamp; what leaves the years 1970 to 2106 stops at their ends.
func (t *timing) nanos(ticks uint64) int64 {
	if ticks <= t.exact {
		return int64(ticks * t.mul)
	}
	hi, lo := bits.Mul64(ticks, t.mul)
	switch {
	case t.shr > 0:
		hi, lo = shiftRight(hi, lo, t.shr)
	case t.div == 0:
		hi, lo = 0, 0
	case t.div > 1: // mul is 1, so hi is 0
		lo /= t.div
	}
	if hi > 0 || lo > math.MaxInt64 {
		lo = math.MaxInt64
	}
	ns := int64(lo)
	if t.offset > 0 && ns > math.MaxInt64-t.offset {
		return maxTime
	}
	return min(max(ns+t.offset, 0), maxTime)
}

// shiftRight divides a 128-bit number by 2^n, n < 128.
func shiftRight(hi, lo uint64, n uint) (uint64, uint64) {
	if n >= 64 {
		return 0, hi >> (n - 64)
	}
	return hi >> n, hi<<(64-n) | lo>>n
}

func pow10(n uint) uint64 {
	v := uint64(1)
	for range n {
		v *= 10
	}
	return v
}
