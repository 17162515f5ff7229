package daemon

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"time"

	"weir/internal/clock"
	"weir/store"
)

// misdated is since when the database has something by a clock that NTP did not
// confirm. It is stored, because weir may be restarted before the clock is set:
// then what all runs of this boot have stored has to move.
type misdated struct {
	since  time.Time // by the clock as it goes now; zero when NTP confirmed it
	offset int64     // seconds from the other clock to this one, as they were stored
	stored bool
	set    time.Duration // uptime at which the clock was set last, or weir began
}

const (
	clockKey    = "clock" // of the row
	clockRowLen = 2 * 8   // and the name of the boot: be64 each since and offset, in seconds
	sameClock   = int64(60)
	standsFor   = 24 * time.Hour // until a date that nobody confirms may decide what is too old
)

// offsetOf is what one clock is ahead of the other, in seconds.
func offsetOf(now clock.Reading) int64 { return now.Wall.Unix() - int64(now.Up/time.Second) }

// restoreClock takes over what an earlier run of this boot could not date for sure.
// If the clock was set between that run and this one, it moves at once.
func (d *Daemon) restoreClock() {
	rows, err := d.store.Rows(store.RowState)
	if err != nil {
		return // restoreKept has told
	}
	now := d.opt.Now()
	for _, r := range rows {
		if r.Key != clockKey || len(r.Value) < clockRowLen || string(r.Value[clockRowLen:]) != d.bootID() {
			continue
		}
		since := time.Unix(int64(binary.BigEndian.Uint64(r.Value)), 0)
		offset := int64(binary.BigEndian.Uint64(r.Value[8:]))
		d.misdated.stored, d.misdated.offset = true, offset
		if by := offsetOf(now) - offset; by >= sameClock || by <= -sameClock {
			step := time.Duration(by) * time.Second
			d.log.Warn("the clock was set while weir did not run", "by", step)
			d.moveStored(since, now.Wall.Add(-step), step)
			since = since.Add(step)
		}
		d.misdated.since = since
	}
}

// bootID names the present boot, "" where the kernel does not tell.
func (d *Daemon) bootID() string {
	b, err := os.ReadFile(filepath.Join(string(d.proc), "sys/kernel/random/boot_id"))
	if err != nil {
		return ""
	}
	return string(b)
}

// move puts what the wrong clock dated where it belongs: what is in memory and
// what was stored since. Called with moving held.
func (d *Daemon) move(step time.Duration) {
	d.engine.Move(step)
	d.ledger.Move(step)
	from, to := d.keeper.Wrong()
	if since := d.misdated.since; !since.IsZero() && since.Before(from) {
		from = since
	}
	d.moveStored(from, to, step)
	d.alerts.Move(from.Add(-time.Minute), step) // those from before the first look
	d.journal.Move(from.Add(-time.Minute), to.Add(time.Minute), step)
}

// moveStored moves what is stored, or waits to be, of a span of the wrong clock.
func (d *Daemon) moveStored(from, to time.Time, step time.Duration) {
	by := int64(step.Round(time.Second) / time.Second)
	err := errors.Join(d.store.Rebase(from.Unix(), to.Unix()+1, by), d.store.MoveFlows(from.UnixMicro(), to.UnixMicro()+1, step))
	if err != nil {
		d.log.Error("move what was stored while the clock was wrong; it waits for the disk, as what comes does", "error", err)
	}
}

// noteClock keeps up since when the clock was not confirmed, for a run that may
// come after this one. Called with moving held.
func (d *Daemon) noteClock(now clock.Reading, trust clock.Trust, step time.Duration, move bool) {
	m := &d.misdated
	if m.set == 0 || step.Abs() >= time.Minute {
		m.set = now.Up
	}
	d.ageing.Store(trust == clock.ByNTP || trust == clock.ByDate && now.Up-m.set >= standsFor)
	switch {
	case trust == clock.ByNTP:
		m.since = time.Time{}
	case m.since.IsZero():
		m.since = now.Wall
	case move:
		m.since = m.since.Add(step)
	}
	if m.since.IsZero() {
		if m.stored {
			d.store.PutRows([]store.Row{{Kind: store.RowState, Key: clockKey}})
			m.stored = false
		}
		return
	}
	offset := offsetOf(now)
	if diff := offset - m.offset; m.stored && diff < sameClock/2 && diff > -sameClock/2 {
		return
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(m.since.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(offset))
	d.store.PutRows([]store.Row{{Kind: store.RowState, Key: clockKey, Value: append(b, d.bootID()...)}})
	m.stored, m.offset = true, offset
}
