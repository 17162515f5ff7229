package api

import (
	"io"
	"strconv"
	"unicode/utf8"

	"weir/internal/ubus"
)

// MaxInt is the largest integer a reply carries: larger ones lose digits in
// JavaScript and in most JSON readers.
const MaxInt = 1 << 53

// flushAt is when an Encoder hands its buffer on. The buffer is a quarter
// larger, so that it does not grow for what one element adds.
const flushAt = 16 << 10

// textChunk bounds what a single string adds between two looks at the buffer.
const textChunk = 512

// Encoder writes one reply as JSON, element by element, to a writer in pieces
// of about 16 KiB, so a reply is never held whole; or it builds a blobmsg table,
// which has to be held whole, see NewMsgEncoder.
//
// Every element has a name; inside an array it is "". Names are the constants
// of this package and are not escaped; values may be any bytes. An Encoder
// keeps the writer's first error and ignores everything after it.
type Encoder struct {
	w       io.Writer
	buf     []byte
	comma   bool // an element precedes in the open table or array
	clamped uint64
	err     error
	msg     *message // what is built instead of JSON; nil for JSON
}

// NewEncoder returns an Encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder {
	return &Encoder{w: w, buf: make([]byte, 0, flushAt+flushAt/4)}
}

// Reset makes e ready for another reply to w, keeping its buffer.
func (e *Encoder) Reset(w io.Writer) {
	*e = Encoder{w: w, buf: e.buf[:0]}
}

// Flush writes what is left and returns the writer's first error.
func (e *Encoder) Flush() error {
	if e.err == nil && len(e.buf) > 0 {
		_, e.err = e.w.Write(e.buf)
	}
	e.buf = e.buf[:0]
	return e.err
}

// Clamped returns how many integers were larger than MaxInt.
func (e *Encoder) Clamped() uint64 { return e.clamped }

// Table opens an object.
func (e *Encoder) Table(name string) {
	if e.msg != nil {
		e.msg.open(ubus.OpenTable, name)
		return
	}
	e.begin(name)
	e.buf = append(e.buf, '{')
	e.comma = false
}

// EndTable closes the object opened last.
func (e *Encoder) EndTable() {
	if e.msg != nil {
		e.msg.close()
		return
	}
	e.buf = append(e.buf, '}')
	e.comma = true
}

// Array opens an array; its elements have the name "".
func (e *Encoder) Array(name string) {
	if e.msg != nil {
		e.msg.open(ubus.OpenArray, name)
		return
	}
	e.begin(name)
	e.buf = append(e.buf, '[')
	e.comma = false
}

// EndArray closes the array opened last.
func (e *Encoder) EndArray() {
	if e.msg != nil {
		e.msg.close()
		return
	}
	e.buf = append(e.buf, ']')
	e.comma = true
}

// Null writes an element that is not known.
func (e *Encoder) Null(name string) {
	if e.msg != nil {
		e.msg.add(ubus.AppendNull(e.msg.buf, name))
		return
	}
	e.begin(name)
	e.buf = append(e.buf, "null"...)
}

// Bool writes a boolean.
func (e *Encoder) Bool(name string, v bool) {
	if e.msg != nil {
		e.msg.add(ubus.AppendBool(e.msg.buf, name, v))
		return
	}
	e.begin(name)
	e.buf = strconv.AppendBool(e.buf, v)
}

// Int writes an integer, clamped to ±MaxInt.
func (e *Encoder) Int(name string, v int64) {
	if v > MaxInt || v < -MaxInt {
		e.clamped++
		v = max(min(v, MaxInt), -MaxInt)
	}
	if e.msg != nil {
		e.msg.add(ubus.AppendInt(e.msg.buf, name, v))
		return
	}
	e.begin(name)
	e.buf = strconv.AppendInt(e.buf, v, 10)
}

