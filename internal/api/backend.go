package api

import (
	"context"
	"net/netip"
	"time"

	"weir/internal/engine"
	"weir/internal/names"
	"weir/internal/rollup"
	"weir/internal/source"
	"weir/internal/usage"
)

// Backend is what the methods answer from. Its parts are used from several
// goroutines at once.
type Backend struct {
	Traffic Traffic
	History History
	Daemon  Daemon
	Uplinks Uplinks          // nil when nothing measures them
	Now     func() time.Time // nil for time.Now
}

func (b *Backend) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}

// Traffic is what is in memory now. Lists return at most page.Limit rows, which
// belong to the caller, and how many fit the filter.
type Traffic interface {
	Flows(engine.Filter, engine.Page) ([]engine.FlowRow, int)
	Flow(id uint64) (engine.FlowRow, bool)
	Hosts(engine.Filter, engine.Page) ([]engine.HostRow, int)
	Host(netip.Addr) (engine.HostRow, bool)
	Devices(engine.Filter, engine.Page) ([]engine.DeviceRow, int)
	Device(id uint32) (engine.DeviceRow, bool)
	Ports(engine.Filter, engine.Page) ([]engine.PortRow, int)
	Apps(engine.Filter, engine.Page) ([]engine.AppRow, int)
	Categories(engine.Filter, engine.Page) ([]engine.AppRow, int)
	// DNS returns what was counted of DNS: of the house, then of each device.
	DNS() []engine.DNSRow
	DNSTop(device uint32) []names.Most
	DNSLog(device uint32, text string, p engine.Page) ([]engine.QueryRow, int)
	Resolvers() []engine.ResolverRow
	Bypasses() ([]engine.BypassRow, []engine.StrangerRow)
	Interfaces() []engine.InterfaceRow
	Mappings() []engine.MappingRow
	Stats() engine.Stats
}

// Uplinks are the meters of the ways out of the house; usage.Meters is one.
type Uplinks interface {
	// Reports tells how each uplink does, in the order of the configuration.
	Reports() []usage.Report
	// Spans returns the last hour of an uplink minute by minute and the last
	// day hour by hour, oldest first; what nothing was measured in is missing.
	Spans(uplink string) (minutes, hours []usage.Span)
}

// History is what was counted over time. A member of a class is known by an ID
// that holds while the program runs and by a key that holds for good: the name
// of an interface, application or category, the id of a device in digits, "other"
// for what found no series of its own and "total" for the only member of that
// class.
type History interface {
	// Find returns the ID of the member with that key.
	Find(class rollup.Class, key string) (id uint32, ok bool)
	// Name returns a member's key and the name that people know it by, "" when
	// it has none.
	Name(class rollup.Class, id uint32) (key, label string)
	// Members returns the IDs of at most limit members whose key or label
	// contains text, whatever its case, in the order of their labels, and how
	// many there are.
	Members(class rollup.Class, text string, limit int) (ids []uint32, total int)
	// Series answers a query that passed its Check.
	Series(context.Context, rollup.Query) (rollup.Series, error)
	// Top returns the limit largest members by the query's metric and how many
	// there are; the query's ID and Points do not count.
	Top(ctx context.Context, q rollup.Query, limit int) ([]rollup.Amount, int, error)
}

// Daemon is the running program around the traffic.
type Daemon interface {
	// State tells what the daemon knows about itself; what it returns belongs
	// to the caller.
	State() State
	// Sources tells how each source does, in the order of the configuration.
	Sources() []source.Status
	// Reload reads the configuration again and restarts what changed. An
	// invalid configuration is an error and the old one stays in force.
	Reload(context.Context) error
	// CheckConfig returns what is wrong with text as a configuration, nothing
	// when it is valid. An empty text stands for the configuration that Reload
	// would read.
	CheckConfig(ctx context.Context, text string) []Problem
}

// State is what the daemon knows about itself.
type State struct {
	Version string
	Started time.Time // with its monotonic reading, so uptime survives clock steps

	ClockTrusted bool   // wall-clock times can be relied on
	ClockSource  string // why: "ntp", "rtc" …

	Mode    string // packets, conntrack, hybrid
	ModeWhy string // why that one was chosen

	Offload Offload

	ConfigPath string
	Problems   []Problem // of the configuration that was read last

	DB     DB
	Memory Memory
	CPU    time.Duration // processor time used since the start
}

// Offload is what is known of flow offload.
type Offload struct {
	Software, Hardware bool        // configured
	Flowtables         []Flowtable // in the kernel
	Err                string      // why the kernel could not be asked, or ""
}

// Flowtable is where the kernel keeps connections that it forwards without
// looking at each packet.
type Flowtable struct {
	Table, Name string   // of nf_tables
	Devices     []string // whose packets it forwards
	Counter     bool     // it counts what it forwards
	Hardware    bool     // it may hand connections to hardware
}

// DB is the state of the store.
type DB struct {
	Path         string // "" when nothing is stored
	FS           string // type of the file system it is on
	Bytes        uint64
	WrittenToday uint64
	Err          string // why it does not work, or ""
}

// Memory is what the program occupies, in bytes; 0 is not known.
type Memory struct {
	RSS   uint64
	Heap  uint64 // of the Go runtime, in use
	Limit uint64 // GOMEMLIMIT
}

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Section string // name or type of the section, "" for the whole file
	Option  string
	Message string // names the thing and the remedy
	Warning bool   // it is in force all the same
}
