//go:build !notls

package main

import (
	"context"
	"crypto/tls"
	"net"
)

// dialTLS connects to a daemon behind TLS, whose certificate must be one that
// this machine trusts.
func dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	return new(tls.Dialer).DialContext(ctx, network, address)
}
