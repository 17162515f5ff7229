package daemon

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"weir/internal/api"
	"weir/internal/api/ubusapi"
	"weir/internal/ubus"
)

// Bounds of what is told over ubus.
const (
	maxWaiting = 64              // events that wait to be sent
	tellTime   = 5 * time.Second // for ubusd to take one
	liveEvery  = time.Second
)

// onBus is weir on ubus: its object, which answers like the other doors, what it
// notifies subscribers of, and the events it sends.
type onBus struct {
	door    *ubusapi.Door
	bus     *ubus.Bus
	content func() api.Reply // of the notification live
	watched chan struct{}    // of capacity 1: somebody subscribed, or nobody is any more
	waiting chan busEvent
	lost    atomic.Uint64
	tasks   []*task

	mu    sync.Mutex // guards what follows
	err   error      // why the object is not there, or what is refused
	begun bool       // it has been there
}

// busEvent is what happened, for scripts that listen and pages that subscribed.
type busEvent struct {
	name    string // without "weir."
	note    bool   // subscribers are notified, too
	content api.Reply
}

// setBus publishes weir on ubus, or takes it off, as the configuration says. It is
// called by the goroutine of run alone.
func (d *Daemon) setBus() {
	on, wanted := d.onBus.Load(), d.config.Load().API.Ubus
	switch {
	case wanted && on == nil:
		d.onBus.Store(d.joinBus())
	case !wanted && on != nil:
		d.onBus.Store(nil)
		for _, t := range on.tasks {
			d.tasks.stop(t)
		}
		d.log.Info("no longer on ubus")
	}
}

// joinBus starts what keeps weir on ubus, whether ubusd is there yet or not.
func (d *Daemon) joinBus() *onBus {
	o := &onBus{
		content: func() api.Reply { return api.LiveTick(d.backend) },
		watched: make(chan struct{}, 1), waiting: make(chan busEvent, maxWaiting),
	}
	o.door = ubusapi.New(d.backend, d.log, func(bool) {
		select {
		case o.watched <- struct{}{}:
		default: // it is to look already
		}
	})
	o.bus = &ubus.Bus{
		Path: cmp.Or(d.opt.Bus, ubus.DefaultPath), Objects: []*ubus.Object{o.door.Object()}, Limits: ubusapi.Limits(),
		Report: func(err error) { d.busReport(o, err) },
	}
	o.tasks = []*task{d.tasks.start("ubus", o.bus.Run), d.tasks.start("ubus events", o.announce)}
	return o
}

// busReport notes how the connection does, and tells of it when that changed. A
// machine without ubusd is none of OpenWrt's, which is nothing to tell.
func (d *Daemon) busReport(o *onBus, err error) {
	o.mu.Lock()
	before, first := o.err, err == nil && !o.begun
	o.err, o.begun = err, o.begun || err == nil
	o.mu.Unlock()
	switch {
	case err == nil:
		d.log.Info("on ubus", "object", ubusapi.Name)
		if first {
			version := d.opt.Version
			o.put(busEvent{name: "restart", content: func(e *api.Encoder) { e.Str("version", version) }})
		}
	case errors.Is(err, fs.ErrNotExist), before != nil && before.Error() == err.Error():
	default:
		d.log.Warn("not all is on ubus; it is tried again", "error", err)
	}
}

// busState returns how weir does on ubus.
func (d *Daemon) busState() api.Bus {
	o := d.onBus.Load()
	if o == nil {
		return api.Bus{}
	}
	n := o.bus.Stats()
	s := api.Bus{Wanted: true, Published: o.door.Object().Published(), Calls: n.Served, Refused: n.Refused, Lost: o.lost.Load()}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		s.Err = o.err.Error()
	}
	return s
}

// tell sends the event weir.NAME to who listens, once that can be done. It does not
// wait: what is told while too much waits is lost, and counted.
func (d *Daemon) tell(name string, content api.Reply) {
	if o := d.onBus.Load(); o != nil {
		o.put(busEvent{name: name, content: content})
	}
}

// tellAlert tells of an alert that was raised.
func (d *Daemon) tellAlert(content api.Reply) {
	if o := d.onBus.Load(); o != nil {
		o.put(busEvent{name: "alert", note: true, content: content})
	}
}

func (o *onBus) put(e busEvent) {
	select {
	case o.waiting <- e:
	default:
		o.lost.Add(1)
	}
}

// announce sends events as they come, and the live numbers each second while
// somebody is subscribed.
func (o *onBus) announce(ctx context.Context) error {
	ticker := time.NewTicker(liveEvery)
	ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-o.watched:
			if o.door.Object().HasSubscribers() {
				ticker.Reset(liveEvery)
			} else {
				ticker.Stop()
			}
		case <-ticker.C:
			o.count(o.door.Notify("live", o.content()))
		case e := <-o.waiting:
			if e.note {
				o.count(o.door.Notify(e.name, e.content))
			}
			o.count(o.send(ctx, e))
		}
	}
}

func (o *onBus) send(ctx context.Context, e busEvent) error {
	ctx, cancel := context.WithTimeout(ctx, tellTime)
	defer cancel()
	return o.door.Send(ctx, o.bus, "weir."+e.name, e.content)
}

// count counts what could not be sent: without ubusd there is nobody to miss it.
func (o *onBus) count(err error) {
	if err != nil {
		o.lost.Add(1)
	}
}
