package resolve

import (
	"bytes"
	"encoding/binary"
	"time"

	"weir/internal/dpi"
	"weir/internal/packet"
)

// Numbers of DNS that dpi does not need.
const (
	classIN       = 1
	typeSOA       = 6
	flagRecursion = 0x0100 // RD
	rcodeNoName   = 3
	maxQuestion   = 12 + 2*32 + 10 + 4 // of an IPv6 address
	maxAliases    = 8                  // CNAMEs in a row that are followed (RFC 2317)
)

// How long what was found out holds. Names of addresses change slowly, and a wrong
// one does no harm: a TTL of seconds is not worth a question each minute.
const (
	leastHold = 10 * time.Minute
	mostHold  = 24 * time.Hour
	leastNone = 10 * time.Minute // RFC 2308 lets a negative answer hold as the SOA says
	mostNone  = 3 * time.Hour
	failHold  = 5 * time.Minute
)

// question is a question for the name of an address, as it is sent.
type question struct {
	room [maxQuestion]byte
	msg  []byte // in room
}

// set makes the question for a.
func (q *question) set(a packet.Addr, id uint16) {
	b := binary.BigEndian.AppendUint16(q.room[:0], id)
	b = append(b, flagRecursion>>8, flagRecursion&0xff, 0, 1, 0, 0, 0, 0, 0, 0)
	if a.Is4() {
		for i := 15; i >= 12; i-- {
			at := len(b)
			b = append(b, 0)
			b = appendDecimal(b, a[i])
			b[at] = byte(len(b) - at - 1)
		}
		b = append(b, "\x07in-addr\x04arpa\x00"...)
	} else {
		const digits = "0123456789abcdef"
		for i := 15; i >= 0; i-- {
			b = append(b, 1, digits[a[i]&15], 1, digits[a[i]>>4])
		}
		b = append(b, "\x03ip6\x04arpa\x00"...)
	}
	q.msg = append(b, 0, dpi.TypePTR, 0, classIN)
}

// appendDecimal appends a number without leading zeros.
func appendDecimal(b []byte, n byte) []byte {
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
}

// verdict is what a message is for a question.
type verdict uint8

const (
	strange   verdict = iota // not its answer: it may be another's, or forged
	answered                 // there is a name, or surely none
	truncated                // the answer is to be had over TCP
	refused                  // the server cannot or will not tell
)

// outcome is what came of a question.
type outcome struct {
	name   []byte // nil for none; points into the lookup's room
	again  time.Duration
	unfit  bool // there is a name, but it is none of a host
	failed bool
}

// read finds out what a message is to the question. A name is put into room, which
// has space for 253 bytes.
func (q *question) read(b, room []byte) (verdict, outcome) {
	m, ok := dpi.ParseMessage(b)
	asked, _ := dpi.ParseMessage(q.msg)
	if !ok || m.ID != asked.ID || !m.Response() || m.Opcode() != 0 || m.Counts[dpi.Question] != 1 {
		return strange, outcome{}
	}
	var own, r dpi.Record
	mine := asked.Records()
	mine.Next(&own)
	it := m.Records()
	if !it.Next(&r) || r.Type != dpi.TypePTR || r.Class != classIN || !r.Name.Is(own.Name) {
		return strange, outcome{}
	}
	switch {
	case m.Truncated():
		return truncated, outcome{}
	case m.Rcode() == rcodeNoName:
	case m.Rcode() != 0:
		return refused, outcome{}
	}
	return readAnswer(&it, own.Name, room)
}

// readAnswer looks for the name in the records behind the question. Aliases stand
// before what they lead to, as they do in every resolver's answers.
func readAnswer(it *dpi.Records, owner dpi.Name, room []byte) (verdict, outcome) {
	none := outcome{again: leastNone}
	var r dpi.Record
	for aliases, hold := 0, uint32(1<<31-1); it.Next(&r); {
		switch {
		case r.Class != classIN:
		case r.Section == dpi.Answer && r.Name.Is(owner):
			target, ok := r.Target()
			if !ok || r.Type != dpi.TypePTR && r.Type != dpi.TypeCNAME {
				continue
			}
			hold = min(hold, r.TTL)
			if r.Type == dpi.TypeCNAME {
				if aliases++; aliases > maxAliases {
					return answered, none
				}
				owner = target
				continue
			}
			name, ok := hostName(target, room)
			return answered, outcome{name: name, unfit: !ok, again: between(hold, leastHold, mostHold)}
		case r.Section == dpi.Authority && r.Type == typeSOA:
			// RFC 2308 section 5: the lesser of its TTL and of its last field.
			if d := r.Data(); len(d) >= 22 {
				least := min(r.TTL, binary.BigEndian.Uint32(d[len(d)-4:]))
				none.again = between(least, leastNone, mostNone)
			}
		}
	}
	if it.Cut() {
		return refused, outcome{}
	}
	return answered, none
}

// between returns seconds within bounds.
func between(seconds uint32, least, most time.Duration) time.Duration {
	return max(least, min(time.Duration(seconds)*time.Second, most))
}

// Lengths that RFC 1035 section 3.1 leaves for names and labels as text.
const (
	maxName  = 253
	maxLabel = 63
)

// reversed are the zones of addresses, whose names say nothing that the address
// does not.
var reversed = [...]string{".in-addr.arpa", ".ip6.arpa"}

// hostName puts the name of a host into room, in lower case, and reports false for
// what is none: by its characters (RFC 1123 section 2.1, and the underscore), or
// because it repeats the address.
func hostName(n dpi.Name, room []byte) ([]byte, bool) {
	label := 0
	name := room[:0]
	var text [dpi.MaxName]byte
	for _, c := range n.AppendTo(text[:0]) {
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_':
		case c == '-' && label > 0:
		case c == '.' && label > 0 && name[len(name)-1] != '-':
			label = -1
		default:
			return nil, false
		}
		if label++; label > maxLabel || len(name) == maxName {
			return nil, false
		}
		name = append(name, c)
	}
	if label == 0 || name[len(name)-1] == '-' || isNumber(name) {
		return nil, false
	}
	for _, zone := range reversed {
		if bytes.HasSuffix(name, []byte(zone)) {
			return nil, false
		}
	}
	return name, true
}

// isNumber reports whether the last label is a number: such a text is taken for an
// address, never for a name.
func isNumber(name []byte) bool {
	for _, c := range name[bytes.LastIndexByte(name, '.')+1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
