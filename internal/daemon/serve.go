package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/coreos/go-systemd/v22/activation"

	"weir/internal/api/httpapi"
	"weir/uci"
)

// activatedSockets returns the sockets that systemd opened for weir
// (sd_listen_fds(3)). They are kept as files so that a reload can serve on them
// again.
func activatedSockets() []*os.File { return activation.Files(true) }

// startAPI opens the API's doors and returns its task once all are open.
func (d *Daemon) startAPI(cfg *uci.Config) (*task, error) {
	var listeners []net.Listener
	for _, f := range d.sockets {
		ln, err := net.FileListener(f)
		if err != nil {
			return nil, fmt.Errorf("serve on the socket %s that was passed on: %w", f.Name(), err)
		}
		listeners = append(listeners, ln)
	}
	a := &cfg.API
	s := httpapi.New(httpapi.Config{
		Socket: a.Socket, Listen: a.Listen, Listeners: listeners, TokenFile: a.TokenFile,
		Allow: a.Allow, Hosts: a.Hosts, Origins: a.Origins, BasePath: a.BasePath,
		Cert: a.Cert, Key: a.Key, Log: d.log,
	}, d.backend)
	t := d.tasks.start("api", s.Run)
	select {
	case <-s.Ready():
		return t, nil
	case <-t.done:
		d.tasks.stop(t)
		return nil, t.err
	}
}

// restartAPI serves as cfg says, or as before when that cannot be done.
func (d *Daemon) restartAPI(old, cfg *uci.Config) error {
	d.tasks.stop(d.api)
	t, err := d.startAPI(cfg)
	if err != nil {
		var again error
		if t, again = d.startAPI(old); again != nil {
			return errors.Join(err, again)
		}
	}
	d.api = t
	return err
}
