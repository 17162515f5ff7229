package main

import (
	"strings"
	"testing"
)

// TestTableUsual wants a long cell to be cut before a column is left out.
func TestTableUsual(t *testing.T) {
	tab := &table{columns: []column{
		{title: "client", least: 4, usual: 9, cut: cutSocket}, {title: "n", right: true, usual: 3}, {title: "rtt", right: true, drop: 1},
	}}
	tab.add("[fd00::1234:5678]:443", "7", "9 us")
	tests := []struct {
		width int
		want  string
	}{
		{32, "client                   n   rtt\n[fd00::1234:5678]:443    7  9 us"},
		{25, "client            n   rtt\n[fd00::12~:443    7  9 us"},
		{20, "client       n   rtt\n[fd0~:443    7  9 us"},
		{19, "client       n\n[fd0~:443    7"},
		{13, "client      n\n[fd~:443    7"},
	}
	for _, tt := range tests {
		titles, rows := tab.lines(tt.width, "~")
		if got := titles + "\n" + strings.Join(rows, "\n"); got != tt.want {
			t.Errorf("%d columns:\n%s\nwant:\n%s", tt.width, got, tt.want)
		}
	}
}

func TestTableJoined(t *testing.T) {
	tab := &table{columns: []column{{title: "server"}, {title: "app"}, {title: "host"}}}
	tab.add("192.0.2.7:443", "youtube", "www.youtube.com")
	tab.add("192.0.2.8:80", "http", "")
	tests := []struct {
		name string
		tab  *table
		want string
	}{
		{"joined", tab.joined(0, 2, "host or server"), "app      host or server\nyoutube  www.youtube.com\nhttp     192.0.2.8:80"},
		{"before", tab, "server         app      host\n192.0.2.7:443  youtube  www.youtube.com\n192.0.2.8:80   http"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			titles, rows := tt.tab.lines(0, "")
			if got := titles + "\n" + strings.Join(rows, "\n"); got != tt.want {
				t.Errorf("lines:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	tab := &table{columns: []column{
		{title: "name", least: 4}, {title: "n", right: true, usual: 3}, {title: "state", drop: 1}, {title: "rtt", right: true, drop: 2},
	}}
	tab.add("printer", "7", "up", "12 ms")
	tab.add("日本", "1234", "", "-")
	tests := []struct {
		name  string
		width int
		want  string
	}{
		{"as wide as it needs", 0, "name        n  state    rtt\nprinter     7  up     12 ms\n日本     1234             -"},
		{"just fits", 27, "name        n  state    rtt\nprinter     7  up     12 ms\n日本     1234             -"},
		{"last to drop", 26, "name        n  state\nprinter     7  up\n日本     1234"},
		{"both dropped", 14, "name        n\nprinter     7\n日本     1234"},
		{"shrunk", 11, "name      n\nprin~     7\n日本   1234"},
		{"as small as it gets", 10, "name     n\npri~     7\n日本  1234"},
		{"cut", 6, "name ~\npri~ ~\n日本 ~"},
		{"nothing left", 1, "~\n~\n~"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			titles, rows := tab.lines(tt.width, "~")
			if got := strings.Join(append([]string{titles}, rows...), "\n"); got != tt.want {
				t.Errorf("lines:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}
