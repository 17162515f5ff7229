package daemon

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"weir/internal/ubus"
	"weir/test/ubusd"
	"weir/uci"
)

// TestConfigOverUbus reads a router's configuration whose files are for root only:
// rpcd says what is in them.
func TestConfigOverUbus(t *testing.T) {
	bus := ubusd.New(t)
	rpcd, err := ubus.Connect(t.Context(), bus.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rpcd.Close)
	packages := map[string]string{
		"weir":     `{"values":{"main":{".anonymous":false,".type":"weir",".name":"main","max_flows":"1000"},"a":{".anonymous":true,".type":"device","name":"Anna's","mac":["02:00:00:00:01:01"]}}}`,
		"network":  `{"values":{"lan":{".anonymous":false,".type":"interface",".name":"lan","device":"br-lan","proto":"static"}}}`,
		"firewall": `{"values":{"d":{".anonymous":true,".type":"defaults","flow_offloading":"1"}}}`,
	}
	get := ubus.Method{Name: "get", Handle: func(_ context.Context, r *ubus.Request) (ubus.Msg, error) {
		text, ok := packages[r.Args.Text("config")]
		if !ok {
			return nil, ubus.NotFound
		}
		return ubus.ParseJSON([]byte(text))
	}}
	if err := rpcd.Publish(t.Context(), &ubus.Object{Path: "uci", Methods: []ubus.Method{get}}); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range []string{"weir", "network", "firewall", "dhcp"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	denied := func(path string) (io.ReadCloser, error) {
		return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
	}
	o := &Options{Bus: bus.Path}
	cfg, warnings, err := uci.LoadWith(folder, o.opener(folder, denied))
	if err != nil {
		t.Fatal(err)
	}
	if device, _ := cfg.Router.Resolve("lan"); cfg.Main.MaxFlows != 1000 || len(cfg.Devices) != 1 || cfg.Devices[0].Name != "Anna's" || device != "br-lan" || !cfg.Router.Offload.Software {
		t.Errorf("read %+v %+v, lan is %s", cfg.Main, cfg.Devices, device)
	}
	for _, w := range warnings {
		if !strings.Contains(w.String(), "dhcp") && !strings.Contains(w.String(), "offload") {
			t.Errorf("warning %v", w)
		}
	}
	for name, o := range map[string]struct {
		options *Options
		folder  string
	}{"another folder": {o, t.TempDir()}, "no bus": {&Options{Bus: filepath.Join(folder, "none")}, folder}} {
		if _, _, err := uci.LoadWith(folder, o.options.opener(o.folder, denied)); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f, err := o.opener(folder, openFile)(filepath.Join(folder, "weir")); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}
