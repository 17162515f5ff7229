package ubus

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendJSON adds m as a JSON object. Bytes that are no UTF-8 become U+FFFD, and
// numbers that JSON lacks become null. What is not well formed ends the object.
func AppendJSON(dst []byte, m Msg) []byte { return appendJSON(dst, m, TypeTable, MaxDepth) }

func appendJSON(dst []byte, m Msg, kind Type, depth int) []byte {
	ends := "{}"
	if kind == TypeArray {
		ends = "[]"
	}
	dst = append(dst, ends[0])
	for first := true; depth > 0; first = false {
		f, rest, ok := m.Next()
		if !ok {
			break
		}
		if m = rest; !first {
			dst = append(dst, ',')
		}
		if kind == TypeTable {
			dst = append(appendQuoted(dst, f.Name), ':')
		}
		dst = appendJSONValue(dst, f.Value, depth)
	}
	return append(dst, ends[1])
}

func appendJSONValue(dst []byte, v Value, depth int) []byte {
	switch v.Type {
	case TypeTable, TypeArray:
		return appendJSON(dst, v.data, v.Type, depth-1)
	case TypeString:
		return appendQuoted(dst, v.Bytes())
	case TypeBool:
		n, _ := v.Int()
		return strconv.AppendBool(dst, n != 0)
	case TypeDouble:
		if x, _ := v.Float(); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return strconv.AppendFloat(dst, x, 'g', -1, 64)
		}
	case TypeInt64, TypeInt32, TypeInt16:
		n, _ := v.Int()
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, "null"...)
}

func appendQuoted(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
		text = text[n:]
	}
	return append(dst, '"')
}
