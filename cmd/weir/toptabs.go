package main

import (
	"cmp"
	"fmt"
	"net/netip"
	"sort"
	"strconv"

	"weir/internal/api"
	"weir/internal/jsontext"
)

// topTab is one of the tables that top can show: the rows of one method.
type topTab struct {
	key     key
	name    string // also the method's
	columns []column
	// cells makes the cells of the columns of one row of the reply.
	cells func(con *console, row jsontext.Value, now int64) []string
	// narrow makes a table fit a screen of less than narrow columns; nil where
	// leaving columns out is enough.
	narrow func(*table) *table
}

// topTabs returns the tabs in the order in which they are shown. Arrows stand
// for what a device or client sent (up) and received (down).
func topTabs(con *console) []topTab {
	up, down := con.sign("↑", "up"), con.sign("↓", "down")
	toServer, toClient := con.sign("→", ">"), con.sign("←", "<")
	return []topTab{
		{'f', "flows", []column{
			{title: "client", least: 10, usual: 21, cut: cutSocket}, {title: "server", least: 10, usual: 21, cut: cutSocket},
			{title: "proto", drop: 2}, {title: "app", least: 9, usual: 16}, {title: "host", least: 12, usual: 24, cut: cutHost},
			{title: "state", usual: 6, drop: 4}, {title: "way", usual: 6, drop: 3},
			{title: "bytes " + toServer, right: true, usual: 7, drop: 1}, {title: "bytes " + toClient, right: true, usual: 7},
			{title: "now", right: true, usual: 11}, {title: "duration", right: true, drop: 4},
			{title: "rtt", right: true, usual: 7, drop: 5}, {title: "translation", usual: 14, least: 14, drop: 6},
		}, flowCells, joinServer},
		{'d', "devices", []column{
			{title: "device", least: 8}, {title: "address", least: 12}, {title: "MAC", drop: 3},
			{title: up, right: true, usual: 11}, {title: down, right: true, usual: 11},
			{title: "bytes " + up, right: true, drop: 1}, {title: "bytes " + down, right: true, drop: 1},
			{title: "flows", right: true, drop: 2}, {title: "seen", right: true, drop: 4},
		}, deviceCells, nil},
		{'h', "hosts", []column{
			{title: "host", least: 12}, {title: "name", least: 6}, {title: "scope", drop: 3},
			{title: up, right: true, usual: 11}, {title: down, right: true, usual: 11},
			{title: "bytes " + up, right: true, drop: 1}, {title: "bytes " + down, right: true, drop: 1},
			{title: "flows", right: true, drop: 2}, {title: "seen", right: true, drop: 4},
		}, hostCells, nil},
		{'a', "apps", []column{
			{title: "app", least: 10}, {title: "category", least: 5}, {title: "now", right: true, usual: 11},
			{title: "bytes " + up, right: true, usual: 7}, {title: "bytes " + down, right: true, usual: 7},
			{title: "share", right: true, usual: 6}, {title: "active", right: true, drop: 2}, {title: "flows", right: true, drop: 1},
		}, appCells, nil},
		{'p', "ports", []column{
			{title: "port", right: true}, {title: "proto"}, {title: "service", least: 6},
			{title: "bytes " + toServer, right: true}, {title: "bytes " + toClient, right: true},
			{title: "packets " + toServer, right: true, drop: 1}, {title: "packets " + toClient, right: true, drop: 1},
			{title: "flows", right: true, drop: 2},
		}, portCells, nil},
	}
}

// sorts returns the sort keys of the tab's method, the default first.
func (t *topTab) sorts() []string {
	m, err := api.Lookup(t.name)
	if err != nil {
		return nil
	}
	for i := range m.Args {
		if m.Args[i].Name == "sort" {
			return m.Args[i].Values
		}
	}
	return nil
}

// page is the reply of a paged method.
type page struct {
	ts, total int64
	rows      []jsontext.Value
}

func decodePage(reply jsontext.Value, items string) (page, error) {
	ts, hasTime := reply.Get("ts").Int()
	total, hasTotal := reply.Get("total").Int()
	if !hasTime || !hasTotal || !reply.Get(items).IsArray() {
		return page{}, fmt.Errorf("the reply of %s is not weir's: ts, total or %s is missing", items, items)
	}
	p := page{ts: ts, total: total}
	for row := range reply.Get(items).Elements() {
		p.rows = append(p.rows, row)
	}
	return p, nil
}

// fill lays the rows of p out.
func (t *topTab) fill(con *console, p page) *table {
	out := &table{columns: t.columns}
	for _, row := range p.rows {
		out.add(t.cells(con, row, p.ts)...)
	}
	return out
}

// txRx is a pair of figures as replies hold them.
type txRx struct{ Tx, Rx uint64 }

