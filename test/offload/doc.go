// Package offload tests weir on a router whose flowtable forwards connections
// past the bridge: in every mode, what weir counts is compared with what the
// clients' own devices sent and received, to the byte, and it is told which names
// of servers the captured frames still tell.
//
// The tests have the build tag integration and need, beside root, a kernel with
// flowtables (modules nf_flow_table_inet and nft_flow_offload); without one they
// skip aloud. `make test-offload` runs them in a machine that has one, see the
// command guest in this folder.
package offload
