//go:build !linux

package conntrack

import (
	"context"
	"errors"

	"weir/internal/logfmt"
	"weir/internal/source"
)

var errLinuxOnly = errors.New("connection tracking is read on Linux only; capture packets or read a capture file instead")

// Source does nothing on this system: its Run fails.
type Source struct{}

// New returns a source that fails.
func New(Config, *logfmt.Logger) *Source { return new(Source) }

// Run fails.
func (s *Source) Run(context.Context, source.Sink) error { return errLinuxOnly }

// Status tells that there is no connection tracking.
func (s *Source) Status() source.Status {
	return source.Status{Kind: "conntrack", State: "failed", Note: errLinuxOnly.Error()}
}

// Look finds nothing.
func Look() Facts { return Facts{Err: errLinuxOnly} }
