package ubus

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Types of messages (ubusmsg.h, enum ubus_msg_type).
const (
	msgHello uint8 = iota
	msgStatus
	msgData
	msgPing
	msgLookup
	msgInvoke
	msgAddObject
	msgRemoveObject
	msgSubscribe
	msgUnsubscribe
	msgNotify
)

// Attributes of messages (ubusmsg.h, enum ubus_msg_attr).
const (
	attrStatus = iota + 1
	attrPath
	attrObject
	attrMethod
	attrObjType
	attrSignature
	attrData
	attrTarget
	attrActive
	attrNoReply
	attrSubscribers
	attrUser
	attrGroup
)

// eventObject is ubusd's own object that takes and hands out events.
const eventObject = 1

const headerSize = 8 // before the outer blob

// header precedes every message. A request's peer is the object it is for; who
// answers repeats seq and peer.
type header struct {
	kind uint8
	seq  uint16
	peer uint32
}

// message is a message and its attributes, which are parts of one buffer that
// belongs to the message. Attributes that lack or have a wrong length are zero,
// as for ubusd.
type message struct {
	header
	has    uint32 // bit n: attribute n is there
	status Status
	object uint32
	target uint32
	active bool
	silent bool // the sender wants no answer (NO_REPLY)
	path   []byte
	method []byte
	user   []byte
	group  []byte
	sign   Msg
	data   Msg
}

func (m *message) have(attr int) bool { return m.has>>attr&1 != 0 }

// readMessage reads one message. An error means that the stream ended or cannot
// be followed. Memory grows as bytes arrive, not as a peer announces them.
func readMessage(r io.Reader) (*message, error) {
	var head [headerSize + 4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint32(head[headerSize:])&lenMask) - 4
	if head[0] != 0 || n < 0 || padded(n)+4 > MaxMessage {
		return nil, fmt.Errorf("%w: version %d, %d bytes", ErrMalformed, head[0], n+4)
	}
	body, err := readBody(r, n)
	if err != nil {
		return nil, err
	}
	m := &message{header: header{
		kind: head[1],
		seq:  binary.BigEndian.Uint16(head[2:]),
		peer: binary.BigEndian.Uint32(head[4:]),
	}}
	m.parse(body)
	return m, nil
}

func readBody(r io.Reader, n int) ([]byte, error) {
	const piece = 64 << 10
	body := make([]byte, min(n, piece))
	for read := 0; ; {
		if _, err := io.ReadFull(r, body[read:]); err != nil {
			return nil, fmt.Errorf("read message: %w", err)
		}
		if read = len(body); read == n {
			return body, nil
		}
		grown := make([]byte, min(n, 4*read))
		copy(grown, body)
		body = grown
	}
}

// parse takes the attributes out of a message's body.
func (m *message) parse(body []byte) {
	for {
		head, payload, rest, ok := nextAttr(body)
		if !ok {
			return
		}
		if id := int(head >> idShift & idMask); id < 32 && m.set(id, payload) {
			m.has |= 1 << id
		}
		body = rest
	}
}

// set takes one attribute and reports whether its payload is of its type.
func (m *message) set(id int, payload []byte) bool {
	switch id {
	case attrStatus, attrObject, attrTarget, attrObjType:
		if len(payload) != 4 {
			return false
		}
		n := binary.BigEndian.Uint32(payload)
		switch id {
		case attrStatus:
			m.status = Status(n)
		case attrObject:
			m.object = n
		case attrTarget:
			m.target = n
		}
	case attrActive, attrNoReply:
		if len(payload) != 1 {
			return false
		}
		if id == attrActive {
			m.active = payload[0] != 0
		} else {
			m.silent = payload[0] != 0
		}
	case attrPath, attrMethod, attrUser, attrGroup:
		return m.setText(id, payload)
	case attrSignature:
		m.sign = payload
	case attrData:
		m.data = payload
	}
	return true
}

func (m *message) setText(id int, payload []byte) bool {
	if len(payload) == 0 || payload[len(payload)-1] != 0 {
		return false
	}
	text := untilNUL(payload)
	switch id {
	case attrPath:
		m.path = text
	case attrMethod:
		m.method = text
	case attrUser:
		m.user = text
	case attrGroup:
		m.group = text
	}
	return true
}

// outgoing is a message to send: its header and the attributes that are not
// empty, which is what ubusd expects of every request.
type outgoing struct {
	header
	answer bool // status is there, also when it is OK
	status Status
	path   string
	object uint32
	target uint32
	method string
	silent bool
	sign   Msg // nil for none
	data   Msg // nil for none
}

// appendMessage adds a message to dst, which is left as it was if the message would
// be larger than ubusd takes.
func appendMessage(dst []byte, out *outgoing) ([]byte, error) {
	dst, err := appendStart(dst, out)
	if err != nil {
		return dst, err
	}
	return pad(append(dst, out.data...), len(out.data)), nil
}

// appendStart adds what stands before the data, and its padding, which end a
// message.
func appendStart(dst []byte, out *outgoing) ([]byte, error) {
	start := len(dst)
	dst = append(dst, 0, out.kind)
	dst = binary.BigEndian.AppendUint16(dst, out.seq)
	dst = binary.BigEndian.AppendUint32(dst, out.peer)
	dst = append(dst, 0, 0, 0, 0)
	if out.answer {
		dst = appendWord(dst, attrStatus, uint32(out.status))
	}
	if out.path != "" {
		dst = appendText(dst, attrPath, out.path)
	}
	if out.object != 0 {
		dst = appendWord(dst, attrObject, out.object)
	}
	if out.target != 0 {
		dst = appendWord(dst, attrTarget, out.target)
	}
	if out.method != "" {
		dst = appendText(dst, attrMethod, out.method)
	}
	if out.silent {
		dst = append(appendAttr(dst, attrNoReply, 1), 1, 0, 0, 0)
	}
	if out.sign != nil {
		dst = pad(append(appendAttr(dst, attrSignature, len(out.sign)), out.sign...), len(out.sign))
	}
	n := len(dst) - start - headerSize
	if out.data != nil {
		dst = appendAttr(dst, attrData, len(out.data))
		n += 4 + padded(len(out.data))
	}
	if n > MaxMessage {
		return dst[:start], fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, n, MaxMessage)
	}
	binary.BigEndian.PutUint32(dst[start+headerSize:], uint32(n))
	return dst, nil
}

func appendAttr(dst []byte, id, size int) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(id)<<idShift|uint32(4+size)&lenMask)
}

func appendWord(dst []byte, id int, n uint32) []byte {
	return binary.BigEndian.AppendUint32(appendAttr(dst, id, 4), n)
}

func appendText(dst []byte, id int, text string) []byte {
	dst = append(append(appendAttr(dst, id, len(text)+1), text...), 0)
	return pad(dst, len(text)+1)
}
