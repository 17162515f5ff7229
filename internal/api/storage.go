package api

import (
	"context"
	"io"

	"weir/store"
)

// The methods that change what is kept, or move it.

var snapshotMethod = Method{
	Name:  "snapshot",
	Doc:   "Saves what is new since the last snapshot to lasting storage, now.",
	Write: true,
	run: func(ctx context.Context, b *Backend, _ Args) (Reply, error) {
		if b.Storage == nil {
			return nil, noStorage("snapshot")
		}
		s, err := b.Storage.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Int("slots", int64(s.Slots))
			e.Int("devices", int64(s.Devices))
			e.Int("rows", int64(s.Rows))
			e.Int("flow_blocks", int64(s.FlowBlocks))
			e.Uint("bytes", s.Bytes)
			e.Int("left", int64(s.Left))
			e.Milli("took", s.Took.Milliseconds())
		}, nil
	},
}

func snapshotAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"slots", Integer, false, "of series, saved"},
		{"devices", Integer, false, "saved"},
		{"rows", Integer, false, "alerts, quotas, notes and the like, saved"},
		{"flow_blocks", Integer, false, "of at most 512 flows that ended, saved"},
		{"bytes", Integer, false, "written"},
		{"left", Integer, false, "records of what is least important that found no room"},
		{"took", Number, false, "seconds"},
	}
}

var backupMethod = Method{
	Name:  "backup",
	Doc:   "Sends all that is kept as one file, which restore takes on any machine.",
	Write: true, // it holds what reading methods keep to themselves
	send: func(ctx context.Context, b *Backend, _ Args) (*Stream, error) {
		if b.Storage == nil {
			return nil, noStorage("backup")
		}
		return &Stream{
			Type: "application/octet-stream",
			Name: "weir-" + b.now().Format("2006-01-02-1504") + ".backup",
			Write: func(w io.Writer) error {
				return b.Storage.Backup(ctx, w)
			},
		}, nil
	},
}

var restoreMethod = Method{
	Name:  "restore",
	Doc:   "Takes a backup in, beside what is kept: of two sums of one time the fuller one stays.",
	Write: true,
	take: func(ctx context.Context, b *Backend, _ Args, body io.Reader) (Reply, error) {
		if b.Storage == nil {
			return nil, noStorage("restore")
		}
		r, err := b.Storage.Restore(ctx, body)
		if err != nil {
			return nil, err
		}
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			encodeRestored(e, &r)
		}, nil
	},
}

func restoreAnswer() []Field {
	return append([]Field{{"ts", Integer, false, "when it was answered"}}, restoredFields()...)
}

var pruneMethod = Method{
	Name:  "prune",
	Doc:   "Removes what is too old, or more than its share, now.",
	Write: true,
	run: func(ctx context.Context, b *Backend, _ Args) (Reply, error) {
		if b.Storage == nil {
			return nil, noStorage("prune")
		}
		n, err := b.Storage.Prune(ctx)
		if err != nil {
			return nil, err
		}
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Int("removed", int64(n))
		}, nil
	},
}

func pruneAnswer() []Field {
	return []Field{
		{"ts", Integer, false, "when it was answered"},
		{"removed", Integer, false, "slots of series, and blocks of at most 512 flows that ended"},
	}
}

// resets are what reset takes.
var resets = []struct {
	name string
	part store.Part
}{
	{"series", store.Slots}, {"flows", store.Flows}, {"devices", store.Devices}, {"rows", store.Rows}, {"all", store.Everything},
}

var resetMethod = Method{
	Name:    "reset",
	Doc:     "Forgets all of a kind for good, in the database and in snapshots.",
	Write:   true,
	Args:    []Arg{{Name: "what", Type: String, Doc: "what to forget; flows: the log of those that ended; rows: alerts, quotas that were set and their use, notes and the like", Values: []string{"series", "flows", "devices", "rows", "all"}, Required: true}},
	Example: `{"what":"flows"}`,
	run: func(ctx context.Context, b *Backend, a Args) (Reply, error) {
		if b.Storage == nil {
			return nil, noStorage("reset")
		}
		what := arg[string](a, "what")
		for _, r := range resets {
			if r.name != what {
				continue
			}
			if err := b.Storage.Reset(ctx, r.part); err != nil {
				return nil, err
			}
		}
		ts := b.now().Unix()
		return func(e *Encoder) {
			e.Int("ts", ts)
			e.Str("what", what)
		}, nil
	},
}

func resetAnswer() []Field {
	return []Field{{"ts", Integer, false, "when it was answered"}, {"what", Text, false, "what was forgotten"}}
}
