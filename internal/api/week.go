package api

import (
	"context"
	"time"

	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/rollup"
)

// activityDays are those that the hours of a week are summed over.
const activityDays = 28

// week is what a device moved in each hour of a week.
type week [7][24]struct {
	known bool
	bytes engine.Pair[uint64]
}

// weekOf sums the hours of the last days by hour and weekday, nil for no device and
// where hours are not kept.
func weekOf(ctx context.Context, b *Backend, id uint32) (*week, error) {
	if id == 0 {
		return nil, nil
	}
	now := b.now()
	to := max(now.Unix(), 1)
	q := rollup.Query{
		Class: rollup.Device, ID: id, From: max(b.calendar().Floor(to, hour)-activityDays*clock.Day, 0), To: to,
		Points: activityDays*24 + 1, Calendar: b.calendar(),
	}
	w, any := new(week), false
	for _, q.Metric = range []rollup.Metric{rollup.TxBytes, rollup.RxBytes} {
		s, err := b.History.Series(ctx, q)
		if err != nil {
			return nil, err
		}
		if s.Step > hour {
			return nil, nil
		}
		for i, v := range s.Values {
			at := time.Unix(s.Start+int64(i)*s.Step, 0).In(now.Location())
			if h := &w[at.Weekday()][at.Hour()]; s.Known[i] {
				any, h.known = true, true
				if q.Metric == rollup.TxBytes {
					h.bytes.Tx += v
				} else {
					h.bytes.Rx += v
				}
			}
		}
	}
	if !any {
		return nil, nil
	}
	return w, nil
}

func (w *week) encode(e *Encoder) {
	if w == nil {
		e.Null("week")
		return
	}
	e.Array("week")
	for day := range w {
		e.Array("")
		for hour := range w[day] {
			h := &w[day][hour]
			pairOrNull(e, "", h.bytes, h.known)
		}
		e.EndArray()
	}
	e.EndArray()
}
