package home

import (
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// mss is the payload of a full segment: 1,500 bytes less IP and TCP headers.
func mss(six bool) int {
	if six {
		return 1440
	}
	return 1460
}

// side is one end of a TCP connection.
type side struct {
	node  node
	port  uint16
	next  uint32 // sequence number of its next byte
	acked uint32 // what it acknowledges, or 0 for all that was sent to it
}

// conn is a TCP connection seen from the bridge.
type conn struct {
	h        *home
	at       time.Duration // time of the next packet
	six      bool
	cli, srv side
	bulk     bool          // cut full segments to their headers
	pace     time.Duration // from one full segment to the next
}

// clientPort returns the next ephemeral port of a client.
func (h *home) clientPort(c node) uint16 {
	p, ok := h.ports[c.name]
	if !ok {
		p = uint16(49152 + h.rng.Int32N(8000))
	}
	p += uint16(1 + h.rng.Int32N(3))
	h.ports[c.name] = p
	return p
}

// dial opens a connection and returns it after the handshake. IPv6 is preferred
// where both have it (RFC 8305).
func (h *home) dial(at time.Duration, client, server node, port uint16) *conn {
	c := &conn{
		h: h, at: at, six: client.v6.IsValid() && server.v6.IsValid(),
		cli:  side{node: client, port: h.clientPort(client), next: h.rng.Uint32()},
		srv:  side{node: server, port: port, next: h.rng.Uint32()},
		pace: 120 * time.Microsecond,
	}
	c.segment(true, nil, func(t *layers.TCP) {
		t.SYN, t.ACK, t.Ack, t.Options = true, false, 0, synOptions(mss(c.six), 8)
	})
	c.at += h.jitter(server.delay)
	c.cli.next++
	c.segment(false, nil, func(t *layers.TCP) { t.SYN, t.Options = true, synOptions(mss(c.six), 7) })
	c.at += h.jitter(client.delay)
	c.srv.next++
	c.ack(true)
	return c
}

func synOptions(mss int, scale byte) []layers.TCPOption {
	return []layers.TCPOption{
		{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{byte(mss >> 8), byte(mss)}},
		{OptionType: layers.TCPOptionKindNop},
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{scale}},
		{OptionType: layers.TCPOptionKindNop},
		{OptionType: layers.TCPOptionKindNop},
		{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2},
	}
}

// ends returns the sending and the receiving side.
func (c *conn) ends(up bool) (src, dst *side) {
	if up {
		return &c.cli, &c.srv
	}
	return &c.srv, &c.cli
}

// segment sends one segment; edit may change its header.
func (c *conn) segment(up bool, payload []byte, edit func(*layers.TCP)) {
	src, dst := c.ends(up)
	t := &layers.TCP{
		SrcPort: layers.TCPPort(src.port), DstPort: layers.TCPPort(dst.port),
		Seq: src.next, Ack: dst.next, ACK: true, Window: 2058,
	}
	if src.acked != 0 {
		t.Ack = src.acked
	}
	if edit != nil {
		edit(t)
	}
	p := from(c.at, src.node, dst.node, c.six)
	p.proto = layers.IPProtocolTCP
	if c.bulk && len(payload) >= 600 {
		p.snap = headersOnly
	}
	c.h.send(p, t, gopacket.Payload(payload))
}

// ack sends an empty acknowledgement of all that up's side has received.
func (c *conn) ack(up bool) { c.segment(up, nil, nil) }

// say sends data from the client or from the server, and the acknowledgements.
func (c *conn) say(up bool, data []byte) {
	src, dst := c.ends(up)
	first := src.next
	for _, s := range c.h.plan(len(data), mss(c.six)) {
		src.next = first + uint32(s.off)
		if s.again {
			c.at += src.node.delay + dst.node.delay
		}
		c.segment(up, data[s.off:s.end], func(t *layers.TCP) { t.PSH = s.end == len(data) })
		dst.acked = first + uint32(s.have)
		c.at += c.pace
		if s.ack {
			now := c.at
			c.at += dst.node.delay
			c.ack(!up)
			c.at = now
		}
	}
	src.next = first + uint32(len(data))
	dst.acked = 0
	c.at += dst.node.delay + c.h.jitter(time.Millisecond)
}

