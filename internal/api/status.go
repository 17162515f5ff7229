package api

import (
	"context"
	"slices"

	"weir/internal/engine"
	"weir/internal/packet"
	"weir/internal/source"
)

var statusMethod = Method{
	Name: "status",
	Doc:  "How the daemon itself does.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		now := b.now()
		r := &statusReply{state: b.Daemon.State(), sources: b.Daemon.Sources(), stats: b.Traffic.Stats()}
		r.coverage = coverageNow(b, now)
		r.offload = viewOffload(&r.state.Offload, r.sources, r.coverage)
		r.ts, r.uptime = now.Unix(), int64(now.Sub(r.state.Started).Seconds())
		_, r.zone = now.Zone()
		return r.encode, nil
	},
}

func statusAnswer() []Field {
	return statusFields()
}

var interfacesMethod = Method{
	Name: "interfaces",
	Doc:  "Observation points, and what became of their frames.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		rows := b.Traffic.Interfaces()
		return list(b, engine.Page{}, "interfaces", rows, len(rows), encodeInterface), nil
	},
}

func interfacesAnswer() []Field {
	return paged("interfaces", "one for each observation point", interfaceFields())
}

var sourcesMethod = Method{
	Name: "sources",
	Doc:  "Where the traffic comes from, and how each source does.",
	run: func(_ context.Context, b *Backend, _ Args) (Reply, error) {
		rows := b.Daemon.Sources()
		return list(b, engine.Page{}, "sources", rows, len(rows), encodeSource), nil
	},
}

func sourcesAnswer() []Field {
	return paged("sources", "one for each source, in the order of the configuration", sourceFields())
}

func statusFields() []Field {
	return slices.Concat([]Field{
		{"ts", Integer, false, "when it was answered"},
		{"version", Text, false, ""},
		{"uptime", Integer, false, "seconds since the start"},
		{"clock", Table, false, ""},
		{"clock.trusted", Flag, false, "times can be relied on; routers boot with a wrong clock"},
		{"clock.source", Text, true, "why"},
		{"clock.zone", Integer, false, "seconds that local time is ahead of UTC"},
		{"mode", Table, false, ""},
		{"mode.chosen", Text, true, "packets, conntrack or hybrid"},
		{"mode.why", Text, true, "why that one"},
	}, offloadFields(), []Field{
		{"coverage", List, false, "how much of what each uplink carried is attributed, one for each uplink"},
		{"coverage[]", Table, false, ""},
	}, under("coverage[]", coverageNowFields()), []Field{
		{"traffic", Table, false, "since the start"},
		{"traffic.pkts", Integer, false, "IP packets accounted"},
		{"traffic.bytes", Integer, false, "IP bytes accounted"},
		{"traffic.bps", TxRx, false, "throughput at present: tx sent by local hosts"},
		{"traffic.pps", Integer, false, "packets per second at present"},
		{"flows", Table, false, "the flow table"},
		{"flows.active", Integer, false, ""},
		{"flows.max", Integer, false, "its bound, max_flows"},
		{"flows.new", Integer, false, "since the start"},
		{"flows.expired", Integer, false, "left because they were idle"},
		{"flows.completed", Integer, false, "left after FIN or RST"},
		{"flows.evicted", Integer, false, "left because the table was full"},
		{"devices", Table, false, ""},
		{"devices.known", Integer, false, ""},
		{"devices.max", Integer, false, "its bound, max_devices"},
		{"hosts", Table, false, ""},
		{"hosts.known", Integer, false, ""},
		{"hosts.max", Integer, false, "its bound"},
		{"drops", Table, false, "what was given up for want of room"},
		{"drops.packets", Integer, false, "frames, by the kernel or a reader"},
		{"drops.devices", Integer, false, "times a device found no room"},
		{"drops.hosts", Integer, false, "times a host found no room"},
		{"drops.slots", Integer, false, "closed time slots that the store did not take"},
		{"db", Table, false, "the store"},
		{"db.path", Text, true, "null when nothing is stored"},
		{"db.fs", Text, true, "type of its file system"},
		{"db.bytes", Integer, true, "its size"},
		{"db.written_today", Integer, true, "bytes written since midnight"},
		{"db.error", Text, true, "why it, or the last snapshot of it, does not work"},
		{"db.snapshot", Integer, true, "when it was saved to lasting storage last; null before the first time since the start, or where none are taken"},
		{"memory", Table, false, "bytes"},
		{"memory.rss", Integer, true, "resident"},
		{"memory.heap", Integer, true, "in use by the Go runtime"},
		{"memory.limit", Integer, true, "its limit"},
		{"cpu", Number, false, "seconds of processor time since the start"},
		{"config", Table, false, ""},
		{"config.path", Text, true, "file or folder it is read from"},
		{"config.valid", Flag, false, "it has no errors"},
	}, under("config", problemFields("errors")), busFields(), []Field{
		{"sources", List, false, "as the method sources"},
		{"sources[]", Table, false, ""},
	}, under("sources[]", sourceFields()))
}

