package device

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says where a piece of evidence is from. The numbers are stored: new kinds
// are added at the end.
type Kind uint8

// The kinds, the most trusted first.
const (
	NoKind        Kind = iota
	FromUser           // name in weir's configuration
	FromHost           // name of a static lease (config host)
	FromEthers         // name in /etc/ethers
	FromLease          // host name in a lease that was given out
	FromDHCP           // host name in a DHCP request
	DHCPVendor         // vendor class (RFC 2132 option 60, RFC 8415 option 16)
	DHCPOptions        // the options asked for, in their order: option 55
	ClientID           // of DHCP, where it is not the hardware address
	DUID               // of DHCPv6, or in a client ID (RFC 4361)
	FromNeighbour      // network on which the kernel knows it
	FromMDNS           // host name announced over mDNS
	FromFriendly       // name that people gave it, announced over mDNS
	MDNSService        // service that it offers
	MDNSModel          // product
	SSDPServer         // product that speaks UPnP
	SSDPType           // what it is as UPnP has it
	FromNetBIOS        // name
	FromLLMNR          // name
	FromDiscovery      // name in another protocol that announces
	Discovered         // product in one of these
	UserAgent          // platform that a program on it claims, over HTTP
	StationOf          // wireless network that it is a station of
	FromReverse        // name of its address, as the house's resolver has it
	numKinds
)

// kinds are the names of the kinds, how many values of each a device may have, and
// whether they are bytes that are no text.
var kinds = [numKinds]struct {
	name   string
	values uint8
	binary bool
}{
	FromUser: {"user", 1, false}, FromHost: {"static_lease", 1, false}, FromEthers: {"ethers", 1, false},
	FromLease: {"lease", 1, false}, FromDHCP: {"dhcp", 1, false}, DHCPVendor: {"dhcp_vendor", 1, false},
	DHCPOptions: {"dhcp_options", 1, true}, ClientID: {"client_id", 1, true}, DUID: {"duid", 2, true},
	FromNeighbour: {"neighbour", 1, false}, FromMDNS: {"mdns", 1, false}, FromFriendly: {"mdns_friendly", 1, false},
	MDNSService: {"mdns_service", 8, false}, MDNSModel: {"mdns_model", 1, false}, SSDPServer: {"ssdp_server", 1, false},
	SSDPType: {"ssdp_type", 3, false}, FromNetBIOS: {"netbios", 1, false}, FromLLMNR: {"llmnr", 1, false},
	FromDiscovery: {"discovery", 1, false}, Discovered: {"discovery_model", 1, false}, UserAgent: {"user_agent", 2, false},
	StationOf: {"wifi", 2, false}, FromReverse: {"reverse", 1, false},
}

// String returns the kind's name, as the API shows it.
func (k Kind) String() string {
	if k >= numKinds {
		return ""
	}
	return kinds[k].name
}

// nameKinds are the kinds that name a device, the most trusted first.
var nameKinds = [...]Kind{
	FromUser, FromHost, FromEthers, FromLease, FromDHCP, FromFriendly, FromMDNS, FromDiscovery, FromNetBIOS, FromLLMNR,
	FromReverse,
}

// Evidence is something known about a device.
type Evidence struct {
	Kind   Kind
	Value  string // printable; options and identifiers as numbers
	At     int64  // when it was seen last, microseconds since the Unix epoch
	Nature Nature // what it speaks for
}

// A device's notes are its evidence, one after the other: a kind, the length of
// the value, the time in seconds (little endian), the value.
const (
	noteHeader = 1 + 1 + 4
	maxNotes   = 256 // bytes of a device
	maxValue   = 48  // bytes of one
)

// noteAt takes the note at i apart and returns where the next one begins.
func noteAt(notes []byte, i int) (k Kind, at int64, value []byte, next int) {
	next = i + noteHeader + int(notes[i+1])
	return Kind(notes[i]), int64(binary.LittleEndian.Uint32(notes[i+2:])) * second, notes[i+noteHeader : next], next
}

// note keeps evidence and reports whether it was not known. Beyond the values that
// a kind may have, the one seen longest ago goes; where there is no room, the least
// trusted.
func (d *Device) note(k Kind, value []byte, now int64) bool {
	value = value[:min(len(value), maxValue)]
	if k == NoKind || k >= numKinds || len(value) == 0 {
		return false
	}
	if d.knows(k, value, now) {
		return false
	}
	same, oldest, oldestAt := 0, -1, int64(0)
	for i := 0; i < len(d.notes); {
		have, seen, _, next := noteAt(d.notes, i)
		if have == k {
			if same++; oldest < 0 || seen < oldestAt {
				oldest, oldestAt = i, seen
			}
		}
		i = next
	}
	if same >= int(kinds[k].values) {
		d.unnote(oldest)
	}
	for len(d.notes)+noteHeader+len(value) > maxNotes {
		i, least := d.leastNote()
		if least < k {
			return false
		}
		d.unnote(i)
	}
	d.notes = append(d.notes, byte(k), byte(len(value)))
	d.notes = append(binary.LittleEndian.AppendUint32(d.notes, uint32(max(now, 0)/second)), value...)
	d.changed()
	return true
}

// changed has all be found out anew that follows from the notes.
func (d *Device) changed() {
	d.judged, d.noted = false, true
	d.rename()
}

// unnote removes the note at i.
func (d *Device) unnote(i int) {
	_, _, _, next := noteAt(d.notes, i)
	d.notes = append(d.notes[:i], d.notes[next:]...)
}

// leastNote returns where the least trusted note is, of several the one seen
// longest ago.
func (d *Device) leastNote() (at int, least Kind) {
	var seen int64
	for i := 0; i < len(d.notes); {
		k, t, _, next := noteAt(d.notes, i)
		if k > least || k == least && t < seen {
			at, least, seen = i, k, t
		}
		i = next
	}
	return at, least
}

