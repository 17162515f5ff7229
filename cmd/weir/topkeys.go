package main

import (
	"unicode"
	"unicode/utf8"
)

// press applies a key; visible is how many rows the screen shows. It reports
// whether other rows are wanted, and whether to quit.
func (v *topView) press(k key, visible int) (refresh, quit bool) {
	if v.typing {
		return v.typeFilter(k), k == keyInterrupt
	}
	s := &v.pick[v.tab]
	switch k {
	case 'q', 'Q', keyInterrupt:
		return false, true
	case ' ':
		v.paused = !v.paused
		return !v.paused, false
	case '/':
		v.typing, v.draft = true, v.filter
		return false, false
	case keyEscape:
		v.filter, s.offset = "", 0
	case keyTab, keyRight:
		v.tab = (v.tab + 1) % len(v.tabs)
	case keyLeft:
		v.tab = (v.tab + len(v.tabs) - 1) % len(v.tabs)
	case 's':
		s.sort, s.offset = (s.sort+1)%max(len(v.tabs[v.tab].sorts()), 1), 0
	case 'r':
		s.reverse, s.offset = !s.reverse, 0
	default:
		return v.choose(k) || v.scroll(k, visible), false
	}
	return true, false
}

// choose switches to the tab whose key is k.
func (v *topView) choose(k key) bool {
	for i := range v.tabs {
		if v.tabs[i].key == k {
			v.tab = i
			return true
		}
	}
	return false
}

// scroll moves through the rows and reports whether it did.
func (v *topView) scroll(k key, visible int) bool {
	s := &v.pick[v.tab]
	last := max(int(v.shown.page.total)-visible, 0)
	to := s.offset
	switch k {
	case keyUp, 'k':
		to--
	case keyDown, 'j':
		to++
	case keyPageUp:
		to -= visible
	case keyPageDown:
		to += visible
	case keyHome, 'g':
		to = 0
	case keyEnd, 'G':
		to = last
	default:
		return false
	}
	to = max(min(to, last), 0)
	moved := to != s.offset
	s.offset = to
	return moved
}

// typeFilter takes one key of the filter's text.
func (v *topView) typeFilter(k key) (refresh bool) {
	switch k {
	case keyEnter, '\n':
		v.typing, v.filter = false, v.draft
		v.pick[v.tab].offset = 0
		return true
	case keyEscape:
		v.typing = false
	case keyBackspace, keyErase:
		_, n := utf8.DecodeLastRuneInString(v.draft)
		v.draft = v.draft[:len(v.draft)-n]
	case keyClear:
		v.draft = ""
	default:
		if k <= unicode.MaxRune && unicode.IsPrint(rune(k)) && len(v.draft)+utf8.RuneLen(rune(k)) <= maxFilter {
			v.draft += string(rune(k))
		}
	}
	return false
}
