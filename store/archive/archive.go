package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// Defaults and bounds of the limit.
const (
	MinLimit = 128 << 10
	MaxLimit = 32 << 20 // of a limit that is chosen from the free space
	maxDaily = 4 << 20

	reserve = 64 << 10 // bytes of the file system that are never used
)

// Options of an Archive. Codec is required.
type Options struct {
	Codec Codec
	Limit int64 // bytes; 0 is chosen from what is free
	Daily int64 // bytes a day from which on less important bands wait; default a quarter of the limit, at most 4 MiB

	// Free tells the bytes that are free on the file system of dir; nil means
	// that nobody knows.
	Free func(dir string) (int64, error)
}

// Archive is a directory of segments. Open makes one.
type Archive struct {
	dir    string
	folder folder
	opt    Options

	mu      sync.Mutex // held for as long as a batch lasts; guards what follows
	segs    []*segment // sorted, see order
	loaded  bool       // segs and ledger are what the directory has
	seen    bool       // the directory was there once
	ledger  ledger
	limit   int64 // at present
	free    int64 // at present, -1 if unknown
	now     int64 // time of the newest batch
	last    int64 // time of the last batch that went well
	err     error // of the last batch, nil if it went well
	dropped uint64
	refused [NumBands]uint64

	shown atomic.Pointer[Status] // as of the last call that held mu
}

// Open reads the directory through and reports what it found. It makes the
// directory if it is missing. A path that cannot be read is not the end: the
// error says why, the Archive is there all the same, and every later call tries
// again.
func Open(dir string, o Options) (*Archive, Report, error) {
	return openIn(osFolder(dir), dir, o)
}

func openIn(f folder, dir string, o Options) (*Archive, Report, error) {
	a := &Archive{dir: dir, folder: f, opt: o}
	a.err = a.explain(a.load())
	a.show()
	return a, a.report(), a.err
}

// load brings segs up to date with the directory: another one may be mounted
// there by now. Files that are as they were are not read again. A directory that
// was there once and is gone is not made anew: what is mounted there comes back.
func (a *Archive) load() error {
	files, err := a.folder.list()
	if errors.Is(err, os.ErrNotExist) && !a.seen {
		if err = a.folder.make(); err == nil {
			files, err = a.folder.list()
		}
	}
	if err != nil {
		a.segs, a.ledger, a.loaded = nil, ledger{}, false
		return err
	}
	a.seen = true
	changed := !a.loaded
	var segs []*segment
	for _, e := range files {
		if e.name == tmpName {
			_ = a.folder.remove(tmpName) // a compaction that did not end
		}
		s, ok := parseName(e.name)
		if !ok {
			continue
		}
		if i := slices.IndexFunc(a.segs, func(k *segment) bool { return k.entry == e }); i >= 0 {
			segs = append(segs, a.segs[i])
			continue
		}
		s.entry, changed = e, true
		if err := s.inspect(a.folder); err != nil {
			a.loaded = false
			return err
		}
		segs = append(segs, s)
	}
	changed = changed || len(segs) != len(a.segs)
	order(segs)
	a.segs = segs
	if changed {
		err = a.loadLedger()
	}
	a.loaded = err == nil
	a.setLimit()
	return err
}

