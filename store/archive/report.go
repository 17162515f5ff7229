package archive

import (
	"fmt"
	"time"
)

// Report says what was found in an archive.
type Report struct {
	Segments int
	Bytes    int64
	Lost     int    // stretches that could not be read
	Losses   []Loss // the first of them
	Unnamed  uint64 // handles whose names were lost
}

// Words tells what is lost, a sentence each. It is empty where nothing is.
func (r Report) Words() []string {
	var words []string
	for _, l := range r.Losses {
		words = append(words, l.Words())
	}
	if n := r.Lost - len(r.Losses); n > 0 {
		words = append(words, fmt.Sprintf("%d more places could not be read", n))
	}
	if r.Unnamed > 0 {
		words = append(words, fmt.Sprintf("the names of %d sums are lost: they count as other", r.Unnamed))
	}
	return words
}

// Words tells one loss.
func (l Loss) Words() string {
	what := fmt.Sprintf("%d bytes of %s", l.Bytes, l.Band.Words())
	const layout = "2006-01-02 15:04"
	from, to := time.Unix(l.From, 0).UTC().Format(layout), time.Unix(l.To, 0).UTC().Format(layout)
	switch {
	case l.To == 0:
	case l.From == l.To:
		what += fmt.Sprintf(" of %s UTC", to)
	default:
		what += fmt.Sprintf(" from %s to %s UTC", from, to)
	}
	switch {
	case l.Newer:
		return what + " were written by a newer weir and are left alone"
	case l.Torn:
		return what + " were not written whole and are left out"
	}
	return what + " are damaged and left out"
}

func (r *Report) add(lost int, losses []Loss) {
	r.Lost += lost
	for _, l := range losses {
		if len(r.Losses) < maxLosses {
			r.Losses = append(r.Losses, l)
		}
	}
}

// report tells what is known without reading.
func (a *Archive) report() Report {
	r := Report{Segments: len(a.segs), Bytes: a.used()}
	for _, s := range a.segs {
		r.add(s.lost, s.losses)
	}
	return r
}

// Read calls fn with what the archive holds: the most important band first, of
// each the newest period first, and of two records of one thing the one that
// counts last. Losses are reported, and are no error. fn must not call the
// archive.
func (a *Archive) Read(fn func(*Reader, Record) error) (Report, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.load(); err != nil {
		a.err = a.explain(err)
		a.show()
		return Report{}, a.err
	}
	report := Report{Segments: len(a.segs), Bytes: a.used()}
	for from := 0; from < len(a.segs); {
		g := group(a.segs[from:], a.segs[from].band, a.segs[from].period)
		from += len(g)
		for _, s := range current(g) {
			var last *Reader
			err := a.readSegment(s, func(r *Reader, rec Record) error {
				last = r
				if rec.Kind >= kindNames {
					return nil
				}
				return fn(r, rec)
			})
			if err != nil {
				return report, a.explain(err)
			}
			if last == nil {
				report.add(s.lost, s.losses)
				continue
			}
			lost, losses := last.Lost()
			report.add(lost, losses)
			report.Unnamed += last.Unnamed()
		}
	}
	return report, nil
}

// Status is the present state of an Archive.
type Status struct {
	Dir    string
	Bytes  int64
	Limit  int64
	Free   int64 // of the file system; -1 if unknown
	Bands  [NumBands]BandStatus
	Today  int64 // bytes written today
	Daily  int64 // from which on less important bands wait
	Year   int64 // bytes a year, going by the last days
	Total  int64 // bytes ever written
	Last   int64 // time of the last batch that went well since Open, seconds; 0 before
	Newest int64 // end of the newest data, seconds
	Lost   int   // places that cannot be read
	Err    error // of the last batch, nil if it went well

	Dropped uint64 // segments deleted for room since Open
}

// BandStatus is that of one band.
type BandStatus struct {
	Band           Band
	Bytes          int64
	Segments       int
	Oldest, Newest int64  // starts of the oldest segment and of the newest data, seconds; 0 if there is none
	Written        bool   // at the present limit
	Refused        uint64 // records that had no room since Open
}

// Status returns the state after the last batch. It does not touch the disk, and
// does not wait for a batch that does.
func (a *Archive) Status() Status { return *a.shown.Load() }

// show makes the present state that of Status. The caller holds mu.
func (a *Archive) show() {
	st := Status{
		Dir: a.dir, Bytes: a.used(), Limit: a.limit, Free: a.free, Today: a.ledger.days[0], Daily: a.daily(),
		Year: a.ledger.perYear(), Total: a.ledger.total, Last: a.last, Err: a.err, Dropped: a.dropped,
	}
	for b := range st.Bands {
		st.Bands[b] = BandStatus{Band: Band(b), Written: a.limit >= bands[b].from, Refused: a.refused[b]}
	}
	for _, s := range a.segs {
		st.Lost += s.lost
		b := &st.Bands[s.band]
		b.Bytes += s.size
		b.Segments++
		b.Newest = max(b.Newest, s.newest)
		st.Newest = max(st.Newest, s.newest)
		if start := s.band.end(s.period - 1); s.band != Identity && (b.Oldest == 0 || start < b.Oldest) {
			b.Oldest = start
		}
	}
	a.shown.Store(&st)
}
