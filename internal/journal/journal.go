// Package journal remembers what happened to the router and to weir itself: starts,
// clocks that were set, links that went and came back. Charts mark such moments, for
// they explain what traffic alone does not.
//
// A Journal is bounded by MaxEvents, beyond which the oldest go, and takes no more
// than an hour's share of one kind about one subject; what is held back is counted in
// the next one. Texts are plain, as package alert makes them by Plain. A Journal may
// be used from several goroutines at once. The zero value is ready for use.
package journal

import (
	"slices"
	"sync"
	"time"
)

// Bounds of a Journal. An event takes some 150 bytes.
const (
	MaxEvents  = 200
	MaxSubject = 64  // bytes
	MaxText    = 200 // bytes
	perHour    = 12  // of one kind about one subject
)

// Kind is what happened.
type Kind uint8

// The kinds. Numbers are stored: new ones are added at the end.
const (
	Start   Kind = iota // weir began
	Stop                // weir ended
	Clock               // the clock was set, or is trusted now
	Link                // a way out of the house went, came, or has another address
	Offload             // flow offload was switched
	Mode                // traffic is counted in another way
	Source              // something that traffic is read from failed
	Config              // another configuration came into force

	numKinds
)

var kinds = [numKinds]string{"start", "stop", "clock", "link", "offload", "mode", "source", "config"}

// String returns the name of a kind, as the API has it.
func (k Kind) String() string {
	if k < numKinds {
		return kinds[k]
	}
	return "unknown"
}

// Kinds returns the names of all kinds.
func Kinds() []string { return slices.Clone(kinds[:]) }

// ParseKind returns the kind with a name.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(kinds[:], name)
	return Kind(max(i, 0)), i >= 0
}

// Event is one thing that happened.
type Event struct {
	ID      uint64 // goes up with each, from 1
	At      time.Time
	Kind    Kind
	Subject string // what it happened to: an uplink, a source; may be empty
	Text    string // in words
	Held    uint32 // how many of its kind and subject were held back before it
}

// Journal is a bounded list of events.
type Journal struct {
	mu      sync.Mutex
	events  []Event // by ID
	last    uint64  // ID that was given last
	loaded  uint64  // and the last one of earlier runs
	changed []uint64
	held    map[heldKey]uint32
}

type heldKey struct {
	kind    Kind
	subject string
}

// Note adds an event at the time now, or counts it when there were too many of its
// kind about its subject.
func (j *Journal) Note(now time.Time, kind Kind, subject, text string) (Event, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	subject, text = subject[:min(len(subject), MaxSubject)], text[:min(len(text), MaxText)]
	key := heldKey{kind, subject}
	n := 0
	for i := range j.events {
		e := &j.events[i]
		if age := now.Sub(e.At); e.Kind == kind && e.Subject == subject && age >= 0 && age < time.Hour {
			n++
		}
	}
	if n >= perHour {
		if j.held == nil || len(j.held) >= MaxEvents {
			j.held = make(map[heldKey]uint32)
		}
		j.held[key]++
		return Event{}, false
	}
	j.last++
	e := Event{ID: j.last, At: time.UnixMicro(now.UnixMicro()), Kind: kind, Subject: subject, Text: text, Held: j.held[key]}
	delete(j.held, key)
	j.events = append(j.events, e)
	if over := len(j.events) - MaxEvents; over > 0 {
		j.events = slices.Delete(j.events, 0, over)
	}
	j.note(e.ID)
	return e, true
}

// note remembers that an event is to be stored.
func (j *Journal) note(id uint64) {
	if !slices.Contains(j.changed, id) {
		j.changed = append(j.changed, id)
	}
	if over := len(j.changed) - MaxEvents; over > 0 {
		j.changed = slices.Delete(j.changed, 0, over)
	}
}

// Between returns the events from a time to before another one, the newest first.
func (j *Journal) Between(from, to time.Time) []Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []Event
	for i := len(j.events) - 1; i >= 0; i-- {
		if at := j.events[i].At; !at.Before(from) && at.Before(to) {
			out = append(out, j.events[i])
		}
	}
	return out
}

// Move moves the times of this run's events from a time to another one by a step of
// a clock that nobody had confirmed.
func (j *Journal) Move(from, to time.Time, step time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.events {
		if e := &j.events[i]; e.ID > j.loaded && !e.At.Before(from) && !e.At.After(to) {
			e.At = e.At.Add(step)
			j.note(e.ID)
		}
	}
}
