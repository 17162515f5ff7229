// Package engine joins packets and records to flows, devices and series under
// one lock.
package engine
