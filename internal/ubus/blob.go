package ubus

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Type is the type of a blobmsg value (libubox, blobmsg.h).
type Type uint8

// The types of values.
const (
	TypeNull Type = iota // "unspec" in blobmsg
	TypeArray
	TypeTable
	TypeString
	TypeInt64
	TypeInt32
	TypeInt16
	TypeBool // int8 in blobmsg, which calls it by both names
	TypeDouble

	numTypes
)

var typeNames = [numTypes]string{"null", "array", "table", "string", "int64", "int32", "int16", "bool", "double"}

func (t Type) String() string {
	if t < numTypes {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint8(t))
}

// The first word of an attribute: bit 31 says that a name follows, bits 24–30
// are its id, which is the type of a blobmsg value, and the rest is its length
// with this word and without what pads it to a multiple of four.
const (
	extended = 1 << 31
	idShift  = 24
	idMask   = 0x7f
	lenMask  = 1<<24 - 1
)

// Msg is a table or an array of blobmsg values as they stand on the wire, one
// after the other and without a head of its own. The zero Msg is empty.
//
// Reading stops at the first value that is not well formed; [Msg.Check] tells
// whether there is one. What this package hands out was checked.
type Msg []byte

// Field is a value and its name. Inside an array the name is empty.
type Field struct {
	Name []byte // a part of the Msg; not to be written
	Value
}

// Value is one value of a Msg, of which it is a part. The zero Value is null.
type Value struct {
	Type Type
	data []byte
}

// Next returns the first field of m and the rest of m; ok is false at the end.
func (m Msg) Next() (f Field, rest Msg, ok bool) {
	head, payload, list, ok := nextAttr(m)
	if !ok {
		return Field{}, nil, false
	}
	if head&extended != 0 {
		if f.Name, payload, ok = cutName(payload); !ok {
			return Field{}, nil, false
		}
	}
	f.Type, f.data = Type(head>>idShift&idMask), payload
	if !f.wellFormed() {
		return Field{}, nil, false
	}
	return f, list, true
}

// nextAttr cuts the first attribute off a list.
func nextAttr(list []byte) (head uint32, payload, rest []byte, ok bool) {
	if len(list) < 4 {
		return 0, nil, nil, false
	}
	head = binary.BigEndian.Uint32(list)
	n := int(head & lenMask)
	padded := padded(n)
	if n < 4 || padded > len(list) {
		return 0, nil, nil, false
	}
	return head, list[4:n:n], list[padded:], true
}

// cutName cuts the name off an attribute's payload. As the C side compares
// names as strings, a name ends at its first NUL.
func cutName(payload []byte) (name, value []byte, ok bool) {
	if len(payload) < 3 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(payload))
	size := padded(2 + n + 1)
	if size > len(payload) || payload[2+n] != 0 {
		return nil, nil, false
	}
	return untilNUL(payload[2 : 2+n]), payload[size:], true
}

func padded(n int) int { return (n + 3) &^ 3 }

func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i:i]
	}
	return b
}

// wellFormed applies the rules of libubox's blob_check_type.
func (v Value) wellFormed() bool {
	switch v.Type {
	case TypeNull, TypeArray, TypeTable:
		return true
	case TypeString:
		return len(v.data) > 0 && v.data[len(v.data)-1] == 0
	case TypeInt64:
		return len(v.data) == 8
	case TypeInt32:
		return len(v.data) == 4
	case TypeInt16:
		return len(v.data) == 2
	case TypeBool:
		return len(v.data) == 1
	case TypeDouble:
		return len(v.data) >= 8
	}
	return false
}

// Check reports whether m is well formed to its end and nothing in it is nested
// deeper than [MaxDepth].
func (m Msg) Check() error { return m.check(MaxDepth) }

func (m Msg) check(depth int) error {
	if depth == 0 {
		return fmt.Errorf("%w: nested deeper than %d", ErrMalformed, MaxDepth)
	}
	for len(m) > 0 {
		f, rest, ok := m.Next()
		if !ok {
			return fmt.Errorf("%w: a value that is none, %d bytes before the end", ErrMalformed, len(m))
		}
		if f.Type == TypeTable || f.Type == TypeArray {
			if err := Msg(f.data).check(depth - 1); err != nil {
				return err
			}
		}
		m = rest
	}
	return nil
}

// Lookup returns the first value called name, as libubox does.
func (m Msg) Lookup(name string) (Value, bool) {
	for {
		f, rest, ok := m.Next()
		if !ok {
			return Value{}, false
		}
		if string(f.Name) == name {
			return f.Value, true
		}
		m = rest
	}
}

// Text returns the string called name, or "".
func (m Msg) Text(name string) string {
	v, _ := m.Lookup(name)
	return v.Text()
}

// Int returns the integer or boolean called name; ok is false without one.
func (m Msg) Int(name string) (n int64, ok bool) {
	v, _ := m.Lookup(name)
	return v.Int()
}

// Bool reports whether the integer or boolean called name is there and not 0.
func (m Msg) Bool(name string) bool {
	n, _ := m.Int(name)
	return n != 0
}

// Msg returns the table or array called name, or an empty one.
func (m Msg) Msg(name string) Msg {
	v, _ := m.Lookup(name)
	return v.Msg()
}

// Int returns an integer of any width, or a boolean as 0 or 1. There is no
// unsigned type: who puts a uint32 above 1<<31 sends it as a negative int32.
func (v Value) Int() (n int64, ok bool) {
	switch {
	case !v.wellFormed():
	case v.Type == TypeInt64:
		return int64(binary.BigEndian.Uint64(v.data)), true
	case v.Type == TypeInt32:
		return int64(int32(binary.BigEndian.Uint32(v.data))), true
	case v.Type == TypeInt16:
		return int64(int16(binary.BigEndian.Uint16(v.data))), true
	case v.Type == TypeBool:
		return int64(int8(v.data[0])), true
	}
	return 0, false
}

// Float returns a double, or an integer as one.
func (v Value) Float() (x float64, ok bool) {
	if v.Type == TypeDouble && v.wellFormed() {
		return math.Float64frombits(binary.BigEndian.Uint64(v.data)), true
	}
	n, ok := v.Int()
	return float64(n), ok
}

// Bytes returns the text of a string, a part of its Msg. As on the C side it
// ends at the first NUL, and may be any bytes else.
func (v Value) Bytes() []byte {
	if v.Type != TypeString {
		return nil
	}
	return untilNUL(v.data)
}

// Text returns a string's text, or "" of any other value.
func (v Value) Text() string { return string(v.Bytes()) }

// Msg returns what a table or an array holds, and of any other value nothing.
func (v Value) Msg() Msg {
	if v.Type != TypeTable && v.Type != TypeArray {
		return nil
	}
	return v.data
}
