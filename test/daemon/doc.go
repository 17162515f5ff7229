// Package daemon tests the daemon as it is installed: the built program with a
// configuration, signals, sockets and, with the build tag integration, the real
// kernel around it.
//
// Its tests build cmd/weir once, for the platform they run on. Those with the tag
// need root, as the package netns that they use; they skip aloud without it.
package daemon
