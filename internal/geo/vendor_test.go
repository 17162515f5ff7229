package geo

import (
	"strings"
	"testing"
)

// vendorFile is what is installed.
const vendorFile = "../../openwrt/vendor.db"

// TestVendorFile wants the file that is checked in to be whole, small, dated, and
// to know what everybody knows.
func TestVendorFile(t *testing.T) {
	d := open(t, vendorFile)
	if err := d.Verify(); err != nil {
		t.Error(err)
	}
	i := d.Info()
	if i.Bytes > 700_000 || i.Kind != Vendor || i.Built.Year() < 2022 || i.Values < 25000 {
		t.Errorf("%+v", i)
	}
	tests := []struct {
		mac  MAC
		want string
	}{
		{MAC{0x00, 0x00, 0x0c, 1, 2, 3}, "Cisco Systems, Inc"},
		{MAC{0xb8, 0x27, 0xeb, 1, 2, 3}, "Raspberry Pi Foundation"},
		{MAC{0xba, 0x27, 0xeb, 1, 2, 3}, ""}, // locally administered
		{MAC{0xb9, 0x27, 0xeb, 1, 2, 3}, ""}, // a group's
		{MAC{0x70, 0xb3, 0xd5, 0xff, 0xff, 0xff}, ""},
		{MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ""},
		{MAC{0xfc, 0xff, 0xff, 0xff, 0xff, 0xff}, ""}, // not assigned
	}
	var p Places
	if err := p.Load(Files{Vendor: vendorFile}); err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, tt := range tests {
		if got := p.VendorName(tt.mac); got != tt.want {
			t.Errorf("%x: %q, want %q", tt.mac, got, tt.want)
		}
	}
}

// TestAssignments wants the smallest assignment that holds an address, whatever
// the order of the registries, and nobody for what IEEE keeps to itself.
func TestAssignments(t *testing.T) {
	large := "Registry,Assignment,Organization Name,Organization Address\r\n" +
		"MA-L,70B3D5,IEEE Registration Authority,Piscataway\r\n" +
		"MA-L,001122,\"Ben & Sons, \"\"Ltd\"\"\",\"two\nlines, one field\"\r\n" +
		"MA-L,001123,Private,\r\n" +
		"MA-L,001124,  Müller\u202e \t  GmbH ,\"a\ttab\"\r\n"
	medium := "Registry,Assignment,Organization Name,Organization Address\nMA-M,70B3D57,Medium,\n"
	small := "Registry,Assignment,Organization Name,Organization Address\nMA-S,70B3D5123,Small,\nMA-S,70B3D5124,Small,\n"
	for name, texts := range map[string][]string{"large first": {large, medium, small}, "small first": {small, medium, large}} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder(Vendor)
			for _, text := range texts {
				if err := b.AddText(strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
			}
			var out strings.Builder
			if _, err := b.WriteTo(&out); err != nil {
				t.Fatal(err)
			}
			d := open(t, writeFile(t, "vendor.db", []byte(out.String())))
			for mac, want := range map[MAC]string{
				{0x00, 0x11, 0x22, 0xff, 0xff, 0xff}: `Ben & Sons, "Ltd"`,
				{0x00, 0x11, 0x23, 0, 0, 0}:          "",
				{0x00, 0x11, 0x24, 0, 0, 0}:          "Müller GmbH",
				{0x00, 0x11, 0x25, 0, 0, 0}:          "",
				{0x70, 0xb3, 0xd5, 0x11, 0xff, 0xff}: "",
				{0x70, 0xb3, 0xd5, 0x12, 0x2f, 0xff}: "",
				{0x70, 0xb3, 0xd5, 0x12, 0x30, 0x00}: "Small",
				{0x70, 0xb3, 0xd5, 0x12, 0x4f, 0xff}: "Small",
				{0x70, 0xb3, 0xd5, 0x12, 0x50, 0x00}: "",
				{0x70, 0xb3, 0xd5, 0x70, 0x00, 0x00}: "Medium",
				{0x70, 0xb3, 0xd5, 0x7f, 0xff, 0xff}: "Medium",
			} {
				if got := string(d.AppendVendorName(nil, d.Vendor(mac))); got != want {
					t.Errorf("%x: %q, want %q", mac, got, want)
				}
			}
		})
	}
}
