package ubusapi

import (
	"os"
	"strings"
	"testing"

	"weir/internal/ubus"
)

// TestDocs runs the calls that stand in the pages, and checks that they tell the
// bounds as they are.
func TestDocs(t *testing.T) {
	r := newRig(t)
	calls := 0
	for _, page := range []string{"../../../docs/ubus.md", "../../../README.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			rest, ok := strings.CutPrefix(strings.TrimSpace(line), "ubus call weir ")
			if !ok {
				continue
			}
			calls++
			method, args, _ := strings.Cut(rest, " ")
			if _, err := Call(t.Context(), r.client, method, []byte(strings.Trim(args, "'"))); err != nil {
				t.Errorf("%s: %s: %v", page, rest, err)
			}
		}
	}
	if calls < 2 {
		t.Errorf("%d calls in the pages", calls)
	}
	page, err := os.ReadFile("../../../docs/ubus.md")
	if err != nil {
		t.Fatal(err)
	}
	if l := Limits(); MaxReply != 512<<10 || l.Handlers != 3 || l.Waiting != 64 || ubus.MaxMessage != 1<<20 {
		t.Error("the page tells other bounds")
	}
	for _, bound := range []string{"at most 512 KiB", "allows 1 MiB", "Three calls", "64 wait"} {
		if !strings.Contains(string(page), bound) {
			t.Errorf("the page does not say %q", bound)
		}
	}
}
