package daemon

import (
	"errors"
	"fmt"
	"net"
	"reflect"
	"time"

	"weir/internal/api"
	"weir/internal/api/httpapi"
	"weir/uci"
)

// served is what the API is served with, and the task that does.
type served struct {
	config httpapi.Config // without what is the same for all
	task   *task
}

// serveConfig returns what cfg says of the API.
func serveConfig(cfg *uci.Config) httpapi.Config {
	a := &cfg.API
	return httpapi.Config{
		Socket: a.Socket, Listen: a.Listen, TokenFile: a.TokenFile,
		Allow: a.Allow, Hosts: a.Hosts, Origins: a.Origins, BasePath: a.BasePath,
		Cert: a.Cert, Key: a.Key, LoginTime: time.Duration(a.LoginHours) * time.Hour,
	}
}

// serve opens the API's doors and returns once all are open. Like serveAnew it
// is called by the goroutine of run alone.
func (d *Daemon) serve(c httpapi.Config) error {
	full := c
	full.Log = d.log
	for _, f := range d.sockets {
		ln, err := net.FileListener(f)
		if err != nil {
			return fmt.Errorf("serve on the socket %s that was passed on: %w", f.Name(), err)
		}
		full.Listeners = append(full.Listeners, ln)
	}
	s := httpapi.New(full, d.backend)
	t := d.tasks.start("api", s.Run)
	select {
	case <-s.Ready():
		d.api = served{c, t}
		return nil
	case <-t.done:
		d.tasks.stop(t)
		return t.err
	}
}

// serveAnew serves as the configuration in force says, or as before when that
// cannot be done. It tries again at the next reload.
func (d *Daemon) serveAnew() {
	d.setBus()
	old, c := d.api, serveConfig(d.config.Load())
	var problems []api.Problem
	if old.task == nil || !reflect.DeepEqual(old.config, c) {
		d.tasks.stop(old.task)
		d.api.task = nil
		err := d.serve(c)
		if err != nil && old.task != nil {
			if again := d.serve(old.config); again != nil {
				err = errors.Join(err, again)
			}
		}
		if err != nil {
			d.log.Error("the API cannot be served as configured", "error", err, "served_as_before", d.api.task != nil)
			problems = []api.Problem{{Section: "api", Message: err.Error()}}
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.apiProblems = problems
}
