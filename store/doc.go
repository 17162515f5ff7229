// Package store keeps what must outlive the process: closed slots of every
// tier, the dictionary of interned names and the devices, in one bbolt file.
// Callers see domain terms only; no other package imports bbolt.
//
// What it promises:
//
//   - Append and PutDevices never block on the disk: they fill a queue that is
//     bounded in bytes, and one writer, Run, commits it. While the disk is full or
//     read-only the queue waits and is retried; when it is full too the oldest
//     slots are dropped and counted.
//   - A commit is one transaction: slots, the names they use and devices are
//     there together or not at all, also after a kill or a power cut.
//   - Readers see what is queued as well as what is committed, and never the same
//     slot twice. A read transaction lasts 10 ms at most, then resumes where it
//     was, so that it does not keep the writer from reusing pages.
//   - The file stays within Options.MaxSize: from 80 % on the oldest slots of the
//     finest tier go first. By age nothing goes before the clock is trusted.
//   - Open never deletes a database that it cannot use and never hands bbolt a
//     damaged one: it moves it aside, starts a fresh one and reports why.
//
// A Store is safe for concurrent use. The file is native-endian, as bbolt's are;
// what is inside of it is not.
package store
