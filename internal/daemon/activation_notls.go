//go:build notls

package daemon

import "os"

// activatedSockets returns none: routers have no systemd, and its package brings
// crypto/tls with it.
func activatedSockets() []*os.File { return nil }
