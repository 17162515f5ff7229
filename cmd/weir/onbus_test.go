package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/api/httpapi"
	"weir/internal/api/ubusapi"
	"weir/internal/ubus"
	"weir/test/ubusd"
)

// doors is a house that answers over both, and what a command says of it.
type doors struct {
	house       *apitest.House
	bus         *ubusd.Bus
	client      *ubus.Client // of the object
	socket      string
	environment map[string]string
}

func newDoors(t *testing.T) *doors {
	t.Helper()
	d := &doors{house: apitest.New(), bus: ubusd.New(t), socket: t.TempDir() + "/weir.sock"}
	stop, err := serveHouse(d.house, httpapi.Config{Socket: d.socket})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	d.publish(t)
	d.environment = map[string]string{"WEIR_UBUS": d.bus.Path}
	return d
}

func (d *doors) publish(t *testing.T) {
	t.Helper()
	c, err := ubus.Connect(t.Context(), d.bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Publish(t.Context(), ubusapi.New(d.house.Backend(), nil, nil).Object()); err != nil {
		t.Fatal(err)
	}
	d.client = c
}

// weir runs a command and returns its status and all that it says.
func (d *doors) weir(args ...string) (status int, out string) {
	var b bytes.Buffer
	con := &console{out: &b, err: &b, unicode: true, getenv: func(name string) string { return d.environment[name] }}
	status = start(context.Background(), con, args)
	return status, b.String()
}

// TestBothDoorsSayTheSame runs commands over ubus and over the socket, and where
// weir chooses.
func TestBothDoorsSayTheSame(t *testing.T) {
	d := newDoors(t)
	commands := [][]string{
		{"call", "flows", "limit=1"}, {"call", "flows", `{"limit":1,"desc":true,"text":null}`}, {"call", "devices", "text=ü", "sort=name"},
		{"call", "flows", "limit=many"}, {"call", "flows", "limit=999"}, {"call", "flows", "lmit=3"}, {"call", "device", "id=99"}, {"call", "flow"},
		{"call", "flows", `{"limit":[1]}`}, {"call", "flows", `{"limit":1.5}`}, {"call", "export", "kind=flows"}, {"call", "flows", "app=<>&\u2028"},
		{"call", "alert_ack", "id=3", "older=true"},
		{"top", "-n", "1"}, {"top", "-n", "1", "--tab", "devices"}, {"top", "-n", "1", "--tab", "hosts", "--filter", "x"},
	}
	for _, m := range api.Methods {
		command := []string{"call", m.Name}
		if m.Example != "" {
			command = append(command, m.Example)
		}
		commands = append(commands, command)
	}
	for _, command := range commands {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			wantStatus, want := d.weir(append(command, "--socket", d.socket)...)
			before := d.client.Stats()
			for _, over := range [][]string{{"--over", "ubus"}, nil} {
				status, got := d.weir(append(command, over...)...)
				if status != wantStatus {
					t.Errorf("%v: exit status %d, want %d", over, status, wantStatus)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%v: -socket +ubus:\n%s", over, diff)
				}
			}
			if after := d.client.Stats(); after.Served+after.Refused == before.Served+before.Refused {
				t.Error("nothing went over ubus")
			}
		})
	}
}

func TestWhichDoor(t *testing.T) {
	d := newDoors(t)
	overBus := func(args ...string) bool {
		before := d.client.Stats().Served
		if status, out := d.weir(append([]string{"call", "interfaces"}, args...)...); status != 0 {
			t.Errorf("%v: %s", args, out)
		}
		return d.client.Stats().Served > before
	}
	if !overBus() || !overBus("--over", "ubus") || overBus("--socket", d.socket) || overBus("--over", "socket", "--socket", d.socket) {
		t.Error("another door than the one that was asked for")
	}
	d.environment["WEIR_SOCKET"] = d.socket
	if overBus() || overBus("--over", "socket") || !overBus("--over", "ubus") {
		t.Error("another door than $WEIR_SOCKET")
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--over", "dbus"}, `--over "dbus" is neither ubus nor socket`},
		{[]string{"--over", "ubus", "--socket", "x"}, "--over ubus does not go with --socket and --url"},
		{[]string{"--over", "socket", "--url", "http://x"}, "--over socket does not go with --url"},
	} {
		if status, out := d.weir(append([]string{"call", "status"}, tt.args...)...); status != exitUsage || !strings.Contains(out, tt.want) {
			t.Errorf("%v: %d %s", tt.args, status, out)
		}
	}
}

// TestNotOnUbus checks what is said where weir is not on ubus, and that the socket
// is asked then.
func TestNotOnUbus(t *testing.T) {
	d := newDoors(t)
	d.client.Close()
	// The default socket is nobody's here.
	con := &console{getenv: func(name string) string { return d.environment[name] }}
	for _, gone := range []func(){func() {}, d.bus.Halt} {
		gone()
		if status, out := d.weir("call", "status", "--over", "ubus"); status != exitFailed || !strings.Contains(out, "no daemon answers on ubus at "+d.bus.Path) {
			t.Errorf("%d %s", status, out)
		}
		var to door
		c, err := to.client(con)
		if err != nil {
			t.Fatal(err)
		}
		c.address, c.where = d.socket, d.socket
		if reply, err := c.call(t.Context(), "interfaces", nil); err != nil || !strings.Contains(string(reply), "br-lan") {
			t.Errorf("%s, %v", reply, err)
		}
		c.close()
	}
}

// TestUbusRestarts checks that a client connects again.
func TestUbusRestarts(t *testing.T) {
	d := newDoors(t)
	b := &onBus{path: d.bus.Path, only: true}
	defer b.close()
	for range 2 {
		if _, err := b.call(t.Context(), "status", nil); err != nil {
			t.Error(err)
		}
		d.bus.Halt()
		for end := time.Now().Add(10 * time.Second); ; {
			if _, err := b.call(t.Context(), "status", nil); err != nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal("it answers without a bus")
			}
		}
		d.bus.Start(t)
		d.publish(t)
	}
}

func TestExplainBus(t *testing.T) {
	b := &onBus{path: "/sock"}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{context.Canceled, context.Canceled.Error()},
		{context.DeadlineExceeded, "ubus at /sock did not answer in time"},
		{os.ErrPermission, errAway.Error()},
		{&ubus.Error{Status: ubus.PermissionDenied}, errAway.Error()},
		{&ubus.Error{Status: ubus.NotFound}, errAway.Error()},
		{&api.Error{Code: api.NotFound, Message: "no flow", Hint: "list them"}, "no flow; list them"},
		{errors.New("odd"), "ask over ubus at /sock: odd"},
	} {
		if got := b.explain(tt.err); got.Error() != tt.want {
			t.Errorf("%v: %v, want %s", tt.err, got, tt.want)
		}
	}
	b.only = true
	if got := b.explain(os.ErrPermission).Error(); got != "no right to use weir on ubus at /sock; run as root or as the daemon's user" {
		t.Error(got)
	}
}
