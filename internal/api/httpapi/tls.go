//go:build !notls

package httpapi

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// overTLS wraps a listener so that its connections speak TLS.
type overTLS func(net.Listener) net.Listener

// loadTLS reads a certificate and its key, both in PEM.
func loadTLS(cert, key string) (overTLS, error) {
	if cert == "" || key == "" {
		return nil, errors.New("TLS needs both cert and key; give the other one too")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("load TLS certificate %s with key %s: %w", cert, key, err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	return func(ln net.Listener) net.Listener { return tls.NewListener(ln, c) }, nil
}
