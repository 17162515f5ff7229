package httpapi

import (
	"log/slog"
	"net"
	"net/http"

	"weir/internal/api"
)

// door is one listener with its own bounds, so that what happens at one cannot
// close the other.
type door struct {
	s        *Server
	name     string
	listener net.Listener
	trusted  bool // a unix socket: its mode decides who may use it
	secure   bool
	token    *token

	// slots holds an encoder for each call that may begin; nil stands for one
	// that was never needed.
	slots   chan *api.Encoder
	cleanup func()
}

func (s *Server) newDoor(ln net.Listener, t *token) *door {
	d := &door{
		s: s, name: ln.Addr().String(), trusted: isUnix(ln), token: t,
		slots: make(chan *api.Encoder, maxCalls), cleanup: func() { ln.Close() },
	}
	for range maxCalls {
		d.slots <- nil
	}
	d.listener = &gate{Listener: ln, places: make(chan struct{}, maxConns), allow: s.c.Allow, any: d.trusted || len(s.c.Allow) == 0, refused: &s.stats.refused}
	return d
}

// httpServer returns a server for d. HTTP/2 stays off: nothing here gains from
// it, and its limits would have to be watched as well.
func (s *Server) httpServer(d *door) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           d,
		Protocols:         &protocols,
		MaxHeaderBytes:    maxHeader - 4096, // net/http adds 4096 to what it is told
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // strangers' broken handshakes
	}
}
