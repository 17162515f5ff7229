package api

import (
	"time"

	"weir/store"
	"weir/store/archive"
)

// StorageState is how the database and its archive do.
type StorageState struct {
	Live    *store.Status // nil when nothing is stored
	Archive *Snapshots    // nil when none are taken
	// Restored is what the start found in the archive for the database that was not
	// there or could not be used; nil when the database was there.
	Restored *Restored
}

// Snapshots are the archive's state, and when it gets more.
type Snapshots struct {
	archive.Status
	FS    string        // type of the file system it is on
	Every time.Duration // between snapshots; 0 for none but at stops
	Next  time.Time     // when one is due; zero for none
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
