package device

import "weir/internal/packet"

// Happening is what an Event tells.
type Happening uint8

// The happenings.
const (
	New   Happening = iota // nobody knew it: it is here for the first time
	Came                   // it was away
	Left                   // it was not heard for a while
	Moved                  // an address that another one had is its own now
)

var happeningNames = [...]string{"new", "came", "left", "moved"}

// String returns the happening's name.
func (h Happening) String() string { return happeningNames[h] }

// Event is something that happened to a device.
type Event struct {
	What   Happening
	At     int64 // microseconds since the Unix epoch
	Device uint32
	Key    string
	Name   string      // the best that is known, "" for none
	Random bool        // its hardware address was made up by itself
	Addr   packet.Addr // its newest, or the one that moved; zero for none
	From   uint32      // who had Addr before, with Moved
}

// maxEvents bounds the events that wait for somebody to ask; further ones are
// dropped and counted.
const maxEvents = 256

func (s *Devices) event(what Happening, d *Device, at int64) *Event {
	if len(s.events) >= maxEvents {
		s.Unheard++
		return nil
	}
	e := Event{What: what, At: at, Device: d.ID, Key: d.Key, Name: d.Name, Random: d.RandomMAC()}
	if len(d.Addrs) > 0 {
		e.Addr = d.Addrs[0]
	}
	s.events = append(s.events, e)
	return &s.events[len(s.events)-1]
}

// Moved tells that an address went from one device to another.
func (s *Devices) Moved(a *packet.Addr, from, to *Device, at int64) {
	if e := s.event(Moved, to, at); e != nil {
		e.Addr, e.From = *a, from.ID
	}
}

// Events returns what happened since it was last called, in order, at most
// maxEvents. The slice is the caller's.
func (s *Devices) Events() []Event {
	all := s.events
	s.events = nil
	return all
}

// introduceAfter is how long after its first packet, in microseconds, a new device
// is told of: until then its name may become known.
const introduceAfter = 10 * second

// attend notes when a device comes and leaves, and tells of it.
func (s *Devices) attend(d *Device, now int64) {
	here := d.Online(now)
	switch {
	case here && d.since == 0 && d.fresh:
		d.since = d.First
	case here && d.since == 0:
		d.since = d.Last
		s.event(Came, d, d.since)
	case !here && d.since != 0:
		s.visits.add(d.ID, d.since, d.Last)
		d.since = 0
		s.event(Left, d, d.Last)
	}
	if d.fresh && d.First != 0 && now-d.First >= introduceAfter {
		d.fresh = false
		s.event(New, d, d.First)
	}
}
