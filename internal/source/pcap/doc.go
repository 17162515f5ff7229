// Package pcap reads captures: classic pcap in its known dialects and pcapng,
// plain or gzip compressed, from files, named pipes and unbounded streams.
//
// Reader turns any io.Reader into batches of frames. It owns one buffer of a
// fixed size; frames point into it and are valid until the next call. Lengths
// claimed by a capture never size an allocation: a record of more than MaxFrame
// bytes is an error, other blocks are skipped without being held, and more than
// MaxInterfaces interfaces share one entry. A Reader is for one goroutine.
//
// Source plays a capture into a source.Sink: files at a chosen pace and, when
// asked to, in a loop; pipes and standard input as their writers write.
package pcap
