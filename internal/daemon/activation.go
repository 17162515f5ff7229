//go:build !notls

package daemon

import (
	"os"

	"github.com/coreos/go-systemd/v22/activation"
)

// activatedSockets returns the sockets that systemd opened for weir
// (sd_listen_fds(3)). They are kept as files so that a reload can serve on them
// again.
func activatedSockets() []*os.File { return activation.Files(true) }
