package dpi

import (
	"bytes"

	"weir/internal/packet"
)

// syslog recognises syslog (RFC 5424, RFC 3164) by a priority and, on other ports
// than its own, the version or time that follows it. Over TCP a length may stand
// before it (RFC 6587).
var syslog = Detector{Syslog, OverTCP | OverUDP, detectSyslog,
	"a priority and, elsewhere than on its ports, the version or time behind it"}

const (
	syslogPort        = 514
	syslogMaxPriority = 191
)

func detectSyslog(s *Segment) Verdict {
	b := s.Payload[:min(len(s.Payload), 256)]
	if s.Proto == packet.ProtoTCP && b[0] >= '1' && b[0] <= '9' {
		_, rest := word(b)
		if len(b)-len(rest) > 7 || !isNumber(b[:max(len(b)-len(rest)-1, 0)]) {
			return No
		}
		b = rest
	}
	digits, _, ok := bytes.Cut(b[min(len(b), 1):min(len(b), 5)], []byte(">"))
	if len(b) < 5 || b[0] != '<' || !ok || !isNumber(digits) || decimal(digits) > syslogMaxPriority {
		return No
	}
	text := b[2+len(digits):]
	switch {
	case bytes.HasPrefix(text, []byte("1 ")) && len(text) > 12 && (text[2] == '-' || isNumber(text[2:6])):
		_, rest := word(text[2:])
		s.Facts.DeviceName = named(rest)
		return Yes
	case isSyslogTime(text):
		s.Facts.DeviceName = named(text[16:])
		return Yes
	}
	return verdictIf(s.OnPort(syslogPort) && len(text) > 0 && text[0] >= ' ' && text[0] < 0x7f)
}

// named returns the first word of what follows the time when it is a host's name
// and not a program's.
func named(b []byte) []byte {
	name, rest := word(b)
	if rest == nil || len(name) < 2 || !printable(name) || bytes.ContainsAny(name, ":[]%()") {
		return nil
	}
	return name
}

// isSyslogTime reports whether a text begins with a time such as "Oct 11 22:14:15 ".
func isSyslogTime(b []byte) bool {
	if len(b) < 17 || b[3] != ' ' || b[6] != ' ' || b[9] != ':' || b[12] != ':' || b[15] != ' ' && b[15] != ':' && b[15] != '.' {
		return false
	}
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(months); i += 3 {
		if string(b[:3]) == months[i:i+3] {
			return isNumber(b[7:9]) && isNumber(b[10:12]) && isNumber(b[13:15])
		}
	}
	return false
}
