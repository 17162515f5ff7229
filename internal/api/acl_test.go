package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rights is one side of an rpcd access list.
type rights struct {
	Ubus map[string][]string `json:"ubus"`
	UCI  []string            `json:"uci"`
	File map[string][]string `json:"file"`
}

// TestACL compares LuCI's access list with Methods: each method by name, reading
// ones under read only and changing ones under write only.
func TestACL(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../luci-app/root/usr/share/rpcd/acl.d/luci-app-weir.json"))
	if err != nil {
		t.Fatal(err)
	}
	type group struct {
		Description string `json:"description"`
		Read, Write rights
	}
	var got map[string]group
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	var read, write []string
	for _, m := range Methods {
		if m.Write {
			write = append(write, m.Name)
		} else {
			read = append(read, m.Name)
		}
	}
	read = append(read, ":subscribe") // what uhttpd asks for before it streams notifications
	want := map[string]group{"luci-app-weir": {
		Description: "Grant access to the traffic monitor weir",
		Read:        rights{Ubus: map[string][]string{"weir": read}, UCI: []string{"weir"}},
		// The pages start the service that is stopped, and nothing else.
		Write: rights{
			Ubus: map[string][]string{"weir": write, "file": {"exec"}},
			UCI:  []string{"weir"},
			File: map[string][]string{"/etc/init.d/weir start": {"exec"}},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
