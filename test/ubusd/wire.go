package ubusd

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Types of messages and ids of attributes (ubusmsg.h).
const (
	hello, status, data, lookup, invoke             = 0, 1, 2, 4, 5
	addObject, removeObject, subscribe, unsubscribe = 6, 7, 8, 9
	notify                                          = 10

	aStatus, aPath, aObject, aMethod, aSignature, aData, aTarget, aActive, aNoReply = 1, 2, 3, 4, 6, 7, 8, 9, 10
)

// Statuses (enum ubus_msg_status).
const (
	ok, invalidCommand, invalidArgument, notFound, denied = 0, 1, 2, 4, 6
)

const maxMessage = 1 << 20

// frame is one message: its head and the payloads of its attributes by id.
type frame struct {
	kind  uint8
	seq   uint16
	peer  uint32
	attrs map[uint8][]byte
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// readFrame reads one message; an error ends the connection.
func readFrame(r io.Reader) (*frame, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[8:]) & 0xffffff)
	if n < 4 || n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	body := make([]byte, n-4)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	f := &frame{kind: head[1], seq: binary.BigEndian.Uint16(head[2:]), peer: binary.BigEndian.Uint32(head[4:]), attrs: map[uint8][]byte{}}
	each(body, func(word uint32, payload []byte) bool {
		f.attrs[uint8(word>>24&0x7f)] = payload
		return true
	})
	return f, nil
}

// each goes through a list of attributes until fn is false or one is malformed.
func each(list []byte, fn func(word uint32, payload []byte) bool) {
	for len(list) >= 4 {
		word := binary.BigEndian.Uint32(list)
		n := int(word & 0xffffff)
		if n < 4 || n > len(list) || !fn(word, list[4:n]) {
			return
		}
		list = list[min((n+3)&^3, len(list)):]
	}
}

func (f *frame) word(id uint8) uint32 {
	if p := f.attrs[id]; len(p) == 4 {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (f *frame) text(id uint8) string { return cstring(f.attrs[id]) }

func cstring(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return text
}

// attr is an attribute to be sent.
type attr struct {
	id      uint8
	payload []byte
}

func word(id uint8, n uint32) attr { return attr{id, binary.BigEndian.AppendUint32(nil, n)} }

func text(id uint8, s string) attr { return attr{id, append([]byte(s), 0)} }

// message returns the bytes of a message; attributes without a payload are left out.
func message(kind uint8, seq uint16, peer uint32, attrs ...attr) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, kind}, seq)
	b = append(binary.BigEndian.AppendUint32(b, peer), 0, 0, 0, 0)
	for _, a := range attrs {
		if a.payload != nil {
			b = binary.BigEndian.AppendUint32(b, uint32(a.id)<<24|uint32(4+len(a.payload)))
			b = pad4(append(b, a.payload...))
		}
	}
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-8))
	return b
}

// field returns the value called name of a blobmsg table.
func field(table []byte, name string) (value []byte) {
	each(table, func(word uint32, p []byte) bool {
		if word>>31 == 0 || len(p) < 3 {
			return true
		}
		n := int(binary.BigEndian.Uint16(p))
		if skip := (2 + n + 1 + 3) &^ 3; skip <= len(p) && string(p[2:2+n]) == name {
			value = p[skip:]
			return false
		}
		return true
	})
	return value
}

// named returns a blobmsg value of a type that libubox numbers.
func named(kind uint8, name string, value []byte) []byte {
	p := pad4(append(append(binary.BigEndian.AppendUint16(nil, uint16(len(name))), name...), 0))
	p = append(p, value...)
	return pad4(append(binary.BigEndian.AppendUint32(nil, 1<<31|uint32(kind)<<24|uint32(4+len(p))), p...))
}
