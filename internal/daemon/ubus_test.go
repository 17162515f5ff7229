package daemon

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/ubusapi"
	"weir/internal/clock"
	"weir/internal/link"
	"weir/internal/ubus"
	"weir/test/ask"
	"weir/test/ubusd"
)

// onBus is a client of the bus that a house is on.
func (h *house) onBus(t *testing.T, bus *ubusd.Bus) *ubus.Client {
	t.Helper()
	c, err := ubus.Connect(t.Context(), bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// published waits until the object is there, or is not.
func published(t *testing.T, c *ubus.Client, want bool) {
	t.Helper()
	ask.Until(t, fmt.Sprintf("published: %v", want), func() bool {
		_, err := c.Lookup(t.Context(), ubusapi.Name)
		return (err == nil) == want
	})
}

func next(t *testing.T, f *ubus.Feed) ubus.Event {
	t.Helper()
	select {
	case e := <-f.C:
		return e
	case <-time.After(ask.Patience):
		t.Fatal("nothing came")
		return ubus.Event{}
	}
}

// TestOnUbus goes with the daemon through its life on the bus: it answers, tells
// subscribers and scripts, outlives ubusd and follows the configuration.
func TestOnUbus(t *testing.T) {
	t.Parallel()
	bus := ubusd.New(t)
	h := newHouse(t, "config alert 'new_device'\n\toption severity 'notice'\n")
	h.opt.Bus = bus.Path
	c := h.onBus(t, bus)
	events, err := c.Listen(t.Context(), "weir.*")
	if err != nil {
		t.Fatal(err)
	}
	h.run(t)
	if e := next(t, events); e.Name != "weir.restart" || string(ubus.AppendJSON(nil, e.Data)) != `{"version":"test"}` {
		t.Errorf("told %s %s", e.Name, ubus.AppendJSON(nil, e.Data))
	}
	status, err := ubusapi.Call(t.Context(), c, "status", nil)
	if err != nil || status.TextOf("version") != "test" || !status.BoolOf("ubus", "published") || status.IntOf("ubus", "calls") != 1 {
		t.Errorf("status %s, %v", status.Get("ubus"), err)
	}

	notes, err := c.Subscribe(t.Context(), ubusapi.Name)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if e := next(t, notes); e.Name != "live" || len(e.Data.Text("ts")) > 0 || !strings.Contains(string(ubus.AppendJSON(nil, e.Data)), `"devices":[`) {
			t.Errorf("told %s %s", e.Name, ubus.AppendJSON(nil, e.Data))
		}
	}
	stop := h.pour(t, 0)
	for _, f := range []*ubus.Feed{events, notes} {
		e := next(t, f)
		for e.Name == "live" || e.Name == "weir.clock" {
			e = next(t, f)
		}
		if strings.TrimPrefix(e.Name, "weir.") != "alert" || e.Data.Text("type") != "new_device" || e.Data.Text("severity") != "notice" {
			t.Errorf("told %s %s", e.Name, ubus.AppendJSON(nil, e.Data))
		}
	}
	stop()

	h.configure(t, "\toption ubus '0'\n")
	h.reload <- struct{}{}
	published(t, c, false)
	if status := h.call(t, "status", nil); ask.At(status, "ubus") != nil {
		t.Errorf("status %v", ask.At(status, "ubus"))
	}
	h.configure(t, "")
	h.reload <- struct{}{}
	published(t, c, true)

	bus.Halt()
	ask.Until(t, "status knows", func() bool {
		s := h.call(t, "status", nil)
		return ask.At(s, "ubus.published") == false && ask.At(s, "ubus.error") != nil
	})
	bus.Start(t)
	published(t, h.onBus(t, bus), true)
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), "level=ERROR") {
		t.Errorf("log: %s", h.log)
	}
}

