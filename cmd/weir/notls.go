//go:build notls

package main

import (
	"context"
	"errors"
	"net"
)

// dialTLS fails: builds for small routers leave TLS out.
func dialTLS(_ context.Context, _, _ string) (net.Conn, error) {
	return nil, errors.New("this build has no TLS; use the full build, or the daemon's socket or plain HTTP")
}
