package httpapi

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// The bounds of guessing: a client may send maxWrong wrong tokens at once, and one
// more with each wrongEvery.
const (
	maxWrong   = 10
	wrongEvery = 6 * time.Second
	maxWatched = 256 // clients
)

// limiter slows down who guesses at the token. A client is an IPv4 address or the
// /64 of an IPv6 address, of which one machine has plenty.
type limiter struct {
	mu      sync.Mutex
	clients map[netip.Prefix]tries
}

// tries is what a client has left.
type tries struct {
	wrong int       // wrong tokens that count still
	since time.Time // the oldest of them stops to count wrongEvery later
}

func (t tries) at(now time.Time) tries {
	if over := int(now.Sub(t.since) / wrongEvery); over > 0 {
		t.wrong = max(t.wrong-over, 0)
		t.since = t.since.Add(time.Duration(over) * wrongEvery)
	}
	return t
}

// mayTry reports whether a token of that client is looked at, the right one too:
// otherwise it could guess on.
func (l *limiter) mayTry(from net.Addr, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clients[client(from)].at(now).wrong < maxWrong
}

// wrong notes a wrong token. When too many clients are watched the one whose tries
// count least is forgotten.
func (l *limiter) wrong(from net.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients == nil {
		l.clients = map[netip.Prefix]tries{}
	}
	who := client(from)
	t := l.clients[who].at(now)
	if t.wrong == 0 {
		t.since = now
	}
	t.wrong++
	l.clients[who] = t
	if len(l.clients) <= maxWatched {
		return
	}
	var least netip.Prefix
	fewest := maxWrong + 2
	for p, t := range l.clients {
		if n := t.at(now).wrong; p != who && n < fewest {
			least, fewest = p, n
		}
	}
	delete(l.clients, least)
}

// client returns who an address counts as.
func client(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits)
	return p
}
