package main

import (
	"testing"

	"weir/internal/api/apitest"
	"weir/internal/engine"
)

func TestTopKeys(t *testing.T) {
	house := apitest.New()
	for len(house.FlowRows) < 100 {
		house.FlowRows = append(house.FlowRows, house.FlowRows[0])
	}
	tests := []struct {
		name    string
		keys    []key
		refresh bool // after the last key
		quit    bool
		asked   question // what is asked then
	}{
		{"nothing", []key{'x'}, false, false, question{sort: "bytes"}},
		{"quit", []key{'q'}, false, true, question{sort: "bytes"}},
		{"interrupt", []key{keyInterrupt}, false, true, question{sort: "bytes"}},
		{"interrupt while typing", []key{'/', keyInterrupt}, false, true, question{sort: "bytes"}},
		{"devices", []key{'d'}, true, false, question{tab: 1, sort: "bytes"}},
		{"tab by tab", []key{keyTab, keyTab}, true, false, question{tab: 2, sort: "bytes"}},
		{"backwards", []key{keyLeft}, true, false, question{tab: 4, sort: "bytes"}},
		{"sort", []key{'s'}, true, false, question{sort: engine.FlowSorts[1]}},
		{"sort of one tab only", []key{'s', 'p'}, true, false, question{tab: 4, sort: "bytes"}},
		{"reverse", []key{'r'}, true, false, question{sort: "bytes", reverse: true}},
		{"down", []key{keyDown, 'j'}, true, false, question{sort: "bytes", offset: 2}},
		{"up at the top", []key{keyUp}, false, false, question{sort: "bytes"}},
		{"page down", []key{keyPageDown}, true, false, question{sort: "bytes", offset: 20}},
		{"end", []key{keyEnd}, true, false, question{sort: "bytes", offset: 80}},
		{"beyond the end", []key{keyEnd, keyDown}, false, false, question{sort: "bytes", offset: 80}},
		{"home", []key{keyEnd, keyHome}, true, false, question{sort: "bytes"}},
		{"sorting begins at the top", []key{keyEnd, 's'}, true, false, question{sort: engine.FlowSorts[1]}},
		{"typing", []key{'/', 't', 'v'}, false, false, question{sort: "bytes"}},
		{"filter", []key{'/', 't', 'x', keyBackspace, 'v', keyEnter}, true, false, question{sort: "bytes", text: "tv"}},
		{"filter left", []key{'/', 't', keyEscape}, false, false, question{sort: "bytes"}},
		{"filter cleared", []key{'/', 't', keyEnter, keyEscape}, true, false, question{sort: "bytes"}},
		{"filter emptied", []key{'/', 'a', keyClear, keyBackspace, 'q', keyEnter}, true, false, question{sort: "bytes", text: "q"}},
		{"control characters are not typed", []key{'/', 0x01, keyOther, 'a', keyEnter}, true, false, question{sort: "bytes", text: "a"}},
		{"pause", []key{' '}, false, false, question{sort: "bytes"}},
		{"go on", []key{' ', ' '}, true, false, question{sort: "bytes"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, _ := houseView(t, &console{}, house)
			var refresh, quit bool
			for _, k := range tt.keys {
				refresh, quit = v.press(k, 20)
			}
			if refresh != tt.refresh || quit != tt.quit {
				t.Errorf("refresh %v, quit %v; want %v, %v", refresh, quit, tt.refresh, tt.quit)
			}
			tt.asked.limit = 20
			if got := v.question(20); got != tt.asked {
				t.Errorf("asks %+v, want %+v", got, tt.asked)
			}
		})
	}
}

func TestTopFilterIsBounded(t *testing.T) {
	v := newTopView(&console{})
	v.press('/', 20)
	for range 1000 {
		v.press('ü', 20)
	}
	if len(v.draft) > maxFilter {
		t.Errorf("%d bytes were typed, want at most %d", len(v.draft), maxFilter)
	}
}
