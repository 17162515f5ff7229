package store

import (
	"fmt"
	"time"

	"weir/internal/clock"
)

// RestoreReport says what came back from an archive or a backup, and what did
// not.
type RestoreReport struct {
	Tiers   []RestoredTier // in the order of Options.Tiers
	Devices int
	Rows    int
	Flows   int    // blocks of the flow log
	Skipped int    // records that are damaged or that this store has no place for
	Unnamed uint64 // sums that count as other, because their names are lost
	Newest  int64  // start of the newest slot, seconds; 0 if there is none
	Lost    []string
	Took    time.Duration
}

// RestoredTier is what came back of one tier. A slot in several parts counts once
// for each.
type RestoredTier struct {
	Step           int64
	Slots          int
	Oldest, Newest int64 // starts, seconds
}

// Words tells what is kept and what was lost, a sentence each.
func (r RestoreReport) Words() []string {
	var words []string
	for _, t := range r.Tiers {
		if t.Slots > 0 {
			words = append(words, fmt.Sprintf("kept: %s from %s to %s", tierWords(t.Step), dateWords(t.Oldest), dateWords(t.Newest)))
		}
	}
	words = append(words, fmt.Sprintf("kept: %d devices, %d notes, %d blocks of ended flows", r.Devices, r.Rows, r.Flows))
	if r.Newest > 0 {
		words = append(words, fmt.Sprintf("lost: what came after the last snapshot, whose newest data is of %s", dateWords(r.Newest)))
	}
	for _, l := range r.Lost {
		words = append(words, "lost: "+l)
	}
	if r.Skipped > 0 {
		words = append(words, fmt.Sprintf("lost: %d records that could not be used", r.Skipped))
	}
	return words
}

func tierWords(step int64) string {
	switch {
	case step == clock.Month:
		return "months"
	case step == clock.Day:
		return "days"
	case step == hour:
		return "hours"
	case step%60 == 0:
		return fmt.Sprintf("steps of %d minutes", step/60)
	}
	return fmt.Sprintf("steps of %d seconds", step)
}

func dateWords(t int64) string { return time.Unix(t, 0).UTC().Format("2006-01-02 15:04 UTC") }
