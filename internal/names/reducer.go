package names

import "weir/internal/packet"

// Privacy is how much of a name may be kept.
type Privacy uint8

// The levels.
const (
	KeepNames   Privacy = iota // names as they are, and details such as URLs
	KeepDomains                // registrable domains: example.co.uk of www.example.co.uk
	KeepNothing                // no names
)

// Client is who asked for a name or opened a flow. A device has several
// addresses: what it asked for over one of them counts for all.
type Client struct {
	Device  uint32 // the device's ID, 0 when it is not known; below 1<<31
	Addr    packet.Addr
	Private bool // no names of what it talks to are kept
	Router  bool // the router itself: asking resolvers outside is its task
}

// Reducer makes of a name what may be kept of it. Nothing that it was given
// stays in memory.
type Reducer struct{ Level Privacy }

// Append appends what may be kept of the name that a client asked for, which is
// nothing for a private client, and cleaned as Clean does otherwise.
func (r Reducer) Append(dst, name []byte, private bool) []byte {
	if private || r.Level >= KeepNothing {
		return dst
	}
	if r.Level == KeepNames {
		dst, _ = Clean(dst, name)
		return dst
	}
	var room [MaxText]byte
	whole, ok := Clean(room[:0], name)
	if !ok {
		return dst
	}
	return append(dst, Domain(whole)...)
}

// AppendDetail appends a text that says more than a name, such as a URL or what a
// program calls itself: cut at MaxText, with invisible bytes escaped, and only at
// the level KeepNames.
func (r Reducer) AppendDetail(dst, text []byte, private bool) []byte {
	if private || r.Level != KeepNames {
		return dst
	}
	size := 0
	for i, c := range text {
		if size++; c <= ' ' || c >= 0x7f {
			size += 3
		}
		if size > MaxText {
			text = text[:i]
			break
		}
	}
	dst, _ = visible(dst, text, false)
	return dst
}
