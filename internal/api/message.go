package api

import (
	"strings"
	"unicode/utf8"

	"weir/internal/ubus"
)

// message is the blobmsg table that an Encoder builds. Once it is too large it is
// given up, and what is added after that is ignored.
type message struct {
	buf   ubus.Msg
	marks []int // of the tables and arrays that are open
	limit int   // bytes
	err   error // ubus.ErrTooLarge
}

// NewMsgEncoder returns an Encoder that builds a blobmsg table of at most limit
// bytes, as ubus carries it; Msg returns it. There is no writer to flush to, and the
// reply's elements are added without a table around them.
func NewMsgEncoder(limit int) *Encoder { return &Encoder{msg: &message{limit: limit}} }

// Msg returns what was built. It is valid until ResetMsg. The error is
// ubus.ErrTooLarge when it would be larger than the limit.
func (e *Encoder) Msg() (ubus.Msg, error) {
	if e.msg.err != nil {
		return nil, e.msg.err
	}
	return e.msg.buf, nil
}

// ResetMsg makes e ready for another table. It keeps the buffer unless that is
// larger than keep bytes.
func (e *Encoder) ResetMsg(keep int) {
	m := e.msg
	if m.buf, m.marks, m.err, e.clamped = m.buf[:0], m.marks[:0], nil, 0; cap(m.buf) > keep {
		m.buf = nil
	}
}

// add takes the table with one element more.
func (m *message) add(longer ubus.Msg) {
	switch {
	case m.err != nil:
	case len(longer) > m.limit:
		m.err, m.buf = ubus.ErrTooLarge, m.buf[:0]
	default:
		m.buf = longer
	}
}

// open opens a table or an array.
func (m *message) open(form func(ubus.Msg, string) (ubus.Msg, int), name string) {
	longer, mark := form(m.buf, name)
	if m.add(longer); m.err == nil {
		m.marks = append(m.marks, mark)
	}
}

// close closes what was opened last.
func (m *message) close() {
	if m.err != nil {
		return
	}
	last := len(m.marks) - 1
	m.buf = ubus.Close(m.buf, m.marks[last])
	m.marks = m.marks[:last]
}

// text adds a string. Whoever makes JSON of it escapes what has to be; but it has to
// be UTF-8, and C ends it at its first NUL.
func (m *message) text(name, v string) {
	if !utf8.ValidString(v) || strings.IndexByte(v, 0) >= 0 {
		v = strings.ReplaceAll(string([]rune(v)), "\x00", "\ufffd")
	}
	m.add(ubus.AppendString(m.buf, name, v))
}
