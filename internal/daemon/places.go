package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"weir/internal/api"
	"weir/internal/geo"
	"weir/uci"
)

// Databases that packages install are here, for those that the configuration does
// not name.
const (
	installedGeo  = "/usr/share/weir"
	geoLookEvery  = time.Minute
	countriesName = "country.db"
	networksName  = "asn.db"
	vendorsName   = "vendor.db"
)

// geoFiles returns the databases that are to be in force.
func geoFiles(cfg *uci.Config) geo.Files {
	return geo.Files{
		Country: configuredOr(cfg.Geo.Country, countriesName),
		ASN:     configuredOr(cfg.Geo.ASN, networksName),
		Vendor:  configuredOr(cfg.Geo.Vendor, vendorsName),
	}
}

func configuredOr(path, name string) string {
	if path != "" {
		return path
	}
	path = filepath.Join(installedGeo, name)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// loadPlaces puts the databases in force that are there, and tells once of those
// that are configured and cannot be used.
func (d *Daemon) loadPlaces() {
	err := d.places.Load(geoFiles(d.config.Load()))
	text := ""
	if err != nil {
		text = err.Error()
	}
	d.mu.Lock()
	before := d.placesErr
	d.placesErr = text
	d.mu.Unlock()
	switch {
	case text == before:
	case errors.Is(err, fs.ErrNotExist):
		d.log.Warn("where addresses are is not known: "+text, "remedy", "weir geo update, or install weir-geo")
	case err != nil:
		d.log.Error("where addresses are is not known", "error", err)
	}
	d.asNames.forget()
	if d.engine != nil {
		d.engine.PlacesChanged()
	}
}

// placeProblems opens each database that is configured, which shows whether it can
// be used, and closes it again.
func placeProblems(cfg *uci.Config) []api.Problem {
	var problems []api.Problem
	for _, f := range [...]struct {
		kind geo.Kind
		path string
	}{{geo.Country, cfg.Geo.Country}, {geo.ASN, cfg.Geo.ASN}, {geo.Vendor, cfg.Geo.Vendor}} {
		if f.path == "" {
			continue
		}
		if err := tryDatabase(f.path, f.kind); err != nil {
			problems = append(problems, api.Problem{Section: "geo", Option: f.kind.String(), Warning: true,
				Message: "geo 'geo': option " + f.kind.String() + ": " + err.Error() + "; docs/geo.md tells where to get databases"})
		}
	}
	return problems
}

func tryDatabase(path string, want geo.Kind) error {
	db, err := geo.Open(path)
	if err != nil {
		return err
	}
	defer db.Close()
	if got := db.Info().Kind; got != 0 && got != want {
		return fmt.Errorf("%s is a database of kind %s", path, got)
	}
	return nil
}

// placesLoop notices newer databases, and fetches them if that is configured.
func (d *Daemon) placesLoop(ctx context.Context) error {
	for {
		geoCtx, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		g := d.config.Load().Geo
		go func() {
			defer close(done)
			u := geo.Updater{
				From: g.UpdateURL, Files: geoFiles(d.config.Load()), Every: g.UpdateEvery,
				DialTLS: d.opt.DialTLS, Changed: d.loadPlaces, Log: d.log,
			}
			_ = u.Run(geoCtx) // it logs what goes wrong
		}()
		for d.config.Load().Geo == g {
			select {
			case <-ctx.Done():
				cancel()
				<-done
				return nil
			case <-time.After(geoLookEvery):
				d.loadPlaces()
			}
		}
		cancel()
		<-done
	}
}
