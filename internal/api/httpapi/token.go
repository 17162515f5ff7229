package httpapi

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	tokenBytes = 32      // of a token that is made here, written in hexadecimal
	minToken   = 32      // characters of any token
	maxToken   = 4 << 10 // bytes of a token file that are looked at
)

// token is the secret that opens TCP, kept as its hash so that comparing takes
// the same time for every length.
type token [sha256.Size]byte

// is reports whether secret is the token. A nil token is none.
func (t *token) is(secret string) bool {
	if t == nil {
		return false
	}
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], t[:]) == 1
}

// loadToken reads the token in path, or makes one when there is no such file.
// A file that others can read is refused: its secret may be known.
func loadToken(path string) (*token, error) {
	if path == "" {
		return nil, errors.New("serve the API over TCP: no token file is configured; set token_file")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeToken(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("read token: %s is not a file; remove it or choose another token_file", path)
	}
	if fi.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("read token: %s can be read by others (mode %04o); delete it to get a new token, or run: chmod 600 %s", path, fi.Mode().Perm(), path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if len(secret) < minToken {
		return nil, fmt.Errorf("read token: %s has fewer than %d characters; delete it to get a new token", path, minToken)
	}
	t := token(sha256.Sum256([]byte(secret)))
	return &t, nil
}

// makeToken writes a new token to path: whole or not at all.
func makeToken(path string) (*token, error) {
	fail := func(err error) (*token, error) { return nil, fmt.Errorf("make token %s: %w", path, err) }
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fail(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".token-") // mode 0600
	if err != nil {
		return fail(err)
	}
	defer os.Remove(f.Name())
	random := make([]byte, tokenBytes)
	rand.Read(random)
	secret := hex.EncodeToString(random)
	_, err = f.WriteString(secret + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fail(err)
	}
	t := token(sha256.Sum256([]byte(secret)))
	return &t, nil
}
