package api_test

import (
	"errors"
	"strings"
	"testing"

	"weir/internal/api"
	"weir/internal/api/apitest"
	"weir/internal/device"
)

// TestDeviceErrors tells why something cannot be decided about devices.
func TestDeviceErrors(t *testing.T) {
	tests := []struct {
		name, method string
		args         map[string]any
		code         api.Code
		text         string
	}{
		{"nobody", "device", map[string]any{"id": int64(9)}, api.NotFound, "no device 9"},
		{"set nobody", "device_set", map[string]any{"id": int64(9), "name": "x"}, api.NotFound, "no such device"},
		{"note too long", "device_set", map[string]any{"id": int64(2), "note": strings.Repeat("x", 1025)}, api.InvalidArgument, "longer than 1024"},
		{"with itself", "device_merge", map[string]any{"id": int64(2), "with": int64(2)}, api.InvalidArgument, "same device already"},
		{"with nobody", "device_merge", map[string]any{"id": int64(2), "with": int64(9)}, api.NotFound, "no such device"},
		{"the only one", "device_split", map[string]any{"id": int64(2), "mac": "DA:A1:19:00:00:20"}, api.InvalidArgument, "only hardware address"},
		{"another one's", "device_split", map[string]any{"id": int64(2), "mac": "02:00:00:00:00:77"}, api.NotFound, "device 2 has no hardware address 02:00:00:00:00:77"},
		{"configured", "device_forget", map[string]any{"id": int64(2)}, api.NotSupported, "the configuration says so"},
		{"presence of nobody", "presence", map[string]any{"device": int64(9)}, api.NotFound, "no device 9"},
		{"presence of all", "presence", nil, api.InvalidArgument, "argument device is missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := api.Lookup(tt.method)
			if err != nil {
				t.Fatal(err)
			}
			_, err = m.Call(t.Context(), apitest.New().Backend(), tt.args)
			e := new(api.Error)
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(e.Message, tt.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestDeviceWithoutIdentity answers what it can where nobody keeps who is who.
func TestDeviceWithoutIdentity(t *testing.T) {
	b := apitest.New().Backend()
	b.Identity = nil
	for _, name := range []string{"device_set", "device_merge", "device_split", "device_undo", "device_forget", "wifi", "presence"} {
		m, _ := api.Lookup(name)
		_, err := m.Call(t.Context(), b, argsFor(m))
		if e := new(api.Error); !errors.As(err, &e) || e.Code != api.NotSupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, _ := api.Lookup("device")
	if _, err := m.Call(t.Context(), b, map[string]any{"id": int64(2)}); err != nil {
		t.Error(err)
	}
}

// argsFor returns what a method about devices must be given.
func argsFor(m *api.Method) map[string]any {
	all := map[string]any{"id": int64(2), "with": int64(3), "mac": "02:00:00:00:00:09", "device": int64(2)}
	args := map[string]any{}
	for _, a := range m.Args {
		if a.Required {
			args[a.Name] = all[a.Name]
		}
	}
	return args
}

// TestDeviceSet hands over what was given, and nothing else: empty texts take away.
func TestDeviceSet(t *testing.T) {
	h := apitest.New()
	m, err := api.Lookup("device_set")
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"id": int64(2), "name": "", "pool": "kids", "private": false}
	if _, err := m.Call(t.Context(), h.Backend(), args); err != nil {
		t.Fatal(err)
	}
	id, c := h.Changed()
	if id != 2 || c.Name == nil || *c.Name != "" || c.Pool == nil || *c.Pool != "kids" || c.Private == nil || *c.Private || c.Note != nil || c.Type != nil || c.Icon != nil {
		t.Errorf("device %d: %+v", id, c)
	}
	h.FailIdentity(device.ErrNoRoom)
	_, err = m.Call(t.Context(), h.Backend(), args)
	if e := new(api.Error); !errors.As(err, &e) || e.Code != api.NotSupported {
		t.Errorf("got %v", err)
	}
}