type statusReply struct {
	ts, uptime int64
	zone       int // seconds east of UTC
	state      State
	sources    []source.Status
	stats      engine.Stats
	offload    offloadView
	coverage   []uplinkNow
}

func (r *statusReply) encode(e *Encoder) {
	s := &r.state
	e.Int("ts", r.ts)
	e.Str("version", s.Version)
	e.Int("uptime", r.uptime)
	e.Table("clock")
	e.Bool("trusted", s.ClockTrusted)
	textOrNull(e, "source", s.ClockSource)
	e.Int("zone", int64(r.zone))
	e.EndTable()
	e.Table("mode")
	textOrNull(e, "chosen", s.Mode)
	textOrNull(e, "why", s.ModeWhy)
	e.EndTable()
	r.offload.encode(e)
	e.Array("coverage")
	for i := range r.coverage {
		e.Table("")
		r.coverage[i].encode(e)
		e.EndTable()
	}
	e.EndArray()
	r.encodeStats(e)
	encodeDB(e, &s.DB)
	e.Table("memory")
	uintOrNull(e, "rss", s.Memory.RSS)
	uintOrNull(e, "heap", s.Memory.Heap)
	uintOrNull(e, "limit", s.Memory.Limit)
	e.EndTable()
	e.Milli("cpu", s.CPU.Milliseconds())
	e.Table("config")
	textOrNull(e, "path", s.ConfigPath)
	e.Bool("valid", valid(s.Problems))
	encodeProblems(e, "errors", s.Problems)
	e.EndTable()
	encodeBus(e, &s.Bus)
	e.Array("sources")
	for i := range r.sources {
		e.Table("")
		encodeSource(e, &r.sources[i])
		e.EndTable()
	}
	e.EndArray()
}

func (r *statusReply) encodeStats(e *Encoder) {
	t := &r.stats
	e.Table("traffic")
	e.Uint("pkts", t.Packets)
	e.Uint("bytes", t.Bytes)
	pair(e, "bps", t.Rate)
	e.Uint("pps", uint64(t.PPS))
	e.EndTable()
	e.Table("flows")
	e.Int("active", int64(t.Flows))
	e.Int("max", int64(t.MaxFlows))
	e.Uint("new", t.NewFlows)
	e.Uint("expired", t.Expired)
	e.Uint("completed", t.Completed)
	e.Uint("evicted", t.Evicted)
	e.EndTable()
	e.Table("devices")
	e.Int("known", int64(t.Devices))
	e.Int("max", int64(t.MaxDevices))
	e.EndTable()
	e.Table("hosts")
	e.Int("known", int64(t.Hosts))
	e.Int("max", int64(t.MaxHosts))
	e.EndTable()
	e.Table("drops")
	e.Uint("packets", drops(r.sources))
	e.Uint("devices", t.DeviceDrops)
	e.Uint("hosts", t.HostDrops)
	e.Uint("slots", t.SlotDrops)
	e.EndTable()
}

