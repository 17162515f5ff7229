package api

import (
	"net/netip"

	"weir/internal/engine"
	"weir/internal/packet"
)

// The helpers below write what several rows have in common.

const second = 1_000_000 // engine rows count microseconds

func textOrNull(e *Encoder, name, v string) {
	if v == "" {
		e.Null(name)
		return
	}
	e.Str(name, v)
}

// uintOrNull writes a number that is not known when it is 0.
func uintOrNull(e *Encoder, name string, v uint64) {
	if v == 0 {
		e.Null(name)
		return
	}
	e.Uint(name, v)
}

// timeOrNull writes microseconds since the Unix epoch as whole seconds.
func timeOrNull(e *Encoder, name string, us int64) {
	if us <= 0 {
		e.Null(name)
		return
	}
	e.Int(name, us/second)
}

// latencyOrNull writes microseconds as milliseconds, null when not seen.
func latencyOrNull(e *Encoder, name string, us uint32, observed bool) {
	if us == 0 || !observed {
		e.Null(name)
		return
	}
	e.Milli(name, int64(us))
}

func pair[T uint8 | uint32 | uint64](e *Encoder, name string, p engine.Pair[T]) {
	e.Table(name)
	e.Uint("tx", uint64(p.Tx))
	e.Uint("rx", uint64(p.Rx))
	e.EndTable()
}

// pairOrNull writes a pair that is not known when it was not observed.
func pairOrNull[T uint8 | uint32 | uint64](e *Encoder, name string, p engine.Pair[T], observed bool) {
	if !observed {
		e.Null(name)
		return
	}
	pair(e, name, p)
}

func address(e *Encoder, name string, ip netip.Addr) {
	if !ip.IsValid() {
		e.Null(name)
		return
	}
	var b [64]byte
	e.Bytes(name, ip.AppendTo(b[:0]))
}

func hardware(e *Encoder, name string, mac packet.MAC) {
	const hex = "0123456789ABCDEF"
	if mac == (packet.MAC{}) {
		e.Null(name)
		return
	}
	var b [17]byte
	for i, c := range mac {
		b[3*i], b[3*i+1] = hex[c>>4], hex[c&0xf]
		if i < 5 {
			b[3*i+2] = ':'
		}
	}
	e.Bytes(name, b[:])
}

// protocol writes an IP protocol as its name, or as its number in digits.
func protocol(e *Encoder, name string, proto uint8) { e.Str(name, packet.ProtoName(proto)) }

// tcpFlags writes the flags seen in one direction as letters, lowest bit first:
// FIN, SYN, RST, PSH, ACK, URG, ECE, CWR. None is null unless every packet was
// observed.
func tcpFlags(e *Encoder, name string, flags uint8, observed bool) {
	if flags == 0 && !observed {
		e.Null(name)
		return
	}
	const letters = "FSRPAUEC"
	var b [8]byte
	n := 0
	for i := range letters {
		if flags>>i&1 != 0 {
			b[n] = letters[i]
			n++
		}
	}
	e.Bytes(name, b[:n])
}

// list runs the frame of a paged reply around rows.
func list[R any](b *Backend, p engine.Page, items string, rows []R, total int, encode func(*Encoder, *R)) Reply {
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Int("total", int64(total))
		e.Bool("truncated", total > p.Offset+len(rows))
		e.Array(items)
		for i := range rows {
			e.Table("")
			encode(e, &rows[i])
			e.EndTable()
		}
		e.EndArray()
	}
}

// pageRows returns the rows of a page.
func pageRows[R any](rows []R, p engine.Page) []R {
	from := min(p.Offset, len(rows))
	return rows[from:min(from+p.Limit, len(rows))]
}

// one runs the frame of a reply around a single row.
func one[R any](b *Backend, item string, row R, encode func(*Encoder, *R)) Reply {
	ts := b.now().Unix()
	return func(e *Encoder) {
		e.Int("ts", ts)
		e.Table(item)
		encode(e, &row)
		e.EndTable()
	}
}

// milliOrNull writes thousandths that may not be known.
func milliOrNull(e *Encoder, name string, v int64, known bool) {
	if !known {
		e.Null(name)
		return
	}
	e.Milli(name, v)
}

// portOrNull writes a port, null for protocols without ports.
func portOrNull(e *Encoder, name string, port uint16, ports bool) {
	if !ports {
		e.Null(name)
		return
	}
	e.Uint(name, uint64(port))
}

// appendSocket appends address and port as URLs do: "[2001:db8::1]:443".
func appendSocket(dst []byte, a *packet.Addr, port uint16) []byte {
	return netip.AddrPortFrom(a.IP(), port).AppendTo(dst)
}
