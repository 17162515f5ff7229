//go:build !linux

package afpacket

import (
	"context"
	"errors"

	"weir/internal/logfmt"
	"weir/internal/source"
)

var errLinuxOnly = errors.New("capture: packet sockets are a Linux thing; read a capture file instead")

// Source does not exist on this system; see New.
type Source struct{}

// New fails on every system but Linux.
func New(Config, *logfmt.Logger) (*Source, error) { return nil, errLinuxOnly }

// Run fails.
func (s *Source) Run(context.Context, source.Sink) error { return errLinuxOnly }

// Status tells that there is no capture.
func (s *Source) Status() source.Status {
	return source.Status{Kind: "afpacket", State: "failed", Note: errLinuxOnly.Error()}
}
