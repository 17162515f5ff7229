package uci

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Store is config store 'store'.
type Store struct {
	Ident
	Path          string // directory of the live database
	SnapshotPath  string // directory of the durable copies; "": memory only
	SnapshotSize  int64  // bytes, 0: from the free space
	SnapshotEvery time.Duration
	MaxSize       int64 // bytes of the live database, 0: from the RAM
	FlowDays      int   // days that ended flows are kept
	Series        []SeriesLevel
	Tiers         []Tier // finest first
}

// SeriesLevel says how much of one class of series is kept.
type SeriesLevel struct {
	Class string
	Level string // full, light or none
}

// Bounds of tiers: what is kept in memory has steps of 10 s, of which the stored
// ones are made.
const (
	tierUnit = 10 * time.Second
	maxTiers = 6
)

// Tier is one resolution of the series and how long it is kept.
type Tier struct {
	Step, Keep time.Duration
}

func (s *Store) fields() []field {
	return []field{
		{name: "path", value: path(&s.Path), def: "/var/lib/weir", help: "Directory of the live database; in RAM on a router."},
		{name: "snapshot_path", value: optionalPath(&s.SnapshotPath), def: "/etc/weir", keepEmpty: true, help: "Directory of the copies that survive a reboot; none keeps everything in RAM. A database that lies on such a file system itself needs none."},
		{name: "snapshot_size", value: autoSize(&s.SnapshotSize, 128*kib, 4*gib), def: "auto", help: "What the copies may take; auto goes by the free space."},
		{name: "snapshot_every", value: duration(&s.SnapshotEvery, 10*time.Minute, 30*day), def: "6h", help: "How often a copy is made; flash wears with every one."},
		{name: "max_size", value: autoSize(&s.MaxSize, mib, tib), def: "auto", help: "What the live database may take; auto is 1/32 of the RAM, 2M to 16M."},
		{name: "flow_days", value: number(&s.FlowDays, 0, 3650), def: "30", help: "Days that ended flows stay searchable, as far as the space allows; 0 keeps none."},
		{name: "series", value: list(&s.Series, seriesCodec()), def: "device:full", help: "How much is kept of a class of series: full, light (nothing finer than an hour) or none."},
		{name: "tier", value: list(&s.Tiers, tierCodec()), def: "1m:48h 5m:14d 1h:90d 1d:3y", help: "Resolutions of the series and how long each is kept, the finest first; months are kept for good."},
	}
}

func (s *Store) check(report func(option, reason, hint string)) {
	if len(s.Tiers) > maxTiers {
		report("tier", "has more than "+strconv.Itoa(maxTiers)+" resolutions", "leave some out")
	}
	for i := 1; i < len(s.Tiers); i++ {
		fine, coarse := s.Tiers[i-1], s.Tiers[i]
		if coarse.Step%fine.Step != 0 || coarse.Step == fine.Step || coarse.Keep < fine.Keep {
			report("tier", "goes from "+fine.String()+" to "+coarse.String(), "each step is a multiple of the one before and is kept at least as long")
		}
	}
}

// seriesClasses are the classes a series can have.
var seriesClasses = []string{
	"interface", "network", "zone", "device", "pool", "application", "category", "country", "asn", "dns", "coverage",
	"device_application", "device_country", "zone_zone",
}

var seriesLevels = []string{"full", "light", "none"}

func seriesCodec() codec[SeriesLevel] {
	class, level := wordCodec(seriesClasses), wordCodec(seriesLevels)
	return codec[SeriesLevel]{
		allow: "CLASS:LEVEL (device:full); classes are " + strings.Join(seriesClasses, ", ") + "; a level is " + level.allow,
		parse: func(text string) (s SeriesLevel, err error) {
			before, after, ok := strings.Cut(text, ":")
			if !ok {
				return s, errors.New("has no level")
			}
			if s.Class, err = class.parse(before); err != nil {
				return s, errors.New("has a class that " + err.Error())
			}
			if s.Level, err = level.parse(after); err != nil {
				return s, errors.New("has a level that " + err.Error())
			}
			return s, nil
		},
		format: func(s SeriesLevel) string { return s.Class + ":" + s.Level },
	}
}

func tierCodec() codec[Tier] {
	return codec[Tier]{
		allow: "STEP:KEEP, two durations such as 5m:14d; a step is a multiple of 10s",
		parse: func(text string) (t Tier, err error) {
			step, keep, ok := strings.Cut(text, ":")
			if !ok {
				return t, errors.New("has no time to keep")
			}
			if t.Step, err = parseDuration(step); err != nil {
				return t, errors.New("has a step that " + err.Error())
			}
			if t.Keep, err = parseDuration(keep); err != nil {
				return t, errors.New("has a time to keep that " + err.Error())
			}
			if t.Step < tierUnit || t.Step%tierUnit != 0 || t.Keep < t.Step {
				return t, errors.New("is out of range")
			}
			return t, nil
		},
		format: Tier.String,
	}
}

func (t Tier) String() string { return formatDuration(t.Step) + ":" + formatDuration(t.Keep) }

// Source is config source: a capture read beside the interfaces.
type Source struct {
	Ident
	Enabled bool
	Kind    string // pcap
	Path    string // a file, or a FIFO that is reopened when its writer ends
	Name    string // as which interface it appears; "": the section's name
	Role    string // count or classify
	Pace    int    // times real time, 0: as fast as it can be read
	Loop    bool   // begin again at the end
}

func (s *Source) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&s.Enabled), def: "1", help: "Read this source."},
		{name: "kind", value: oneOf(&s.Kind, "pcap"), def: "pcap", help: "What it is: a capture in pcap or pcapng."},
		{name: "path", value: path(&s.Path), required: true, example: "/tmp/eth0.fifo", help: "File or named pipe to read."},
		{name: "name", value: name(&s.Name), example: "eth0", help: "Interface as which it appears; without it the section's name."},
		{name: "role", value: oneOf(&s.Role, "count", "classify"), def: "count", help: "Count its bytes, or only learn names from it."},
		{name: "pace", value: scalar(&s.Pace, paceCodec()), def: "max", help: "Replay at so many times real time."},
		{name: "loop", value: boolean(&s.Loop), def: "0", help: "Begin again at the end of the file."},
	}
}

func paceCodec() codec[int] {
	return codec[int]{
		allow: "max, or a number from 1x to 1000x",
		parse: func(text string) (int, error) {
			if strings.EqualFold(text, "max") {
				return 0, nil
			}
			n, err := strconv.ParseUint(strings.TrimSuffix(strings.ToLower(text), "x"), 10, 16)
			if err != nil || n < 1 || n > 1000 {
				return 0, errors.New("is no pace")
			}
			return int(n), nil
		},
		format: func(n int) string {
			if n == 0 {
				return "max"
			}
			return strconv.Itoa(n) + "x"
		},
	}
}