// Uint writes an integer, clamped to MaxInt.
func (e *Encoder) Uint(name string, v uint64) {
	if v > MaxInt {
		e.clamped++
		v = MaxInt
	}
	if e.msg != nil {
		e.msg.add(ubus.AppendInt(e.msg.buf, name, int64(v)))
		return
	}
	e.begin(name)
	e.buf = strconv.AppendUint(e.buf, v, 10)
}

// Milli writes v thousandths as a decimal number with three decimals: 1500 is
// 1.500.
func (e *Encoder) Milli(name string, v int64) {
	if e.msg != nil {
		e.msg.add(ubus.AppendDouble(e.msg.buf, name, float64(v)/1000))
		return
	}
	e.begin(name)
	if v < 0 {
		e.buf = append(e.buf, '-')
	}
	whole, rest := v/1000, v%1000
	if v < 0 {
		whole, rest = -whole, -rest
	}
	e.buf = strconv.AppendUint(e.buf, uint64(whole), 10)
	e.buf = append(e.buf, '.', '0'+byte(rest/100), '0'+byte(rest/10%10), '0'+byte(rest%10))
}

// Str writes a string; see AppendText for what becomes of odd bytes.
func (e *Encoder) Str(name, v string) {
	if e.msg != nil {
		e.msg.text(name, v)
		return
	}
	text(e, name, v)
}

// Bytes writes a string that is at hand as bytes, kept only until it returns.
func (e *Encoder) Bytes(name string, v []byte) {
	if e.msg != nil {
		e.msg.text(name, string(v))
		return
	}
	text(e, name, v)
}

// JSON writes an element that is JSON already; the caller vouches for it. Replies
// of methods have none, because there is no such thing in blobmsg.
func (e *Encoder) JSON(name string, v []byte) {
	e.begin(name)
	e.buf = append(e.buf, v...)
}

// endLine ends a line after a whole value, which another may follow.
func (e *Encoder) endLine() {
	e.buf = append(e.buf, '\n')
	e.comma = false
	e.spill()
}

// begin writes what stands before a value, after making room.
func (e *Encoder) begin(name string) {
	e.spill()
	if e.comma {
		e.buf = append(e.buf, ',')
	}
	e.comma = true
	if name != "" {
		e.buf = append(e.buf, '"')
		e.buf = append(e.buf, name...)
		e.buf = append(e.buf, '"', ':')
	}
}

// spill hands a full buffer on.
func (e *Encoder) spill() {
	if len(e.buf) >= flushAt {
		e.Flush()
	}
}

func text[S string | []byte](e *Encoder, name string, v S) {
	e.begin(name)
	e.buf = append(e.buf, '"')
	for len(v) > textChunk {
		cut := textChunk
		for back := 1; back < utf8.UTFMax; back++ {
			if utf8.RuneStart(v[cut]) {
				break
			}
			cut--
		}
		e.buf = AppendText(e.buf, v[:cut])
		e.spill()
		v = v[cut:]
	}
	e.buf = AppendText(e.buf, v)
	e.buf = append(e.buf, '"')
}

// AppendText appends v as the inside of a JSON string. Bytes that are not UTF-8
// become U+FFFD, and what could end a script or a line where the reply is
// pasted into a page (control characters, <, >, &, U+2028, U+2029) is escaped:
// names come from strangers on the network.
func AppendText[S string | []byte](dst []byte, v S) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(v); {
		c := v[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c == '"' || c == '\\':
				dst = append(dst, '\\', c)
			case c < ' ' || c == '<' || c == '>' || c == '&' || c == 0x7f:
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
			default:
				dst = append(dst, c)
			}
			continue
		}
		r, n := decodeRune(v[i:])
		i += n
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, "\ufffd"...)
		case r == '\u2028' || r == '\u2029' || (r >= 0x80 && r < 0xa0):
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// decodeRune is utf8.DecodeRune for both kinds of text.
func decodeRune[S string | []byte](v S) (rune, int) {
	var b [utf8.UTFMax]byte
	return utf8.DecodeRune(b[:copy(b[:], v)])
}
