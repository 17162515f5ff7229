package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/api"
	"weir/internal/logfmt"
)

// The bounds of one door.
const (
	maxCalls   = 8
	maxBody    = 64 << 10
	maxHeader  = 16 << 10
	maxBatch   = 64
	maxStreams = 8
	headerTime = 5 * time.Second
	readTime   = 10 * time.Second
	callTime   = 15 * time.Second // LuCI gives up after 20 s
	writeTime  = 30 * time.Second
	idleTime   = 60 * time.Second
	stopTime   = 3 * time.Second
)

// Config says where to serve and to whom.
type Config struct {
	Socket string   // path of the unix socket; "" for none
	Listen []string // TCP addresses, as "192.168.1.1:3000"; none by default

	// Listeners were opened by somebody else, as socket activation does; the
	// server closes them. Those that are not unix sockets are treated as Listen
	// is. A unix socket among them takes the place of Socket.
	Listeners []net.Listener

	TokenFile string         // holds the token for TCP; created when it is missing
	Allow     []netip.Prefix // networks whose clients may use TCP; any when empty
	Hosts     []string       // names by which TCP clients may call this machine
	Origins   []string       // origins of foreign pages that may call, as "https://home.example"
	BasePath  string         // what a proxy leaves before the paths, as "/weir"
	Cert, Key string         // files for TLS on Listen; both or none
	LoginTime time.Duration  // a login of the pages lasts so long; twelve hours when it is 0

	Log *logfmt.Logger // nil for none
}

// Server serves one Backend. Use New; Run may be called once.
type Server struct {
	c       Config
	backend *api.Backend
	log     *logfmt.Logger
	ready   chan struct{}
	stats   counters
	guesses limiter
	pages   pages

	encoders sync.Pool // of *api.Encoder; a large buffer is in each
}

// Stats counts since the start.
type Stats struct {
	Calls   uint64 // methods called
	Failed  uint64 // of those, which answered with an error
	Denied  uint64 // requests without the right token, host or origin
	Refused uint64 // connections from networks that are not allowed, or too many
	Busy    uint64 // requests refused because too many were under way
	Clamped uint64 // integers in replies that were larger than api.MaxInt
}

type counters struct {
	calls, failed, denied, refused, busy, clamped atomic.Uint64
}

// New returns a server that answers from b once it runs.
func New(c Config, b *api.Backend) *Server {
	s := &Server{c: c, backend: b, log: c.Log, ready: make(chan struct{})}
	s.encoders.New = func() any { return api.NewEncoder(nil) }
	return s
}

// Stats returns the counters.
func (s *Server) Stats() Stats {
	return Stats{
		Calls: s.stats.calls.Load(), Failed: s.stats.failed.Load(), Denied: s.stats.denied.Load(),
		Refused: s.stats.refused.Load(), Busy: s.stats.busy.Load(), Clamped: s.stats.clamped.Load(),
	}
}

// Ready is closed when every door is open.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Run opens the doors and serves until ctx is done, then gives calls under way
// stopTime to end and returns nil. It fails, with every door closed, when one
// cannot be opened.
func (s *Server) Run(ctx context.Context) error {
	doors, err := s.open()
	defer func() {
		for _, d := range doors {
			d.cleanup()
		}
	}()
	if err != nil {
		return err
	}
	ended := make(chan error, len(doors))
	servers := make([]*connServer, len(doors))
	for i, d := range doors {
		servers[i] = newConnServer(d.serveHTTP, s.log)
		s.log.Info("serving the API", "at", d.name, "token", !d.trusted)
		go func() { ended <- servers[i].serve(d.listener) }()
	}
	close(s.ready)

	running := len(doors)
	select {
	case <-ctx.Done():
		err = nil
	case err = <-ended:
		running--
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	for _, h := range servers {
		h.stop(stop)
	}
	for range running {
		<-ended
	}
	if err != nil {
		return fmt.Errorf("serve the API: %w", err)
	}
	return nil
}

// open opens all doors. What it opened is returned even when it fails.
func (s *Server) open() (doors []*door, err error) {
	defer func() {
		if err != nil {
			for _, ln := range s.c.Listeners {
				ln.Close()
			}
		}
	}()
	token, secure, err := s.secrets()
	if err != nil {
		return nil, err
	}
	activated := false
	for _, ln := range s.c.Listeners {
		d := s.newDoor(ln, token)
		activated = activated || d.trusted
		doors = append(doors, d)
	}
	if s.c.Socket != "" && !activated {
		ln, cleanup, err := listenUnix(s.c.Socket)
		if err != nil {
			return doors, err
		}
		d := s.newDoor(ln, token)
		d.cleanup = cleanup
		doors = append(doors, d)
	}
	for _, address := range s.c.Listen {
		ln, err := listenTCP(address)
		if err != nil {
			return doors, err
		}
		d := s.newDoor(ln, token)
		if secure != nil {
			d.listener = secure(d.listener)
			d.secure = true
		}
		doors = append(doors, d)
	}
	if len(doors) == 0 {
		return nil, errors.New("serve the API: neither a socket nor an address is configured")
	}
	return doors, nil
}

// secrets reads what TCP needs: the token and, when it is configured, the
// certificate. Both are nil when there is no TCP.
func (s *Server) secrets() (*token, overTLS, error) {
	if !s.tcp() {
		return nil, nil, nil
	}
	t, err := loadToken(s.c.TokenFile)
	if err != nil || s.c.Cert == "" && s.c.Key == "" {
		return t, nil, err
	}
	secure, err := loadTLS(s.c.Cert, s.c.Key)
	return t, secure, err
}

// tcp reports whether any door will not be a unix socket.
func (s *Server) tcp() bool {
	for _, ln := range s.c.Listeners {
		if !isUnix(ln) {
			return true
		}
	}
	return len(s.c.Listen) > 0
}
