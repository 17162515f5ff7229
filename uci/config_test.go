package uci

import (
	"strings"
	"testing"
)

func TestEmptyFileIsDefault(t *testing.T) {
	c, warnings, err := Parse(strings.NewReader(""), "weir")
	if err != nil || len(warnings) > 0 {
		t.Fatalf("Parse of an empty file: %v, %v", warnings, err)
	}
	if !c.Equal(Default()) {
		t.Errorf("an empty file differs from the default in %v", c.Changed(Default()))
	}
	if testing.Verbose() {
		t.Logf("\n%s", c.AppendUCI(nil))
	}
}
