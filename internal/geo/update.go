package geo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"weir/internal/logfmt"
)

// Updater exchanges databases for newer ones from a folder or a web server. There
// stands a file SHA256SUMS, as sha256sum writes it, beside files of the names that
// the databases have here. A file is fetched when its checksum is another than
// that of the one here, into a temporary file beside it; it is read through, and
// takes the other's place by a rename: who has the old one open keeps it, who opens
// it finds one or the other, and whatever goes wrong leaves the old one.
//
// The checksums guard against damage. Against a forger they do only what the way
// that they come on does.
type Updater struct {
	From    string // http://…, https://…, or a folder
	Files   Files  // what is kept up to date
	Dial    Dial   // nil: plain TCP
	DialTLS Dial   // nil: https is refused

	// RetryAfter is how long to wait before the second of Tries; each wait is twice
	// as long as the one before. 0: 5 s.
	RetryAfter time.Duration
	Tries      int // 0: 4

	// For Run.
	Every   time.Duration  // how often; 0: never
	Changed func()         // called after a file was exchanged
	Log     *logfmt.Logger // nil: none
}

const (
	sumsName = "SHA256SUMS"
	maxSums  = 64 << 10
	maxFile  = maxPages * pageSize
	// firstLook is how long after the start a due update waits: until then the
	// uplink is up and the clock is right.
	firstLook = 2 * time.Minute
	// lookAgain is how long after a failure the next update is tried.
	lookAgain = time.Hour
)

// Update looks once and returns the files it exchanged. Failures that may pass by
// themselves are tried again; the error names all files that could not be updated,
// the others are.
func (u *Updater) Update(ctx context.Context) (changed []string, err error) {
	var sums map[string]string
	if err := u.retry(ctx, func() (err error) { sums, err = u.sums(ctx); return err }); err != nil {
		return nil, err
	}
	var failed []error
	named := 0
	for _, f := range []struct {
		kind Kind
		path string
	}{{Country, u.Files.Country}, {ASN, u.Files.ASN}, {Vendor, u.Files.Vendor}} {
		if f.path == "" {
			continue
		}
		named++
		want, listed := sums[filepath.Base(f.path)]
		if !listed {
			failed = append(failed, fmt.Errorf("%s: %s/%s does not list it", f.path, u.From, sumsName))
			continue
		}
		if have, err := sumOfFile(f.path); err == nil && have == want {
			continue
		}
		if err := u.retry(ctx, func() error { return u.exchange(ctx, f.kind, f.path, want) }); err != nil {
			failed = append(failed, err)
			continue
		}
		changed = append(changed, f.path)
	}
	if named == 0 {
		return nil, errors.New("no database is configured: set country, asn or vendor of config geo")
	}
	return changed, errors.Join(failed...)
}

// retry calls do until it succeeds, fails for good, or was tried often enough.
func (u *Updater) retry(ctx context.Context, do func() error) error {
	tries, wait := u.Tries, u.RetryAfter
	if tries == 0 {
		tries = 4
	}
	if wait == 0 {
		wait = 5 * time.Second
	}
	for n := 1; ; n++ {
		err := do()
		if err == nil || n == tries || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait << (n - 1)):
		}
	}
}

func (u *Updater) fetcher() *fetcher { return &fetcher{u.From, u.Dial, u.DialTLS} }

// sums returns the checksums by names.
func (u *Updater) sums(ctx context.Context) (map[string]string, error) {
	var b bytes.Buffer
	if err := u.fetcher().get(ctx, sumsName, &b, maxSums); err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(b.String()) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name = strings.TrimLeft(name, " *"); len(sum) == 2*sha256.Size && name != "" {
			sums[name] = strings.ToLower(sum)
		}
	}
	if len(sums) == 0 {
		return nil, fmt.Errorf("%s/%s lists no checksums; write it with: sha256sum * > %s", u.From, sumsName, sumsName)
	}
	return sums, nil
}

// exchange fetches a file, checks it and puts it in the place of path.
func (u *Updater) exchange(ctx context.Context, kind Kind, path, want string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer func() {
		// After the rename there is nothing left to remove.
		_ = os.Remove(temp.Name())
		err = errors.Join(err, temp.Close())
	}()
	sum := sha256.New()
	if err := u.fetcher().get(ctx, filepath.Base(path), io.MultiWriter(temp, sum), maxFile); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%s/%s has checksum %s instead of %s: it was changed while it was fetched, or damaged", u.From, filepath.Base(path), got, want)
	}
	if err := check(temp.Name(), kind); err != nil {
		return fmt.Errorf("%s/%s: %w", u.From, filepath.Base(path), err)
	}
	if err := errors.Join(temp.Chmod(0o644), temp.Sync()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// check wants a database that can be used for what it is configured for.
func check(path string, kind Kind) error {
	d, err := Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	if have := d.Info().Kind; have != kind && (have != 0 || kind == Vendor) {
		return fmt.Errorf("is a database of %s, not of %s", have, kind)
	}
	return d.Verify()
}

func sumOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Run updates when the oldest of the files is older than Every, and after that each
// Every, until ctx ends. What goes wrong is logged and tried again an hour later.
func (u *Updater) Run(ctx context.Context) error {
	if u.Every <= 0 || u.From == "" {
		<-ctx.Done()
		return nil
	}
	for wait := u.due(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		changed, err := u.Update(ctx)
		if len(changed) > 0 && u.Changed != nil {
			u.Changed()
		}
		if wait = u.Every; err != nil {
			wait = min(wait, lookAgain)
		}
		if ctx.Err() != nil {
			continue
		}
		if err != nil {
			u.Log.Warn("update of the geo databases", "err", err, "again in", wait)
		}
		if len(changed) > 0 {
			u.Log.Info("geo databases updated", "files", changed)
		}
	}
}

// due returns how long to wait for the first update. A clock that is wrong at
// start makes it early or late by no more than Every.
func (u *Updater) due() time.Duration {
	wait := u.Every
	for _, path := range []string{u.Files.Country, u.Files.ASN, u.Files.Vendor} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			return firstLook
		}
		wait = min(wait, time.Until(info.ModTime().Add(u.Every)))
	}
	return max(wait, firstLook)
}
