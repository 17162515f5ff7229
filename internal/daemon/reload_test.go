package daemon

import (
	"net"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"weir/test/ask"
	"weir/uci"
)

func TestAtRestart(t *testing.T) {
	tests := []struct {
		name   string
		change func(*uci.Config)
		option string
	}{
		{"nothing", func(*uci.Config) {}, ""},
		{"what a reload does", func(c *uci.Config) { c.Main.IdleTimeout++; c.Main.Snaplen = 100 }, ""},
		{"flows", func(c *uci.Config) { c.Main.MaxFlows++ }, "max_flows"},
		{"devices", func(c *uci.Config) { c.Main.MaxDevices++ }, "max_devices"},
		{"hosts", func(c *uci.Config) { c.Main.HostIdle++ }, "host_idle"},
		{"sticky hosts", func(c *uci.Config) { c.Main.Sticky = []uci.Scope{uci.ScopeRemote} }, "sticky"},
		{"sticky devices, which always are", func(c *uci.Config) { c.Main.Sticky = []uci.Scope{uci.ScopeLocal} }, ""},
		{"stale devices", func(c *uci.Config) { c.Main.DeviceStale++ }, "device_stale"},
		{"what names are made of", func(c *uci.Config) { c.Main.DNSMode, c.Main.Privacy = uci.ScopeOff, uci.PrivacyBytes }, ""},
		{"off", func(c *uci.Config) { c.Main.Enabled = false }, "enabled"},
		{"database", func(c *uci.Config) { c.Store.Path = "/elsewhere" }, "path"},
		{"its tiers", func(c *uci.Config) { c.Store.Tiers = c.Store.Tiers[1:] }, "tier"},
		{"its flow log", func(c *uci.Config) { c.Store.FlowDays++ }, "flow_days"},
		{"snapshots elsewhere", func(c *uci.Config) { c.Store.SnapshotPath = "/elsewhere" }, "snapshot_path"},
		{"more of them", func(c *uci.Config) { c.Store.SnapshotEvery /= 2 }, ""},
		{"its size", func(c *uci.Config) { c.Store.MaxSize++ }, "max_size"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := uci.Default()
			tt.change(cfg)
			got := atRestart(uci.Default(), cfg)
			switch {
			case tt.option == "" && len(got) != 0:
				t.Errorf("%+v", got)
			case tt.option != "" && (len(got) != 1 || got[0].Option != tt.option || !got[0].Warning || !strings.Contains(got[0].Message, tt.option)):
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestInvalidReload(t *testing.T) {
	h := newHouse(t, fileSource("home", "home.pcap"))
	writeCapture(t, h.path("home.pcap"), 5)
	h.run(t)
	h.configure(t, "config weir 'main'\n\toption snaplen 'many'\n\toption snalpen '100'\n")
	h.reloaded(t)
	status := h.call(t, "status", nil)
	if ask.At(status, "config.valid") != false {
		t.Error("status says that the configuration is valid")
	}
	for i, word := range []string{`"many"`, "did you mean snaplen?"} {
		e := ask.At(status, "config.errors").([]any)[i]
		if m := ask.At(e, "message").(string); !strings.Contains(m, word) || ask.At(e, "warning") != false {
			t.Errorf("error %d: %v", i, e)
		}
	}
	if n := len(ask.At(status, "sources").([]any)); n != 3 {
		t.Errorf("%d sources, the old configuration has 3", n)
	}
	if !strings.Contains(h.log.String(), `msg="reload: the old configuration stays in force"`) {
		t.Errorf("log: %s", h.log)
	}
	if _, err := ask.Get(h.path("sock"), "reload", nil); err == nil || !strings.Contains(err.Error(), "the old configuration stays in force") {
		t.Errorf("reload by the API: %v", err)
	}

	h.configure(t, "")
	h.reloaded(t)
	if status := h.call(t, "status", nil); ask.At(status, "config.valid") != true {
		t.Errorf("config: %v", ask.At(status, "config"))
	}
}

// A file that was read to its end is not counted again because something else
// changed; one that is new, or changed, is read.
func TestReloadOfSources(t *testing.T) {
	h := newHouse(t, fileSource("home", "home.pcap"))
	writeCapture(t, h.path("home.pcap"), 5)
	h.run(t)
	packets := func(want float64) {
		t.Helper()
		ask.Until(t, "packets counted", func() bool { return ask.At(h.call(t, "status", nil), "traffic.pkts") == want })
	}
	packets(5)

	h.configure(t, "config weir 'main'\n\tlist interface 'weirtest1'\n"+fileSource("home", "home.pcap"))
	h.reloaded(t)
	if got := ask.At(h.call(t, "sources", nil), "sources.0.name"); got != "weirtest1" {
		t.Errorf("captured: %v", got)
	}
	packets(5)

	writeCapture(t, h.path("more.pcap"), 7)
	h.configure(t, fileSource("home", "home.pcap")+fileSource("more", "more.pcap")+fileSource("gone", "gone.pcap"))
	h.reloaded(t)
	packets(12)
	ask.Until(t, "the missing file is told", func() bool { return ask.At(h.call(t, "sources", nil), "sources.4.state") == "failed" })

	writeCapture(t, h.path("gone.pcap"), 1)
	h.reloaded(t) // the same configuration: what failed gets another chance
	packets(13)

	h.configure(t, "")
	h.reloaded(t)
	if n := len(ask.At(h.call(t, "sources", nil), "sources").([]any)); n != 2 {
		t.Errorf("%d sources", n)
	}
	packets(13)
	if err := h.stop(); err != nil {
		t.Error(err)
	}
}

func TestReloadOfNamesAndTimeouts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, fileSource("home", "home.pcap"))
	writeCapture(t, h.path("home.pcap"), 5)
	h.run(t)
	device := func() map[string]any {
		devices := h.call(t, "devices", url.Values{"mac": {phoneMAC.String()}})
		d, _ := ask.At(devices, "devices.0").(map[string]any)
		return d
	}
	ask.Until(t, "the phone is known", func() bool { return device() != nil })
	if name := device()["name"]; name != nil {
		t.Errorf("its name is %v", name)
	}
	id := device()["id"]
	names := "config device\n\toption name 'Anna'\n\tlist mac '" + phoneMAC.String() + "'\n"
	h.configure(t, fileSource("home", "home.pcap")+names)
	h.reloaded(t)
	if d := device(); d["name"] != "Anna" || d["id"] != id {
		t.Errorf("%v", d)
	}
	if n := ask.At(h.call(t, "status", nil), "flows.active"); n != 1.0 {
		t.Errorf("%v flows before the timeout is lowered", n)
	}
	h.configure(t, fileSource("home", "home.pcap")+"config weir 'main'\n\toption idle_timeout '1'\n")
	h.reloaded(t)
	ask.Until(t, "the flow ends", func() bool { return ask.At(h.call(t, "status", nil), "flows.active") == 0.0 })
	if name := device()["name"]; name != nil {
		t.Errorf("its name is %v once it is not configured any more", name)
	}
}

func TestReloadAtRestart(t *testing.T) {
	h := newHouse(t, "")
	h.run(t)
	h.configure(t, "config weir 'main'\n\toption max_flows '300'\n")
	h.reloaded(t)
	h.reloaded(t) // nothing changed since the last one, but the note stays true
	status := h.call(t, "status", nil)
	if ask.At(status, "config.valid") != true || ask.At(status, "config.errors.0.option") != "max_flows" {
		t.Errorf("config: %v", ask.At(status, "config"))
	}
	if ask.At(status, "flows.max") != 8192.0 {
		t.Errorf("max: %v", ask.At(status, "flows.max"))
	}
}

func TestReloadOfTheAPI(t *testing.T) {
	h := newHouse(t, "")
	h.run(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	address := taken.Addr().String()

	// The new socket is served, and the call that brought it about is answered.
	h.configure(t, "config api 'api'\n\toption socket '$DIR/other'\n")
	begin := time.Now()
	if _, err := ask.Get(h.path("sock"), "reload", nil); err != nil {
		t.Fatalf("reload by the API: %v", err)
	}
	ask.Until(t, "the other socket answers", func() bool { _, err := ask.Get(h.path("other"), "status", nil); return err == nil })
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if _, err := os.Stat(h.path("sock")); !os.IsNotExist(err) {
		t.Errorf("the old socket is left: %v", err)
	}

	// A port that is taken: served as before, and told.
	h.configure(t, "config api 'api'\n\tlist listen '"+address+"'\n")
	h.reloaded(t)
	var status map[string]any
	ask.Until(t, "status tells", func() bool {
		status, err = ask.Get(h.path("other"), "status", nil)
		return err == nil && ask.At(status, "config.valid") == false
	})
	want := "listen " + address + ": port is in use; choose another or stop the program that has it"
	if ask.At(status, "config.errors.0.message") != want || ask.At(status, "config.errors.0.section") != "api" {
		t.Errorf("config: %v", ask.At(status, "config"))
	}

	// Once it is free the same configuration does.
	taken.Close()
	h.reloaded(t)
	ask.Until(t, "the configured socket answers", func() bool { _, err := ask.Get(h.path("sock"), "status", nil); return err == nil })
	if status := h.call(t, "status", nil); ask.At(status, "config.valid") != true {
		t.Errorf("config: %v", ask.At(status, "config"))
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatalf("TCP is not served: %v", err)
	}
	c.Close()
	if err := h.stop(); err != nil {
		t.Error(err)
	}
}

func TestReloadWhileStopping(t *testing.T) {
	h := newHouse(t, "")
	d := h.daemon(t)
	d.stopping = true
	if err := d.Reload(t.Context()); err == nil {
		t.Error("sources would be started that nobody stops")
	}
}
