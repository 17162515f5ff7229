package store

import (
	"weir/internal/clock"
	"weir/store/archive"
)

// ForgetIn deletes from an archive, at now in seconds since the Unix epoch, what
// Reset deletes from the database: the files of slots and flows at once. Devices
// and rows follow with the next snapshot, which is told that they are gone.
func ForgetIn(a *archive.Archive, now int64, what Part) error {
	var bands []archive.Band
	if what&Slots != 0 {
		for _, step := range []int64{clock.Month, clock.Day, hour, 1} {
			for _, p := range bandParts(step) {
				bands = append(bands, p.band)
			}
		}
	}
	if what&Flows != 0 {
		bands = append(bands, archive.Flows)
	}
	return a.Forget(now, what&Slots != 0, bands...)
}
