package uci

import (
	"net/netip"
	"time"

	"weir/internal/logfmt"
)

// Mode is how traffic is observed.
type Mode string

// Modes of observation. Auto leaves the choice to what the router can do.
const (
	ModeAuto      Mode = "auto"
	ModePackets   Mode = "packets"
	ModeConntrack Mode = "conntrack"
	ModeHybrid    Mode = "hybrid"
)

// Choice is a switch that can also be left to weir.
type Choice string

// Positions of a Choice.
const (
	Auto Choice = "auto"
	On   Choice = "1"
	Off  Choice = "0"
)

// Scope says which addresses something is done for.
type Scope string

// Scopes.
const (
	ScopeOff    Scope = "off"    // nothing
	ScopeSeen   Scope = "seen"   // what the traffic itself shows
	ScopeLocal  Scope = "local"  // local addresses
	ScopeRemote Scope = "remote" // addresses elsewhere
	ScopeAll    Scope = "all"
)

// Privacy is how much of the far end's name is kept.
type Privacy string

// Levels of privacy.
const (
	PrivacyNames   Privacy = "names"   // full names
	PrivacyDomains Privacy = "domains" // registrable domains
	PrivacyBytes   Privacy = "bytes"   // no names
)

// Main is config weir 'main'.
type Main struct {
	Ident
	Enabled       bool
	Interfaces    []string // networks or devices, see [Router.Resolve]
	WAN           []string // networks or devices; empty: see [Config.Uplinks]
	LocalNetworks []netip.Prefix
	Source        Mode
	Sampling      int   // one packet in so many is looked at
	Snaplen       int   // bytes of a frame
	RingSize      int64 // bytes, of all packet rings together
	CapturePorts  Choice
	Sticky        []Scope // local, remote
	HostIdle      time.Duration
	DeviceStale   time.Duration
	Promiscuous   bool
	MaxFlows      int
	MaxDevices    int
	IdleTimeout   time.Duration
	ActiveTimeout time.Duration
	DNSMode       Scope // off, seen, local, all
	Privacy       Privacy
	MemoryLimit   int // MiB for the Go runtime, 0: chosen from the RAM
	LogLevel      logfmt.Level
}

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
	tib = 1 << 40
	day = 24 * time.Hour
)

func (m *Main) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&m.Enabled), def: "1", help: "Start weir at boot."},
		{name: "interface", value: ifaces(&m.Interfaces), def: "lan", help: "Networks to watch, by their name in /etc/config/network, or devices; none watches nothing live."},
		{name: "wan", value: iface(&m.WAN), example: "wan", help: "Uplinks; without it the masqueraded networks and those named wan*."},
		{name: "local_network", value: prefixes(&m.LocalNetworks), example: "10.0.0.0/8", help: "Networks that are local beside those of the interfaces' own addresses."},
		{name: "source", value: oneOf(&m.Source, ModeAuto, ModePackets, ModeConntrack, ModeHybrid), def: "auto", help: "What counts: packets, connection tracking (conntrack), or connection tracking with packets for the names (hybrid); auto takes what suits the machine."},
		{name: "sampling", value: number(&m.Sampling, 1, 65535), def: "1", help: "Look at one packet in so many where packets count; 1 looks at all."},
		{name: "snaplen", value: number(&m.Snaplen, 96, 65535), def: "1600", help: "Bytes of each packet to look at."},
		{name: "ring_size", value: size(&m.RingSize, 64*kib, 256*mib), def: "512K", help: "Buffer between kernel and weir; a larger one drops fewer packets in bursts."},
		{name: "capture_ports", value: choice(&m.CapturePorts), def: "auto", help: "Watch the ports of a bridge instead of the bridge, which flow offload leads packets past; auto does so in hybrid and with flow offload."},
		{name: "host_idle", value: duration(&m.HostIdle, 10*time.Second, 30*day), def: "600", help: "Hosts elsewhere leave memory after this silence."},
		{name: "sticky", value: listOf(&m.Sticky, ScopeLocal, ScopeRemote), example: "local", help: "Hosts that stay in memory however long they are silent."},
		{name: "device_stale", value: duration(&m.DeviceStale, time.Hour, 10*365*day), def: "90d", help: "Devices without a name of yours are forgotten after this silence."},
		{name: "promiscuous", value: boolean(&m.Promiscuous), def: "0", help: "Ask for frames to other machines as well, as on a mirror port."},
		{name: "max_flows", value: number(&m.MaxFlows, 256, 1<<20), def: "8192", help: "Flows in memory, about 200 bytes each; beyond it the longest silent one is closed."},
		{name: "max_devices", value: number(&m.MaxDevices, 16, 65536), def: "512", help: "Devices in memory; beyond it the longest silent unnamed one is forgotten."},
		{name: "idle_timeout", value: duration(&m.IdleTimeout, time.Second, 2*time.Hour), def: "60", help: "A silent flow ends after this time."},
		{name: "active_timeout", value: duration(&m.ActiveTimeout, 10*time.Second, day), def: "300", help: "A long flow is accounted after this time, and goes on."},
		{name: "dns_mode", value: oneOf(&m.DNSMode, ScopeOff, ScopeSeen, ScopeLocal, ScopeAll), def: "local", help: "Names: off, seen in DNS answers, and reverse lookups of local or all addresses."},
		{name: "privacy", value: oneOf(&m.Privacy, PrivacyNames, PrivacyDomains, PrivacyBytes), def: "names", help: "What is kept of the far end: full names, domains, or only bytes."},
		{name: "memory_limit", value: number(&m.MemoryLimit, 0, 65536), def: "0", help: "MiB that weir tries to stay under; 0 chooses from the RAM."},
		{name: "log_level", value: logLevel(&m.LogLevel), def: "info", help: "The least important message to log."},
	}
}
