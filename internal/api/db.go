package api

import (
	"context"
	"slices"
	"time"

	"weir/store"
)

var dbMethod = Method{
	Name: "db",
	Doc:  "What is kept where, how much of it, and what goes first.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		if b.Storage == nil {
			return nil, noStorage("db")
		}
		s, ts := b.Storage.Storage(), b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			encodeLive(e, s.Live)
			encodeArchive(e, s.Archive)
			if s.Restored == nil {
				e.Null("restored")
			} else {
				e.Table("restored")
				encodeRestored(e, s.Restored)
				e.EndTable()
			}
		}, nil
	},
}

func dbAnswer() []Field {
	return slices.Concat([]Field{{"ts", Integer, false, "when it was answered"}}, liveFields(), archiveFields(), restoredStartFields())
}

// noStorage is the error of methods that need a database.
func noStorage(method string) *Error {
	return &Error{NotSupported, method + ": nothing is stored here", "name a folder with option path of config store"}
}

func liveFields() []Field {
	return slices.Concat([]Field{
		{"live", Table, true, "the database; null when nothing is stored"},
		{"live.path", Text, false, "its file"},
		{"live.fs", Text, true, "type of the file system it is on"},
		{"live.durable", Flag, false, "it outlives a reboot; else snapshots do"},
		{"live.bytes", Integer, false, "used of the file"},
		{"live.file_bytes", Integer, false, "the file, with pages that wait to be used again"},
		{"live.max_bytes", Integer, false, "its limit, max_size"},
		{"live.last_commit", Integer, true, "when it was written last"},
		{"live.commits", Integer, false, "times it was written since the start"},
		{"live.errors", Integer, false, "times that failed"},
		{"live.error", Text, true, "why it does not work"},
		{"live.written", Table, false, "bytes"},
		{"live.written.today", Integer, false, "since midnight"},
		{"live.written.ever", Integer, false, "since it was made"},
		{"live.devices", Integer, false, "devices that are kept"},
		{"live.rows", Integer, false, "alerts, quotas, notes and the like that are kept"},
		{"live.unsaved", Integer, false, "slots, blocks of flows, devices and rows that no snapshot has yet"},
		{"live.bad_blocks", Integer, false, "damaged blocks that were met and left out"},
		{"live.queue", Table, false, "what waits to be written"},
		{"live.queue.slots", Integer, false, ""},
		{"live.queue.flow_blocks", Integer, false, ""},
		{"live.queue.bytes", Integer, false, ""},
		{"live.queue.max_bytes", Integer, false, "its limit"},
		{"live.queue.lost", Integer, false, "slots and blocks of flows that found no room in it"},
		{"live.pruned", Table, false, "what was removed for age or room since the start"},
		{"live.pruned.slots", Integer, false, ""},
		{"live.pruned.flow_blocks", Integer, false, ""},
		{"live.pruned.rows", Integer, false, ""},
		{"live.tiers", List, false, "series by length of their slots, finest first; when the database is full, the finest that has more than its share gives its oldest first"},
		{"live.tiers[]", Table, false, ""},
		{"live.tiers[].step", Integer, false, "seconds of a slot, 86400 for local days and 2592000 for local months"},
	}, under("live.tiers[]", tierFields()), []Field{
		{"live.flows", Table, false, "the log of flows that ended; likewise"},
	}, under("live.flows", tierFields()))
}

func tierFields() []Field {
	return []Field{
		{"keep", Integer, true, "seconds it is kept; null for ever"},
		{"count", Integer, false, "slots, or blocks of at most 512 flows"},
		{"bytes", Integer, false, "used"},
		{"max_bytes", Integer, false, "its share of the limit"},
		{"oldest", Integer, true, "beginning of the first slot, or time of the first block"},
		{"newest", Integer, true, "of the last"},
	}
}

