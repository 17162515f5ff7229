package resolve

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"weir/internal/geo"
	"weir/internal/packet"
)

// Bounds of one lookup.
const (
	usualTimeout = 2 * time.Second
	tries        = 3    // over all servers
	maxUDP       = 512  // RFC 1035 section 4.2.1: EDNS is not spoken
	maxTCP       = 4096 // a name of an address and what goes with it are far less
	maxStrange   = 16   // datagrams that are not the answer
)

// errFlooded ends a try that gets nothing but forgeries.
var errFlooded = errors.New("too many datagrams that answer something else")

// lookup is what a worker looks up with: its buffers, kept from one to the next.
type lookup struct {
	r    *Resolver
	q    question
	name [maxName]byte
	buf  [maxUDP]byte
}

// ask looks an address up.
func (l *lookup) ask(ctx context.Context, a packet.Addr) outcome {
	all := l.r.listed.now()
	silent := true
	at := 0
	for range tries {
		if ctx.Err() != nil {
			break
		}
		s, ok := pick(all, &at, a)
		if !ok {
			break
		}
		// A new ID and, with a new socket, a new port for each try: what answers an
		// older one is not taken (RFC 5452).
		l.q.set(a, uint16(rand.Uint32()))
		v, o := l.try(ctx, s)
		if v == answered {
			return o
		}
		silent = silent && v != refused
	}
	if silent {
		l.r.silent.Add(1)
	} else {
		l.r.silent.Store(0)
	}
	return outcome{failed: true, again: failHold}
}

// pick returns the next server that may be asked for a: what is private stays with
// resolvers that are not on the internet.
func pick(all []netip.AddrPort, at *int, a packet.Addr) (netip.AddrPort, bool) {
	private := geo.SpecialOf(a).Local()
	for range all {
		s := all[*at%len(all)]
		*at++
		if !private || geo.SpecialOf(packet.AddrOf(s.Addr())).Local() {
			return s, true
		}
	}
	return netip.AddrPort{}, false
}

// try asks one server, over TCP when it says that the answer is longer. A verdict
// of strange means that nothing came.
func (l *lookup) try(ctx context.Context, s netip.AddrPort) (verdict, outcome) {
	ctx, cancel := context.WithTimeout(ctx, l.r.cfg.Timeout)
	defer cancel()
	v, o := l.over(ctx, "udp", s, l.datagram)
	if v != truncated {
		return v, o
	}
	if v, o = l.over(ctx, "tcp", s, l.stream); v == answered {
		return v, o
	}
	return refused, outcome{}
}

// over connects and lets exchange ask; both end with ctx.
func (l *lookup) over(ctx context.Context, network string, s netip.AddrPort, exchange func(net.Conn) (verdict, outcome, error)) (verdict, outcome) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, s.String())
	if err != nil {
		return strange, outcome{}
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	v, o, err := exchange(conn)
	if err != nil {
		return strange, outcome{}
	}
	return v, o
}

// datagram asks over UDP. The socket is connected, so that the kernel takes nothing
// from others than the server.
func (l *lookup) datagram(conn net.Conn) (verdict, outcome, error) {
	if _, err := conn.Write(l.q.msg); err != nil {
		return strange, outcome{}, err
	}
	for range maxStrange {
		n, err := conn.Read(l.buf[:])
		if err != nil {
			return strange, outcome{}, err
		}
		if v, o := l.q.read(l.buf[:n], l.name[:0]); v != strange {
			return v, o, nil
		}
		l.r.strange.Add(1)
	}
	return strange, outcome{}, errFlooded
}

// stream asks over TCP (RFC 7766).
func (l *lookup) stream(conn net.Conn) (verdict, outcome, error) {
	out := binary.BigEndian.AppendUint16(make([]byte, 0, 2+maxQuestion), uint16(len(l.q.msg)))
	if _, err := conn.Write(append(out, l.q.msg...)); err != nil {
		return strange, outcome{}, err
	}
	var head [2]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return strange, outcome{}, err
	}
	size := int(binary.BigEndian.Uint16(head[:]))
	if size > maxTCP {
		l.r.strange.Add(1)
		return refused, outcome{}, nil
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(conn, b); err != nil {
		return strange, outcome{}, err
	}
	v, o := l.q.read(b, l.name[:0])
	if v == strange || v == truncated {
		l.r.strange.Add(1)
		return refused, outcome{}, nil
	}
	return v, o, nil
}
