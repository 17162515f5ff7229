package uci

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edited is a file with what people write into one.
const edited = `# weir
config weir 'main'
	list interface 'lan' # the house

# the children's
config device 'anna'
	option name 'Anna''s phone'	# hers
	list mac '00:11:22:aa:bb:cc'
	list mac '00-11-22-AA-BB-DD'
	option pool "kids"

config device; option name Printer; list ip 192.168.1.9
config pool 'kids'
`

func TestDeviceChange(t *testing.T) {
	text := func(s string) *string { return &s }
	yes, no := true, false
	anna, other := MAC{0, 0x11, 0x22, 0xaa, 0xbb, 0xdd}, MAC{2, 0, 0, 0, 0, 1}
	tests := []struct {
		name     string
		c        DeviceChange
		old, new string // of the file; a new section is put behind it if old is ""
	}{
		{"name", DeviceChange{MACs: []MAC{other, anna}, Name: text("it's hers")}, `option name 'Anna''s phone'	# hers`, `option name 'it'\''s hers'	# hers`},
		{"name and type", DeviceChange{MACs: []MAC{anna}, Name: text("x"), Type: text("phone")},
			"option name 'Anna''s phone'	# hers\n\tlist mac '00:11:22:aa:bb:cc'\n\tlist mac '00-11-22-AA-BB-DD'\n\toption pool \"kids\"\n",
			"option name 'x'	# hers\n\tlist mac '00:11:22:aa:bb:cc'\n\tlist mac '00-11-22-AA-BB-DD'\n\toption pool \"kids\"\n\toption type 'phone'\n"},
		{"pool taken away", DeviceChange{MACs: []MAC{anna}, Pool: text("")}, "\toption pool \"kids\"\n", ""},
		{"pool taken away, private", DeviceChange{MACs: []MAC{anna}, Pool: text(""), Private: &yes}, "\toption pool \"kids\"\n", "\toption private '1'\n"},
		{"private taken away that is not there", DeviceChange{MACs: []MAC{anna}, Private: &no}, "# weir", "# weir"},
		{"all in one line", DeviceChange{IPs: []netip.Addr{netip.MustParseAddr("192.168.1.9")}, Name: text("P"), Icon: text("printer")},
			"option name Printer; list ip 192.168.1.9", "option name 'P'; list ip 192.168.1.9\n\toption icon 'printer'"},
		{"a new one", DeviceChange{MACs: []MAC{other}, Name: text("Tablet")}, "", "\nconfig device\n\toption name 'Tablet'\n\tlist mac '02:00:00:00:00:01'\n"},
		{"a new one without a hardware address", DeviceChange{IPs: []netip.Addr{netip.MustParseAddr("10.0.0.2")}, Private: &yes}, "", "\nconfig device\n\toption private '1'\n\tlist ip '10.0.0.2'\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePackage(strings.NewReader(edited), "weir")
			if err != nil {
				t.Fatal(err)
			}
			e := tt.c.In(p)
			if err := e.Check(); err != nil {
				t.Errorf("check: %v", err)
			}
			got, err := e.Apply([]byte(edited), p)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(edited, tt.old, tt.new, 1)
			if tt.old == "" {
				want = edited + tt.new
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
			if _, _, err := Parse(bytes.NewReader(got), "weir"); err != nil {
				t.Errorf("the new file: %v", err)
			}
		})
	}
}

// TestEditCheck refuses what the file would be refused for.
func TestEditCheck(t *testing.T) {
	bad := "two\nlines"
	for _, index := range []int{-1, 0} {
		e := Edit{Index: index, Type: "device", Options: []Option{{Name: "name", Values: []Value{{Text: bad}}}, {Name: "mac", List: true, Values: []Value{{Text: "02:00:00:00:00:01"}}}}}
		if err := e.Check(); err == nil || !strings.Contains(err.Error(), "control character") {
			t.Errorf("index %d: %v", index, err)
		}
	}
}

// FuzzEdit changes a device of any file that can be read: the file can be read
// afterwards, has the name, and all else is as it was.
func FuzzEdit(f *testing.F) {
	for _, text := range []string{edited, "", "config device\n\tlist mac 02:00:00:00:00:01", "c device; l mac 020000000001; o name 'a\nb' # x", "config device 'a'\n\tlist mac '02:00:00:00:00:01'\nconfig device 'a'\n\toption name x\\\ny\n"} {
		f.Add([]byte(text), "Phone")
	}
	f.Fuzz(func(t *testing.T, text []byte, name string) {
		before, err := ParsePackage(bytes.NewReader(text), "weir")
		c := DeviceChange{MACs: []MAC{{2, 0, 0, 0, 0, 1}}, Name: &name}
		if err != nil || len(text) > MaxFile/2 {
			return
		}
		e := c.In(before)
		if e.Check() != nil || name == "" || len(before.Sections) >= MaxSections || e.Index >= 0 && len(before.Sections[e.Index].Options) >= MaxOptions {
			return
		}
		changed, err := e.Apply(text, before)
		if err != nil {
			t.Fatal(err)
		}
		after, err := ParsePackage(bytes.NewReader(changed), "weir")
		if err != nil {
			t.Fatalf("%q became %q: %v", text, changed, err)
		}
		at := e.Index
		if at < 0 {
			at = len(before.Sections)
			before.Sections = append(before.Sections, Section{})
		}
		if got := after.Sections[at].Text("name"); got != name {
			t.Errorf("%q became %q: name %q, want %q", text, changed, got, name)
		}
		for i := range before.Sections {
			if i != at && !cmp.Equal(valuesOf(before.Sections[i]), valuesOf(after.Sections[i])) {
				t.Errorf("section %d of %q changed: %q", i, text, changed)
			}
		}
	})
}

// valuesOf returns the values of a section, wherever they stand.
func valuesOf(s Section) map[string][]string {
	all := map[string][]string{}
	for _, o := range s.Options {
		for _, v := range o.Values {
			all[o.Name] = append(all[o.Name], v.Text)
		}
	}
	return all
}
