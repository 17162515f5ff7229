package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/internal/api/apitest"
	"weir/internal/engine"
	"weir/internal/jsontext"
)

// houseView returns a view that has shown the recorded house once, and how to
// refresh it.
func houseView(t *testing.T, con *console, house *apitest.House) (v *topView, again func()) {
	t.Helper()
	v = newTopView(con)
	c := testClient(t, con, house)
	again = func() {
		t.Helper()
		s, err := refresh(context.Background(), c, con, &v.tabs[v.tab], v.question(20))
		if err != nil {
			t.Fatal(err)
		}
		s.at = time.Date(2025, 6, 15, 15, 15, 0, 0, time.UTC)
		v.take(s, nil)
	}
	again()
	return v, again
}

func TestTopLines(t *testing.T) {
	v, _ := houseView(t, &console{unicode: true}, apitest.New())
	lines := v.lines(140, 10)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got := strings.Join(lines, "\n")
	want := strings.TrimPrefix(`
weir 0.1.0  up 2h00m  15:15:00  hybrid · wan 99.8 % attributed  br-lan  conntrack
↓ 9.48 Mbit/s  ↑ 312 kbit/s  1,021 packets/s  flows 5/8,192  drops 2  devices 2/512
[flows]  devices   hosts   apps   ports    by bytes ↓
client                 server                 proto   app               host                      way     bytes →  bytes ←          now
Anna phone:51234       cdn.example.net:443    tcp     youtube           www.youtube.com           out sw  41.8 kB  1.87 MB   812 kbit/s
Anna phone:40000       OpenWrt:53             udp     dns               www.youtube.com           local      61 B      0 B            -
fd00::30               ff02::1                icmpv6  icmpv6                                      local     144 B      0 B            -
Anna phone:51300       192.168.1.30:8443      tcp     Cloud             nas.lan                   local   9.82 kB   873 kB  12.0 kbit/s
192.0.2.55:60222       192.168.1.30:8443      tcp     tls                                         in      2.21 kB  61.0 kB            -
1-5 of 5   q quit  f d h a p tabs  s sort  r reverse  / filter  space pause  arrows scroll`, "\n")
	if got != want {
		t.Errorf("shows\n%s\nwant\n%s", got, want)
	}
}

// TestTopNarrow shows what is left of a flow on a terminal of the usual width.
func TestTopNarrow(t *testing.T) {
	v, _ := houseView(t, &console{unicode: true}, apitest.New())
	got := strings.Join(v.lines(80, 10)[3:8], "\n")
	want := strings.TrimPrefix(`
client              app               host or server        bytes ←          now
Anna phone:51234    youtube           www.youtube.com       1.87 MB   812 kbit/s
Anna phone:40000    dns               www.youtube.com           0 B            -
fd00::30            icmpv6            ff02::1                   0 B            -
Anna phone:51300    Cloud             nas.lan                873 kB  12.0 kbit/s`, "\n")
	if got != want {
		t.Errorf("shows\n%s\nwant\n%s", got, want)
	}
}

