package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weir/internal/alert"
	"weir/internal/api/apitest"
)

func TestHostDetail(t *testing.T) {
	h := apitest.New()
	b := h.Backend()
	type host struct {
		Prefix *string
		Names  []struct{ Name, By string }
		Of     *struct {
			Key    string
			Pool   *string
			Router bool
		}
		Alerts int
	}
	var got struct{ Host host }
	answer(t, b, "host", map[string]any{"ip": "192.168.1.20"}, &got)
	if g := got.Host; g.Prefix == nil || *g.Prefix != "192.168.1.0/24" || g.Of == nil || g.Of.Pool == nil || *g.Of.Pool != "kids" || g.Of.Router {
		t.Errorf("a device's address: %+v", g)
	}
	got.Host = host{}
	answer(t, b, "host", map[string]any{"ip": "203.0.113.7"}, &got)
	want := []struct{ Name, By string }{{"www.youtube.com", "content"}, {"edge-7.example.net", "reverse"}}
	if diff := cmp.Diff(want, got.Host.Names); diff != "" || got.Host.Of != nil || got.Host.Prefix != nil {
		t.Errorf("nobody's address: %+v, -want +got:\n%s", got.Host, diff)
	}
}

// Alerts about a device count for its addresses, until they were seen.
func TestHostAlerts(t *testing.T) {
	h := apitest.New()
	for i := range h.HostRows {
		if h.HostRows[i].Device != 0 {
			h.HostRows[i].DeviceKey = "DA:A1:19:00:00:20"
		}
	}
	b := h.Backend()
	log := &alert.Log{}
	log.Raise(alert.New{At: apitest.Now, Type: "new_device", Subject: "1", Device: "DA:A1:19:00:00:20", Text: "new"})
	log.Raise(alert.New{At: apitest.Now, Type: "storage", Subject: "2", Text: "full"})
	b.Alerts = log
	alerts := func(ip string) int {
		var got struct{ Host struct{ Alerts int } }
		answer(t, b, "host", map[string]any{"ip": ip}, &got)
		return got.Host.Alerts
	}
	if n, of := alerts("192.168.1.20"), alerts("203.0.113.7"); n != 1 || of != 0 {
		t.Errorf("%d alerts about a device, %d about nobody's address", n, of)
	}
	log.AckAll(9)
	if n := alerts("192.168.1.20"); n != 0 {
		t.Errorf("%d alerts that were seen", n)
	}
}
