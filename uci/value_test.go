package uci

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/internal/logfmt"
)

// bad stands for a text that must be refused.
const bad = "refused"

// try offers a text to a fresh value and returns what it prints, or bad.
func try(v value, text string) string {
	if v.add(text) != nil {
		return bad
	}
	return strings.Join(v.texts(), " ")
}

func TestValues(t *testing.T) {
	values := map[string]func() value{
		"boolean":   func() value { return boolean(new(bool)) },
		"choice":    func() value { return choice(new(Choice)) },
		"number":    func() value { return number(new(int), -5, 1000) },
		"duration":  func() value { return duration(new(time.Duration), time.Second, 365*day) },
		"size":      func() value { return size(new(int64), 1, tib) },
		"auto size": func() value { return autoSize(new(int64), 1, tib) },
		"level":     func() value { return logLevel(new(logfmt.Level)) },
		"mode":      func() value { return oneOf(new(Mode), ModeAuto, ModePackets) },
		"mac":       func() value { return macs(new([]MAC)) },
		"address":   func() value { return addresses(new([]netip.Addr)) },
		"prefix":    func() value { return prefixes(new([]netip.Prefix)) },
		"listen":    func() value { return listen(new(string)) },
		"target":    func() value { return target(new(string)) },
		"ports":     func() value { return ports(new([]Ports)) },
		"path":      func() value { return path(new(string)) },
		"optional":  func() value { return optionalPath(new(string)) },
		"name":      func() value { return name(new(string)) },
		"iface":     func() value { return iface(new([]string)) },
		"web":       func() value { return webAddress(new(string), "https") },
		"web path":  func() value { return webPath(new(string)) },
		"origin":    func() value { return origins(new([]string)) },
		"domain":    func() value { return domains(new([]string)) },
		"start":     func() value { return scalar(new(Start), startCodec()) },
		"scope":     func() value { return scalar(new(string), scopeCodec()) },
		"window":    func() value { return list(new([]Window), windowCodec()) },
		"pace":      func() value { return scalar(new(int), paceCodec()) },
		"tier":      func() value { return list(new([]Tier), tierCodec()) },
		"series":    func() value { return list(new([]SeriesLevel), seriesCodec()) },
		"timeout":   func() value { return list(new([]Timeout), timeoutCodec()) },
		"version":   func() value { return scalar(new(int), versionCodec()) },
	}
	tests := []struct{ value, text, want string }{
		{"boolean", "1", "1"}, {"boolean", "ON", "1"}, {"boolean", "enabled", "1"}, {"boolean", "true", "1"}, {"boolean", "yes", "1"},
		{"boolean", "0", "0"}, {"boolean", "off", "0"}, {"boolean", "disabled", "0"}, {"boolean", "False", "0"}, {"boolean", "no", "0"},
		{"boolean", "2", bad}, {"boolean", "y", bad}, {"boolean", " 1", bad},
		{"choice", "Auto", "auto"}, {"choice", "on", "1"}, {"choice", "no", "0"}, {"choice", "perhaps", bad},
		{"number", "-5", "-5"}, {"number", "1000", "1000"}, {"number", "007", "7"}, {"number", "+3", "3"},
		{"number", "-6", bad}, {"number", "1001", bad}, {"number", "1.5", bad}, {"number", "0x10", bad}, {"number", "99999999999999999999", bad}, {"number", "4294967297", bad},
		{"duration", "60", "1m"}, {"duration", "90", "90s"}, {"duration", "60s", "1m"}, {"duration", "5m", "5m"}, {"duration", "48h", "2d"}, {"duration", "90d", "90d"}, {"duration", "1y", "1y"},
		{"duration", "0", bad}, {"duration", "366d", bad}, {"duration", "2y", bad}, {"duration", "-1", bad}, {"duration", "1.5h", bad}, {"duration", "m", bad}, {"duration", "5 m", bad}, {"duration", "999999999999y", bad}, {"duration", "9223372036854775807", bad}, {"duration", "1h30m", bad},
		{"size", "1", "1"}, {"size", "512K", "512K"}, {"size", "512k", "512K"}, {"size", "1024", "1K"}, {"size", "2MB", "2M"}, {"size", "1G", "1G"}, {"size", "1T", "1T"}, {"size", "1500", "1500"},
		{"size", "0", bad}, {"size", "2T", bad}, {"size", "K", bad}, {"size", "", bad}, {"size", "1.5M", bad}, {"size", "-1", bad}, {"size", "16777216T", bad}, {"size", "99999999999999999999", bad}, {"size", "auto", bad},
		{"auto size", "AUTO", "auto"}, {"auto size", "4M", "4M"}, {"auto size", "0", bad},
		{"level", "debug", "debug"}, {"level", "notice", "info"}, {"level", "WARNING", "warn"}, {"level", "err", "error"}, {"level", "7", bad},
		{"mode", "packets", "packets"}, {"mode", "Auto", "auto"}, {"mode", "hybrid", bad},
		{"mac", "a0:b1:c2:d3:e4:f5", "A0:B1:C2:D3:E4:F5"}, {"mac", "A0-B1-C2-D3-E4-F5", "A0:B1:C2:D3:E4:F5"}, {"mac", "a0b1c2d3e4f5", "A0:B1:C2:D3:E4:F5"}, {"mac", "0:1:2:3:4:5", "00:01:02:03:04:05"},
		{"mac", "a0:b1:c2:d3:e4", bad}, {"mac", "a0:b1:c2:d3:e4:g5", bad}, {"mac", "00:00:00:00:00:00", bad}, {"mac", "ff:ff:ff:ff:ff:ff", bad}, {"mac", "::::::", bad}, {"mac", "a0b1:c2:d3:e4:f5:", bad}, {"mac", "a0:b1:c2:d3:e4:", bad}, {"mac", "a0::c2:d3:e4:f5", bad}, {"mac", "a0:b1-c2:d3:e4:f5", bad},
		{"address", "192.168.1.1", "192.168.1.1"}, {"address", "FD00::1", "fd00::1"}, {"address", "::ffff:192.0.2.1", "192.0.2.1"},
		{"address", "192.168.1", bad}, {"address", "fe80::1%eth0", bad}, {"address", "host", bad},
		{"prefix", "10.0.0.0/8", "10.0.0.0/8"}, {"prefix", "10.1.2.3/8", "10.0.0.0/8"}, {"prefix", "10.0.0.0/255.0.0.0", "10.0.0.0/8"}, {"prefix", "0.0.0.0/0.0.0.0", "0.0.0.0/0"},
		{"prefix", "192.0.2.1", "192.0.2.1/32"}, {"prefix", "192.0.2.1/255.255.255.255", "192.0.2.1/32"}, {"prefix", "fd00::/8", "fd00::/8"}, {"prefix", "2001:db8::1", "2001:db8::1/128"},
		{"prefix", "10.0.0.0/33", bad}, {"prefix", "10.0.0.0/255.0.255.0", bad}, {"prefix", "10.0.0.0/", bad}, {"prefix", "10.0.0.0/-1", bad}, {"prefix", "fd00::/129", bad}, {"prefix", "fd00::/255.0.0.0", bad}, {"prefix", "fe80::1%eth0/64", bad}, {"prefix", "lan", bad},
		{"listen", "192.168.1.1:3000", "192.168.1.1:3000"}, {"listen", ":3000", ":3000"}, {"listen", "[::]:80", "[::]:80"}, {"listen", "localhost:1", "localhost:1"},
		{"listen", "3000", bad}, {"listen", ":0", bad}, {"listen", ":65536", bad}, {"listen", "::1:80", bad}, {"listen", "[1.2.3.4]:80", bad}, {"listen", "[::1:80", bad}, {"listen", "a b:80", bad}, {"listen", "http://x:80", bad},
		{"target", "collector.lan:2055", "collector.lan:2055"}, {"target", ":2055", bad}, {"target", "x", bad},
		{"ports", "443", "443"}, {"ports", "TCP/443", "tcp/443"}, {"ports", "udp/6881-6889", "udp/6881-6889"}, {"ports", "1-65535", "1-65535"},
		{"ports", "0", bad}, {"ports", "65536", bad}, {"ports", "9-1", bad}, {"ports", "sctp/9", bad}, {"ports", "1-", bad}, {"ports", "http", bad},
		{"path", "/a b/ü", "/a b/ü"}, {"path", "a", bad}, {"path", "", bad}, {"path", "/a\n", bad}, {"path", "/" + strings.Repeat("x", 1024), bad},
		{"optional", "", "none"}, {"optional", "None", "none"}, {"optional", "/etc/weir", "/etc/weir"}, {"optional", "etc", bad},
		{"name", "Anna's ☎", "Anna's ☎"}, {"name", strings.Repeat("ü", 64), strings.Repeat("ü", 64)}, {"name", strings.Repeat("ü", 65), bad}, {"name", "a\x1b[m", bad}, {"name", "\xff", bad}, {"name", "a\u0085", bad},
		{"iface", "br-lan.20", "br-lan.20"}, {"iface", "eth0@if2", "eth0@if2"}, {"iface", "a/b", bad}, {"iface", "a b", bad}, {"iface", "..", bad}, {"iface", "eth0:1", bad}, {"iface", strings.Repeat("x", 33), bad},
		{"web", "https://a.example/x?y", "https://a.example/x?y"}, {"web", "http://a", bad}, {"web", "https://", bad}, {"web", "a.example", bad}, {"web", "https://a b", bad},
		{"web path", "", ""}, {"web path", "/weir", "/weir"}, {"web path", "/", bad}, {"web path", "weir", bad}, {"web path", "/a/", bad}, {"web path", "/a?b", bad},
		{"origin", "https://grafana.lan:3000", "https://grafana.lan:3000"}, {"origin", "https://grafana.lan/", bad}, {"origin", "*", bad}, {"origin", "null", bad}, {"origin", "https://u@x", bad},
		{"domain", "example.org", "example.org"}, {"domain", "_dns.xn--bcher-kva.example.", "_dns.xn--bcher-kva.example."}, {"domain", "a..b", bad}, {"domain", "-a.b", bad}, {"domain", strings.Repeat("x", 64) + ".org", bad}, {"domain", "https://x", bad},
		{"start", "1", "1"}, {"start", "31", "31"}, {"start", "-1", "-1"}, {"start", "2024-02-29", "2024-02-29"}, {"start", "0", bad}, {"start", "32", bad}, {"start", "-2", bad}, {"start", "2026-02-29", bad}, {"start", "monday", bad},
		{"scope", "wan", "wan"}, {"scope", "wan:wan2", "wan:wan2"}, {"scope", "device:anna", "device:anna"}, {"scope", "pool:kids", "pool:kids"}, {"scope", "device", bad}, {"scope", "device:", bad}, {"scope", "wan:", bad}, {"scope", "all", bad},
		{"window", "00:00-06:00", "00:00-06:00"}, {"window", "22:30-5:00", "22:30-05:00"}, {"window", "24:00-01:00", bad}, {"window", "22:30", bad},
		{"pace", "max", "max"}, {"pace", "1x", "1x"}, {"pace", "10", "10x"}, {"pace", "0x", bad}, {"pace", "1001x", bad}, {"pace", "1.5x", bad},
		{"tier", "5m:14d", "5m:14d"}, {"tier", "5m", bad}, {"tier", "1s:1d", bad}, {"tier", "1h:5m", bad}, {"tier", "x:1d", bad}, {"tier", "1h:x", bad},
		{"series", "device:Full", "device:full"}, {"series", "device", bad}, {"series", "x:full", bad}, {"series", "device:x", bad},
		{"timeout", "maxlife=60", "maxlife=1m"}, {"timeout", "tcp.rst=10s", "tcp.rst=10s"}, {"timeout", "maxlife", bad}, {"timeout", "x=1", bad}, {"timeout", "udp=x", bad},
		{"version", "5", "5"}, {"version", "10", "10"}, {"version", "7", bad}, {"version", "11", bad},
	}
	for _, tt := range tests {
		t.Run(tt.value+" "+tt.text, func(t *testing.T) {
			if got := try(values[tt.value](), tt.text); got != tt.want {
				t.Errorf("%s %q is %q, want %q", tt.value, tt.text, got, tt.want)
			}
		})
	}
}

