package uci

import (
	"net/netip"
	"time"
)

// API is config api 'api'.
type API struct {
	Ident
	Ubus       bool
	Socket     string   // unix socket, always served
	Listen     []string // TCP addresses; empty: none
	TokenFile  string
	LoginHours int
	Metrics    bool
	Allow      []netip.Prefix // clients; empty: any that has the token
	Hosts      []string       // accepted Host headers beside addresses
	Origins    []string       // accepted Origin headers
	BasePath   string
	Cert, Key  string // PEM files; both or neither
}

func (a *API) fields() []field {
	return []field{
		{name: "ubus", value: boolean(&a.Ubus), def: "1", help: "Answer on ubus, which LuCI uses."},
		{name: "socket", value: path(&a.Socket), def: "/var/run/weir.sock", help: "Unix socket for the command line; only its owner may use it."},
		{name: "listen", value: listenList(&a.Listen), example: "127.0.0.1:8330", help: "TCP addresses for HTTP and, off OpenWrt, the pages; without it there is none."},
		{name: "token_file", value: path(&a.TokenFile), def: "/etc/weir/token", help: "File with the token that HTTP clients show; made at the first start."},
		{name: "login_hours", value: number(&a.LoginHours, 1, 8760), def: "12", help: "How many hours a login of the pages lasts."},
		{name: "metrics", value: boolean(&a.Metrics), def: "0", help: "Serve /metrics for Prometheus."},
		{name: "allow", value: prefixes(&a.Allow), example: "192.168.1.0/24", help: "Networks whose clients may connect; without it any client that has the token."},
		{name: "host", value: domains(&a.Hosts), example: "router.lan", help: "Names under which clients reach HTTP, beside its addresses."},
		{name: "origin", value: origins(&a.Origins), example: "https://grafana.lan:3000", help: "Other web sites whose pages may ask (CORS)."},
		{name: "base_path", value: webPath(&a.BasePath), example: "/weir", help: "Path under which a proxy serves weir, if it leaves it in the requests."},
		{name: "cert", value: path(&a.Cert), example: "/etc/weir/cert.pem", help: "Certificate (PEM) for HTTPS."},
		{name: "key", value: path(&a.Key), example: "/etc/weir/key.pem", help: "Private key (PEM) of the certificate."},
	}
}

func (a *API) check(report func(option, reason, hint string)) {
	switch {
	case a.Cert != "" && a.Key == "":
		report("key", "is missing, and cert needs it", "give the path of the private key, or remove cert")
	case a.Key != "" && a.Cert == "":
		report("cert", "is missing, and key needs it", "give the path of the certificate, or remove key")
	}
}

// Geo is config geo 'geo'.
type Geo struct {
	Ident
	Country     string
	ASN         string
	Vendor      string
	UpdateURL   string
	UpdateEvery time.Duration // 0: never
}

func (g *Geo) fields() []field {
	return []field{
		{name: "country", value: path(&g.Country), example: "/usr/share/weir/country.mmdb", help: "Database of countries, MMDB or what weir geo build makes; without it /usr/share/weir/country.db, if that is installed."},
		{name: "asn", value: path(&g.ASN), example: "/usr/share/weir/asn.mmdb", help: "Database of networks, the same; without it asn.db there."},
		{name: "vendor", value: path(&g.Vendor), example: "/usr/share/weir/vendor.db", help: "Database of the vendors of hardware addresses; without it vendor.db there."},
		{name: "update_url", value: webAddress(&g.UpdateURL, "https", "http"), example: "https://geo.example.org/weir", help: "Where newer databases are fetched; without it never."},
		{name: "update_every", value: duration(&g.UpdateEvery, 0, 365*day), def: "0", help: "How often; 0 is never."},
	}
}