// noteText is note for a text as somebody sent it.
func (d *Device) noteText(k Kind, text []byte, now int64) bool {
	var room [maxValue]byte
	return d.note(k, clean(room[:0], text), now)
}

// clean appends what can be shown of a text, at most maxValue bytes.
func clean(dst, text []byte) []byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		if r == utf8.RuneError || !unicode.IsPrint(r) || r == ' ' && len(dst) == 0 {
			continue
		}
		if len(dst)+utf8.RuneLen(r) > maxValue {
			break
		}
		dst = utf8.AppendRune(dst, r)
	}
	for len(dst) > 0 && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// Tell adds evidence that somebody sent: a text, or the bytes of an identifier. What
// tells nothing is left out: names that every host has, most programs that call
// themselves something. What is known already costs no allocation.
func (d *Device) Tell(k Kind, value []byte, now int64) {
	if len(value) == 0 || k >= numKinds {
		return
	}
	if kinds[k].binary {
		d.note(k, value, now)
		return
	}
	name := isName(k)
	if name {
		value = hostLabel(value)
	}
	var room [maxValue]byte
	v := clean(room[:0], value)
	if k == MDNSService {
		lower(v)
	}
	if d.knows(k, v, now) || name && meaningless(v) || k == UserAgent && natureBy(k, string(v)) == (Nature{}) {
		return
	}
	d.note(k, v, now)
}

// knows reports whether there is such a note, and notes when it was seen.
func (d *Device) knows(k Kind, value []byte, now int64) bool {
	for i := 0; i < len(d.notes); {
		have, _, v, next := noteAt(d.notes, i)
		if have == k && bytes.Equal(v, value) {
			binary.LittleEndian.PutUint32(d.notes[i+2:], uint32(max(now, 0)/second))
			return true
		}
		i = next
	}
	return false
}

// lower makes lower case of the letters of ASCII.
func lower(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}

// Names reports whether what is of the kind names a device.
func (k Kind) Names() bool { return isName(k) }

func isName(k Kind) bool {
	for _, n := range nameKinds {
		if n == k {
			return true
		}
	}
	return false
}

// hostLabel takes the domain of the link off a name.
func hostLabel(name []byte) []byte {
	for _, suffix := range [...][]byte{[]byte("."), []byte(".local"), []byte(".lan")} {
		if n := len(name) - len(suffix); n > 0 && bytes.EqualFold(name[n:], suffix) {
			name = name[:n]
		}
	}
	return name
}

// meaningless reports whether a name is what programs say that have none: the
// name of every host, or a UUID (of browsers, for mDNS).
func meaningless(name []byte) bool {
	if len(name) == 36 && name[8] == '-' && name[13] == '-' && name[18] == '-' && name[23] == '-' {
		return true
	}
	for _, none := range noNames {
		if len(none) == len(name) && strings.EqualFold(none, string(name)) {
			return true
		}
	}
	return len(name) == 0
}

// noNames are what programs say that know no name.
var noNames = [...]string{"*", "local", "localhost", "localhost.localdomain", "unknown", "none", "null", "(none)"}

// rename finds out the best name.
func (d *Device) rename() {
	name, by := []byte(nil), NoKind
	rank := len(nameKinds)
	for i := 0; i < len(d.notes); {
		k, _, v, next := noteAt(d.notes, i)
		for r := 0; r < rank; r++ {
			if nameKinds[r] == k {
				name, by, rank = v, k, r
			}
		}
		i = next
	}
	if d.given != "" && (by == NoKind || d.givenBy <= by) {
		d.Name, d.NameBy = d.given, d.givenBy
		return
	}
	if d.NameBy = by; d.Name != string(name) {
		d.Name = string(name)
	}
}

// Evidence returns what is known about the device, the most trusted first.
func (d *Device) Evidence() []Evidence {
	var all []Evidence
	if d.given != "" {
		all = append(all, Evidence{Kind: d.givenBy, Value: d.given, At: d.Last})
	}
	for k := FromUser; k < numKinds; k++ {
		for i := 0; i < len(d.notes); {
			have, at, v, next := noteAt(d.notes, i)
			if i = next; have == k {
				text := show(k, v)
				all = append(all, Evidence{k, text, at, natureBy(k, text)})
			}
		}
	}
	return all
}

// value returns the newest value of a kind, nil for none.
func (d *Device) value(k Kind) (value []byte) {
	var newest int64 = -1
	for i := 0; i < len(d.notes); {
		have, at, v, next := noteAt(d.notes, i)
		if i = next; have == k && at > newest {
			value, newest = v, at
		}
	}
	return value
}

// show returns a value as a text.
func show(k Kind, value []byte) string {
	switch {
	case k == DHCPOptions:
		var b []byte
		for i, option := range value {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(option), 10)
		}
		return string(b)
	case kinds[k].binary:
		return hex.EncodeToString(value)
	}
	return string(value)
}

// setNotes replaces the notes by stored ones, as far as they are sound: those that
// are there by now are newer.
func (d *Device) setNotes(stored []byte) {
	now := d.notes
	d.notes = nil
	for _, notes := range [...][]byte{stored, now} {
		for i := 0; i+noteHeader <= len(notes) && i+noteHeader+int(notes[i+1]) <= len(notes); {
			k, at, v, next := noteAt(notes, i)
			if i = next; k < numKinds && !kinds[k].binary {
				d.noteText(k, v, at)
			} else {
				d.note(k, v, at)
			}
		}
	}
	d.changed()
	d.noted = len(now) > 0
}
