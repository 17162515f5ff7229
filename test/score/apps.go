package main

import (
	"cmp"
	"encoding/csv"
	"os"

	"weir/internal/apps"
)

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

// writeAliases writes to a file which applications the labels of the corpus do not
// tell apart.
func writeAliases(to, from string) error {
	labels, err := os.Open(from)
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
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
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
	if err := w.Error(); err != nil {
		return err
	}
	return f.Close()
}
