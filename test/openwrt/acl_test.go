package openwrt

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/api/apitest"
	"weir/internal/api/ubusapi"
	"weir/internal/ubus"
	"weir/test/ubusd"
)

const (
	rulesFile = "../../openwrt/weir.acl.json"
	nobody    = 65534 // Debian's user without rights stands for the user weir
)

// rules is what ubusd reads of a file in /usr/share/acl.d.
type rules struct {
	User                             string
	Publish, Send, Subscribe, Listen []string
	Access                           map[string]struct{ Methods []string }
}

func readRules(t *testing.T) (rules, string) {
	t.Helper()
	b, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	var r rules
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

// TestRulesAreDocumented checks that the page on ubus names all events that may be
// sent, and all that weir asks of others.
func TestRulesAreDocumented(t *testing.T) {
	r, _ := readRules(t)
	page, err := os.ReadFile("../../docs/ubus.md")
	if err != nil {
		t.Fatal(err)
	}
	names := slices.Concat(r.Send, r.Subscribe)
	for object, a := range r.Access {
		names = append(append(names, object), a.Methods...)
	}
	for _, name := range names {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/ubus.md does not name %s", name)
		}
	}
	if diff := cmp.Diff([]string{ubusapi.Name}, r.Publish); diff != "" || r.User != "weir" {
		t.Error(r.User, diff)
	}
}

// router is ubusd with weir's rules, and a client of root's that has the objects of
// other programs.
func router(t *testing.T) (*ubusd.Bus, *ubus.Client) {
	t.Helper()
	bus := ubusd.New(t)
	if bus.Real == "" || os.Getuid() != 0 {
		t.Skip("SKIPPED: it takes ubusd, named by UBUSD, and root")
	}
	bus.Halt()
	_, text := readRules(t)
	if err := os.Mkdir(bus.ACL, 0o755); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, `"user": "weir"`, `"user": "nobody"`, 1)
	if err := os.WriteFile(filepath.Join(bus.ACL, "weir.json"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	bus.Start(t)
	root, err := ubus.Connect(t.Context(), bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(root.Close)
	for _, object := range []string{"uci", "dhcp", "network.interface", "network.device", "hostapd.phy0-ap0", "system", "file"} {
		o := &ubus.Object{Path: object}
		for _, method := range []string{
			"get", "set", "add", "commit", "delete", "apply", "dump", "up", "down", "ipv4leases", "ipv6leases", "add_lease",
			"get_clients", "get_status", "del_client", "board", "exec",
		} {
			o.Methods = append(o.Methods, ubus.Method{Name: method, Handle: func(context.Context, *ubus.Request) (ubus.Msg, error) { return ubus.Msg{}, nil }})
		}
		if err := root.Publish(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return bus, root
}

// TestRules has ubusd judge what the user weir may do, and no more.
func TestRules(t *testing.T) {
	bus, root := router(t)
	heard, err := root.Listen(t.Context(), "*")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ubus.NewClient(t.Context(), bus.DialAs(t, nobody), ubusapi.Limits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	door := ubusapi.New(apitest.New().Backend(), nil, nil)
	if err := c.Publish(t.Context(), door.Object()); err != nil {
		t.Fatal(err)
	}
	if _, err := ubusapi.Call(t.Context(), root, "status", nil); err != nil {
		t.Error(err)
	}
	if err := c.Publish(t.Context(), &ubus.Object{Path: "uci2"}); err == nil {
		t.Error("it may publish anything")
	}
	calls := map[string]string{
		"uci": "get set add commit", "dhcp": "ipv4leases ipv6leases", "network.interface": "dump", "hostapd.phy0-ap0": "get_clients get_status",
		"uci!": "delete apply", "dhcp!": "add_lease", "network.interface!": "up down", "network.device!": "set", "hostapd.phy0-ap0!": "del_client", "system!": "board", "file!": "exec",
	}
	for object, methods := range calls {
		object, denied := strings.CutSuffix(object, "!")
		for _, method := range strings.Fields(methods) {
			if _, err := c.Call(t.Context(), object, method, nil); (err != nil) != denied {
				t.Errorf("call %s %s: %v", object, method, err)
			}
		}
	}
	r, _ := readRules(t)
	for _, event := range r.Send {
		if err := c.Send(t.Context(), event, nil); err != nil {
			t.Error(err)
		}
	}
	for _, event := range []string{"weir.other", "network.interface"} {
		if err := c.Send(t.Context(), event, nil); !errors.Is(err, ubus.PermissionDenied) {
			t.Errorf("send %s: %v", event, err)
		}
	}
	for range r.Send {
		select {
		case <-heard.C:
		case <-time.After(5 * time.Second):
			t.Fatal("events do not arrive")
		}
	}
	if _, err := c.Subscribe(t.Context(), "hostapd.*"); err != nil {
		t.Error(err)
	}
	if _, err := c.Listen(t.Context(), "network.interface"); !errors.Is(err, ubus.PermissionDenied) {
		t.Errorf("listen to others: %v", err)
	}
}
