package names

// Total returns what was counted for the house.
func (n *Names) Total() Counts { return n.total }

// Client returns what was counted for a client, and how often it talked to
// strangers. It reports false when nothing is known of it.
func (n *Names) Client(c *Client) (Counts, Strangers, bool) {
	s := n.clients.find(n.clientKey(c))
	if s == nil {
		return Counts{}, Strangers{}, false
	}
	return s.counts, Strangers{Flows: s.lone.flows, Bytes: s.lone.bytes, Last: micros(s.lone.last)}, true
}

// Top returns the names that the house asks for most, at most 200, or those of a
// client, at most 20.
func (n *Names) Top(c *Client) []Most {
	if c == nil {
		return n.tally.top(0)
	}
	if i, ok := n.clients.index[n.clientKey(c)]; ok {
		return n.tally.top(i + 1)
	}
	return nil
}

// Log calls yield for the newest queries, newest first, until it returns false.
// yield must not call anything of n.
func (n *Names) Log(yield func(*Query) bool) { n.log.all(yield) }

// Resolvers returns who is asked, at most 64, the one asked most first.
func (n *Names) Resolvers() []Used { return n.resolvers.used(n.clients) }

// Bypasses returns which clients ask resolvers outside of the house, at most 256,
// the newest first.
func (n *Names) Bypasses() []Bypass { return n.resolvers.bypasses() }

// Strangers returns examples of addresses that nobody asked for, at most 128, the
// newest first.
func (n *Names) Strangers() []Stranger { return n.strangers.list() }

// Denials returns names that were asked for in vain, at most 128, in no order.
func (n *Names) Denials() []Denial {
	out := make([]Denial, 0, len(n.denied.rows))
	for i := range n.denied.rows {
		r := &n.denied.rows[i]
		out = append(out, Denial{Device: r.device, Name: string(n.Pool.Text(r.name)), Count: r.count, Last: micros(r.last)})
	}
	return out
}

// Denied reports whether the client was told within the last minutes that a name
// of the Pool does not exist. Where only domains are kept it is never known.
func (n *Names) Denied(c *Client, name uint32, now int64) bool {
	return n.reduce.Level == KeepNames && n.denied.has(n.keys(c), name, now)
}

// Stats returns what did not fit so far.
func (n *Names) Stats() Stats {
	s := n.stats
	s.TextsRefused = n.Pool.Refused
	s.AnswersEvicted = n.Answers.Evicted
	s.QueriesCrowded = n.pending.crowded
	s.ClientsEvicted = n.clients.evicted
	s.NamesEvicted = n.tally.stolen
	s.UsesEvicted = n.resolvers.evicted
	return s
}
