package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"weir/internal/engine"
	"weir/internal/flow"
	"weir/internal/packet"
	"weir/internal/rollup"
)

// model is what an engine should have counted: sums that know neither flows nor
// keys nor time.
type model struct {
	*rand.Rand
	e              *engine.Engine
	now            int64
	sent, received map[string]uint64 // by address
	uplinks        map[string]uint64
	total          uint64
}

// TestModel passes random connections, in deltas between which entries end and
// come again, with frames that name them and others that are counted.
func TestModel(t *testing.T) {
	for seed := range uint64(8) {
		m := &model{Rand: rand.New(rand.NewPCG(3, seed)), e: router(t, 256), now: start,
			sent: map[string]uint64{}, received: map[string]uint64{}, uplinks: map[string]uint64{}}
		var slots []rollup.Slot
		for range 60 {
			for range m.IntN(40) {
				m.connect(&kinds[m.IntN(len(kinds))])
			}
			for range m.IntN(20) {
				m.e.Packets(kinds[m.IntN(len(kinds))].named())
				m.neighbours()
			}
			m.now += m.Int64N(20 * second)
			slots = append(slots, m.e.Tick(m.now, true)...)
			if m.IntN(3) > 0 {
				m.e.Swept(m.now)
			}
		}
		m.e.Flush()
		slots = append(slots, m.e.Close(m.now+second, true)...)
		m.check(t, slots)
	}
}

// connect hands over what a connection of some kind counted since.
func (m *model) connect(k *kind) {
	c := k.conn
	if c.Orig.SrcPort != 0 && k.carries == "" {
		n := uint16(m.IntN(3))
		c.Orig.SrcPort += n
		c.Reply.DstPort += n
	}
	if m.IntN(4) == 0 {
		c.Status = flow.ConnEnded
	}
	c.First, c.Last = m.now, m.now
	c.Bytes = [2]uint64{m.Uint64N(1 << 34), m.Uint64N(3000)}
	if m.IntN(5) == 0 {
		c.Bytes, c.Packets = [2]uint64{}, [2]uint64{}
	}
	m.e.Connections([]flow.Connection{c})
	m.uplinks[k.uplink] += c.Bytes[0] + c.Bytes[1]
	if k.carries == "" {
		m.add(c.Orig.Src.String(), c.Reply.Src.String(), c.Bytes[0], c.Bytes[1])
	}
}

// neighbours hands over a frame between hosts of the house, which is counted.
func (m *model) neighbours() {
	to := fmt.Sprintf("192.168.1.3%d", m.IntN(3))
	m.e.Packets([]packet.Raw{frame{at: m.now - start, from: phoneMAC, to: nasMAC, src: "192.168.1.20:7", dst: to + ":9", pay: 72}.raw()})
	m.add("192.168.1.20", to, 100, 0)
}

// add counts what two hosts sent each other.
func (m *model) add(a, b string, there, back uint64) {
	m.sent[a] += there
	m.received[a] += back
	m.sent[b] += back
	m.received[b] += there
	m.total += there + back
}

func (m *model) check(t *testing.T, slots []rollup.Slot) {
	t.Helper()
	for ip := range m.sent {
		h, _ := m.e.Host(netip.MustParseAddr(ip))
		if h.Bytes.Tx != m.sent[ip] || h.Bytes.Rx != m.received[ip] {
			t.Errorf("%s has %+v, want %d sent and %d received", ip, h.Bytes, m.sent[ip], m.received[ip])
		}
	}
	for _, u := range m.e.Uplinks() {
		if got := u.Bytes.Tx + u.Bytes.Rx; got != m.uplinks[u.Name] {
			t.Errorf("uplink %s has %d bytes, want %d", u.Name, got, m.uplinks[u.Name])
		}
	}
	fine := slots[:0]
	for _, s := range slots {
		if s.Step == rollup.DefaultTiers()[0].Step {
			fine = append(fine, s)
		}
	}
	if got := totals(t, fine); got != m.total {
		t.Errorf("the total's series has %d bytes, want %d", got, m.total)
	}
	if s := m.e.Stats(); s.Flows != 0 || s.Aliases != 0 {
		t.Errorf("left over: %+v", s)
	}
}
