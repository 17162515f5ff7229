// Package archive is the durable form of weir's history: what survives a power
// cut while the database itself lives in RAM. It knows nothing of that database
// and has no byte order, so it is also the form of backups that move from one
// router to another.
//
// An archive is a directory of segments, append-only files. Each belongs to a
// band, the class of importance of what is inside, and to a period of time, so
// that old data leaves by deleting a file and never by rewriting one. A limit in
// bytes is held by dropping the oldest segment of the least important band; the
// table in band.go says which bands are written from which limit on.
//
// A segment is a magic number and chunks (chunk.go): a header with the length and
// the time of what is inside, packed records (pack.go), a checksum for each. A torn tail
// is cut at the last good chunk when the segment is next written to; a damaged
// chunk is stepped over, counted and told with the time that it covered. Records
// that have one identity replace each other: the last one wins.
//
// Blocks of sums name their series by handles. A segment has handles of its own
// and carries the names they stand for, so it can be read without any other file
// and those of a database never matter. A handle is never given twice within a
// segment, and a segment that is damaged is not written to again: a name that is
// lost is unknown afterwards and never another one's. What blocks look like is the
// caller's business, see Codec.
//
// What changes in place (devices, notes, slots that are still open) is in the band
// Identity, which is compacted now and then: to a temporary file, which is synced
// and renamed. The generation before stays until the next one is there, and is
// read where the newer one is damaged.
//
// An Archive is safe for concurrent use, one batch at a time. It holds no memory
// to speak of between batches; during one, and while reading, about a megabyte at
// most, whatever a file says.
package archive
