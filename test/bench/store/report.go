package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"text/tabwriter"
	"time"

	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/store"
	"weir/store/archive"
)

// report is what came of a simulated time.
type report struct {
	year     *year
	peak     int64 // resident memory of the simulation
	proof    proof // of the database
	proved   time.Duration
	status   store.Status
	archive  archive.Status
	files    int64 // bytes that the archive really takes
	flows    flowsKept
	figures  []*figures // of this architecture first
	failures []error
}

// flowsKept is what the log has of the flows that ended.
type flowsKept struct {
	oldest, newest uint64 // numbers
	n              uint64
	since          int64 // seconds: when the oldest ended
}

// look looks at what is there when the time has passed, and closes the database.
func (r *report) look(ctx context.Context) error {
	y := r.year
	start := time.Now()
	var err error
	if r.proof, err = prove(ctx, y.store, y.rollup.Open, y.house, y.end()); err != nil {
		return err
	}
	r.proved = time.Since(start)
	if err := r.flows.count(ctx, y.store); err != nil {
		return err
	}
	r.status, r.archive = y.store.Status(), y.archive.Status()
	if r.files, err = sizeOf(filepath.Join(y.dir, archiveDir)); err != nil {
		return err
	}
	return y.store.Close(ctx)
}

// count goes through the flow log.
func (k *flowsKept) count(ctx context.Context, s *store.Store) error {
	seen := make(map[uint64]bool)
	_, err := s.EachFlow(ctx, flowlog.Filter{}, func(f *flowlog.Flow) error {
		if k.n++; seen[f.ID] {
			return fmt.Errorf("flow %d is in the log twice", f.ID)
		}
		seen[f.ID] = true
		if k.newest = max(k.newest, f.ID); k.oldest == 0 || f.ID < k.oldest {
			k.oldest, k.since = f.ID, f.Last/1e6
		}
		return nil
	})
	return err
}

// sizeOf sums up the files below a directory.
func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// print prints the tables and returns what is beyond its budget.
func (r *report) print(w io.Writer) error {
	for _, table := range []func(io.Writer){r.printTiers, r.printBands, r.printRebuilt, r.printQueries, r.printBudgets} {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		table(t)
		fmt.Fprintln(t)
		t.Flush()
	}
	return errors.Join(r.failures...)
}

func (r *report) printTiers(w io.Writer) {
	y := r.year
	fmt.Fprintf(w, "database: %d days, limit %s, %s used, took %v, checked in %v\n", y.days, bytesText(y.maxSize), bytesText(r.status.Bytes), y.took.Round(time.Second), r.proved.Round(time.Second))
	fmt.Fprintln(w, "tier\tslots\tbytes\tshare\tkept since\tdays\tmain\tother\tmatrices")
	for _, t := range r.status.Tiers {
		p := r.proof[t.Step]
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%.1f\t%s\t%s\t%s\n", stepText(t.Step), t.Slots, bytesText(t.Bytes), bytesText(t.Share),
			timeText(t.Oldest), float64(y.end()-t.Oldest)/float64(clock.Day), p[mainClasses], p[otherClasses], p[matrices])
	}
	if f := r.status.Flows; f.Slots > 0 {
		fmt.Fprintf(w, "flow log\t%d\t%s\t%s\t%s\t%.1f\t%d flows\t%.1f B each\t\n", f.Slots, bytesText(f.Bytes), bytesText(f.Share),
			timeText(r.flows.since), float64(y.end()-r.flows.since)/float64(clock.Day), r.flows.n, float64(f.Bytes)/float64(max(r.flows.n, 1)))
	}
}

// String tells how many slots are exact.
func (k kept) String() string {
	switch {
	case k.Exact+k.Absent+k.Wrong == 0:
		return "-"
	case k.Wrong > 0:
		return fmt.Sprintf("%d exact, %d WRONG", k.Exact, k.Wrong)
	case k.Absent > 0:
		return fmt.Sprintf("%d exact, %d absent", k.Exact, k.Absent)
	}
	return fmt.Sprintf("%d exact", k.Exact)
}

func (r *report) printBands(w io.Writer) {
	st := r.archive
	fmt.Fprintf(w, "archive: %s of %s\n", bytesText(st.Bytes), bytesText(st.Limit))
	fmt.Fprintln(w, "band\tsegments\tbytes\tsince\twritten")
	for _, b := range st.Bands {
		since := "-"
		if b.Oldest > 0 {
			since = timeText(b.Oldest)
		}
		written := "yes"
		if !b.Written {
			written = "from " + bytesText(b.Band.From()) + " on"
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", b.Band, b.Segments, bytesText(b.Bytes), since, written)
	}
}

func (r *report) printRebuilt(w io.Writer) {
	if len(r.figures) == 0 {
		return
	}
	f := r.figures[0]
	fmt.Fprintln(w, "rebuilt from the archive alone:")
	for _, words := range f.Rebuilt {
		fmt.Fprintln(w, "  "+words)
	}
	fmt.Fprintln(w, "tier\tmain\tsince\tother\tsince\tmatrices\tsince")
	for _, t := range r.status.Tiers {
		p := f.RebuiltOK[t.Step]
		if p[mainClasses].Exact == 0 {
			continue
		}
		fmt.Fprint(w, stepText(t.Step))
		for _, k := range p {
			since := "-"
			if k.Since > 0 {
				since = timeText(k.Since)[:len("2006-01-02")]
			}
			fmt.Fprintf(w, "\t%s\t%s", k, since)
		}
		fmt.Fprintln(w)
	}
}

func (r *report) printQueries(w io.Writer) {
	if len(r.figures) == 0 {
		return
	}
	fmt.Fprint(w, "query\tanswer")
	for _, f := range r.figures {
		fmt.Fprintf(w, "\t%s", f.Arch)
	}
	fmt.Fprintln(w)
	for i, q := range r.figures[0].Queries {
		fmt.Fprintf(w, "%s\t%s", q.Name, q.Answer)
		for _, f := range r.figures {
			fmt.Fprintf(w, "\t%s", timeMS(f.Queries[i].Median))
		}
		fmt.Fprintln(w)
	}
	for _, line := range []struct {
		name string
		of   func(*figures) string
	}{
		{"opening the database", func(f *figures) string { return timeMS(f.Open) }},
		{"rebuilding it", func(f *figures) string { return timeMS(f.Rebuild) }},
		{"peak memory of both", func(f *figures) string { return bytesText(f.PeakMemory) }},
	} {
		fmt.Fprintf(w, "%s\t", line.name)
		for _, f := range r.figures {
			fmt.Fprintf(w, "\t%s", line.of(f))
		}
		fmt.Fprintln(w)
	}
}

func timeMS(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

// bytesText is a number of bytes for people, in thousands of bytes.
func bytesText(n int64) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.2f MB", float64(n)/1e6)
}
