// Package store keeps what must outlive the process: closed slots of every tier,
// the flow log, the dictionary of interned names, the devices and small rows, in
// one bbolt file. Callers see domain terms only; no other package imports bbolt.
//
// What it promises:
//
//   - Append, PutDevices and PutRows never block on the disk: they fill a queue that
//     is bounded in bytes, and one writer, Run, commits it. While the disk is full,
//     read-only or gone the queue waits and is retried; when it is full too the
//     oldest slots are dropped and counted.
//   - A commit is one transaction: slots, the names they use, devices, rows and
//     flows are there together or not at all, also after a kill or a power cut.
//   - Readers see what is queued as well as what is committed, and never the same
//     slot twice. A read transaction lasts 10 ms at most, then resumes where it
//     was, so that it does not keep the writer from reusing pages.
//   - The file stays within Options.MaxSize, and a commit's own pages: from 80 % on
//     the finest tier that exceeds its share, which Status shows, gives its oldest
//     slots first; months go last. By age nothing goes before the clock is trusted.
//   - Everything has a checksum. Open never deletes a database that it cannot use
//     and never hands bbolt a damaged one: it moves it aside, starts a fresh one and
//     reports why. A database that vanishes or breaks while it is open is opened
//     again.
//   - What no snapshot has yet is noted in the transaction that writes it. Snapshot
//     appends it to an archive, which a database in memory is made from again after a
//     reboot, by RebuildFrom; what is written meanwhile waits for the next one. Backup
//     and Restore use the same form, which no handle, byte order or page size ties to
//     this database.
//   - LogFlow packs the flows that ended into blocks; the one that is open is saved
//     every five minutes, with a snapshot, and by Close. FlowHistory and EachFlow find
//     all of them, each once, and unpack only blocks that may have what is looked for.
//   - Rebase and MoveFlows move what a wrong clock has misplaced: each slot and block
//     once, also over a kill.
//
// A Store is safe for concurrent use. The file is native-endian, as bbolt's are;
// what is inside of it is not.
package store
