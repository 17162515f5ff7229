package main

import (
	"fmt"
	"strings"

	"weir/internal/packet"
)

// print writes the table and the summary of a capture that was read.
func (c *capture) print(con *console, list *flowList, title string, all bool) {
	limit := listed
	if all {
		limit = 0
	}
	width := 0
	if con.screen != nil {
		width, _ = con.size()
	}
	fmt.Fprintln(c.out, con.style(seqBold, title))
	if list.len() > 0 {
		t := list.table(con, limit, width, c.engine.ShortName)
		titles, rows := t.lines(width, con.sign("…", "~"))
		fmt.Fprintln(c.out, con.style(seqReverse, titles))
		for _, r := range rows {
			fmt.Fprintln(c.out, r)
		}
		if left := list.len() - len(rows); left > 0 {
			fmt.Fprintf(c.out, "%s and %s more flows (--all)\n", con.sign("…", "..."), countText(uint64(left)))
		}
		fmt.Fprintln(c.out)
	}
	for _, l := range c.summary(list) {
		fmt.Fprintln(c.out, l)
	}
}

// summary says what was read and what could not be made a flow of.
func (c *capture) summary(list *flowList) []string {
	var s strings.Builder
	stats := c.engine.Stats()
	fmt.Fprintf(&s, "%s, %s in %s", plural(stats.Packets, "packet"), byteText(stats.Bytes), plural(uint64(list.len()), "flow"))
	if took := list.span(); took > 0 {
		fmt.Fprintf(&s, ", %s, %s", durationText(took), rateText(uint64(float64(8*stats.Bytes)/took.Seconds())))
	}
	lines := []string{s.String()}
	if odd := c.oddities(); len(odd) > 0 {
		lines = append(lines, "of "+plural(c.packets, "frame")+": "+strings.Join(odd, ", "))
	}
	if stats.Evicted > 0 {
		lines = append(lines, plural(stats.Evicted, "flow")+" ended early for want of room (--max-flows)")
	}
	return lines
}

// oddities counts the frames that are no whole IP packets.
func (c *capture) oddities() (odd []string) {
	count := func(n uint64, what string) {
		if n > 0 {
			odd = append(odd, countText(n)+" "+what)
		}
	}
	for _, i := range c.engine.Interfaces() {
		count(i.Outcomes[packet.NotIP], "not IP")
		count(i.Outcomes[packet.Truncated], "truncated")
		count(i.Outcomes[packet.Malformed], "malformed")
		count(i.Fragments, "later fragments")
		count(i.FragOrphans, "fragments without their first")
	}
	count(c.rd.Skipped(), "passed over for their link type")
	return odd
}