func encodeLive(e *Encoder, s *store.Status) {
	if s == nil {
		e.Null("live")
		return
	}
	e.Table("live")
	e.Str("path", s.Path)
	textOrNull(e, "fs", s.FS)
	e.Bool("durable", s.Durable)
	e.Int("bytes", s.Bytes)
	e.Int("file_bytes", s.FileBytes)
	e.Int("max_bytes", s.MaxBytes)
	momentOrNull(e, "last_commit", s.LastCommit)
	e.Uint("commits", s.Commits)
	e.Uint("errors", s.Errors)
	errorOrNull(e, "error", s.Err)
	e.Table("written")
	e.Uint("today", s.WrittenToday)
	e.Uint("ever", s.WrittenEver)
	e.EndTable()
	e.Int("devices", int64(s.Devices))
	e.Int("rows", int64(s.Rows))
	e.Int("unsaved", int64(s.Unsaved))
	e.Uint("bad_blocks", s.BadBlocks)
	encodeWaiting(e, s)
	e.Array("tiers")
	for i := range s.Tiers {
		e.Table("")
		e.Int("step", s.Tiers[i].Step)
		encodeTier(e, &s.Tiers[i])
		e.EndTable()
	}
	e.EndArray()
	e.Table("flows")
	encodeTier(e, &s.Flows)
	e.EndTable()
	e.EndTable()
}

// encodeWaiting writes what is not yet, and what is no longer, in the database.
func encodeWaiting(e *Encoder, s *store.Status) {
	e.Table("queue")
	e.Int("slots", int64(s.QueuedSlots))
	e.Int("flow_blocks", int64(s.QueuedFlows))
	e.Int("bytes", int64(s.QueuedBytes))
	e.Int("max_bytes", int64(s.MaxQueued))
	e.Uint("lost", s.Dropped+s.DroppedFlows)
	e.EndTable()
	e.Table("pruned")
	e.Uint("slots", s.Pruned)
	e.Uint("flow_blocks", s.PrunedFlows)
	e.Uint("rows", s.PrunedRows)
	e.EndTable()
}

func encodeTier(e *Encoder, t *store.TierStatus) {
	secondsOrNull(e, "keep", t.Keep)
	e.Int("count", int64(t.Slots))
	e.Int("bytes", t.Bytes)
	e.Int("max_bytes", t.Share)
	secondsOrNull(e, "oldest", t.Oldest)
	secondsOrNull(e, "newest", t.Newest)
}

// momentOrNull writes a time, null when it is zero.
func momentOrNull(e *Encoder, name string, t time.Time) {
	if t.IsZero() {
		e.Null(name)
		return
	}
	e.Int(name, t.Unix())
}

func archiveFields() []Field {
	return []Field{
		{"archive", Table, true, "what snapshots save; null when none are taken"},
		{"archive.path", Text, false, "its folder"},
		{"archive.fs", Text, true, "type of the file system it is on"},
		{"archive.bytes", Integer, false, "used"},
		{"archive.max_bytes", Integer, false, "its limit, snapshot_size"},
		{"archive.free", Integer, true, "of the file system"},
		{"archive.every", Integer, true, "seconds between snapshots; null for none but at stops"},
		{"archive.last", Integer, true, "when one was taken last since the start"},
		{"archive.next", Integer, true, "when one is due"},
		{"archive.newest", Integer, true, "end of the newest that is in it"},
		{"archive.error", Text, true, "why the last snapshot failed"},
		{"archive.damaged", Integer, false, "places that cannot be read"},
		{"archive.dropped", Integer, false, "files that went for want of room since the start"},
		{"archive.written", Table, false, "bytes, which wear flash"},
		{"archive.written.today", Integer, false, "since midnight UTC"},
		{"archive.written.max_today", Integer, false, "beyond, less important bands wait"},
		{"archive.written.per_year", Integer, true, "if it goes on like this; null before that can be told"},
		{"archive.written.ever", Integer, false, ""},
		{"archive.bands", List, false, "what is in it, most important first; where room is short the last gives its oldest"},
		{"archive.bands[]", Table, false, ""},
		{"archive.bands[].name", Text, false, ""},
		{"archive.bands[].holds", Text, false, "in words"},
		{"archive.bands[].written", Flag, false, "the limit is large enough for it"},
		{"archive.bands[].segments", Integer, false, "files"},
		{"archive.bands[].bytes", Integer, false, ""},
		{"archive.bands[].oldest", Integer, true, "beginning of its first file"},
		{"archive.bands[].newest", Integer, true, "beginning of its newest slot"},
		{"archive.bands[].refused", Integer, false, "records that found no room since the start"},
	}
}

