package ubus

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const nobody = 65534 // Debian's and OpenWrt's user without rights

// connectAs connects as another user.
func (b *testBus) connectAs(t *testing.T, uid uintptr) *Client {
	t.Helper()
	c, err := NewClient(t.Context(), b.DialAs(t, uid), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestUnprivilegedUser is what a daemon without root's rights meets: everything
// has to be allowed by a file in ubusd's folder of access rules.
func TestUnprivilegedUser(t *testing.T) {
	bus := startBus(t)
	if bus.Real == "" || os.Getuid() != 0 {
		t.Skip("it takes ubusd, named by UBUSD, and root")
	}
	bus.Halt()
	rules := `{"user":"nobody","publish":["weir"],"subscribe":["hostapd.*"],"listen":["ubus.object.add"],"send":["weir.clock"],
		"access":{"uci":{"methods":["get"]}}}`
	if err := os.Mkdir(bus.ACL, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bus.ACL, "weir.json"), []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	bus.Start(t)
	root, user := bus.connect(t), bus.connectAs(t, nobody)
	methods := []Method{{Name: "get", Handle: echo}, {Name: "set", Handle: echo}}
	publish(t, root, &Object{Path: "uci", Methods: methods})
	publish(t, root, &Object{Path: "system", Methods: methods})
	ap := publish(t, root, &Object{Path: "hostapd.wlan0"})

	publish(t, user, &Object{Path: "weir"})
	if err := user.Publish(t.Context(), &Object{Path: "other"}); !errors.Is(err, InvalidArgument) {
		t.Errorf("publish what is not allowed: %v", err)
	}
	for _, tt := range []struct {
		object, method string
		want           error
	}{{"uci", "get", nil}, {"uci", "set", PermissionDenied}, {"system", "get", NotFound}} {
		if _, err := user.Call(t.Context(), tt.object, tt.method, nil); !errors.Is(err, tt.want) {
			t.Errorf("call %s %s: %v, want %v", tt.object, tt.method, err, tt.want)
		}
	}
	if found, err := user.Lookup(t.Context(), "uci"); err != nil || string(AppendJSON(nil, found.Methods)) != `{"get":{}}` {
		t.Errorf("uci has %s, %v", AppendJSON(nil, found.Methods), err)
	}
	if err := user.Send(t.Context(), "weir.clock", nil); err != nil {
		t.Error(err)
	}
	if err := user.Send(t.Context(), "weir.link", nil); !errors.Is(err, PermissionDenied) {
		t.Errorf("send what is not allowed: %v", err)
	}
	if _, err := user.Listen(t.Context(), "network.interface"); !errors.Is(err, PermissionDenied) {
		t.Errorf("listen to what is not allowed: %v", err)
	}
	feed, err := user.Subscribe(t.Context(), "hostapd.*")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "not subscribed", ap.HasSubscribers)
	if err := ap.Notify("assoc", nil); err != nil {
		t.Error(err)
	}
	if e := receive(t, feed); e.Object != "hostapd.wlan0" {
		t.Errorf("got %+v", e)
	}
}
