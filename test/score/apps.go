package main

import (
	"cmp"
	"encoding/csv"
	"os"

	"weir/internal/apps"
	"weir/internal/dpi"
	"weir/internal/flow"
)

// application returns the application of a flow. A port counts only where
// nothing was recognised, and what one detector calls by its own name stands.
func application(table *apps.Table, f *flow.Flow, n *named) string {
	c := f.Client()
	s := c.Other()
	app, by := table.Match([]byte(n.host), f.Key.Addr(s), f.Key.Proto, f.Key.Port(s))
	if app == apps.None {
		// The side that began may be the service, as where a capture joined late.
		app, by = table.Match(nil, f.Key.Addr(c), f.Key.Proto, f.Key.Port(c))
	}
	if app == apps.None || by == apps.ByPort && n.result.Protocol != dpi.NoProtocol {
		return ""
	}
	return table.Name(app)
}

// coarse are the categories, and finer the applications, that the labels of the
// corpus hold as one application.
var (
	coarse = map[apps.Category]string{apps.Ads: "ads", apps.Tracking: "ads", apps.Adult: "adultcontent"}
	finer  = map[string]string{
		"facebook_ads": "facebook", "twitter_ads": "twitter", "tiktok_ads": "tiktok", "snapchat_ads": "snapchat",
		"spotify_ads": "spotify", "yahoo_mail": "yahoo", "yahoo_ads": "yahoo", "youtube_music": "youtube",
		"yandex_maps": "yandex", "qq_mail": "qq", "qq_music": "qq", "icloud_mail": "icloud",
	}
)

// writeAliases writes which applications the labels at path do not tell apart.
func writeAliases(f *os.File, path string) error {
	labels, err := os.Open(path)
	if err != nil {
		return err
	}
	defer labels.Close()
	rows, err := csv.NewReader(labels).ReadAll()
	if err != nil {
		return err
	}
	known := make(map[string]bool, len(rows))
	for _, r := range rows {
		known[r[2]] = true
	}
	w := csv.NewWriter(f)
	for a := apps.None + 1; int(a) < apps.NumApps(); a++ {
		label := cmp.Or(finer[a.String()], coarse[a.Category()])
		if label == "" || known[a.String()] {
			continue
		}
		if err := w.Write([]string{a.String(), label}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