func txRxOf(row jsontext.Value, path ...string) txRx {
	v := row.Get(path...)
	return txRx{v.UintOf("tx"), v.UintOf("rx")}
}

// textsOf returns the strings of an array.
func textsOf(v jsontext.Value) (texts []string) {
	for e := range v.Elements() {
		texts = append(texts, e.TextOf())
	}
	return texts
}

// endpoint is one end of a flow.
type endpoint struct {
	IP   netip.Addr
	Port string // "" for none
	Name string
}

func endpointOf(v jsontext.Value) endpoint {
	e := endpoint{Name: v.TextOf("name")}
	e.IP, _ = netip.ParseAddr(v.TextOf("ip"))
	if port, ok := v.Get("port").Uint(); ok {
		e.Port = strconv.FormatUint(port, 10)
	}
	return e
}

// text names the end as shortly as it is known.
func (e endpoint) text(con *console) string {
	switch {
	case e.Name != "" && e.Port != "":
		return con.clean(e.Name) + ":" + e.Port
	case e.Name != "":
		return con.clean(e.Name)
	case e.Port != "":
		return socketText(e.IP, e.Port)
	}
	return e.IP.String()
}

func deviceCells(con *console, row jsontext.Value, now int64) []string {
	name := con.clean(row.TextOf("name"))
	switch {
	case name == "" && row.BoolOf("router"):
		name = "(router)"
	case name == "":
		name = "device " + strconv.FormatUint(row.UintOf("id"), 10)
	}
	bps, bytes := txRxOf(row, "bps"), txRxOf(row, "bytes")
	return []string{
		name, firstOf(con, mostTelling(textsOf(row.Get("ips")))), firstOf(con, textsOf(row.Get("macs"))), idleText(bps.Tx), idleText(bps.Rx),
		byteText(bytes.Tx), byteText(bytes.Rx), countText(row.UintOf("flows", "active")), seenText(row.BoolOf("online"), row.IntOf("last"), now),
	}
}

func hostCells(con *console, row jsontext.Value, now int64) []string {
	bps, bytes, last := txRxOf(row, "bps"), txRxOf(row, "bytes"), row.IntOf("last")
	return []string{
		con.clean(row.TextOf("ip")), con.clean(cmp.Or(row.TextOf("name"), row.TextOf("host"))), con.clean(row.TextOf("scope")), idleText(bps.Tx), idleText(bps.Rx),
		byteText(bytes.Tx), byteText(bytes.Rx), countText(row.UintOf("flows", "client", "active") + row.UintOf("flows", "server", "active")),
		seenText(now-last < 3, last, now),
	}
}

func appCells(con *console, row jsontext.Value, _ int64) []string {
	bytes := txRxOf(row, "bytes")
	return []string{
		con.clean(row.TextOf("key")), con.clean(row.TextOf("category")), idleText(row.UintOf("bps")), byteText(bytes.Tx), byteText(bytes.Rx),
		percentText(row.FloatOf("share")), countText(row.UintOf("active")), countText(row.UintOf("flows")),
	}
}

func portCells(con *console, row jsontext.Value, _ int64) []string {
	bytes, packets := txRxOf(row, "bytes"), txRxOf(row, "pkts")
	return []string{
		strconv.FormatUint(row.UintOf("port"), 10), con.clean(row.TextOf("proto")), con.clean(row.TextOf("service")), byteText(bytes.Tx), byteText(bytes.Rx),
		countText(packets.Tx), countText(packets.Rx), countText(row.UintOf("flows")),
	}
}

// mostTelling puts the address by which people know a device first: an IPv4
// one, else one that is not only of the link.
func mostTelling(ips []string) []string {
	telling := func(ip string) int {
		switch addr, _ := netip.ParseAddr(ip); {
		case addr.Is4():
			return 0
		case addr.IsLinkLocalUnicast():
			return 2
		}
		return 1
	}
	sort.SliceStable(ips, func(i, j int) bool { return telling(ips[i]) < telling(ips[j]) })
	return ips
}

// firstOf returns the first of several values and how many more there are.
func firstOf(con *console, values []string) string {
	switch len(values) {
	case 0:
		return "-"
	case 1:
		return con.clean(values[0])
	}
	return con.clean(values[0]) + " +" + strconv.Itoa(len(values)-1)
}

// idleText is a rate, or a dash where nothing flows.
func idleText(bitsPerSecond uint64) string {
	if bitsPerSecond == 0 {
		return "-"
	}
	return rateText(bitsPerSecond)
}

// seenText says how long ago something was seen.
func seenText(online bool, last, now int64) string {
	switch {
	case online:
		return "now"
	case last <= 0:
		return "-"
	}
	return ageText(now-last) + " ago"
}
