package api_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
)

// withConfig is a house with a configuration.
type withConfig struct {
	*apitest.House
	text string
}

func (h *withConfig) Config() []byte { return []byte(h.text) }

func TestDiagnosis(t *testing.T) {
	h := &withConfig{apitest.New(), "config weir 'main'\n\toption snaplen '1600'\n\nconfig device 'anna'\n\toption name 'Anna'\n\tlist mac '00:11:22:33:44:55'\n" +
		"config device\n\toption name 'Ben'\n\nconfig store 'store'\n\toption path '/var'\n" + strings.Repeat("# more\n", 50000)}
	b := h.House.Backend()
	b.Daemon = h
	data, err := call(b, "diagnosis", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := api.Lookup("diagnosis")
	apitest.CheckReply(t, api.ReplyOf(m), data)
	for _, private := range []string{"Anna", "Ben", "00:11:22", "198.51.100.4"} {
		if bytes.Contains(data, []byte(private)) {
			t.Errorf("it tells %s", private)
		}
	}
	var got struct {
		Status struct{ Version string }
		DB     json.RawMessage
		Config string
		Events []struct{ Kind string }
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Status.Version != "0.1.0" || !strings.Contains(got.Config, "snaplen") || !strings.Contains(got.Config, "'/var'") || len(got.Config) > 200<<10 || len(got.Events) != 4 {
		t.Errorf("version %s, %d bytes of configuration, events %v", got.Status.Version, len(got.Config), got.Events)
	}
	b.Storage, b.World = nil, nil
	answer(t, b, "diagnosis", nil, &got)
	if string(got.DB) != "null" || len(got.Events) != 0 {
		t.Errorf("of nothing: %s, %v", got.DB, got.Events)
	}
}
