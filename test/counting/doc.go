// Package counting tests that weir counts exactly: in a router of namespaces with
// address translation, every mode has every byte and packet of every flow and of
// every client, as counters in the clients' own kernels have them. What cannot be
// exact, because the kernel merged packets or another program zeroed counters, is
// explained to the byte.
//
// The tests have the build tag integration and need root, as the package netns
// that they use; they skip aloud without it. TestExact runs for 15 seconds, or as
// long as the environment variable WEIR_COUNT_TIME says:
//
//	WEIR_COUNT_TIME=60s go test -tags integration -run Exact -v ./test/counting
package counting
