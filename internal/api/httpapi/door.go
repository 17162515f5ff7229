package httpapi

import "net"

// door is one listener with its own bounds, so that what happens at one cannot
// close the other.
type door struct {
	s        *Server
	name     string
	listener net.Listener
	trusted  bool // a unix socket: its mode decides who may use it
	secure   bool
	token    *token
	slots    chan struct{} // taken by the calls under way
	cleanup  func()

	transfers chan struct{} // taken by the files under way
	streams   chan struct{} // taken by the pages that watch
}

func (s *Server) newDoor(ln net.Listener, t *token) *door {
	d := &door{
		s: s, name: ln.Addr().String(), trusted: isUnix(ln), token: t,
		slots: make(chan struct{}, maxCalls), transfers: make(chan struct{}, maxTransfers),
		streams: make(chan struct{}, maxStreams), cleanup: func() { ln.Close() },
	}
	d.listener = &gate{Listener: ln, places: make(chan struct{}, maxConns), allow: s.c.Allow, any: d.trusted || len(s.c.Allow) == 0, refused: &s.stats.refused}
	return d
}
