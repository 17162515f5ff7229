package openwrt

import (
	"context"
	"io/fs"
	"strings"
)

// UCIText asks rpcd for a configuration and returns it as its file would say it:
// the files of a router may be for root only. Changes that are not committed yet are
// in it. The error is fs.ErrNotExist, wrapped, for one that is not there.
func UCIText(ctx context.Context, c Caller, config string) (string, error) {
	sections, err := UCISections(ctx, c, config, "")
	if err != nil {
		return "", err
	}
	if sections == nil {
		return "", &fs.PathError{Op: "ask rpcd for", Path: config, Err: fs.ErrNotExist}
	}
	var b strings.Builder
	for i := range sections {
		s := &sections[i]
		name := ""
		if !s.Anonymous {
			name = " " + quoteUCI(s.Name)
		}
		b.WriteString("config " + quoteUCI(s.Type) + name + "\n")
		for _, o := range s.Options {
			word := "\toption "
			if o.List {
				word = "\tlist "
			}
			for _, v := range o.Values {
				b.WriteString(word + quoteUCI(o.Name) + " " + quoteUCI(v) + "\n")
			}
		}
	}
	return b.String(), nil
}

// quoteUCI quotes a word as uci does.
func quoteUCI(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
