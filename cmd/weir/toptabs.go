package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"sort"
	"strconv"

	"weir/internal/api"
)

// topTab is one of the tables that top can show: the rows of one method.
type topTab struct {
	key     key
	name    string // also the method's
	columns []column
	// cells decodes one row of the reply into the cells of the columns.
	cells func(con *console, row json.RawMessage, now int64) ([]string, error)
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

// page is the reply of a paged method with its rows not yet decoded.
type page struct {
	ts, total int64
	rows      []json.RawMessage
}

func decodePage(reply json.RawMessage, items string) (page, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(reply, &fields); err != nil {
		return page{}, fmt.Errorf("read the reply of %s: %w", items, err)
	}
	var p page
	for _, f := range []struct {
		name string
		into any
	}{{"ts", &p.ts}, {"total", &p.total}, {items, &p.rows}} {
		if err := json.Unmarshal(fields[f.name], f.into); err != nil {
			return page{}, fmt.Errorf("read the reply of %s: %s: %w", items, f.name, err)
		}
	}
	return p, nil
}

// fill lays the rows of p out.
func (t *topTab) fill(con *console, p page) (*table, error) {
	out := &table{columns: t.columns}
	for _, row := range p.rows {
		cells, err := t.cells(con, row, p.ts)
		if err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", t.name, err)
		}
		out.add(cells...)
	}
	return out, nil
}

// txRx is a pair of figures as replies hold them.
type txRx struct{ Tx, Rx uint64 }

// endpoint is one end of a flow.
type endpoint struct {
	IP   netip.Addr
	Port *uint16
	Name string
}

// text names the end as shortly as it is known.
func (e endpoint) text(con *console) string {
	port := ""
	if e.Port != nil {
		port = strconv.Itoa(int(*e.Port))
	}
	switch {
	case e.Name != "" && port != "":
		return con.clean(e.Name) + ":" + port
	case e.Name != "":
		return con.clean(e.Name)
	case port != "":
		return socketText(e.IP, port)
	}
	return e.IP.String()
}

func deviceCells(con *console, row json.RawMessage, now int64) ([]string, error) {
	var d struct {
		ID         uint32
		Name       string
		MACs, IPs  []string
		Bps, Bytes txRx
		Router     bool
		Online     bool
		Last       int64
		Flows      struct{ Active uint64 }
	}
	if err := json.Unmarshal(row, &d); err != nil {
		return nil, err
	}
	name := con.clean(d.Name)
	switch {
	case name == "" && d.Router:
		name = "(router)"
	case name == "":
		name = "device " + strconv.Itoa(int(d.ID))
	}
	return []string{
		name, firstOf(con, mostTelling(d.IPs)), firstOf(con, d.MACs), idleText(d.Bps.Tx), idleText(d.Bps.Rx),
		byteText(d.Bytes.Tx), byteText(d.Bytes.Rx), countText(d.Flows.Active), seenText(d.Online, d.Last, now),
	}, nil
}

func hostCells(con *console, row json.RawMessage, now int64) ([]string, error) {
	var h struct {
		IP, Name, Scope string
		Bps, Bytes      txRx
		Last            int64
		Flows           struct{ Client, Server struct{ Active uint64 } }
	}
	if err := json.Unmarshal(row, &h); err != nil {
		return nil, err
	}
	return []string{
		con.clean(h.IP), con.clean(h.Name), con.clean(h.Scope), idleText(h.Bps.Tx), idleText(h.Bps.Rx),
		byteText(h.Bytes.Tx), byteText(h.Bytes.Rx), countText(h.Flows.Client.Active + h.Flows.Server.Active),
		seenText(now-h.Last < 3, h.Last, now),
	}, nil
}

func appCells(con *console, row json.RawMessage, _ int64) ([]string, error) {
	var a struct {
		Key, Category string
		Bytes         txRx
		Flows, Active uint64
		Bps           uint64
		Share         float64
	}
	if err := json.Unmarshal(row, &a); err != nil {
		return nil, err
	}
	return []string{
		con.clean(a.Key), con.clean(a.Category), idleText(a.Bps), byteText(a.Bytes.Tx), byteText(a.Bytes.Rx),
		percentText(a.Share), countText(a.Active), countText(a.Flows),
	}, nil
}

func portCells(con *console, row json.RawMessage, _ int64) ([]string, error) {
	var p struct {
		Port           uint16
		Proto, Service string
		Bytes, Pkts    txRx
		Flows          uint64
	}
	if err := json.Unmarshal(row, &p); err != nil {
		return nil, err
	}
	return []string{
		strconv.Itoa(int(p.Port)), con.clean(p.Proto), con.clean(p.Service), byteText(p.Bytes.Tx), byteText(p.Bytes.Rx),
		countText(p.Pkts.Tx), countText(p.Pkts.Rx), countText(p.Flows),
	}, nil
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
