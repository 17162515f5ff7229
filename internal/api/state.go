package api

import "time"

// State is what the daemon knows about itself.
type State struct {
	Version string
	Started time.Time // with its monotonic reading, so uptime survives clock steps

	ClockTrusted bool   // wall-clock times can be relied on
	ClockSource  string // why: "ntp", "rtc" …

	Mode    string // packets, conntrack, hybrid
	ModeWhy string // why that one was chosen

	Offload Offload
	Line    Line

	ConfigPath string
	Problems   []Problem // of the configuration that was read last

	Bus    Bus
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

// Line is what the ways out of the house carry at most together, in bits per second;
// 0 where nothing tells.
type Line struct{ Down, Up uint64 }

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
	Saved        int64  // time of the last snapshot since the start, seconds; 0: none
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
