package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"weir/internal/flowlog"
)

// Bounds of one call of FlowHistory.
const (
	MaxFlowRows = 200
	flowUnpacks = 32   // blocks that are unpacked
	flowSkips   = 4096 // and blocks whose headers are looked at
)

// FlowStats tells what a search of the flow log took.
type FlowStats struct {
	Skipped  int // blocks that cannot have what is looked for, by their headers
	Unpacked int // blocks that may
	Flows    int // in those
	Damaged  int // blocks that were left out
}

// ErrCursor is returned, wrapped, for a cursor that FlowHistory did not give out.
var ErrCursor = errors.New("not a cursor of the flow log")

func isNewer(err error) bool { return errors.Is(err, flowlog.ErrVersion) }

// place is a place in the log: before the row row of the block under prefix, or
// at the end of the log for no prefix.
type place struct {
	prefix []byte
	row    int
}

// String returns the place as a cursor.
func (p place) String() string {
	return hex.EncodeToString(binary.BigEndian.AppendUint16(bytes.Clone(p.prefix), uint16(p.row)))
}

// parsePlace reads a cursor; "" is the end of the log.
func parsePlace(cursor string) (place, error) {
	if cursor == "" {
		return place{}, nil
	}
	b, err := hex.DecodeString(cursor)
	if err != nil || len(b) != flowKeyLen {
		return place{}, fmt.Errorf("%w: leave it out to begin with the newest flows", ErrCursor)
	}
	p := place{b[:flowKeyLen-2], int(binary.BigEndian.Uint16(b[flowKeyLen-2:]))}
	if p.row > flowlog.BlockFlows || p.prefix[0] >= 0x80 {
		return place{}, fmt.Errorf("%w: leave it out to begin with the newest flows", ErrCursor)
	}
	return p, nil
}

// FlowHistory returns up to limit flows that ended and pass f, the newest first,
// from where cursor says; "" begins with the newest. next is where to go on, "" at
// the end of the log. It may come with fewer flows than limit, even with none: a
// call looks at so much of the log only. Flows that were logged but are not
// written yet are found, too. Rows do not repeat, and none is left out that was
// logged before the first call, unless it is pruned meanwhile; a block that is
// damaged is counted and left out.
func (s *Store) FlowHistory(ctx context.Context, f flowlog.Filter, limit int, cursor string) (rows []flowlog.Flow, next string, scanned FlowStats, err error) {
	at, err := parsePlace(cursor)
	if err != nil {
		return nil, "", scanned, err
	}
	limit = min(max(limit, 1), MaxFlowRows)
	s.layout.RLock()
	defer s.layout.RUnlock()
	w := flowWalk{s: s, search: flowlog.NewSearch(&f), at: at, back: true}
	for w.Unpacked < flowUnpacks && w.Skipped < flowSkips {
		if err := ctx.Err(); err != nil {
			return nil, "", w.FlowStats, err
		}
		block, more, err := w.next()
		if err != nil || !more {
			return rows, "", w.FlowStats, err
		}
		if block == nil {
			continue
		}
		err = w.search.Backward(block, w.at.row, func(i int, f *flowlog.Flow) bool {
			rows = append(rows, *f)
			w.at.row = i
			return len(rows) < limit
		})
		w.done(block, err)
		if len(rows) == limit {
			break
		}
		w.at.row = 0
	}
	return rows, w.at.String(), w.FlowStats, nil
}

// EachFlow calls fn with every flow that ended and passes f, in about the order in
// which they ended, until fn returns an error, which it returns. A flow is valid
// during the call. No transaction is open meanwhile: fn may take its time.
func (s *Store) EachFlow(ctx context.Context, f flowlog.Filter, fn func(*flowlog.Flow) error) (scanned FlowStats, err error) {
	w := flowWalk{s: s, search: flowlog.NewSearch(&f)}
	for {
		if err := ctx.Err(); err != nil {
			return w.FlowStats, err
		}
		s.layout.RLock()
		block, more, err := w.next()
		s.layout.RUnlock()
		if err != nil || !more {
			return w.FlowStats, err
		}
		if block == nil {
			continue
		}
		var stop error
		err = w.search.Forward(block, 0, func(_ int, f *flowlog.Flow) bool {
			stop = fn(f)
			return stop == nil
		})
		w.at.row = 0
		w.done(block, err)
		if stop != nil {
			return w.FlowStats, stop
		}
	}
}