func TestMostTelling(t *testing.T) {
	got := mostTelling([]string{"fe80::1", "fd00::1", "2001:db8::1", "192.168.1.20", "fe80::2"})
	want := []string{"192.168.1.20", "fd00::1", "2001:db8::1", "fe80::1", "fe80::2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestTopFits checks that nothing drawn is larger than the screen.
func TestTopFits(t *testing.T) {
	for _, con := range []*console{{unicode: true}, {}} {
		v, again := houseView(t, con, apitest.New())
		for tab := range v.tabs {
			v.tab = tab
			again()
			for width := 1; width < 150; width += 7 {
				for height := 1; height < 12; height++ {
					lines := v.lines(width, height)
					if len(lines) != height {
						t.Fatalf("%s: %d lines on a screen of %d", v.tabs[tab].name, len(lines), height)
					}
					for _, l := range lines {
						if textWidth(l) > width {
							t.Fatalf("%s: %q is wider than %d", v.tabs[tab].name, l, width)
						}
						if !con.unicode && !isPlain(l) {
							t.Fatalf("%s: %q is not ASCII", v.tabs[tab].name, l)
						}
					}
				}
			}
		}
	}
}

// TestTopHostileNames checks that nothing a stranger named reaches the terminal
// as a control sequence.
func TestTopHostileNames(t *testing.T) {
	const evil = "a\x1b[2J\x1b]0;title\a\u202e\u009b5n"
	house := apitest.New()
	for i := range house.FlowRows {
		r := &house.FlowRows[i]
		r.Client.Name, r.Server.Name, r.App, r.Host, r.State = evil, evil, evil, evil, evil
	}
	house.DeviceRows[0].Name, house.HostRows[0].Name, house.PortRows[0].Service = evil, evil, evil
	house.AppRows[0].Key, house.AppRows[0].Category = evil, evil
	v, again := houseView(t, &console{unicode: true}, house)
	v.filter = evil
	for tab := range v.tabs {
		v.tab = tab
		again()
		for _, l := range append(v.lines(200, 24), strings.Split(v.listing(), "\n")...) {
			if clean := cleanText(l, true); clean != l {
				t.Errorf("%s: %q", v.tabs[tab].name, l)
			}
		}
	}
}

// TestTopHostNames shows what an address is called where no device has a name.
func TestTopHostNames(t *testing.T) {
	house := apitest.New()
	for i := range house.HostRows {
		house.HostRows[i].Name = ""
	}
	v, again := houseView(t, &console{unicode: true}, house)
	v.tab = slices.IndexFunc(v.tabs, func(t topTab) bool { return t.name == "hosts" })
	again()
	if got := strings.Join(v.lines(160, 24), "\n"); !strings.Contains(got, "edge-7.example.net") {
		t.Errorf("the hosts are\n%s", got)
	}
}

// TestTopArguments checks that the daemon takes what every view asks.
func TestTopArguments(t *testing.T) {
	house := apitest.New()
	con := &console{}
	c := testClient(t, con, house)
	v := newTopView(con)
	for tab := range v.tabs {
		sorts := v.tabs[tab].sorts()
		if len(sorts) < 3 {
			t.Errorf("%s: sorts by %q only", v.tabs[tab].name, sorts)
		}
		for i, sort := range sorts {
			for _, reverse := range []bool{false, true} {
				v.tab, v.filter = tab, "a"
				v.pick[tab] = tabState{sort: i, reverse: reverse, offset: 1}
				if _, err := refresh(context.Background(), c, con, &v.tabs[tab], v.question(7)); err != nil {
					t.Errorf("%s by %s: %v", v.tabs[tab].name, sort, err)
				}
				f, p := house.Asked()
				want := engine.Page{Sort: sort, Desc: sortsDown(sort) != reverse, Limit: 7, Offset: 1}
				if f.Text != "a" || p != want {
					t.Errorf("asked for %+v with %q, want %+v", p, f.Text, want)
				}
			}
		}
	}
}

func TestTopReturnsFromBeyondTheEnd(t *testing.T) {
	house := apitest.New()
	for range 97 {
		house.FlowRows = append(house.FlowRows, house.FlowRows[0])
	}
	v, again := houseView(t, &console{}, house)
	v.press(keyEnd, 20)
	house.FlowRows = house.FlowRows[:30]
	again()
	again()
	if got := v.lines(100, 24)[23]; !strings.HasPrefix(got, "11-30 of 30 ") {
		t.Errorf("shows %q", got)
	}
}

func TestTopTrouble(t *testing.T) {
	v, _ := houseView(t, &console{}, apitest.New())
	v.take(snapshot{}, errors.New("no daemon\nanswers"))
	lines := v.lines(100, 10)
	if got := lines[9]; got != "no daemon; answers" {
		t.Errorf("last line %q", got)
	}
	if !strings.Contains(lines[4], "Anna phone") {
		t.Errorf("what was seen last is gone: %q", lines[4])
	}
	if got := newTopView(&console{}).lines(100, 10)[9]; got != "asking the daemon..." {
		t.Errorf("before the first answer: %q", got)
	}
}

// TestUplinkShare checks how the first line shows an uplink.
func TestUplinkShare(t *testing.T) {
	tests := []struct{ name, json, want string }{
		{"some", `{"uplink":"wan","pct":99.984,"reasons":[]}`, "wan 99.9 % attributed"},
		{"all", `{"uplink":"wan","pct":100,"reasons":[]}`, "wan 100 % attributed"},
		{"idle", `{"uplink":"wan","pct":null,"reasons":[]}`, "wan –"},
		{"past trouble", `{"uplink":"wan","pct":71.25,"reasons":[{"text":"the ring dropped 2 packets since 14:40","active":false}]}`, "wan 71.2 % attributed"},
		{"trouble", `{"uplink":"wan","pct":12,"reasons":[{"text":"hardware offload without counters since 12:03","active":true}]}`, "wan 12.0 % attributed (hardware offload without counters since 12:03)"},
		{"a stranger's name", `{"uplink":"w\u001b[2Jn","pct":1,"reasons":null}`, "w?[2Jn 1.0 % attributed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := jsontext.Parse([]byte(tt.json))
			if err != nil {
				t.Fatal(err)
			}
			if got := (uplinkShare{v}).text(&console{unicode: true}); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestFlowCells checks what stands for what is not known, and that nothing of a
// flow can steer the terminal.
func TestFlowCells(t *testing.T) {
	ends := `"client":{"ip":"192.0.2.1","port":1},"server":{"ip":"192.0.2.2","port":2},"proto":"tcp","bytes":{"tx":0,"rx":0},"bps":{"now":0},"duration":0`
	nat := `"nat":{"orig":{"src":"192.0.2.1","dst":"192.0.2.2"},"reply":{"src":"192.0.2.2","dst":"192.0.2.1"},"why":"addresses are not translated"}`
	tests := []struct {
		name, json                              string
		app, host, state, way, rtt, translation string
	}{
		{"nothing known", `{"rtt":{"client":null,"server":null}}`, "–", "", "–", "–", "–", "–"},
		{"hardware", `{"dir":"in","offload":"hardware","rtt":{"client":1.5,"server":0.5}}`, "–", "", "–", "in hw", "2.00 ms", "–"},
		{"not translated", `{"dir":"out","offload":"none",` + nat + `}`, "–", "", "–", "out", "–", "none"},
		{"an application", `{"protocol":"tls","app":"youtube","host":"www.youtube.com"}`, "youtube", "www.youtube.com", "–", "–", "–", "–"},
		{"a protocol", `{"protocol":"quic","app":null,"host":null}`, "quic", "", "–", "–", "–", "–"},
		{"a stranger's words", `{"app":"a\u001b","host":"\u001b[2J","state":"\u202e","dir":"in","nat":{"why":"opened by \u001b]0;x\u0007 over UPnP"}}`, "a?", "?[2J", "?", "in", "–", "opened by ?]0;x? over UPnP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := jsontext.Parse([]byte(`{` + ends + `,` + tt.json[1:]))
			if err != nil {
				t.Fatal(err)
			}
			c := flowCells(&console{unicode: true}, v, 0)
			got, want := []string{c[3], c[4], c[5], c[6], c[11], c[12]}, []string{tt.app, tt.host, tt.state, tt.way, tt.rtt, tt.translation}
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