// loadLedger reads the newest ledger.
func (a *Archive) loadLedger() error {
	a.ledger = ledger{}
	for _, s := range current(group(a.segs, Identity, 0)) {
		err := a.readSegment(s, func(_ *Reader, r Record) error {
			if r.Kind == kindLedger {
				a.ledger.load(&r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// used are the bytes of all segments.
func (a *Archive) used() (n int64) {
	for i := range a.segs {
		n += a.segs[i].size
	}
	return n
}

// setLimit chooses the limit: a third of what would be free without the archive,
// so that it fits beside what the owner installs, or what was configured, as far
// as there is room.
func (a *Archive) setLimit() {
	a.free = -1
	if a.opt.Free != nil {
		if n, err := a.opt.Free(a.dir); err == nil {
			a.free = n
		}
	}
	used := a.used()
	a.limit = a.opt.Limit
	if a.limit <= 0 {
		a.limit = 2 << 20
		if a.free >= 0 {
			a.limit = min(max((a.free+used)/3, MinLimit), MaxLimit)
		}
	}
	if a.free >= 0 {
		a.limit = max(min(a.limit, used+a.free-reserve), 0)
	}
}

// daily are the bytes a day from which on less important bands wait.
func (a *Archive) daily() int64 {
	if a.opt.Daily > 0 {
		return a.opt.Daily
	}
	return min(a.limit/4, maxDaily)
}

// newest is the start of the newest data, or the time of the batch at hand if data
// is from later: a clock may have been years ahead, which makes what is from now
// no older.
func (a *Archive) newest() (t int64) {
	for _, s := range a.segs {
		t = max(t, s.newest)
	}
	if a.now > 0 {
		t = min(t, a.now)
	}
	return t
}

// rank is the importance of a segment. The generation before the present one of
// Identity goes before the hours do, that of Months, which days tell as well, before
// the matrices.
func (a *Archive) rank(s *segment, newest int64) Band {
	if s.band > Months { // others have none
		return s.band.rank(s.period, newest)
	}
	g := group(a.segs, s.band, s.period)
	if s.generation < g[base(g)].generation {
		if s.band == Identity {
			return Hours
		}
		return Matrices
	}
	return s.band.rank(s.period, newest)
}

// makeRoom drops segments that are less important than the period of the band, or
// as important and older, until n bytes more fit. It reports whether they do.
func (a *Archive) makeRoom(n int64, b Band, period int64) bool {
	newest := a.newest()
	rank, end := b.rank(period, newest), b.end(period)
	for a.used()+n > a.limit {
		worst := -1
		for i, s := range a.segs {
			r := a.rank(s, newest)
			if s.writing || r < rank || r == rank && s.band.end(s.period) >= end {
				continue
			}
			if worst < 0 || a.leavesBefore(s, a.segs[worst], newest) {
				worst = i
			}
		}
		if worst < 0 || a.drop(a.segs[worst]) != nil {
			return false
		}
		a.dropped++
	}
	return true
}

// leavesBefore reports whether s leaves before t when room is needed.
func (a *Archive) leavesBefore(s, t *segment, newest int64) bool {
	return cmp.Or(
		cmp.Compare(a.rank(t, newest), a.rank(s, newest)),
		cmp.Compare(s.band.end(s.period), t.band.end(t.period)),
		cmp.Compare(s.generation, t.generation)) < 0
}

// drop deletes a segment.
func (a *Archive) drop(s *segment) error {
	if err := a.folder.remove(s.name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	a.segs = slices.DeleteFunc(a.segs, func(k *segment) bool { return k == s })
	return nil
}

// readSegment calls fn with the records of a segment, names resolved.
func (a *Archive) readSegment(s *segment, fn func(*Reader, Record) error) error {
	known, err := a.readNames(s)
	if err != nil {
		return err
	}
	f, err := a.folder.open(s.name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := NewReader(f, a.opt.Codec)
	r.band, r.names = s.band, known
	r.want = func(flags byte) bool { return flags&flagNames == 0 }
	for {
		rec, err := r.next()
		if err == io.EOF || errors.Is(err, ErrForeign) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		if err := fn(r, rec); err != nil {
			return err
		}
	}
}

// readNames reads the names of a segment: those that come twice are known even
// if the first place is damaged.
func (a *Archive) readNames(s *segment) (*names, error) {
	f, err := a.folder.open(s.name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := NewReader(f, a.opt.Codec)
	r.want = func(flags byte) bool { return flags&flagNames != 0 }
	for {
		if _, err := r.next(); err == io.EOF || errors.Is(err, ErrForeign) {
			return r.names, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.name, err)
		}
	}
}
