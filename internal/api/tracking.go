package api

import "weir/internal/source"

func trackingFields() []Field {
	return []Field{
		{"tracking", Table, true, "how reading connection tracking does, counted since its start; null for other kinds"},
		{"tracking.entries", Integer, false, "in the kernel at the last dump"},
		{"tracking.max", Integer, true, "that the kernel keeps (nf_conntrack_max)"},
		{"tracking.baselines", Integer, false, "entries whose counters are remembered"},
		{"tracking.forgotten", Integer, false, "entries there was no room to remember"},
		{"tracking.dumps", Integer, false, "complete ones"},
		{"tracking.dump_time", Number, true, "seconds that the last one took"},
		{"tracking.every", Number, true, "seconds between two of them at present"},
		{"tracking.last_dump", Integer, true, "when the last one ended"},
		{"tracking.events", Integer, false, "of entries made, changed and gone"},
		{"tracking.overruns", Integer, false, "times that events were lost because the reader was late"},
		{"tracking.resyncs", Integer, false, "dumps made because of that"},
		{"tracking.resets", Integer, false, "entries whose counters went backwards: another program zeroes them"},
		{"tracking.uncounted", Integer, false, "entries that came without counters"},
		{"tracking.vanished", Integer, false, "entries gone without a last word"},
		{"tracking.malformed", Integer, false, "messages that contradict themselves"},
		{"tracking.offloaded", Integer, false, "entries that a flowtable forwards"},
		{"tracking.hardware", Integer, false, "of those, in hardware"},
		{"tracking.standing", Integer, false, "offloaded entries whose counters stood still in the last dumps: they rest, or nobody counts them"},
		{"tracking.standing_hardware", Integer, false, "of those, in hardware"},
		{"tracking.multicast", Integer, false, "entries to groups, which packets count"},
		{"tracking.buffer", Integer, true, "bytes of the event socket's buffer"},
	}
}

func encodeTracking(e *Encoder, t *source.Tracking) {
	if t == nil {
		e.Null("tracking")
		return
	}
	e.Table("tracking")
	e.Int("entries", int64(t.Entries))
	uintOrNull(e, "max", uint64(t.Max))
	e.Int("baselines", int64(t.Baselines))
	e.Uint("forgotten", t.Forgotten)
	e.Uint("dumps", t.Dumps)
	milliOrNull(e, "dump_time", t.DumpTime.Milliseconds(), t.Dumps > 0)
	milliOrNull(e, "every", t.Every.Milliseconds(), t.Every > 0)
	timeOrNull(e, "last_dump", t.LastDump/1000)
	e.Uint("events", t.Events)
	e.Uint("overruns", t.Overruns)
	e.Uint("resyncs", t.Resyncs)
	e.Uint("resets", t.Resets)
	e.Uint("uncounted", t.Uncounted)
	e.Uint("vanished", t.Vanished)
	e.Uint("malformed", t.Malformed)
	e.Int("offloaded", int64(t.Offloaded))
	e.Int("hardware", int64(t.Hardware))
	e.Int("standing", int64(t.Standing))
	e.Int("standing_hardware", int64(t.StandingHardware))
	e.Uint("multicast", t.Multicast)
	uintOrNull(e, "buffer", uint64(t.BufferBytes))
	e.EndTable()
}
