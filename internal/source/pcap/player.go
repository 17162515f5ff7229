package pcap

import (
	"context"
	"io"
	"time"

	"weir/internal/packet"
	"weir/internal/source"
)

const (
	// batchFrames is how many frames are handed over at once.
	batchFrames = 256
	// tick is the least that a paced replay sleeps: frames are released up to this
	// much late rather than one wake-up each.
	tick = time.Millisecond
	// longWait is from when on a wait for the next frame is told by Status.
	longWait = time.Minute
)

// player plays captures, one after the other, with the memory of the first.
type player struct {
	s    *Source
	sink source.Sink
	rd   Reader
	line timeline
	used bool  // a frame of this capture has been played
	last int64 // latest time given to a frame of any capture
	span int64 // from the capture's first frame to its newest one, 0 when it was not measured

	points  [MaxInterfaces]*point // of the capture's interfaces, nil until they are seen
	skipped [MaxInterfaces]uint64 // what Drops has of their skipped frames
	batch   [batchFrames]packet.Raw
}

func newPlayer(s *Source, sink source.Sink) *player {
	return &player{s: s, sink: sink, rd: Reader{in: window{buf: make([]byte, windowSize)}}}
}

// measure reads a capture to its end to see how long it lasts. What is wrong with
// it is told when it is played.
func (p *player) measure(ctx context.Context, r io.Reader) {
	if p.rd.Reset(r) != nil {
		return
	}
	first, newest := int64(0), int64(0)
	for any := false; ctx.Err() == nil; any = true {
		n, err := p.rd.Batch(p.batch[:])
		if n > 0 && !any {
			first = p.batch[0].Time
			newest = first
		}
		for i := range p.batch[:n] {
			newest = max(newest, p.batch[i].Time)
		}
		if err != nil {
			break
		}
	}
	p.span = newest - first
}

// play plays one capture to its end; live says that it is being written now.
func (p *player) play(ctx context.Context, r io.Reader, live bool) error {
	clear(p.points[:])
	clear(p.skipped[:])
	p.used = false
	if err := p.rd.Reset(r); err != nil {
		return err
	}
	p.s.set("running", "")
	for {
		n, err := p.rd.Batch(p.batch[:])
		if n > 0 && !p.used {
			p.used = true
			p.line = p.begin(p.batch[0].Time, live)
		}
		if err := p.release(ctx, p.batch[:n]); err != nil {
			return err
		}
		if err := p.drops(); err != nil {
			return err
		}
		if err == io.EOF || ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// begin places a capture in time whose first frame is of the time first.
func (p *player) begin(first int64, live bool) timeline {
	cfg := &p.s.cfg
	now := cfg.Now().UnixNano()
	l := timeline{pace: cfg.Pace, keep: cfg.CaptureTime, first: first, start: now - p.span}
	switch skew := time.Duration(first - now); {
	case live && cfg.Pace == 0 && skew.Abs() <= maxSkew:
		l.start = first
	case cfg.Loop:
		l.start = max(l.start, p.last)
	}
	return l
}

// release hands frames over when they are due.
func (p *player) release(ctx context.Context, frames []packet.Raw) error {
	if p.line.pace == 0 {
		return p.deliver(frames)
	}
	for len(frames) > 0 {
		now := p.s.cfg.Now().UnixNano()
		n := 0
		for n < len(frames) && p.line.due(frames[n].Time) <= now {
			n++
		}
		if err := p.deliver(frames[:n]); err != nil {
			return err
		}
		frames = frames[n:]
		if len(frames) == 0 {
			return nil
		}
		if !p.sleep(ctx, time.Duration(p.line.due(frames[0].Time)-now)) {
			return nil
		}
	}
	return nil
}

// sleep reports false when ctx ended it.
func (p *player) sleep(ctx context.Context, d time.Duration) bool {
	if d >= longWait {
		p.s.set("running", "next packet in "+d.Round(time.Second).String())
		defer p.s.set("running", "")
	}
	t := time.NewTimer(max(d, tick))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// deliver gives frames their observation point and time and hands them over.
func (p *player) deliver(frames []packet.Raw) error {
	if len(frames) == 0 {
		return nil
	}
	var packets, bytes [MaxInterfaces]uint64
	for i := range frames {
		f := &frames[i]
		at := f.Iface
		if p.points[at] == nil {
			if err := p.meet(at); err != nil {
				return err
			}
		}
		f.Iface = p.points[at].id
		f.Time = p.line.stamp(f.Time)
		p.last = max(p.last, f.Time)
		packets[at]++
		bytes[at] += uint64(f.Len)
	}
	p.sink.Packets(frames)
	now := p.s.cfg.Now().UnixNano()
	for i := range p.rd.Interfaces() {
		if packets[i] == 0 {
			continue
		}
		pt := p.points[i]
		pt.packets.Add(packets[i])
		pt.bytes.Add(bytes[i])
		pt.last.Store(now)
	}
	return nil
}

// meet finds the observation point of an interface that is seen for the first time.
func (p *player) meet(iface uint8) (err error) {
	name := p.s.cfg.Name
	if all := p.rd.Interfaces(); len(all) > 1 {
		name += "/" + all[iface].Name
	}
	p.points[iface], err = p.s.point(p.sink, name)
	return err
}

// drops publishes how many frames the reader had to pass over.
func (p *player) drops() error {
	for i, f := range p.rd.Interfaces() {
		if f.Skipped == p.skipped[i] {
			continue
		}
		if p.points[i] == nil {
			if err := p.meet(uint8(i)); err != nil {
				return err
			}
		}
		p.points[i].drops.Add(f.Skipped - p.skipped[i])
		p.skipped[i] = f.Skipped
	}
	return nil
}
