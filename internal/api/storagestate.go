package api

import (
	"time"

	"weir/store"
)

// StorageState is how the database and its archive do.
type StorageState struct {
	Live    *store.Status // nil when nothing is stored
	Archive *Archive      // nil when no snapshots are taken
	// Restored is what the start found in the archive for the database that was not
	// there or could not be used; nil when the database was there.
	Restored *Restored
	// Today and PerYear are bytes that were written to storage that wears, by the
	// database or the archive: since midnight, and in a year if it goes on as it
	// did, 0 before that can be told.
	Today, PerYear uint64
}

// Archive is the state of the snapshots.
type Archive struct {
	Path, FS        string
	Bytes, MaxBytes uint64
	Segments        int
	Every           time.Duration // between snapshots
	Last            time.Time     // when one was taken last; zero for never
	Next            time.Time     // when one is due
	Failures        uint64        // snapshots that failed
	Err             string        // why the last one failed, or ""
	Bands           []Band        // most important first
}

// Band is a class of importance in the archive.
type Band struct {
	Name, Words string
	Written     bool // there is room for it
	Segments    int
	Bytes       uint64
	Oldest      time.Time // beginning of its first segment; zero when there is none
	Dropped     uint64    // segments that went for want of room
}

// Saved is what a snapshot added to the archive.
type Saved struct {
	Slots, Devices, Rows, FlowBlocks int
	Bytes                            uint64 // written
	Left                             int    // records that found no room, of what is least important
	Took                             time.Duration
}

// Restored is what was read from an archive or a backup.
type Restored struct {
	At                               time.Time
	Slots, Devices, Rows, FlowBlocks int
	From, To                         time.Time // of the slots; zero when there are none
	Damaged                          int       // pieces that could not be read
	Lost                             []string  // what is missing, in words
}
