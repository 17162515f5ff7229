package pcap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/source"
)

// Kind is what Status calls sources of this package.
const Kind = "pcap"

const (
	// maxSkew is how far a stream's clock may be from ours; beyond it the stream
	// is moved to ours as a whole.
	maxSkew = 10 * time.Second
	// checkPipe is how often a source that waits for a writer looks whether its
	// pipe was deleted and made again.
	checkPipe = 5 * time.Second
)

// Config says what to play and how.
type Config struct {
	Name string  // of the source and of its observation point; the base name of Path when empty
	Path string  // regular file, named pipe, or "-" for standard input
	Pace float64 // multiple of the speed it was captured at; 0 = as fast as the Sink takes it
	Loop bool    // begin a regular file again when it ends, until Run's context is done

	// CaptureTime leaves the times of the frames as they are. Without it a file
	// without a Pace is moved in time so that its last frame is now, for which it
	// is read twice; anything with a Pace begins now and has its times compressed,
	// so that each equals the time of release; in a Loop each round begins no
	// earlier than the last one ended. Pipes without a Pace keep their times,
	// unless their first frame is more than 10 s off.
	CaptureTime bool

	Now func() time.Time // the clock; time.Now when nil
}

// Source plays a capture into a source.Sink. A capture of several interfaces has
// an observation point for each, called "name/interface"; of one, just "name".
type Source struct {
	cfg   Config
	stdin *os.File
	check time.Duration // checkPipe

	mu     sync.Mutex // guards what follows
	state  string
	note   string
	points []*point // only Run adds to it
}

var _ source.Source = (*Source)(nil)

// point is an observation point. Its counters are written by Run alone.
type point struct {
	name                  string
	id                    uint8
	packets, bytes, drops atomic.Uint64
	last                  atomic.Int64 // wall time of the last frame
}

// New returns a Source that opens nothing before it runs.
func New(cfg Config) *Source {
	if cfg.Name == "" {
		cfg.Name = filepath.Base(cfg.Path)
		if cfg.Path == "-" {
			cfg.Name = "stdin"
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Source{cfg: cfg, stdin: os.Stdin, check: checkPipe, state: "starting"}
}

// Status implements source.Source.
func (s *Source) Status() source.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := source.Status{Name: s.cfg.Name, Kind: Kind, State: s.state, Note: s.note}
	for _, p := range s.points {
		st.Points = append(st.Points, source.Point{
			Interface:  p.name,
			Packets:    p.packets.Load(),
			Bytes:      p.bytes.Load(),
			Drops:      p.drops.Load(),
			LastPacket: p.last.Load(),
		})
	}
	return st
}

func (s *Source) set(state, note string) {
	s.mu.Lock()
	s.state, s.note = state, note
	s.mu.Unlock()
}

// point returns the observation point called name, making it when it is new.
func (s *Source) point(sink source.Sink, name string) (*point, error) {
	for _, p := range s.points {
		if p.name == name {
			return p, nil
		}
	}
	id, err := sink.Interface(name)
	if err != nil {
		return nil, fmt.Errorf("add interface %s: %w", name, err)
	}
	p := &point{name: name, id: id}
	s.mu.Lock()
	s.points = append(s.points, p)
	s.mu.Unlock()
	return p, nil
}

// packets returns how many frames the Sink got.
func (s *Source) packets() uint64 {
	var n uint64
	for _, p := range s.points {
		n += p.packets.Load()
	}
	return n
}

// Run implements source.Source. A file or standard input that ends, even in the
// middle of a record, ends it; a named pipe never does. An input that cannot be
// opened or read, or is damaged, is an error, but what a pipe's writer does
// wrong is told by Status only, and the next writer gets its chance.
func (s *Source) Run(ctx context.Context, sink source.Sink) error {
	err := s.run(ctx, sink)
	switch {
	case err == nil || errors.Is(err, ErrTruncated) || ctx.Err() != nil:
		note := "ended: " + count(s.packets())
		if ctx.Err() == nil && err != nil {
			note += "; " + err.Error()
		}
		s.set("ended", note)
		return nil
	default:
		s.set("failed", err.Error())
		return err
	}
}

func (s *Source) run(ctx context.Context, sink source.Sink) error {
	p := newPlayer(s, sink)
	for {
		in, err := open(s.cfg.Path, s.stdin)
		if err != nil {
			return err
		}
		again, err := s.read(ctx, in, p)
		if !again || err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// read plays what comes from in and closes it. It reports whether the path is to
// be opened again.
func (s *Source) read(ctx context.Context, in *input, p *player) (again bool, err error) {
	end := sync.OnceFunc(func() { _ = in.close() }) // it was only read
	stop := context.AfterFunc(ctx, end)             // ends a blocked read
	defer func() { stop(); end(); in.restore() }()
	switch in.kind {
	case namedPipe:
		return true, s.follow(ctx, in, p)
	case stream:
		return false, s.wrap(p.play(ctx, in, true))
	}
	if s.cfg.Pace == 0 && !s.cfg.CaptureTime {
		p.measure(ctx, in)
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return false, s.wrap(err)
		}
	}
	for {
		before := s.packets()
		err := p.play(ctx, in, false)
		if err != nil && !errors.Is(err, ErrTruncated) || !s.cfg.Loop || s.packets() == before || ctx.Err() != nil {
			return false, s.wrap(err)
		}
		if _, err := in.Seek(0, io.SeekStart); err != nil {
			return false, s.wrap(err)
		}
	}
}

// follow plays what the writers of a named pipe write, one after the other,
// until ctx is done or the pipe is replaced.
func (s *Source) follow(ctx context.Context, in *input, p *player) error {
	w := &writers{f: in.File}
	s.set("waiting", "waiting for a writer")
	for ctx.Err() == nil {
		if err := s.await(w); errors.Is(err, os.ErrDeadlineExceeded) {
			if replaced(s.cfg.Path, in.File) {
				return nil
			}
			continue
		} else if err != nil {
			return s.wrap(err)
		}
		before := s.packets()
		err := p.play(ctx, w, true)
		note := "waiting for a writer; the last one wrote " + count(s.packets()-before)
		if err != nil {
			note += ": " + s.wrap(err).Error()
			if err := w.drain(); err != nil {
				return s.wrap(err)
			}
		}
		s.set("waiting", note)
	}
	return nil
}

// await waits for a writer, but no longer than s.check.
func (s *Source) await(w *writers) error {
	if err := w.f.SetReadDeadline(time.Now().Add(s.check)); err != nil {
		return err
	}
	if err := w.wait(); err != nil {
		return err
	}
	return w.f.SetReadDeadline(time.Time{})
}

// wrap names the input in an error.
func (s *Source) wrap(err error) error {
	if err == nil {
		return nil
	}
	var path *os.PathError
	if errors.As(err, &path) {
		return err // has the name
	}
	name := s.cfg.Path
	if name == "-" {
		name = "standard input"
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// count writes a number of packets for people: 12,345 packets.
func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if n == 1 {
		return s + " packet"
	}
	return s + " packets"
}