// span is a segment of a message on its way: bytes off to end of the message.
type span struct {
	off, end int
	lost     bool // behind the bridge: seen here, not by the receiver
	again    bool // sent once more, a round trip after it was missed
	have     int  // bytes the receiver has without a hole after this segment
	ack      bool // the receiver acknowledges at once
}

// plan cuts n bytes into segments, and lets about one in 150 arrive late, be
// lost and sent again, or overtake its neighbour.
func (h *home) plan(n, size int) []span {
	var spans []span
	for off := 0; off < n; off += size {
		spans = append(spans, span{off: off, end: min(off+size, n)})
	}
	for i := 1; i+4 < len(spans); i++ {
		switch h.rng.Int32N(450) {
		case 0: // two segments change places
			spans[i], spans[i+1] = spans[i+1], spans[i]
			i += 4
		case 1: // lost before the bridge: seen late
			late := spans[i]
			copy(spans[i:i+3], spans[i+1:i+4])
			spans[i+3] = late
			spans[i+3].again = true
			i += 4
		case 2: // lost behind the bridge: seen twice
			again := spans[i]
			again.again = true
			spans[i].lost = true
			spans = append(spans[:i+3], append([]span{again}, spans[i+3:]...)...)
			i += 4
		}
	}
	acknowledge(spans)
	return spans
}

// acknowledge fills in what the receiver has after each segment. It answers
// every second segment, the last one, and each that leaves or fills a hole
// (RFC 5681 section 4.2).
func acknowledge(spans []span) {
	have, waiting := 0, map[int]int{}
	for i := range spans {
		s := &spans[i]
		if !s.lost {
			waiting[s.off] = s.end
		}
		before := have
		for end, ok := waiting[have]; ok; end, ok = waiting[have] {
			delete(waiting, have)
			have = end
		}
		s.have = have
		inOrder := before == s.off && have == s.end
		s.ack = !s.lost && (!inOrder || i%2 == 1 || i == len(spans)-1)
	}
}

// reply sends n bytes of filler, cut to headers, in one direction.
func (c *conn) reply(up bool, n int) {
	was := c.bulk
	c.bulk = true
	for n > 0 {
		part := min(n, len(c.h.filler))
		c.say(up, c.h.filler[:part])
		n -= part
	}
	c.bulk = was
}

// wait lets time pass.
func (c *conn) wait(d time.Duration) *conn {
	c.at += c.h.jitter(d)
	return c
}

// close ends the connection with a FIN from each side; the client begins when
// up is set.
func (c *conn) close(up bool) time.Duration {
	src, dst := c.ends(up)
	fin := func(t *layers.TCP) { t.FIN = true }
	c.segment(up, nil, fin)
	src.next++
	c.at += c.h.jitter(dst.node.delay)
	c.segment(!up, nil, fin)
	dst.next++
	c.at += c.h.jitter(src.node.delay)
	c.ack(up)
	return c.at
}

// reset ends the connection with an RST from the client or the server.
func (c *conn) reset(up bool) time.Duration {
	c.segment(up, nil, func(t *layers.TCP) { t.RST, t.ACK, t.Ack = true, false, 0 })
	return c.at
}

// refused is a connection attempt that the server answers with an RST, or with
// nothing when it is silent: three SYNs then.
func (h *home) refused(at time.Duration, client, server node, port uint16, silent bool) {
	c := &conn{h: h, at: at, cli: side{node: client, port: h.clientPort(client), next: h.rng.Uint32()}, srv: side{node: server, port: port}}
	syn := func(t *layers.TCP) {
		t.SYN, t.ACK, t.Ack, t.Options = true, false, 0, synOptions(mss(false), 8)
	}
	c.segment(true, nil, syn)
	if silent {
		c.at += time.Second
		c.segment(true, nil, syn)
		c.at += 2 * time.Second
		c.segment(true, nil, syn)
		return
	}
	c.at += h.jitter(server.delay)
	c.segment(false, nil, func(t *layers.TCP) { t.RST, t.Ack = true, c.cli.next+1 })
}
