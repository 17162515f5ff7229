package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"weir/internal/geo"
	"weir/internal/packet"
	"weir/uci"
)

const geoLong = `
ACTION is one of

  lookup ADDRESS...           print what the databases say about addresses, IP
                              or hardware
  build KIND FILE SOURCE...   make FILE, a compact database; KIND is country, asn
                              or vendor
  update [FROM]               exchange the databases for newer ones

lookup and update use the databases of config geo, or those of the options.

A SOURCE is an MMDB file (MaxMind, DB-IP, IPinfo), a CSV of addresses as DB-IP and
IPinfo publish it, the TSV of iptoasn, or, for vendors, the CSV of an IEEE registry;
text may be compressed with gzip. The same sources give the same bytes. A table of
the whole internet takes 100 MB of memory to make: do it on a computer, builds for
routers cannot.

  weir geo build country country.db dbip-country-lite.csv.gz
  weir geo build asn asn.db ip2asn-combined.tsv.gz
  weir geo build vendor vendor.db oui.csv mam.csv oui36.csv

FROM (default update_url of config geo) is an address or a folder with new files
of the same names, and their checksums in SHA256SUMS. A running daemon notices the
new files by itself.
`

// geoOptions are the options of all actions.
type geoOptions struct {
	config string
	date   string
	files  geo.Files
}

func geoCommand(fs *flag.FlagSet) action {
	var o geoOptions
	fs.StringVar(&o.config, "config", "", "`FILE`: the configuration (default "+defaultConfig+")")
	fs.StringVar(&o.files.Country, "country", "", "`FILE`: the database of countries")
	fs.StringVar(&o.files.ASN, "asn", "", "`FILE`: the database of networks (AS)")
	fs.StringVar(&o.files.Vendor, "vendor", "", "`FILE`: the database of vendors")
	fs.StringVar(&o.date, "date", "", "`DAY`: of build, when the sources are from, as 2026-11-20")
	return func(ctx context.Context, con *console, args []string) error {
		actions := []string{"lookup", "build", "update"}
		if len(args) == 0 {
			return usageError("takes an action: " + strings.Join(actions, ", "))
		}
		switch name, args := args[0], args[1:]; name {
		case "lookup":
			return o.lookup(con, args)
		case "build":
			return buildDatabase(con, o.date, args)
		case "update":
			return o.update(ctx, con, args)
		default:
			return usageError(fmt.Sprintf("unknown action %q%s", name, didYouMean(name, actions)))
		}
	}
}

// configured returns section geo of the configuration; the defaults where there
// is no configuration and none was asked for. Files of the options hold instead of
// its own.
func (o *geoOptions) configured(con *console) (uci.Geo, error) {
	path := o.config
	if path == "" {
		path = defaultConfig
	}
	config, _, err := loadConfig(con, path)
	switch {
	case err == nil:
	case o.config == "" && errors.Is(err, os.ErrNotExist):
		config = uci.Default()
	case listErrors(con, err):
		return uci.Geo{}, errReported
	default:
		return uci.Geo{}, err
	}
	g := config.Geo
	if o.files == (geo.Files{}) {
		o.files = geo.Files{Country: g.Country, ASN: g.ASN, Vendor: g.Vendor}
	}
	return g, nil
}

// lookup prints a line for each address.
func (o *geoOptions) lookup(con *console, args []string) error {
	if len(args) == 0 {
		return usageError("lookup takes addresses")
	}
	if _, err := o.configured(con); err != nil {
		return err
	}
	var places geo.Places
	defer places.Close()
	loadErr := places.Load(o.files)
	for _, arg := range args {
		line, err := lookupLine(&places, arg)
		if err != nil {
			return err
		}
		fmt.Fprintln(con.out, con.clean(line))
	}
	if o.files == (geo.Files{}) {
		return errors.New("no database is configured: set country, asn or vendor of config geo, or give --country, --asn or --vendor")
	}
	return loadErr
}

func lookupLine(places *geo.Places, arg string) (string, error) {
	line := []string{arg}
	say := func(s string) {
		if s != "" {
			line = append(line, s)
		}
	}
	if hw, err := net.ParseMAC(arg); err == nil && len(hw) == 6 {
		mac := geo.MAC(hw)
		if say(places.VendorName(mac)); !mac.Assigned() {
			say("random, or a group's")
		}
	} else {
		a, ok := packet.ParseAddr(arg)
		if !ok {
			return "", usageError(fmt.Sprintf("%q is neither an IP address nor a hardware address", arg))
		}
		say(geo.SpecialOf(a).String())
		country, asn := places.Lookup(a)
		if country != [2]byte{} {
			say(string(country[:]))
		}
		if asn != 0 {
			say(strings.TrimSpace(fmt.Sprintf("AS%d %s", asn, places.ASName(asn))))
		}
	}
	if len(line) == 1 {
		say("unknown")
	}
	return strings.Join(line, "  "), nil
}

// update exchanges the databases for newer ones.
func (o *geoOptions) update(ctx context.Context, con *console, args []string) error {
	if len(args) > 1 {
		return usageError(fmt.Sprintf("update takes one address or folder, got %d", len(args)))
	}
	g, err := o.configured(con)
	if err != nil {
		return err
	}
	u := geo.Updater{From: g.UpdateURL, Files: o.files, DialTLS: updateTLS()}
	if len(args) == 1 {
		u.From = args[0]
	}
	if u.From == "" {
		return errors.New("no address to update from: set update_url of config geo, or name an address or a folder")
	}
	changed, err := u.Update(ctx)
	for _, path := range changed {
		fmt.Fprintln(con.out, con.clean(path+" updated"))
	}
	if err == nil && len(changed) == 0 {
		fmt.Fprintln(con.out, "all databases are up to date")
	}
	return err
}
