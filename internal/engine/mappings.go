package engine

import (
	"weir/internal/flow"
	"weir/internal/packet"
)

// SetMappings says which ports lead into the house from now on, at most
// MaxMappings of them; the first that fits a connection let it in. What came
// through one that stays goes on being counted.
func (e *Engine) SetMappings(all []Mapping) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.mappings
	known := make(map[Mapping]int, len(before))
	for i := range before {
		known[before[i].identity()] = i
	}
	next := make([]MappingRow, 0, min(len(all), MaxMappings))
	moved := make([]uint16, len(before)+1) // by number before: the number now
	for _, m := range all[:min(len(all), MaxMappings)] {
		row := MappingRow{Mapping: m}
		if i, ok := known[m.identity()]; ok && moved[i+1] == 0 {
			row = before[i]
			row.Mapping = m
			moved[i+1] = uint16(len(next) + 1)
		}
		next = append(next, row)
	}
	e.mappings = next
	for _, f := range e.table.All {
		if conn := e.table.Conn(f); conn != nil {
			if conn.Mapping = moved[conn.Mapping]; conn.Mapping == 0 {
				e.letIn(f, conn)
			}
		}
	}
}

// letIn finds the mapping of a connection that came from outside before it was
// known: a lease is read some seconds after the port was opened.
func (e *Engine) letIn(f *flow.Flow, conn *flow.Conn) {
	c := flow.Connection{Orig: conn.Orig(f), Reply: conn.Reply(f), Proto: f.Key.Proto}
	if e.inward(e.nets.Scope(&c.Orig.Src), e.nets.Scope(&c.Reply.Src), &c.Orig.Dst) {
		e.admit(conn, &c)
	}
}

// admit counts a connection from outside for the mapping that let it in.
func (e *Engine) admit(conn *flow.Conn, c *flow.Connection) {
	if conn.Mapping = e.mappingOf(c); conn.Mapping != 0 {
		e.mappings[conn.Mapping-1].Hits++
	}
}

// identity is what makes a mapping the same one: a lease that is renewed stays.
func (m *Mapping) identity() Mapping {
	id := *m
	id.Expires = 0
	return id
}

// Mappings returns the ports that lead into the house, in the order of
// SetMappings.
func (e *Engine) Mappings() []MappingRow {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append(make([]MappingRow, 0, len(e.mappings)), e.mappings...)
}

// mappingOf returns the number of the mapping that let a connection in, 0 for
// none.
func (e *Engine) mappingOf(c *flow.Connection) uint16 {
	for i := range e.mappings {
		if e.mappings[i].leads(c) {
			return uint16(i + 1)
		}
	}
	return 0
}

// leads reports whether a connection from outside came through the mapping: to
// the port outside, or, where nothing is translated, to the target's.
func (m *Mapping) leads(c *flow.Connection) bool {
	if m.Proto != c.Proto || m.Target != (packet.Addr{}) && m.Target != c.Reply.Src ||
		m.Family != 0 && m.Family != version(&c.Reply.Src) {
		return false
	}
	if m.First|m.Last == 0 {
		return true
	}
	port := c.Orig.DstPort
	if c.Orig.Dst == c.Reply.Src && m.TargetPort != 0 {
		return port >= m.TargetPort && port-m.TargetPort <= m.Last-m.First
	}
	return port >= m.First && port <= m.Last
}
