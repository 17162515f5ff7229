package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Segments are named weir-BAND-PERIOD-GENERATION.seg. A generation goes on from
// the one before, or, where its first chunk was written by a compaction, replaces
// it.
const (
	prefix  = "weir-"
	suffix  = ".seg"
	tmpName = "weir-new.tmp" // a segment that is being written
)

// segment is what is known of one file.
type segment struct {
	entry
	band       Band
	period     int64
	generation int64

	good      int64 // bytes up to the end of the last good chunk
	chunks    int
	data      int   // chunks that are not of names alone
	compacted int64 // bytes that a compaction wrote
	newest    int64 // start of the newest data
	broken    bool  // damaged before its end, or a newer weir's: not written to
	lost      int
	losses    []Loss
	read      bool // all the above is known

	writing bool // by the batch at hand
}

func fileName(b Band, period, generation int64) string {
	return fmt.Sprintf("%s%s-%d-%d%s", prefix, b, period, generation, suffix)
}

// parseName is the inverse of fileName, false for other files.
func parseName(name string) (s *segment, ok bool) {
	s = &segment{}
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return s, false
	}
	if rest, ok = strings.CutSuffix(rest, suffix); !ok {
		return s, false
	}
	numbers := [2]int64{}
	for i := range numbers {
		at := strings.LastIndexByte(rest, '-')
		if at < 0 {
			return s, false
		}
		n, err := strconv.ParseInt(rest[at+1:], 10, 64)
		if err != nil || n < 0 {
			return s, false
		}
		numbers[i], rest = n, rest[:at]
	}
	s.generation, s.period = numbers[0], numbers[1]
	s.band, ok = parseBand(rest)
	return s, ok && fileName(s.band, s.period, s.generation) == name
}

// inspect reads a segment through and notes what is in it.
func (s *segment) inspect(d folder) error {
	f, err := d.open(s.name)
	if err != nil {
		return err
	}
	defer f.Close()
	scan := newScanner(f)
	s.chunks, s.data, s.compacted, s.newest = 0, 0, 0, 0
	for {
		h, _, err := scan.next()
		if err == io.EOF || errors.Is(err, ErrForeign) {
			break
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		s.note(h, scan.good)
	}
	s.good, s.broken = scan.good, scan.broken() && scan.pos > 0
	s.lost, s.losses, s.read = scan.lost, scan.losses, true
	for i := range s.losses {
		s.losses[i].Band = s.band
		s.broken = s.broken || s.losses[i].Newer
	}
	return nil
}

// note takes a good chunk into account that ends at end.
func (s *segment) note(h header, end int64) {
	s.chunks++
	if h.flags&flagNames == 0 {
		s.data++
		s.newest = max(s.newest, h.to)
	}
	if h.flags&flagCompacted != 0 {
		s.compacted = end
	}
}

// replaces reports whether the segment stands for all generations before it.
func (s *segment) replaces() bool { return s.compacted > 0 }

// order sorts segments by band, newest period first, oldest generation first: as
// they are read.
func order(segs []*segment) {
	slices.SortFunc(segs, func(a, b *segment) int {
		return cmp.Or(cmp.Compare(a.band, b.band), cmp.Compare(b.period, a.period), cmp.Compare(a.generation, b.generation))
	})
}

// group returns the generations of one period, of sorted segments, in a slice of
// its own.
func group(segs []*segment, b Band, period int64) []*segment {
	from := slices.IndexFunc(segs, func(s *segment) bool { return s.band == b && s.period == period })
	if from < 0 {
		return nil
	}
	to := from
	for to < len(segs) && segs[to].band == b && segs[to].period == period {
		to++
	}
	return slices.Clone(segs[from:to])
}

// current returns of a group what is to be read: the newest generation that
// replaces those before it and what goes on from it. Where something of that is
// damaged, it begins with the generation before.
func current(g []*segment) []*segment {
	if len(g) == 0 {
		return nil
	}
	from := base(g)
	for _, s := range g[from:] {
		if s.broken || s.lost > 0 {
			return g[base(g[:from]):]
		}
	}
	return g[from:]
}

// base returns the index of the newest segment that replaces those before it.
func base(g []*segment) int {
	for i := len(g) - 1; i > 0; i-- {
		if g[i].replaces() {
			return i
		}
	}
	return 0
}
