// Package alert keeps the list of what the user should know: new devices, quotas
// that are used up, storage that fails.
//
// A Log is bounded by MaxAlerts: beyond, those that were acknowledged leave first,
// then the least severe, then the oldest. An alert of one type about one subject
// is raised once in a while only; what is held back meanwhile is counted in the
// next one. All text is plain: printable, valid UTF-8, bounded, and never markup,
// so that whoever shows it has to escape it. Ids go up over restarts and are never
// given twice. Nothing is sent from here, and nothing opened. A Log may be used
// from several goroutines at once.
package alert

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a Log.
const (
	MaxAlerts  = 500
	MaxType    = 32  // bytes of a type
	MaxDevice  = 128 // bytes of a device's key, and of a subject
	MaxText    = 512 // bytes
	maxLimited = 256 // types and subjects whose rate is watched
)

// Severity is how much an alert matters. A greater one matters more; numbers are
// stored.
type Severity uint8

// Severities, the least first.
const (
	Info Severity = iota
	Notice
	Warning
	Error
	Critical
)

var severities = [...]string{"info", "notice", "warning", "error", "critical"}

// String returns the name of a severity, as the configuration has it.
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return "unknown"
}

// ParseSeverity returns the severity with a name.
func ParseSeverity(name string) (Severity, bool) {
	for i, n := range severities {
		if n == name {
			return Severity(i), true
		}
	}
	return 0, false
}

// Alert is something that the user should know.
type Alert struct {
	ID       uint64    // goes up with each alert, from 1
	At       time.Time // when it was raised; to the microsecond
	Severity Severity
	Type     string // what it is about: "new_device", "quota"
	Device   string // key of the device it is about, or empty
	Text     string // for the user, plain
	Held     uint32 // how many of its type and subject were held back before it
	Acked    bool   // the user has seen it
}

// Plain returns what can be shown of a text that a stranger may have chosen, at
// most that many bytes of it: printable characters, and one space for any run of
// others.
func Plain(text string, most int) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) || r == ' ' {
			space = b.Len() > 0
			continue
		}
		n := utf8.RuneLen(r)
		if space {
			n++
		}
		if b.Len()+n > most {
			break
		}
		if space {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		space = false
	}
	return b.String()
}

// plain reports whether a text is as Plain returns it.
func plain(text string, most int) bool { return Plain(text, most) == text }
