package store

import (
	"sort"

	"weir/internal/clock"
	"weir/internal/flowlog"
	"weir/internal/rollup"
	"weir/store/archive"
)

// hour is the finest step of which the archive has bands of its own.
const hour = 3600

// mainClass reports whether a class is one of those that a small archive keeps
// longest.
func mainClass(c rollup.Class) bool {
	return c <= rollup.RouterOwn
}

func matrixClass(c rollup.Class) bool {
	_, _, ok := c.Matrix()
	return ok
}

func otherClass(c rollup.Class) bool { return !mainClass(c) && !matrixClass(c) }

func anyClass(rollup.Class) bool { return true }

// part is what one band takes of a slot.
type part struct {
	band archive.Band
	has  func(rollup.Class) bool
}

// bandParts returns into which bands slots of a step go, and what of them. The
// parts of one step have no class in common. The first is written even if it is
// empty: that a slot exists says that weir was counting then.
func bandParts(step int64) []part {
	switch {
	case step >= clock.Month:
		return []part{{archive.Months, anyClass}}
	case step >= clock.Day:
		return []part{{archive.Days, mainClass}, {archive.OtherDays, otherClass}, {archive.Matrices, matrixClass}}
	case step >= hour:
		return []part{{archive.Hours, mainClass}, {archive.OtherHours, noMain}}
	}
	return []part{{archive.Minutes, anyClass}}
}

func noMain(c rollup.Class) bool { return !mainClass(c) }

// pass is one way through what is unsaved: the entries whose keys begin with
// prefix, for one band.
type pass struct {
	prefix []byte
	step   int64 // of slots, else 0
	part   part
}

// passes returns how a snapshot goes through what is unsaved, most important band
// first.
func (s *Store) passes() []pass {
	list := []pass{
		{prefix: []byte{unsavedIsDevice}, part: part{band: archive.Identity}},
		{prefix: []byte{unsavedIsRow}, part: part{band: archive.Identity}},
	}
	for _, t := range s.opt.Tiers {
		for _, p := range bandParts(t.Step) {
			list = append(list, pass{unsavedSlot(t.Step, 0)[:1+8], t.Step, p})
		}
	}
	list = append(list, pass{prefix: []byte{unsavedIsFlow}, part: part{band: archive.Flows}})
	sort.SliceStable(list, func(i, j int) bool { return list[i].part.band < list[j].part.band })
	return list
}

// codec is that of an archive whose slots hold rollup's blocks, and whose flows those
// of flowlog, which are packed.
var codec = archive.Codec{Map: mapBlock, Pack: rollup.AppendPack, Unpack: unpackBlocks}

// mapBlock gives a block of an archive other handles.
func mapBlock(dst []byte, kind archive.Kind, block []byte, id func(h uint32) uint32) ([]byte, error) {
	if kind == archive.KindFlow {
		return flowlog.AppendMapped(dst, block, id)
	}
	return rollup.AppendMapped(dst, block, func(_ rollup.Class, h uint32) uint32 { return id(h) })
}

func unpackBlocks(packed []byte) (archive.NextBlock, error) {
	u, err := rollup.NewUnpacker(packed)
	if err != nil {
		return nil, err
	}
	return u.AppendNext, nil
}

// OpenArchive opens the archive in a directory, for blocks as the store has them.
// It chooses its limit from what is free on the file system if limit is 0. See
// archive.Open for what an error means.
func OpenArchive(dir string, limit int64) (*archive.Archive, archive.Report, error) {
	return archive.Open(dir, archive.Options{Codec: codec, Limit: limit, Free: freeBytes})
}