// Without ubusd the daemon runs, and makes no noise about it.
func TestWithoutUbus(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.opt.Bus = h.path("none")
	h.run(t)
	ask.Until(t, "status knows", func() bool {
		why, _ := ask.At(h.call(t, "status", nil), "ubus.error").(string)
		return strings.Contains(why, "no such file")
	})
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(h.log.String(), "ubus") {
		t.Errorf("log: %s", h.log)
	}
}

// told returns what waits to be told.
func (o *onBus) told() []string {
	var all []string
	for {
		select {
		case e := <-o.waiting:
			var b bytes.Buffer
			enc := api.NewEncoder(&b)
			enc.Table("")
			e.content(enc)
			enc.EndTable()
			if err := enc.Flush(); err != nil {
				return nil
			}
			all = append(all, e.name+" "+b.String())
		default:
			return all
		}
	}
}

func TestWhatIsTold(t *testing.T) {
	h := newHouse(t, "")
	d := h.daemon(t)
	d.tell("link", nil) // to nobody
	o := &onBus{waiting: make(chan busEvent, 3)}
	d.onBus.Store(o)
	s := &link.State{}
	d.links = s
	ways := []uplink{{name: "wan", device: "pppoe-wan"}, {name: "lte", device: "wwan0"}}
	address := func(op link.Op, ip string) link.Event {
		return link.Event{Op: op, Address: link.Address{Index: 9, Prefix: netip.MustParsePrefix(ip)}}
	}
	look := func() { d.tellWays(d.waysAre(ways)) }
	up := link.Event{Op: link.LinkSet, Link: link.Link{Index: 9, Name: "pppoe-wan", Up: true}}
	for _, tt := range []struct {
		name string
		do   func()
		want []string
	}{
		{"the first look", look, nil},
		{"nothing new", look, nil},
		{"dialled", func() { s.Apply(up); s.Apply(address(link.AddressSet, "198.51.100.7/32")); look() }, []string{
			`link {"interface":"wan","device":"pppoe-wan","up":true,"addresses":["198.51.100.7"]}`}},
		{"an address of the link", func() { s.Apply(address(link.AddressSet, "fe80::1/64")); look() }, nil},
		{"another address", func() {
			s.Apply(address(link.AddressGone, "198.51.100.7/32"))
			s.Apply(address(link.AddressSet, "198.51.100.8/32"))
			look()
		}, []string{`link {"interface":"wan","device":"pppoe-wan","up":true,"addresses":["198.51.100.8"]}`}},
		{"gone", func() { s.Apply(link.Event{Op: link.LinkGone, Link: up.Link}); look() }, []string{
			`link {"interface":"wan","device":"pppoe-wan","up":false,"addresses":[]}`}},
		{"clock", func() { d.tellClock(clock.Untrusted, -90*time.Second) }, []string{`clock {"trusted":false,"source":"","step":-90.000}`}},
		{"offload, the first look", func() { d.tellOffload(nil, &facts{software: true}, choice{}, true) }, nil},
		{"offload as before", func() { d.tellOffload(&facts{software: true}, &facts{software: true}, choice{}, false) }, nil},
		{"offload", func() {
			d.tellOffload(&facts{}, &facts{software: true, tables: []link.Flowtable{{}}}, choice{mode: "hybrid", why: "x"}, true)
		}, []string{`offload {"software":true,"hardware":false,"active":true,"mode":"hybrid","why":"x"}`}},
		{"offload is off in the kernel", func() { d.tellOffload(&facts{tables: []link.Flowtable{{}}}, &facts{}, choice{mode: "packets"}, false) }, []string{
			`offload {"software":false,"hardware":false,"active":false,"mode":"packets","why":""}`}},
		{"too much", func() {
			for range 5 {
				d.tellClock(clock.Untrusted, 0)
			}
		}, []string{`clock {"trusted":false,"source":"","step":0.000}`, `clock {"trusted":false,"source":"","step":0.000}`, `clock {"trusted":false,"source":"","step":0.000}`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.do()
			if diff := cmp.Diff(tt.want, o.told()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if n := o.lost.Load(); n != 2 {
		t.Errorf("%d lost", n)
	}
}
