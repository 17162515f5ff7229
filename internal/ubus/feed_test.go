package ubus

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListen(t *testing.T) {
	bus := startBus(t)
	listener, sender := bus.connect(t), bus.connect(t)
	exact, err := listener.Listen(t.Context(), "weir.link")
	if err != nil {
		t.Fatal(err)
	}
	all, err := listener.Listen(t.Context(), "weir.*")
	if err != nil {
		t.Fatal(err)
	}
	data := AppendString(nil, "dev", "wan")
	for _, event := range []string{"weir.link", "other", "weir.clock"} {
		if err := sender.Send(t.Context(), event, data); err != nil {
			t.Error(err)
		}
	}
	want := Event{Name: "weir.link", Data: data}
	if diff := cmp.Diff(want, receive(t, exact)); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"weir.link", "weir.clock"} {
		if e := receive(t, all); e.Name != name || e.Object != "" {
			t.Errorf("got %q of %q, want %q", e.Name, e.Object, name)
		}
	}
	if err := sender.Send(t.Context(), "ubus.object.add", nil); err == nil {
		t.Error("ubusd's own event may be sent")
	}
}

func TestListenToObjects(t *testing.T) {
	bus := startBus(t)
	listener, server := bus.connect(t), bus.connect(t)
	feed, err := listener.Listen(t.Context(), "ubus.object.*")
	if err != nil {
		t.Fatal(err)
	}
	o := publish(t, server, &Object{Path: "hostapd.wlan0"})
	id := o.at.Load().id
	server.Close()
	for _, name := range []string{"ubus.object.add", "ubus.object.remove"} {
		e := receive(t, feed)
		got, _ := e.Data.Int("id")
		if e.Name != name || e.Data.Text("path") != "hostapd.wlan0" || uint32(got) != id {
			t.Errorf("got %s %s, want %s of %d", e.Name, AppendJSON(nil, e.Data), name, id)
		}
	}
}

func TestSubscribeByPattern(t *testing.T) {
	bus := startBus(t)
	client := bus.connect(t)
	before := publish(t, bus.connect(t), &Object{Path: "hostapd.wlan0"})
	publish(t, client, &Object{Path: "hostapd.own"}) // nobody subscribes to himself
	feed, err := client.Subscribe(t.Context(), "hostapd.*")
	if err != nil {
		t.Fatal(err)
	}
	notify := func(o *Object, path string) {
		t.Helper()
		eventually(t, path+" has no subscriber", o.HasSubscribers)
		if err := o.Notify("assoc", nil); err != nil {
			t.Fatal(err)
		}
		if e := receive(t, feed); e.Object != path || e.Name != "assoc" {
			t.Errorf("got %s of %q, want one of %s", e.Name, e.Object, path)
		}
	}
	notify(before, "hostapd.wlan0")
	publish(t, bus.connect(t), &Object{Path: "network.interface"})
	for range 3 { // wifi reload
		server := bus.connect(t)
		notify(publish(t, server, &Object{Path: "hostapd.wlan1"}), "hostapd.wlan1")
		server.Close()
		eventually(t, "hostapd.wlan1 is still followed", func() bool {
			client.mu.Lock()
			defer client.mu.Unlock()
			return len(client.locals) == 3 // the own object, the watch, wlan0
		})
	}
	notify(before, "hostapd.wlan0")
	if n := feed.Dropped(); n != 0 {
		t.Errorf("%d events dropped", n)
	}
}

func TestFeedsAreBounded(t *testing.T) {
	bus := startBus(t)
	listener, sender := bus.connect(t), bus.connect(t)
	feed, err := listener.Listen(t.Context(), "*")
	if err != nil {
		t.Fatal(err)
	}
	subscribed, err := listener.Subscribe(t.Context(), "o*")
	if err != nil {
		t.Fatal(err)
	}
	const size = 64
	for range size + 5 {
		if err := sender.Send(t.Context(), "flood", nil); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "nothing was dropped", func() bool { return feed.Dropped() == 5 })
	if len(feed.C) != size {
		t.Errorf("%d events wait", len(feed.C))
	}
	for n := range MaxTargets + 3 {
		publish(t, sender, &Object{Path: fmt.Sprint("o", n)})
		eventually(t, "the object is not followed", func() bool {
			listener.mu.Lock()
			defer listener.mu.Unlock()
			followed := 0
			for _, l := range listener.locals {
				if l.path != "" {
					followed++
				}
			}
			return followed == min(n+1, MaxTargets) && subscribed.Dropped() == uint64(max(0, n+1-MaxTargets))
		})
	}
}
