//go:build !notls

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"weir/internal/geo"
)

// buildDatabase is the action build.
func buildDatabase(con *console, date string, args []string) error {
	if len(args) < 3 {
		return usageError("build takes a kind, the file to make, and its sources")
	}
	kind, ok := geo.ParseKind(args[0])
	if !ok {
		kinds := []string{geo.Country.String(), geo.ASN.String(), geo.Vendor.String()}
		return usageError(fmt.Sprintf("build makes %s, not %q%s", strings.Join(kinds, ", "), args[0], didYouMean(args[0], kinds)))
	}
	b := geo.NewBuilder(kind)
	if date != "" {
		day, err := geo.ParseDate(date)
		if err != nil {
			return usageError("--date " + err.Error())
		}
		b.SetTime(day)
	}
	for _, source := range args[2:] {
		if err := b.AddFile(source); err != nil {
			return err
		}
	}
	if err := writeDatabase(b, args[1]); err != nil {
		return err
	}
	d, err := geo.Open(args[1])
	if err != nil {
		return err
	}
	defer d.Close()
	i := d.Info()
	fmt.Fprintln(con.out, con.clean(fmt.Sprintf("%s: %s, %d ranges, %d values, %s", i.Path, i.Kind, i.Ranges, i.Values, byteText(uint64(i.Bytes)))))
	return nil
}

// writeDatabase writes what b holds to path, or leaves what is there.
func writeDatabase(b *geo.Builder, path string) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = b.WriteTo(temp)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
