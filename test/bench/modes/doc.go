// Package modes measures what each way of counting costs a router that forwards
// the same traffic: processor time of the whole machine, so that filters in the
// kernel count, and forwarding throughput, beside a router without weir. All ways
// take turns in many short rounds, so that a busy machine is as unkind to one as
// to the others.
//
// The benchmarks have the build tag integration and need root, as the package
// netns that they use; `make bench-modes` runs them. Each prints a table with its
// spread, and fails above the budgets of docs/architecture.md.
package modes
