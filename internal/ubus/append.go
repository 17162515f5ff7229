package ubus

import (
	"encoding/binary"
	"math"
)

// The Append functions add one value to a Msg and return it, as append does.
// Inside an array the name is "". A string or name ends at its first NUL for
// whoever reads it in C; a name is cut at 255 bytes. A Msg may grow beyond what
// fits a message: sending it then fails with [ErrTooLarge].

// zeros pads to a multiple of four.
var zeros [4]byte

// appendHead adds the head of a named value whose payload is size bytes.
func appendHead(dst Msg, t Type, name string, size int) Msg {
	name = name[:min(len(name), maxPath)]
	n := 4 + padded(2+len(name)+1) + size
	dst = binary.BigEndian.AppendUint32(dst, extended|uint32(t)<<idShift|uint32(n)&lenMask)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(name)))
	dst = append(dst, name...)
	return append(dst, zeros[:padded(3+len(name))-2-len(name)]...)
}

func pad(dst Msg, size int) Msg { return append(dst, zeros[:padded(size)-size]...) }

// AppendNull adds a value of no type.
func AppendNull(dst Msg, name string) Msg { return appendHead(dst, TypeNull, name, 0) }

// AppendString adds a string, as it is: JSON wants it to be UTF-8.
func AppendString(dst Msg, name, text string) Msg {
	dst = appendHead(dst, TypeString, name, len(text)+1)
	dst = append(append(dst, text...), 0)
	return pad(dst, len(text)+1)
}

// AppendInt adds an integer as libubox makes it from JSON: an int32 where it
// fits, else an int64. JavaScript reads integers up to 1<<53 exactly.
func AppendInt(dst Msg, name string, n int64) Msg {
	if n == int64(int32(n)) {
		return AppendInt32(dst, name, int32(n))
	}
	return AppendInt64(dst, name, n)
}

// AppendInt32 adds an integer of 32 bits.
func AppendInt32(dst Msg, name string, n int32) Msg {
	return binary.BigEndian.AppendUint32(appendHead(dst, TypeInt32, name, 4), uint32(n))
}

// AppendInt64 adds an integer of 64 bits.
func AppendInt64(dst Msg, name string, n int64) Msg {
	return binary.BigEndian.AppendUint64(appendHead(dst, TypeInt64, name, 8), uint64(n))
}

// AppendInt16 adds an integer of 16 bits.
func AppendInt16(dst Msg, name string, n int16) Msg {
	return pad(binary.BigEndian.AppendUint16(appendHead(dst, TypeInt16, name, 2), uint16(n)), 2)
}

// AppendBool adds a boolean.
func AppendBool(dst Msg, name string, is bool) Msg {
	var b byte
	if is {
		b = 1
	}
	return pad(append(appendHead(dst, TypeBool, name, 1), b), 1)
}

// AppendDouble adds a floating point number.
func AppendDouble(dst Msg, name string, x float64) Msg {
	return binary.BigEndian.AppendUint64(appendHead(dst, TypeDouble, name, 8), math.Float64bits(x))
}

// AppendTable adds a table that holds fields.
func AppendTable(dst Msg, name string, fields Msg) Msg {
	return append(appendHead(dst, TypeTable, name, len(fields)), fields...)
}

// OpenTable begins a table; what is added next is in it, until [Close] is
// called with the same mark. Tables and arrays are closed in reverse order.
func OpenTable(dst Msg, name string) (msg Msg, mark int) {
	return appendHead(dst, TypeTable, name, 0), len(dst)
}

// OpenArray begins an array, like [OpenTable].
func OpenArray(dst Msg, name string) (msg Msg, mark int) {
	return appendHead(dst, TypeArray, name, 0), len(dst)
}

// Close ends what [OpenTable] or [OpenArray] began.
func Close(dst Msg, mark int) Msg {
	head := binary.BigEndian.Uint32(dst[mark:]) &^ lenMask
	binary.BigEndian.PutUint32(dst[mark:], head|uint32(len(dst)-mark)&lenMask)
	return dst
}