// TestRefusedValueChangesNothing keeps a field when the text for it is bad.
func TestRefusedValueChangesNothing(t *testing.T) {
	n, all := 7, []MAC{{2}}
	if number(&n, 0, 9).add("10") == nil || macs(&all).add("x") == nil {
		t.Fatal("a bad value was accepted")
	}
	if n != 7 || len(all) != 1 {
		t.Errorf("fields are %d and %v", n, all)
	}
}

// TestTypedValues reads one of each and looks at the Go side.
func TestTypedValues(t *testing.T) {
	c := parse(t, `
config weir 'main'
	option log_level 'warn'
	option idle_timeout '2m'
	option ring_size '1M'
	list local_network '10.0.0.0/255.0.0.0'
config store
	list tier '10s:1h'
config source 'dump'
	option path '/tmp/x.pcap'
	option pace '10x'
config application 'backup'
	list port 'tcp/80-90'
config quota 'plan'
	option bytes '2K'
	list free '22:00-06:00'
	option start '2026-01-31'
config device
	option mac '020000000001 020000000002'
`)
	got := []any{c.Main.LogLevel, c.Main.IdleTimeout, c.Main.RingSize, c.Main.LocalNetworks, c.Store.Tiers, c.Sources[0].ID, c.Sources[0].Pace, c.Applications[0].Ports,
		c.Quotas[0].Bytes, c.Quotas[0].Free, c.Quotas[0].Start.Date.Unix(), c.Quotas[0].Warn, c.Devices[0].MACs, c.Devices[0].ID}
	want := []any{logfmt.Warn, 2 * time.Minute, int64(1 << 20), "10.0.0.0/8", []Tier{{10 * time.Second, time.Hour}}, "dump", 10, []Ports{{"tcp", 80, 90}},
		int64(2048), []Window{{22 * 60, 6 * 60}}, int64(1769817600), []int{80, 95}, []MAC{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}, "@device[0]"}
	prefixText := cmp.Transformer("text", func(p []netip.Prefix) string { return p[0].String() })
	want[3] = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	if diff := cmp.Diff(want, got, prefixText); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnsupportedWarnings puts every listed name into a file and expects a
// warning of it, and of nothing else.
func TestUnsupportedWarnings(t *testing.T) {
	for _, u := range unsupported {
		t.Run(u, func(t *testing.T) {
			option, word, _ := strings.Cut(u, "=")
			typ, opt, _ := strings.Cut(option, ".")
			var b strings.Builder
			b.WriteString("config " + typ + "\n")
			for _, f := range kindOf(kinds(), typ).add(new(Config)).fields() {
				if f.required || f.name == opt || opt == "" {
					text := word
					if text == "" || f.name != opt {
						text = f.defaultOrExample()
					}
					b.WriteString("\toption " + f.name + " '" + strings.ReplaceAll(text, "'", `'\''`) + "'\n")
				}
			}
			_, warnings, err := Parse(strings.NewReader(b.String()), "weir")
			if err != nil {
				t.Fatalf("%v in\n%s", err, b.String())
			}
			if len(warnings) != 1 || !strings.Contains(warnings[0].String(), "is not supported by this version and is ignored") || warnings[0].Option != opt {
				t.Errorf("warnings %v for\n%s", warnings, b.String())
			}
		})
	}
}

func (f field) defaultOrExample() string { return f.def + f.example }
