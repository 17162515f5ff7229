//go:build notls

package httpapi

import (
	"errors"
	"net"
)

// overTLS wraps a listener so that its connections speak TLS.
type overTLS func(net.Listener) net.Listener

// loadTLS fails: TLS is left out of builds for small routers, where it would be
// a fifth of the binary.
func loadTLS(_, _ string) (overTLS, error) {
	return nil, errors.New("serve the API with cert and key: this build has no TLS; use the full build, or put uhttpd or nginx in front")
}
