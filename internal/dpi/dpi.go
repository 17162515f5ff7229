// Package dpi finds out what protocol a flow speaks.
//
// An Inspector asks Detectors about the first payloads of a flow, until one is
// sure or none is left; then it keeps nothing of it. What they learn beside the
// protocol, such as the name that a client asks for, comes as Facts, whose memory
// is the frame's. Where content tells nothing a port is a hint and no proof:
// whoever shows a Protocol says how it is known.
package dpi

//go:generate go test . -run ^TestDocs$ -update
