package adb

import (
	"encoding/binary"
	"fmt"
)

// value is a word of the tree. null is the absent one.
type value uint32

const null value = 0

// Types of values, in the upper four bits of the word.
const (
	typeInt    value = 0x1 << 28
	typeInt32  value = 0x2 << 28
	typeInt64  value = 0x3 << 28
	typeBlob8  value = 0x8 << 28
	typeBlob16 value = 0x9 << 28
	typeBlob32 value = 0xa << 28
	typeArray  value = 0xd << 28
	typeObject value = 0xe << 28

	maxDirect = 1<<28 - 1
)

// tree is the content of a block of values: a header of eight bytes, the last four
// of which are the root, and the values it leads to. Equal ones stand there once.
type tree struct {
	bytes []byte
	seen  map[string]uint32 // content → where it stands
}

func newTree() *tree {
	return &tree{bytes: make([]byte, 8), seen: map[string]uint32{}}
}

// root names the value that all others hang on.
func (t *tree) root(v value) { binary.LittleEndian.PutUint32(t.bytes[4:], uint32(v)) }

// put returns where b stands, at a multiple of align.
func (t *tree) put(b []byte, align int) value {
	if at, ok := t.seen[string(b)]; ok && at%uint32(align) == 0 {
		return value(at)
	}
	for len(t.bytes)%align != 0 {
		t.bytes = append(t.bytes, 0)
	}
	at := len(t.bytes)
	if at > maxDirect {
		panic("adb: a tree of more than 256 MB") // of names and hashes: files are in blocks of their own
	}
	t.bytes = append(t.bytes, b...)
	t.seen[string(b)] = uint32(at)
	return value(at)
}

// blob is bytes, or null without any.
func (t *tree) blob(b []byte) value {
	switch n := len(b); {
	case n == 0:
		return null
	case n <= 0xff:
		return typeBlob8 | t.put(append([]byte{byte(n)}, b...), 1)
	case n <= 0xffff:
		return typeBlob16 | t.put(append(binary.LittleEndian.AppendUint16(nil, uint16(n)), b...), 2)
	default:
		return typeBlob32 | t.put(append(binary.LittleEndian.AppendUint32(nil, uint32(n)), b...), 4)
	}
}

func (t *tree) text(s string) value { return t.blob([]byte(s)) }

func (t *tree) integer(n uint64) value {
	switch {
	case n <= maxDirect:
		return typeInt | value(n)
	case n <= 1<<32-1:
		return typeInt32 | t.put(binary.LittleEndian.AppendUint32(nil, uint32(n)), 4)
	default:
		return typeInt64 | t.put(binary.LittleEndian.AppendUint64(nil, n), 4)
	}
}

// object is a list of fields, the first of which is number 1, or null when all are.
func (t *tree) object(fields ...value) value { return t.slots(typeObject, fields) }

// array is a list of values of one kind, or null without any.
func (t *tree) array(items []value) value { return t.slots(typeArray, items) }

func (t *tree) slots(kind value, items []value) value {
	for len(items) > 0 && items[len(items)-1] == null {
		items = items[:len(items)-1]
	}
	if len(items) == 0 {
		return null
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(items)+1))
	for _, v := range items {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return kind | t.put(b, 4)
}

// bytesOf returns the part of the tree that a blob occupies.
func (t *tree) bytesOf(v value) ([]byte, error) {
	at := int(v & maxDirect)
	if v&^maxDirect != typeBlob8 || at >= len(t.bytes) {
		return nil, fmt.Errorf("adb: %#x is no short blob", uint32(v))
	}
	return t.bytes[at+1 : at+1+int(t.bytes[at])], nil
}