func encodeDB(e *Encoder, db *DB) {
	e.Table("db")
	textOrNull(e, "path", db.Path)
	textOrNull(e, "fs", db.FS)
	if db.Path == "" {
		e.Null("bytes")
		e.Null("written_today")
	} else {
		e.Uint("bytes", db.Bytes)
		e.Uint("written_today", db.WrittenToday)
	}
	textOrNull(e, "error", db.Err)
	secondsOrNull(e, "snapshot", db.Saved)
	e.EndTable()
}

func drops(sources []source.Status) (n uint64) {
	for i := range sources {
		for _, p := range sources[i].Points {
			n += p.Drops
		}
	}
	return n
}

func interfaceFields() []Field {
	return []Field{
		{"name", Text, false, "name of the observation point"},
		{"frames", Integer, false, "frames handed over"},
		{"wire_bytes", Integer, false, "their bytes, link headers included"},
		{"pkts", Integer, false, "IP packets accounted, merged frames taken apart"},
		{"bytes", Integer, false, "IP bytes accounted"},
		{"not_ip", Integer, false, "frames that carry no IP"},
		{"truncated", Integer, false, "frames cut before the transport header ended"},
		{"malformed", Integer, false, "frames whose headers contradict themselves"},
		{"fragments", Integer, false, "later fragments"},
		{"fragment_orphans", Integer, false, "of those, without their first fragment"},
		{"flows", Integer, false, "live flows"},
		{"bps", TxRx, false, "throughput at present: tx sent by local hosts, rx received by them"},
		{"pps", Integer, false, "packets per second at present"},
		{"last_packet", Integer, true, "when the last frame came"},
	}
}

func encodeInterface(e *Encoder, r *engine.InterfaceRow) {
	e.Str("name", r.Name)
	e.Uint("frames", r.Frames)
	e.Uint("wire_bytes", r.Wire)
	e.Uint("pkts", r.Packets)
	e.Uint("bytes", r.Bytes)
	e.Uint("not_ip", r.Outcomes[packet.NotIP])
	e.Uint("truncated", r.Outcomes[packet.Truncated])
	e.Uint("malformed", r.Outcomes[packet.Malformed])
	e.Uint("fragments", r.Fragments)
	e.Uint("fragment_orphans", r.FragOrphans)
	e.Uint("flows", uint64(r.ActiveFlows))
	pair(e, "bps", r.Rate)
	e.Uint("pps", uint64(r.PPS))
	timeOrNull(e, "last_packet", r.LastPacket)
}

func sourceFields() []Field {
	return slices.Concat([]Field{
		{"name", Text, false, "device, path or section name, as configured"},
		{"kind", Text, false, "afpacket, conntrack, pcap …"},
		{"state", Text, false, "starting, running, waiting, ended or failed"},
		{"note", Text, true, "what one should know: why it waits, what was refused"},
		{"points", List, false, "its observation points"},
		{"points[]", Table, false, ""},
		{"points[].iface", Text, false, "name in interfaces"},
		{"points[].frames", Integer, false, "frames handed over"},
		{"points[].wire_bytes", Integer, false, "their bytes on the wire"},
		{"points[].drops", Integer, false, "frames dropped by the kernel or the reader"},
		{"points[].last_packet", Integer, true, "when the last frame came"},
		{"points[].promiscuous", Flag, false, "it hears frames for others"},
	}, trackingFields())
}

func encodeSource(e *Encoder, s *source.Status) {
	e.Str("name", s.Name)
	e.Str("kind", s.Kind)
	e.Str("state", s.State)
	textOrNull(e, "note", s.Note)
	e.Array("points")
	for i := range s.Points {
		p := &s.Points[i]
		e.Table("")
		e.Str("iface", p.Interface)
		e.Uint("frames", p.Packets)
		e.Uint("wire_bytes", p.Bytes)
		e.Uint("drops", p.Drops)
		timeOrNull(e, "last_packet", p.LastPacket/1000)
		e.Bool("promiscuous", p.Promiscuous)
		e.EndTable()
	}
	e.EndArray()
	encodeTracking(e, s.Tracking)
}
