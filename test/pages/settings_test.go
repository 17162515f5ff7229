package pages

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettings holds the page to the reference: every option that weir acts on is
// there, with its help, its default and what it takes, and no other.
func TestSettings(t *testing.T) {
	doc, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(app + "/htdocs/luci-static/resources/weir/options.js")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Reference(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Settings(string(script))
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 60 {
		t.Fatalf("only %d options in the reference", len(want))
	}
	order := func(a, b Option) int { return strings.Compare(a.Section, b.Section) } // the page has its own
	slices.SortStableFunc(want, order)
	slices.SortStableFunc(got, order)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options.js is not in step with docs/configuration.md (-reference +page):\n%s", diff)
	}
}

func TestReference(t *testing.T) {
	doc := "Checked, but not acted on, and | other | words\n\n## config weir 'main'\n\nWhat is watched.\n\n" +
		"| option | meaning | default | values |\n|---|---|---|---|\n" +
		"| `enabled` | Start. | `1` | 1 or 0 (on, off) |\n" +
		"| list `warn` | Warn. | `80` `95` | a number from 1 to 100 |\n" +
		"| `ubus` | Answer. *Checked, but not acted on by this version.* | `1` | 1 or 0 (on, off) |\n" +
		"| `host_port` | The same. Another name of the option above. | – | a text of at most 9 characters |\n" +
		"| `path` | File. | required | an absolute path (/x) |\n\n" +
		"## config alert\n\nAlerts. *Checked, but not acted on by this version.*\n\n| `enabled` | Watch. | `1` | 1 or 0 (on, off) |\n\n" +
		"## config wan\n\nCycles.\n\n| `cycle` | When. | – | day, week or month |\n"
	want := []Option{
		{"weir", "enabled", "@flag", "1", "Start."}, {"weir", "warn", "*@int:1:100", "80 95", "Warn."},
		{"weir", "path", "!@path", "", "File."}, {"wan", "cycle", "day|week|month", "", "When."},
	}
	got, err := Reference(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := Reference("## config x\n| `y` | H. | – | something (new) |\n"); err == nil {
		t.Error("values of an unknown form are taken")
	}
}

func TestSettingsRows(t *testing.T) {
	script := "return baseclass.extend({ sections: [\n" +
		"\t[ 'weir', 'main', _('General'), _('What.'), [\n\t\t[ 'enabled', '@flag', '1', _('Start'), _('It\\'s on.') ],\n\t\t[ 'warn', '*@int:1:100', '80 95', _('Warn'), _('Warn.') ]\n\t] ],\n" +
		"\t[ 'wan', '', _('Cycles'), _('Cycles.'), [\n\t\t[ 'cycle', 'day|week', '', _('Cycle'), _('When.') ]\n\t] ]\n] });\n"
	got, err := Settings(script)
	if err != nil {
		t.Fatal(err)
	}
	want := []Option{{"weir", "enabled", "@flag", "1", "It's on."}, {"weir", "warn", "*@int:1:100", "80 95", "Warn."}, {"wan", "cycle", "day|week", "", "When."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := Settings(strings.Replace(script, "[ 'warn', ", "[ warn, ", 1)); err == nil {
		t.Error("a row of another form is passed over")
	}
}
