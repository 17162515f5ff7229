package api

import (
	"context"
	"io"
	"net/netip"
	"time"

	"weir/internal/alert"
	"weir/internal/clock"
	"weir/internal/engine"
	"weir/internal/flowlog"
	"weir/internal/journal"
	"weir/internal/names"
	"weir/internal/rollup"
	"weir/internal/source"
	"weir/internal/usage"
	"weir/store"
)

// Backend is what the methods answer from. Its parts are used from several
// goroutines at once.
type Backend struct {
	Traffic  Traffic
	History  History
	Daemon   Daemon
	Uplinks  Uplinks  // nil when nothing measures them
	FlowLog  FlowLog  // nil when flows that ended are not kept
	Storage  Storage  // nil when nothing is stored
	Account  Account  // nil when nothing is accounted
	Alerts   Alerts   // nil when none are kept
	Identity Identity // nil when nobody keeps who is who
	World    World    // nil when nothing is known of it

	// Now is the present in the zone that times are told in; nil for time.Now.
	Now func() time.Time
}

func (b *Backend) now() time.Time {
	if b.Now == nil {
		return time.Now()
	}
	return b.Now()
}

// calendar is that of the zone that times are told in.
func (b *Backend) calendar() clock.Calendar { return clock.Calendar{Zone: b.now().Location()} }

// Traffic is what is in memory now. Lists return at most page.Limit rows, which
// belong to the caller, and how many fit the filter.
type Traffic interface {
	Flows(engine.Filter, engine.Page) ([]engine.FlowRow, int)
	Flow(id uint64) (engine.FlowRow, bool)
	Hosts(engine.Filter, engine.Page) ([]engine.HostRow, int)
	Host(netip.Addr) (engine.HostRow, bool)
	HostFacts(netip.Addr) (engine.HostFacts, bool)
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
	// Seconds returns what was counted second by second from one on.
	Seconds(from int64) engine.Seconds
	// Overview returns what goes on now, with so many devices at most.
	Overview(busy, fresh int, others []uint32) engine.Overview
	// CategoryOf returns the category of an application or protocol, "" for none.
	CategoryOf(name string) string
	// DeviceDoings and HostDoings return all that a device or an address does.
	DeviceDoings(id uint32) (engine.Doings, bool)
	HostDoings(netip.Addr) (engine.Doings, bool)
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
// of an interface, application, category, network, zone or pool, the id of a device
// in digits, the two letters of a country, "AS" and the number of an autonomous
// system, "other" for what found no series of its own and "total" for the only
// member of that class. A matrix has no members: its cells are named by those of
// the two classes that rollup.Class.Matrix returns, which are what Find, Name and
// Members are asked for.
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
	// Series answers a query that passed its Check. The live tail is part of it.
	// Values are made of slots of one tier, the coarsest that gives the points and
	// keeps the class; Known is false where that tier has no slot.
	Series(context.Context, rollup.Query) (rollup.Series, error)
	// Top returns the limit largest members by the query's metric and how many
	// there are, of a matrix the largest cells; the query's ID and Sub do not count.
	// The sums are made of whole slots of the tier that Series would use.
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
	// Config returns the configuration in force as UCI text, without secrets; it
	// belongs to the caller.
	Config() []byte
	// CheckConfig returns what is wrong with text as a configuration, nothing
	// when it is valid. An empty text stands for the configuration that Reload
	// would read.
	CheckConfig(ctx context.Context, text string) []Problem
}

// FlowLog is the log of flows that ended. *store.Store is one.
type FlowLog interface {
	// FlowHistory returns at most limit flows that pass a filter, newest first, which
	// belong to the caller. A cursor, the next of an earlier answer, says where to go
	// on; next is "" when nothing is left. There may be fewer rows than asked for and
	// still a next: a call looks at a bounded part of the log. The error is
	// store.ErrCursor, wrapped, for a cursor that is none.
	FlowHistory(ctx context.Context, f flowlog.Filter, limit int, cursor string) (rows []flowlog.Flow, next string, scanned store.FlowStats, err error)
	// EachFlow calls fn with all flows that pass a filter, oldest first, until it
	// returns an error, which EachFlow returns. A flow is valid during the call. No
	// lock and no transaction is held during it: fn may wait for a slow reader.
	EachFlow(ctx context.Context, f flowlog.Filter, fn func(*flowlog.Flow) error) (store.FlowStats, error)
}

// Storage is where history is kept: a live database and, where it does not last
// by itself, the archive that snapshots of it go to. What changes something
// returns once that is done.
type Storage interface {
	// Storage tells how both do; what it returns belongs to the caller.
	Storage() StorageState
	// Snapshot saves to the archive what is new since the last snapshot. It fails
	// with an *Error of NotSupported where there is no archive.
	Snapshot(context.Context) (Saved, error)
	// Backup writes all that is kept, in the form of the archive, which any weir
	// reads whatever machine it runs on. It holds neither lock nor transaction while
	// it waits for the writer, and ends with ctx.
	Backup(context.Context, io.Writer) error
	// Restore takes a backup in beside what is kept: rows replace those with their
	// keys, and of two sums of one time the fuller one stays. A stream that is no backup, or
	// that ends before its first record, changes nothing and is an *Error of
	// InvalidArgument; one that is damaged later restores what is whole and says
	// what is lost. An error of the reader is returned as it is, wrapped.
	Restore(context.Context, io.Reader) (Restored, error)
	// Prune removes what is too old, or too much for its share, at once, and returns
	// how many slots and blocks of flows went.
	Prune(context.Context) (int, error)
	// Reset forgets parts of what is kept, in the database and in the archive.
	Reset(context.Context, store.Part) error
}

// Account is what the lines are used for, by their accounting cycles. Cycles and
// quotas are those of the configuration.
type Account interface {
	// Cycle returns the accounting cycle of an uplink, or of the house for "".
	Cycle(uplink string) usage.Cycle
	// Uses returns what is used of each quota in its present cycle, in the order of
	// the configuration. *usage.Ledger has them.
	Uses() []usage.Use
	// SetUse says how much of a quota is used in its present cycle, and ResetUse
	// forgets what is and what was warned of; both keep that across restarts. They
	// are false for a quota that is not there or was not counted yet.
	SetUse(ctx context.Context, name string, used uint64) bool
	ResetUse(ctx context.Context, name string) bool
}

// World is what is known of the router's surroundings beside its traffic.
type World interface {
	// ASName returns who an autonomous system belongs to, "" where that is not known.
	ASName(asn uint32) string
	// Events returns what happened from a time to before another one, the newest
	// first; it belongs to the caller.
	Events(from, to time.Time) []journal.Event
	// ZonePolicies returns what the firewall lets pass between its zones, and between
	// them and this machine; nil where there is no firewall. It belongs to the caller.
	ZonePolicies() []ZonePolicy
	// Machine returns what weir runs on.
	Machine() Machine
}

// Alerts are what happened that somebody should know of. *alert.Log is one.
type Alerts interface {
	// List returns alerts, newest first, which belong to the caller.
	List(alert.Filter) []alert.Alert
	// Ack notes that an alert was seen; it is false for one that is not there.
	Ack(id uint64) bool
	// AckAll notes that all up to id were seen, and returns how many were not
	// before.
	AckAll(id uint64) int
}