func encodeArchive(e *Encoder, a *Snapshots) {
	if a == nil {
		e.Null("archive")
		return
	}
	e.Table("archive")
	e.Str("path", a.Dir)
	textOrNull(e, "fs", a.FS)
	e.Int("bytes", a.Bytes)
	e.Int("max_bytes", a.Limit)
	countOrNull(e, "free", uint64(max(a.Free, 0)), a.Free >= 0)
	secondsOrNull(e, "every", int64(a.Every/time.Second))
	secondsOrNull(e, "last", a.Last)
	momentOrNull(e, "next", a.Next)
	secondsOrNull(e, "newest", a.Newest)
	errorOrNull(e, "error", a.Err)
	e.Int("damaged", int64(a.Lost))
	e.Uint("dropped", a.Dropped)
	e.Table("written")
	e.Int("today", a.Today)
	e.Int("max_today", a.Daily)
	secondsOrNull(e, "per_year", a.Year)
	e.Int("ever", a.Total)
	e.EndTable()
	e.Array("bands")
	for i := range a.Bands {
		b := &a.Bands[i]
		e.Table("")
		e.Str("name", b.Band.String())
		e.Str("holds", b.Band.Words())
		e.Bool("written", b.Written)
		e.Int("segments", int64(b.Segments))
		e.Int("bytes", b.Bytes)
		secondsOrNull(e, "oldest", b.Oldest)
		secondsOrNull(e, "newest", b.Newest)
		e.Uint("refused", b.Refused)
		e.EndTable()
	}
	e.EndArray()
	e.EndTable()
}

// secondsOrNull writes epoch seconds, or another number that is not known when it
// is not above 0.
func secondsOrNull(e *Encoder, name string, v int64) { uintOrNull(e, name, uint64(max(v, 0))) }

func errorOrNull(e *Encoder, name string, err error) {
	if err == nil {
		e.Null(name)
		return
	}
	e.Str(name, err.Error())
}

func restoredStartFields() []Field {
	return append([]Field{
		{"restored", Table, true, "what the last start found in the archive; null when the database was there"},
	}, under("restored", restoredFields())...)
}

func restoredFields() []Field {
	return []Field{
		{"at", Integer, false, "when"},
		{"slots", Integer, false, "of series"},
		{"devices", Integer, false, ""},
		{"rows", Integer, false, "alerts, quotas, notes and the like"},
		{"flow_blocks", Integer, false, "of at most 512 flows that ended"},
		{"from", Integer, true, "beginning of the first slot"},
		{"to", Integer, true, "end of the last"},
		{"damaged", Integer, false, "pieces that could not be read"},
		{"lost", List, false, "what is missing, in words"},
		{"lost[]", Text, false, ""},
	}
}

func encodeRestored(e *Encoder, r *Restored) {
	e.Int("at", r.At.Unix())
	e.Int("slots", int64(r.Slots))
	e.Int("devices", int64(r.Devices))
	e.Int("rows", int64(r.Rows))
	e.Int("flow_blocks", int64(r.FlowBlocks))
	momentOrNull(e, "from", r.From)
	momentOrNull(e, "to", r.To)
	e.Int("damaged", int64(r.Damaged))
	e.Array("lost")
	for _, text := range r.Lost {
		e.Str("", text)
	}
	e.EndArray()
}
