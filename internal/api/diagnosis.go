package api

import (
	"context"
	"slices"
	"strings"
	"time"

	"weir/internal/clock"
	"weir/internal/journal"
)

// Machine is what weir runs on; "" and 0 are not known.
type Machine struct {
	OS     string // name and version of the distribution
	Kernel string // its release
	Model  string // of the device
	Arch   string // that weir was built for
	Cores  int
	Memory uint64 // bytes that there are
}

var diagnosisMethod = Method{
	Name: "diagnosis",
	Doc:  "All that a report of a problem needs, without secrets, and without names and addresses of devices.",
	run: func(ctx context.Context, b *Backend, _ Args) (Reply, error) {
		d := diagnosis{ts: b.now().Unix(), config: withoutDevices(string(b.Daemon.Config()))}
		if b.World != nil {
			d.machine = b.World.Machine()
			d.events = b.World.Events(time.Unix(d.ts-clock.Day, 0), time.Unix(d.ts+1, 0))
		}
		for _, part := range []struct {
			method *Method
			into   *Reply
		}{{&statusMethod, &d.status}, {&interfacesMethod, &d.interfaces}, {&dbMethod, &d.db}} {
			if part.method == &dbMethod && b.Storage == nil {
				continue
			}
			var err error
			if *part.into, err = part.method.run(ctx, b, Args{}); err != nil {
				return nil, err
			}
		}
		return d.encode, nil
	},
}

func diagnosisAnswer() []Field {
	return slices.Concat([]Field{
		{"ts", Integer, false, "when it was answered"},
		{"machine", Table, false, "what weir runs on"},
		{"machine.os", Text, true, "distribution and its version"},
		{"machine.kernel", Text, true, "its release"},
		{"machine.model", Text, true, "of the device"},
		{"machine.arch", Text, true, "that weir was built for"},
		{"machine.cores", Integer, true, ""},
		{"machine.memory", Integer, true, "bytes that there are"},
		{"status", Table, false, "as the method status"},
	}, under("status", statusAnswer()), []Field{
		{"interfaces", Table, false, "as the method interfaces"},
	}, under("interfaces", interfacesAnswer()), []Field{
		{"db", Table, true, "as the method db; null when nothing is stored"},
	}, under("db", dbAnswer()), []Field{
		{"events", List, false, "of the last day, as the method events, without their texts"},
		{"events[]", Table, false, ""},
		{"events[].at", Integer, false, ""},
		{"events[].kind", Text, false, ""},
		{"events[].subject", Text, true, ""},
		{"config", Text, false, "the configuration in force, as the method config, without sections of devices"},
	})
}

// diagnosis is what its method gathers.
type diagnosis struct {
	ts                     int64
	machine                Machine
	status, interfaces, db Reply // db is nil when nothing is stored
	events                 []journal.Event
	config                 string
}

func (d *diagnosis) encode(e *Encoder) {
	m := &d.machine
	e.Int("ts", d.ts)
	e.Table("machine")
	textOrNull(e, "os", m.OS)
	textOrNull(e, "kernel", m.Kernel)
	textOrNull(e, "model", m.Model)
	textOrNull(e, "arch", m.Arch)
	uintOrNull(e, "cores", uint64(m.Cores))
	uintOrNull(e, "memory", m.Memory)
	e.EndTable()
	for _, part := range [...]struct {
		name  string
		reply Reply
	}{{"status", d.status}, {"interfaces", d.interfaces}, {"db", d.db}} {
		if part.reply == nil {
			e.Null(part.name)
			continue
		}
		e.Table(part.name)
		part.reply(e)
		e.EndTable()
	}
	e.Array("events")
	for i := range d.events {
		v := &d.events[i]
		e.Table("")
		e.Int("at", v.At.Unix())
		e.Str("kind", v.Kind.String())
		textOrNull(e, "subject", v.Subject)
		e.EndTable()
	}
	e.EndArray()
	e.Str("config", d.config)
}

// ofPeople are the sections that name devices, people, and where messages go, of
// which an address may be the secret.
var ofPeople = []string{"device", "pool", "quota", "notify", "collector", "exporter", "remote"}

// withoutDevices leaves the sections of devices and people out of a configuration:
// whose they are is nobody's business who reads a report.
func withoutDevices(text string) string {
	var b strings.Builder
	out := false
	for line := range strings.Lines(text) {
		if kind, ok := strings.CutPrefix(line, "config "); ok {
			word, _, _ := strings.Cut(strings.TrimSpace(kind), " ")
			out = slices.Contains(ofPeople, word)
		}
		if !out && b.Len()+len(line) <= maxConfigShown/2 {
			b.WriteString(line)
		}
	}
	return b.String()
}
