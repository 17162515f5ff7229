package uci

import (
	"errors"
	"net/netip"
	"strings"
	"time"
)

// Collector is config collector: a port on which exporters' flows arrive.
type Collector struct {
	Ident
	Enabled bool
	Listen  string
	Allow   []netip.Prefix // exporters; empty: the local networks
}

func (c *Collector) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&c.Enabled), def: "1", help: "Receive flows."},
		{name: "listen", value: listen(&c.Listen), def: ":2055", help: "UDP address to listen on; NetFlow, IPFIX and sFlow are told apart."},
		{name: "allow", value: prefixes(&c.Allow), example: "192.168.1.0/24", help: "Exporters to accept; without it those of the local networks."},
	}
}

// Exporter is config exporter. Beside weir's own options it understands
// those of config softflowd, so that such a section can be moved over.
type Exporter struct {
	Ident
	Enabled       bool
	Kind          string
	Target        string // URL, host:port or path, as the kind needs it
	ExportVersion int    // 5, 9 or 10, of netflow
	HopLimit      int    // of the packets sent, 0: the system's
	TrackingLevel string
	TrackIPv6     bool
	Timeouts      []Timeout
	SamplingRate  int
	Interval      time.Duration // between two writes of series
	User          string
	Password      string
	Token         string
	Database      string
	Organisation  string
	Table         string
}

// Timeout is one of softflowd's timeouts.
type Timeout struct {
	Name  string
	After time.Duration
}

func (e *Exporter) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&e.Enabled), def: "1", help: "Send."},
		{name: "kind", value: oneOf(&e.Kind, "netflow", "ipfix", "influxdb", "elasticsearch", "logstash", "syslog", "mysql", "mqtt", "file"), def: "netflow", help: "What is sent."},
		{name: "target", value: text(&e.Target), example: "192.168.1.2:2055", help: "Where it is sent: host:port, URL or file, as the kind needs it."},
		{name: "host_port", value: target(&e.Target), alias: true, example: "192.168.1.2:2055", help: "The same as target, as softflowd calls it."},
		{name: "export_version", value: scalar(&e.ExportVersion, versionCodec()), def: "9", help: "Version of netflow; 10 is IPFIX."},
		{name: "hoplimit", value: number(&e.HopLimit, 0, 255), def: "0", help: "TTL of what is sent; 0 takes the system's."},
		{name: "tracking_level", value: oneOf(&e.TrackingLevel, "full", "proto", "ip", "vlan", "ether"), def: "full", help: "What makes a flow: addresses with ports, with protocol, or alone; vlan and ether add to full."},
		{name: "track_ipv6", value: boolean(&e.TrackIPv6), def: "1", help: "Send IPv6 flows too."},
		{name: "timeout", value: list(&e.Timeouts, timeoutCodec()), example: "maxlife=60", help: "When flows are sent, as softflowd names it."},
		{name: "sampling_rate", value: number(&e.SamplingRate, 1, 65535), def: "1", help: "Send one flow in so many."},
		{name: "interval", value: duration(&e.Interval, time.Second, day), def: "60", help: "Time between two writes of statistics."},
		{name: "user", value: text(&e.User), example: "weir", help: "User name."},
		{name: "password", value: text(&e.Password), secret: true, example: "secret", help: "Password."},
		{name: "token", value: text(&e.Token), secret: true, example: "secret", help: "Access token."},
		{name: "database", value: name(&e.Database), example: "weir", help: "Database or bucket."},
		{name: "organisation", value: name(&e.Organisation), example: "home", help: "Organisation, for InfluxDB 2."},
		{name: "table", value: name(&e.Table), example: "flows", help: "Table, index or topic."},
	}
}

func (e *Exporter) check(report func(option, reason, hint string)) {
	if e.Target == "" {
		report("target", "is missing", "give host:port, a URL or a file, as the kind needs it")
		return
	}
	switch e.Kind {
	case "netflow", "ipfix", "logstash", "mqtt":
		if err := checkHostPort(e.Target, false); err != nil {
			report("target", err.Error(), "kind "+e.Kind+" sends to host:port, like 192.168.1.2:2055")
		}
	case "file":
		if err := checkPath(e.Target); err != nil {
			report("target", err.Error(), "kind file writes to an absolute path")
		}
	case "influxdb", "elasticsearch":
		if !strings.HasPrefix(e.Target, "http://") && !strings.HasPrefix(e.Target, "https://") {
			report("target", "is no web address", "kind "+e.Kind+" sends to an address like http://192.168.1.2:8086")
		}
	}
}

func versionCodec() codec[int] {
	c := numberCodec(1, 10)
	parse := c.parse
	c.allow = "5, 9 or 10"
	c.parse = func(text string) (int, error) {
		n, err := parse(text)
		if err == nil && n != 5 && n != 9 && n != 10 {
			err = errors.New("is not supported")
		}
		return n, err
	}
	return c
}

// timeoutNames are those of softflowd(8).
var timeoutNames = []string{"tcp", "tcp.rst", "tcp.fin", "udp", "icmp", "general", "maxlife", "expint"}

func timeoutCodec() codec[Timeout] {
	names := wordCodec(timeoutNames)
	return codec[Timeout]{
		allow: "NAME=DURATION (maxlife=60); a name is " + names.allow,
		parse: func(text string) (t Timeout, err error) {
			before, after, ok := strings.Cut(text, "=")
			if !ok {
				return t, errors.New("has no =")
			}
			if t.Name, err = names.parse(before); err != nil {
				return t, errors.New("has a name that " + err.Error())
			}
			t.After, err = parseDuration(after)
			return t, err
		},
		format: func(t Timeout) string { return t.Name + "=" + formatDuration(t.After) },
	}
}

// Remote is config remote: a router that hands over its packets.
type Remote struct {
	Ident
	Enabled           bool
	Kind              string // fritzbox
	URL               string
	User              string
	Password          string
	CaptureInterfaces []string
}

func (r *Remote) fields() []field {
	return []field{
		{name: "enabled", value: boolean(&r.Enabled), def: "1", help: "Capture there."},
		{name: "kind", value: oneOf(&r.Kind, "fritzbox"), def: "fritzbox", help: "What it is."},
		{name: "url", value: webAddress(&r.URL, "http", "https"), def: "http://fritz.box", help: "Its address."},
		{name: "user", value: text(&r.User), required: true, example: "weir", help: "User of the router with the right to its settings."},
		{name: "password", value: text(&r.Password), required: true, secret: true, example: "secret", help: "That user's password."},
		{name: "capture_interface", value: textList(&r.CaptureInterfaces), def: "1-lan", help: "Its interfaces, by the names its capture page uses."},
	}
}
